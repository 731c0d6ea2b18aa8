//! Writes values as CEL literals, in one of the many ways there are.

use std::fmt::Write;

use fastrand::Rng;

/// The text as a string literal.
pub(super) fn text(text: &str, rng: &mut Rng) -> String {
    let plain = !text.contains(['\\', '"', '\'']) && !text.contains(char::is_control);
    match rng.u8(..12) {
        0 if plain => format!("'{text}'"),
        1 if plain => format!("r\"{text}\""),
        2 if plain => format!("\"\"\"{text}\"\"\""),
        3 => quoted(text, '\'', |c| !c.is_ascii_alphanumeric()),
        4 => quoted(text, '"', |c| !c.is_ascii_alphanumeric()),
        5 if !text.contains(['"', '\n', '\r', '\t'])
            && !text.ends_with('\\')
            && !text.contains(char::is_control) =>
        {
            format!("R\"{text}\"")
        }
        _ => quoted(text, '"', |_| false),
    }
}

/// The text in quotes, what needs it and what `also` names escaped.
fn quoted(text: &str, quote: char, also: impl Fn(char) -> bool) -> String {
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() || also(c) => escape(c, &mut out),
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

fn escape(c: char, out: &mut String) {
    let code = u32::from(c);
    let written = match code {
        0..=0x7F => write!(out, "\\x{code:02x}"),
        0x80..=0xFFFF => write!(out, "\\u{code:04X}"),
        _ => write!(out, "\\U{code:08x}"),
    };
    written.expect("a string can be written to");
}

/// A list literal.
pub(super) fn list(elements: &[String]) -> String {
    format!("[{}]", elements.join(", "))
}

/// `timestamp("…")` of an RFC 3339 time, now and then with another offset.
pub(super) fn time(rfc3339: &str, rng: &mut Rng) -> String {
    let seconds = chrono::DateTime::parse_from_rfc3339(rfc3339).expect("a sample is a time");
    let offsets = [-12, -1, 1, 5];
    let text = if rng.u8(..4) == 0 && rfc3339.starts_with("20") {
        let offset =
            chrono::FixedOffset::east_opt(3_600 * offsets[rng.usize(..4)] + 60 * rng.i32(0..60))
                .expect("less than a day");
        seconds.with_timezone(&offset).to_rfc3339()
    } else {
        rfc3339.to_owned()
    };
    format!("timestamp(\"{text}\")")
}
