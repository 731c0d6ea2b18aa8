//! Somebody's text, as a message repeats it.
//!
//! Always true here: a message repeats at most [`EXCERPT_BYTES`] bytes of a text, however long that is.

use std::fmt::{self, Write as _};

/// What a place begins with.
const AT_LINE: &str = " at line ";

/// The most bytes of what `serde` says in its own words, where it repeats a text.
const OWN_WORDS_BYTES: usize = 45;

/// The most bytes of a policy's own message that are kept: it may repeat facts.
const MESSAGE_BYTES: usize = 1_000;

/// The most bytes of somebody's text that a message repeats.
pub const EXCERPT_BYTES: usize = 80;

/// The beginning of somebody's text, for a message: at most [`EXCERPT_BYTES`] of it, in whole characters, and `…` behind it if that is not
/// all. What does not print, or changes how the rest is shown, is escaped.
///
/// ```
/// use scopegate::Excerpt;
///
/// assert_eq!(Excerpt("scan\n").to_string(), r"scan\n");
/// assert_eq!(Excerpt(&"a".repeat(4_000_000)).to_string(), format!("{}…", "a".repeat(80)));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Excerpt<'a>(pub &'a str);

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let piece = &self.0[..self.0.floor_char_boundary(EXCERPT_BYTES)];
        for character in piece.chars() {
            match character {
                // As other hosts write it.
                '\0' => f.write_str("\\u{0}")?,
                // They print, and need no escape between backticks.
                '"' | '\'' | '\\' => f.write_char(character)?,
                _ => write!(f, "{}", character.escape_debug())?,
            }
        }
        if piece.len() < self.0.len() {
            f.write_char('…')?;
        }
        Ok(())
    }
}

/// What `serde` says is wrong with a text, which may repeat a name or a text of it: of that there is an excerpt then, and the place behind.
///
/// ```
/// # use scopegate::cut_message;
/// assert_eq!(cut_message("missing field `id` at line 1 column 2"), "missing field `id` at line 1 column 2");
/// let long = format!("unknown field `{}`, expected `id` at line 1 column 9", "a".repeat(1_000));
/// assert_eq!(cut_message(&long), format!("unknown field `{}… at line 1 column 9", "a".repeat(80)));
/// ```
pub fn cut_message(said: &str) -> String {
    let is_place = |at: &usize| {
        let place = said[at + AT_LINE.len()..].replacen(" column ", "", 1);
        place.bytes().all(|byte| byte.is_ascii_digit())
    };
    let place = said.rfind(AT_LINE).filter(is_place);
    let (said, place) = said.split_at(place.unwrap_or(said.len()));
    match said.find(['`', '"']) {
        Some(quote) if said.len() > EXCERPT_BYTES + OWN_WORDS_BYTES => {
            let (own, repeated) = said.split_at(quote + 1);
            format!("{own}{}{place}", Excerpt(repeated))
        }
        _ => format!("{said}{place}"),
    }
}

/// What a policy says is wrong with a fact: it may repeat that, so at most [`MESSAGE_BYTES`] are kept.
pub(crate) fn message_of_policy(mut message: String) -> String {
    if message.len() > MESSAGE_BYTES {
        message.truncate(message.floor_char_boundary(MESSAGE_BYTES));
        message.push('…');
    }
    message
}

#[cfg(test)]
mod tests {
    use super::{EXCERPT_BYTES, Excerpt, MESSAGE_BYTES, message_of_policy};

    #[test]
    fn it_is_short_and_prints() {
        let table = [
            (String::new(), String::new()),
            ("a`b\"c\\".to_owned(), "a`b\"c\\".to_owned()),
            ("Zürich".to_owned(), "Zürich".to_owned()),
            ("a\u{1b}[2J\0\n".to_owned(), r"a\u{1b}[2J\u{0}\n".to_owned()),
            (
                "\u{202e}x\u{200b}".to_owned(),
                r"\u{202e}x\u{200b}".to_owned(),
            ),
            ("a".repeat(EXCERPT_BYTES), "a".repeat(EXCERPT_BYTES)),
            (
                "a".repeat(EXCERPT_BYTES + 1),
                "a".repeat(EXCERPT_BYTES) + "…",
            ),
            // No character is cut in two.
            ("a".repeat(79) + "üü", "a".repeat(79) + "…"),
        ];
        for (text, expected) in table {
            assert_eq!(Excerpt(&text).to_string(), expected, "{text:?}");
        }
    }

    #[test]
    fn a_policy_repeats_no_more_than_it_may() {
        assert_eq!(message_of_policy("too long".to_owned()), "too long");
        let cut = message_of_policy("ü".repeat(1_000_000));
        assert_eq!(cut, "ü".repeat(MESSAGE_BYTES / 2) + "…");
    }
}
