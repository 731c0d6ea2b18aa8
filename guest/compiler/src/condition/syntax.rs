//! What the parser says of a condition that is not CEL, in the words of whoever wrote it.

use std::ops::Range;

use crate::diagnostic::quote;

/// What to do where nothing better is known.
const MEND: &str = "mend the condition; docs/language.md lists what one may use";

/// What other languages write, and what CEL does.
const HABITS: [(&str, &str); 8] = [
    ("=", "to compare, write `==`"),
    ("&", "write `&&`"),
    ("|", "write `||`"),
    ("and", "write `&&`"),
    ("or", "write `||`"),
    ("not", "write `!`"),
    ("<>", "write `!=`"),
    (";", "leave it out: a condition is one expression"),
];

/// Where in `text` the parser's error is, what is wrong there, and what to do.
pub(super) fn explain(
    text: &str,
    position: (isize, isize),
    message: &str,
) -> (Range<usize>, String, String) {
    let start = offset_of(text, position);
    let message = message.trim_start_matches("Syntax error: ");
    if message.starts_with("token recognition error") {
        return unknown_character(text, start);
    }
    let word = word_at(text, start);
    let at = start..start + word.len().max(1);
    let remedy = habit(word).unwrap_or(MEND).to_string();
    if let Some(missing) = message.strip_prefix("missing ").and_then(first_quoted) {
        return (
            at,
            format!("`{missing}` is missing here"),
            format!("write `{missing}`"),
        );
    }
    if !word.is_empty()
        && word.bytes().all(|byte| byte.is_ascii_digit())
        && word.parse::<i64>().is_err()
    {
        return (
            at,
            format!("{} is out of range: numbers have 64 bits", quote(word)),
            format!("write a number from {} to {}", i64::MIN, i64::MAX),
        );
    }
    let wrong = if word.is_empty() {
        "the condition ends too early".into()
    } else {
        format!("{} does not belong here", quote(word))
    };
    (at, wrong, remedy)
}

/// The lexer stopped at a character that begins nothing.
fn unknown_character(text: &str, start: usize) -> (Range<usize>, String, String) {
    let rest = &text[start..];
    let Some(first) = rest.chars().next() else {
        return (
            start..start + 1,
            "the condition ends too early".into(),
            MEND.into(),
        );
    };
    if first == '"' || first == '\'' {
        let remedy = format!("end it with `{first}`");
        return (
            start..text.trim_end().len(),
            "this text has no end".into(),
            remedy,
        );
    }
    let wrong = format!("{} means nothing here", quote(&rest[..first.len_utf8()]));
    let remedy = habit(&rest[..first.len_utf8()]).unwrap_or(MEND);
    (start..start + first.len_utf8(), wrong, remedy.into())
}

fn habit(word: &str) -> Option<&'static str> {
    HABITS
        .iter()
        .find(|(habit, _)| *habit == word)
        .map(|(_, remedy)| *remedy)
}

/// The word or the run of signs that begins at `start`.
fn word_at(text: &str, start: usize) -> &str {
    let rest = &text[start..];
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let end = match rest.chars().next() {
        None => 0,
        Some(first) if is_word(first) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
        Some(first) if "&|<>=!".contains(first) => {
            rest.find(|c| !"&|<>=!".contains(c)).unwrap_or(rest.len())
        }
        Some(first) if first.is_whitespace() => 0,
        Some(first) => first.len_utf8(),
    };
    &rest[..end]
}

fn first_quoted(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('\'')?;
    rest.find('\'').map(|end| &rest[..end])
}

fn offset_of(text: &str, (line, column): (isize, isize)) -> usize {
    let line = usize::try_from(line - 1).unwrap_or(0);
    let column = usize::try_from(column - 1).unwrap_or(0);
    let mut offset = 0;
    for (number, content) in text.split_inclusive('\n').enumerate() {
        if number == line {
            let within = content
                .char_indices()
                .nth(column)
                .map_or(content.len(), |(at, _)| at);
            return offset + within;
        }
        offset += content.len();
    }
    text.len()
}
