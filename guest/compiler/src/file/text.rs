//! A text of the file, and the way back from a byte of it to the byte of the file it was written as.

use std::ops::Range;

/// A TOML string or key: what it says, and where it stands, quotes included.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub(crate) value: String,
    pub(crate) span: Range<usize>,
}

impl Text {
    /// Where `source` spells each byte of the value.
    pub(crate) fn places(&self, source: &str) -> Places {
        let mut places = Places {
            raw: Vec::with_capacity(self.value.len()),
            end: self.span.start,
        };
        for (at, raw) in Decoding::new(source, &self.span) {
            places.end = raw.end;
            places.raw.resize(at.end, raw);
        }
        places
    }
}

/// For each byte of a text's value, the bytes of the file that spell it.
///
/// Right also behind escapes, line-ending backslashes and the first line break of a multi-line string.
pub(crate) struct Places {
    raw: Vec<Range<usize>>,
    end: usize,
}

impl Places {
    /// The bytes of the file that spell the bytes `within` of the value.
    pub(crate) fn of(&self, within: Range<usize>) -> Range<usize> {
        let at = |byte: usize| self.raw.get(byte).cloned().unwrap_or(self.end..self.end);
        let start = at(within.start).start;
        if within.end <= within.start {
            return start..start;
        }
        start..at(within.end - 1).end.max(start)
    }
}

/// Walks a TOML string as written: for each character of the value, its bytes there and in the file.
struct Decoding<'s> {
    source: &'s str,
    at: usize,
    end: usize,
    escapes: bool,
    decoded: usize,
}

impl<'s> Decoding<'s> {
    fn new(source: &'s str, span: &Range<usize>) -> Self {
        let raw = &source[span.clone()];
        let (quotes, escapes) = match raw.as_bytes() {
            [b'"', b'"', b'"', ..] if raw.len() >= 6 => (3, true),
            [b'\'', b'\'', b'\'', ..] if raw.len() >= 6 => (3, false),
            [b'"', ..] => (1, true),
            [b'\'', ..] => (1, false),
            _ => (0, false),
        };
        let mut at = span.start + quotes;
        if quotes == 3 {
            if source[at..].starts_with("\r\n") {
                at += 2;
            } else if source[at..].starts_with('\n') {
                at += 1;
            }
        }
        Self {
            source,
            at,
            end: span.end.saturating_sub(quotes).max(at),
            escapes,
            decoded: 0,
        }
    }

    /// Bytes of the escape at the cursor, and of the character it spells.
    fn escape(rest: &str) -> (usize, usize) {
        let digits = match rest.as_bytes().get(1) {
            Some(b'u') => 4,
            Some(b'U') => 8,
            Some(b'x') => 2,
            _ => return (2, 1),
        };
        let code = rest
            .get(2..2 + digits)
            .and_then(|hex| u32::from_str_radix(hex, 16).ok())
            .and_then(char::from_u32);
        (2 + digits, code.map_or(1, char::len_utf8))
    }
}

impl Iterator for Decoding<'_> {
    type Item = (Range<usize>, Range<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let rest = self.source.get(self.at..self.end)?;
            let first = rest.chars().next()?;
            if self.escapes && first == '\\' {
                let after = &rest[1..];
                let blank = after.trim_start_matches([' ', '\t']);
                if blank.starts_with(['\n', '\r']) {
                    self.at += rest.len() - after.trim_start_matches([' ', '\t', '\n', '\r']).len();
                    continue;
                }
            }
            let (raw, spelled) = if self.escapes && first == '\\' {
                Self::escape(rest)
            } else {
                (first.len_utf8(), first.len_utf8())
            };
            let item = (self.decoded..self.decoded + spelled, self.at..self.at + raw);
            self.decoded += spelled;
            self.at += raw;
            return Some(item);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each TOML string, a word in its value, and the same word as the file spells it.
    #[test]
    fn places_are_right_however_a_string_is_written() {
        let cases = [
            (r#"x = "a b""#, "b", "b"),
            (r#"x = "\u00e9 \"b\" \t c""#, "c", "c"),
            (r#"x = "\"é\" word""#, "word", "word"),
            (r#"x = "a \u0062z""#, "bz", r"\u0062z"),
            ("x = 'a \\ b'", "b", "b"),
            ("x = \"\"\"\nfirst\nsecond\"\"\"", "second", "second"),
            (
                "x = \"\"\"\\\n   first \\\n   second\"\"\"",
                "second",
                "second",
            ),
            ("x = '''\r\nfirst\r\nsecond'''", "second", "second"),
        ];
        for (source, word, spelled) in cases {
            let table = toml::de::DeTable::parse(source).expect("valid TOML");
            let value = &table.get_ref()["x"];
            let text = Text {
                value: value.get_ref().as_str().expect("a string").into(),
                span: value.span(),
            };
            let at = text.value.find(word).expect("the word is there");
            let place = text.places(source).of(at..at + word.len());
            assert_eq!(&source[place], spelled, "in {source:?}");
        }
    }
}
