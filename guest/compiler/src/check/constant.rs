//! Reads the constants `timestamp("…")` and `duration("…")`: whole seconds.

use chrono::DateTime;

/// Seconds since 1970-01-01T00:00:00Z of an RFC 3339 time.
pub(super) fn timestamp(text: &str) -> Result<i64, String> {
    let time =
        DateTime::parse_from_rfc3339(text).map_err(|error| format!("is no time: {error}"))?;
    // What is less than a nanosecond is not in `time`.
    let fraction = text.split('.').nth(1).unwrap_or_default();
    let mut digits = fraction.bytes().take_while(u8::is_ascii_digit);
    if time.timestamp_subsec_nanos() != 0 || digits.any(|digit| digit != b'0') {
        return Err("is no whole second, and every fact is".into());
    }
    let seconds = time.timestamp();
    if !(0..=scopegate_contract::LAST_INSTANT).contains(&seconds) {
        return Err("is outside the years 1970 to 9999".into());
    }
    Ok(seconds)
}

/// Seconds of a duration in CEL's notation: `36h`, `1h30m`, `-90s`.
pub(super) fn duration(text: &str) -> Result<i64, String> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest.is_empty() {
        return Err("is no duration".into());
    }
    let mut seconds: i64 = 0;
    while !rest.is_empty() && rest != "0" {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        let number: i64 = number.parse().map_err(|_| "is no duration")?;
        let letters = tail
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let each = match unit {
            "h" => 3_600,
            "m" => 60,
            "s" => 1,
            "ms" | "us" | "µs" | "ns" | "." => {
                return Err("is not in whole hours, minutes and seconds".into());
            }
            _ => return Err("is no duration: its units are `h`, `m` and `s`".into()),
        };
        seconds = number
            .checked_mul(each)
            .and_then(|part| seconds.checked_add(part))
            .filter(|seconds| *seconds <= scopegate_contract::LAST_INSTANT)
            .ok_or("is longer than all time there is")?;
        rest = tail;
    }
    Ok(sign * seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_whole_seconds() {
        let cases = [
            ("36h", Some(129_600)),
            ("1h30m", Some(5_400)),
            ("-90s", Some(-90)),
            ("0", Some(0)),
            ("1h2m3s", Some(3_723)),
            ("", None),
            ("-", None),
            ("h", None),
            ("1", None),
            ("1d", None),
            ("1.5h", None),
            ("100ms", None),
            ("99999999999999999999h", None),
            ("9999999999999h", None),
        ];
        for (text, seconds) in cases {
            assert_eq!(duration(text).ok(), seconds, "{text}");
        }
    }

    #[test]
    fn times_are_whole_seconds_of_the_facts_range() {
        let cases = [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2026-11-23T12:00:00+01:00", Some(1_795_431_600)),
            ("1969-12-31T23:59:59Z", None),
            ("2026-11-23T12:00:00.000Z", Some(1_795_435_200)),
            ("2026-11-23T13:00:00.0+01:00", Some(1_795_435_200)),
            ("2026-11-23T12:00:00.00000000000000Z", Some(1_795_435_200)),
            ("2026-11-23T12:00:00.5Z", None),
            ("2026-11-23T12:00:00.00000000000001Z", None),
            ("2026-11-23T12:00:00.Z", None),
            ("2026-11-23", None),
            ("yesterday", None),
        ];
        for (text, seconds) in cases {
            assert_eq!(timestamp(text).ok(), seconds, "{text}");
        }
    }
}
