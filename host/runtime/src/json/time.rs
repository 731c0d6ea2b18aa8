//! Times: RFC 3339 in JSON, seconds since 1970-01-01T00:00:00Z everywhere else.
//!
//! Always true here: a time that was read lies in 1970-01-01T00:00:00Z to 9999-12-31T23:59:59Z.

use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, NaiveDate, SecondsFormat};
use scopegate_contract::LAST_INSTANT;
use serde::de::{Deserializer, Error};
use serde::ser::{Error as _, Serializer};

use super::error::quoted;
use super::shape::{Shape, read_shape};
use super::{Cursor, Json, Path, Quick};

impl Json for i64 {
    fn read<'de, D: Deserializer<'de>>(from: D, _: &Path<'_>) -> Result<Self, D::Error> {
        struct Time;
        impl Shape<'_> for Time {
            type Value = i64;
            const EXPECTED: &'static str = "a time such as `2026-11-23T12:00:00Z`";
            fn text<E: Error>(self, value: &str) -> Result<i64, E> {
                seconds(value.as_bytes()).map_err(|reason| {
                    E::custom(format_args!(
                        "{} is not a time here: {reason}",
                        quoted(value)
                    ))
                })
            }
        }
        read_shape(from, Time)
    }

    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match text(*self) {
            Some(text) => to.serialize_str(&text),
            None => Err(S::Error::custom(format_args!(
                "the time {self} is outside 1970-01-01T00:00:00Z to 9999-12-31T23:59:59Z"
            ))),
        }
    }
}

impl Quick for i64 {
    fn blank() -> Self {
        0
    }

    fn quick(&mut self, from: &mut Cursor<'_, '_>) -> Option<()> {
        *self = seconds(from.bytes()?).ok()?;
        Some(())
    }
}

/// The system's clock, in seconds since 1970-01-01T00:00:00Z; 0 if it stands before that.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// The time as text, in UTC; `None` if it is out of range.
fn text(seconds: i64) -> Option<String> {
    if !(0..=LAST_INSTANT).contains(&seconds) {
        return None;
    }
    Some(DateTime::from_timestamp(seconds, 0)?.to_rfc3339_opts(SecondsFormat::Secs, true))
}

/// The seconds that `text` names, or what is wrong with it.
fn seconds(text: &[u8]) -> Result<i64, &'static str> {
    // Where chrono is lenient the domain is not, so the shape is checked here; the calendar is chrono's.
    let shape = "expected the shape `2026-11-23T12:00:00Z` or `2026-11-23T12:00:00+01:00`, in whole seconds";
    let Some((moment, zone)) = text.split_at_checked(19) else {
        return Err(shape);
    };
    let parted = [4, 7, 13, 16].map(|at| moment[at]);
    if parted != *b"--::" || !matches!(moment[10], b'T' | b't') {
        return Err(shape);
    }
    let number = |digits: &[u8]| {
        let digit = |byte: &u8| char::from(*byte).to_digit(10);
        digits
            .iter()
            .try_fold(0, |sum, byte| Some(sum * 10 + digit(byte)?))
            .ok_or(shape)
    };
    let year = number(&moment[..4])?.cast_signed();
    let (month, day) = (number(&moment[5..7])?, number(&moment[8..10])?);
    let (hour, minute, second) = (
        number(&moment[11..13])?,
        number(&moment[14..16])?,
        number(&moment[17..])?,
    );
    let ahead = match without_zeros(zone) {
        b"Z" | b"z" => 0,
        [sign @ (b'+' | b'-'), hours @ .., b':', m1, m0] if hours.len() == 2 => {
            let (hours, minutes) = (number(hours)?, number(&[*m1, *m0])?);
            if hours > 23 || minutes > 59 {
                return Err("the offset is at most 23:59");
            }
            let ahead = i64::from(hours * 3600 + minutes * 60);
            if *sign == b'+' { ahead } else { -ahead }
        }
        _ => return Err(shape),
    };
    let date = NaiveDate::from_ymd_opt(year, month, day).ok_or("there is no such date")?;
    let moment = date
        .and_hms_opt(hour, minute, second)
        .ok_or("there is no such time of day")?;
    let instant = moment.and_utc().timestamp() - ahead;
    if (0..=LAST_INSTANT).contains(&instant) {
        Ok(instant)
    } else {
        Err("it lies outside 1970-01-01T00:00:00Z to 9999-12-31T23:59:59Z")
    }
}

/// What stands behind a fraction of zeros, as `Date.toISOString` writes it; the text itself if there is none.
fn without_zeros(zone: &[u8]) -> &[u8] {
    let Some(fraction) = zone.strip_prefix(b".0") else {
        return zone;
    };
    let zeros = fraction.iter().take_while(|digit| **digit == b'0').count();
    &fraction[zeros..]
}

#[cfg(test)]
mod tests {
    use super::{seconds, text};

    #[test]
    fn times_that_are_read() {
        for (given, expected) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01t00:00:01z", 1),
            ("2026-11-23T12:00:00Z", 1_795_435_200),
            ("2026-11-23T12:00:00-00:00", 1_795_435_200),
            ("2026-11-23T13:30:00+01:30", 1_795_435_200),
            ("2024-02-29T00:00:00Z", 1_709_164_800),
            ("1969-12-31T23:59:00-00:01", 0),
            ("1970-01-01T23:59:00+23:59", 0),
            ("9999-12-31T23:59:59Z", 253_402_300_799),
            ("9999-12-31T00:00:59-23:59", 253_402_300_799),
            ("2026-11-23T12:00:00.0Z", 1_795_435_200),
            ("2026-11-23T12:00:00.000Z", 1_795_435_200),
            ("2026-11-23t12:00:00.000000z", 1_795_435_200),
            ("2026-11-23T13:30:00.000+01:30", 1_795_435_200),
            (
                "2026-11-23T12:00:00.00000000000000000000000000000000Z",
                1_795_435_200,
            ),
            ("9999-12-31T23:59:59.000Z", 253_402_300_799),
        ] {
            assert_eq!(seconds(given.as_bytes()), Ok(expected), "{given}");
        }
    }

    #[test]
    fn times_that_are_refused() {
        for given in [
            "",
            "now",
            "2026-11-23",
            "2026-11-23T12:00:00",
            "2026-11-23 12:00:00Z",
            "2026-11-23T12:00:00.Z",
            "2026-11-23T12:00:00.+01:00",
            "2026-11-23T12:00:00.5Z",
            "2026-11-23T12:00:00.001Z",
            "2026-11-23T12:00:00.0000000000001Z",
            "2026-11-23T12:00:00.0",
            "2026-11-23T12:00:00.0 Z",
            "2026-11-23T12:00:00.0.0Z",
            "2026-11-23T12:00:00,0Z",
            "2026-11-23T12:00.0Z",
            "2026-11-23T12:00:00.\u{0660}Z",
            "2026-11-23T12:00:60.000Z",
            "2026-11-23T12:00:00.000+24:00",
            "2026-11-23T12:00:00,5Z",
            "2026-11-23T12:00Z",
            "2026-11-23T12:00:00 Z",
            " 2026-11-23T12:00:00Z",
            "2026-11-23T12:00:00ZZ",
            "+026-11-23T12:00:00Z",
            "12026-11-23T12:00:00Z",
            "2026-11-23T12:00:60Z",
            "2026-06-30T23:59:60Z",
            "2026-11-23T24:00:00Z",
            "2026-11-23T12:60:00Z",
            "2026-13-01T12:00:00Z",
            "2026-00-01T12:00:00Z",
            "2026-02-29T12:00:00Z",
            "2026-11-00T12:00:00Z",
            "2026-11-23T12:00:00+24:00",
            "2026-11-23T12:00:00+01:60",
            "2026-11-23T12:00:00+0100",
            "2026-11-23T12:00:00+1:00",
            "2026-11-23T12:00:00+01",
            "2026-11-23T12:00:00*01:00",
            "1969-12-31T23:59:59Z",
            "1970-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01",
            "0000-01-01T00:00:00Z",
            "2026-11-2３T12:00:00Z",
            "２026-11-23T12:00:00Z",
        ] {
            assert!(seconds(given.as_bytes()).is_err(), "{given}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for seconds_given in [0, 1, 951_782_400, 1_795_435_200, 253_402_300_799] {
            let text = text(seconds_given).expect("the time is in range");
            assert_eq!(seconds(text.as_bytes()), Ok(seconds_given), "{text}");
        }
        assert_eq!(text(-1), None);
        assert_eq!(text(253_402_300_800), None);
    }
}
