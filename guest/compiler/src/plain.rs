//! Text files as they are meant, whatever a checkout or an editor did to them.
//!
//! Always true here: a text with other line ends, or with a byte order mark before it, gives the same text, and so the same digest.

use std::borrow::Cow;

/// The byte order mark that some editors put before a text.
const MARK: char = '\u{feff}';

/// `text` without byte order marks before it, and with `\n` for each `\r\n`: what files are read, digested and published as. What is plain
/// stays as it is.
///
/// ```
/// assert_eq!(scopegate_compiler::plain_text("\u{feff}language = 1\r\n"), "language = 1\n");
/// ```
pub fn plain_text(text: &str) -> Cow<'_, str> {
    let text = text.trim_start_matches(MARK);
    if !text.contains("\r\n") {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        match line.strip_suffix('\n') {
            Some(line) => {
                plain.push_str(line.trim_end_matches('\r'));
                plain.push('\n');
            }
            None => plain.push_str(line),
        }
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::plain_text;

    #[test]
    fn marks_and_line_ends_make_no_difference() {
        for (given, plain) in [
            ("", ""),
            ("a\nb\n", "a\nb\n"),
            ("a\r\nb\r\n", "a\nb\n"),
            ("a\r\nb\nc", "a\nb\nc"),
            ("\u{feff}a\r\n\r\n", "a\n\n"),
            ("\u{feff}\u{feff}a", "a"),
            ("a\r\r\n", "a\n"),
            // Only at the beginning is it a mark; a lone return ends no line.
            ("a\u{feff}", "a\u{feff}"),
            ("a\rb\r", "a\rb\r"),
            ("a\r\nb\r", "a\nb\r"),
        ] {
            assert_eq!(plain_text(given), plain, "{given:?}");
            assert_eq!(plain_text(plain), plain, "{plain:?}");
        }
    }
}
