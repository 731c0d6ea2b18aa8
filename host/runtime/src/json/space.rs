//! What stands between the parts of JSON and means nothing.
//!
//! Always true here: these four bytes and no others, as RFC 8259 says; a form feed or a no-break space is no space.

/// Whether JSON may have `byte` between its parts.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// `text` without the spaces before and behind it that JSON allows.
///
/// ```
/// assert_eq!(scopegate::trim_json(b" [1]\r\n"), b"[1]");
/// assert_eq!(scopegate::trim_json(b"\x0c[1]"), b"\x0c[1]");
/// ```
pub fn trim_json(text: &[u8]) -> &[u8] {
    trim_json_end(trim_json_start(text))
}

/// `text` without the spaces before it that JSON allows.
pub fn trim_json_start(text: &[u8]) -> &[u8] {
    let begin = text.iter().position(|byte| !is_space(*byte));
    &text[begin.unwrap_or(text.len())..]
}

/// `text` without the spaces behind it that JSON allows.
pub fn trim_json_end(text: &[u8]) -> &[u8] {
    let last = text.iter().rposition(|byte| !is_space(*byte));
    &text[..last.map_or(0, |last| last + 1)]
}
