//! Bounds a condition before the parser sees it: the parser's own limit does not cover long chains.

use std::ops::Range;

/// The most bytes of one condition.
const BYTES: usize = 32 * 1024;
/// The deepest nesting of brackets, `? :` and unary operators.
pub(super) const NESTING: usize = 64;
/// The longest chain of operators or selections without a bracket.
const CHAIN: usize = 256;
/// The most operators and brackets around any one part.
const DEPTH: usize = 1_024;

type Refusal = (Range<usize>, String, &'static str);

/// What is open at some place: a bracket, and the operators since.
#[derive(Default)]
struct Level {
    chain: usize,
    /// Of `? :`: one stands within the other until the level ends.
    choices: usize,
    /// Of `!` in a row, up to the next operator between two sides.
    signs: usize,
}

impl Level {
    /// An operator between two sides.
    fn operator(&mut self) {
        self.chain += 1;
        self.signs = 0;
    }
}

pub(super) fn check(text: &str) -> Result<(), Refusal> {
    if text.len() > BYTES {
        return Err((
            0..1,
            format!("the condition has {} bytes, more than {BYTES}", text.len()),
            "name parts of it in `[definitions]`",
        ));
    }
    let bytes = text.as_bytes();
    let mut levels = vec![Level::default()];
    let mut at = 0;
    while at < bytes.len() {
        let next = skip(bytes, at);
        if next > at {
            at = next;
            continue;
        }
        let doubled = bytes.get(at + 1) == Some(&bytes[at]);
        match bytes[at] {
            b'(' | b'[' | b'{' => levels.push(Level::default()),
            b')' | b']' | b'}' if levels.len() > 1 => {
                levels.pop();
                innermost(&mut levels).chain += 1;
            }
            b'&' | b'|' if doubled => {
                innermost(&mut levels).operator();
                at += 1;
            }
            b',' => *innermost(&mut levels) = Level::default(),
            b'!' | b'=' | b'<' | b'>' if bytes.get(at + 1) == Some(&b'=') => {
                innermost(&mut levels).operator();
                at += 1;
            }
            b'?' => {
                innermost(&mut levels).choices += 1;
                innermost(&mut levels).signs = 0;
            }
            b'!' => innermost(&mut levels).signs += 1,
            b'i' if is_in(bytes, at) => innermost(&mut levels).operator(),
            b':' => innermost(&mut levels).signs = 0,
            b'+' | b'*' | b'/' | b'%' | b'<' | b'>' => innermost(&mut levels).operator(),
            b'.' | b'-' | b'=' => {
                innermost(&mut levels).chain += 1;
            }
            _ => {}
        }
        let nested = levels.len() - 1
            + levels
                .iter()
                .map(|l| (l.choices + l.signs).saturating_sub(1))
                .sum::<usize>();
        if nested > NESTING {
            return Err((
                at..at + 1,
                format!("the condition is nested more than {NESTING} deep"),
                "name parts of it in `[definitions]`, or list the values with `in`",
            ));
        }
        let depth = nested + levels.iter().map(|level| level.chain).sum::<usize>();
        if innermost(&mut levels).chain > CHAIN || depth > DEPTH {
            return Err((
                at..at + 1,
                if depth > DEPTH {
                    format!("more than {DEPTH} operators are open here")
                } else {
                    format!("the condition chains more than {CHAIN} operators")
                },
                "name parts of it in `[definitions]`, or list the values with `in`",
            ));
        }
        at += 1;
    }
    Ok(())
}

/// Whether the word at `at` is the operator `in`.
fn is_in(bytes: &[u8], at: usize) -> bool {
    let is_word = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
    let begins = at == 0 || !is_word(bytes.get(at - 1));
    begins && bytes.get(at + 1) == Some(&b'n') && !is_word(bytes.get(at + 2))
}

fn innermost(levels: &mut [Level]) -> &mut Level {
    levels.last_mut().expect("a level is always open")
}

/// The place behind the string literal or comment that begins at `at`; `at` if none does.
fn skip(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    if rest.starts_with(b"//") {
        return rest
            .iter()
            .position(|b| *b == b'\n')
            .map_or(bytes.len(), |end| at + end);
    }
    let quote = rest[0];
    if quote != b'"' && quote != b'\'' {
        return at;
    }
    let raw = at > 0 && matches!(bytes[at - 1], b'r' | b'R');
    let quotes = if rest.starts_with(&[quote; 3]) { 3 } else { 1 };
    let mut end = at + quotes;
    while end < bytes.len() {
        if bytes[end] == b'\\' && !raw {
            end += 2;
        } else if bytes[end..].starts_with(&[quote; 3][..quotes]) {
            return end + quotes;
        } else {
            end += 1;
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_and_chains_are_bounded_and_what_strings_hold_is_not_counted() {
        let deep = |n: usize| format!("{}a{}", "(".repeat(n), ")".repeat(n));
        let cases = [
            (deep(64), true),
            (deep(65), false),
            (format!("a{}", ".a".repeat(256)), true),
            (format!("a{}", ".a".repeat(257)), false),
            (format!("a{}", " && a".repeat(256)), true),
            (format!("a{}", " && a".repeat(257)), false),
            (format!("a{}", " in a".repeat(256)), true),
            (format!("a{}", " in a".repeat(257)), false),
            (format!("a{}", " && inner".repeat(256)), true),
            (
                format!(
                    "{}a{}",
                    "(".repeat(60),
                    (" && a".repeat(16) + ")").repeat(60)
                ),
                true,
            ),
            (
                format!("{}a", format!("(a{} && ", " && a".repeat(250)).repeat(5)),
                false,
            ),
            (format!("!a{}", " && !a".repeat(256)), true),
            (format!("a != b{}", " && a != b".repeat(127)), true),
            (format!("a == b{}", " || a <= b".repeat(127)), true),
            (format!("a == b{}", " || a <= b".repeat(128)), false),
            (format!("{}a", "!".repeat(65)), true),
            (format!("{}a", "!".repeat(66)), false),
            (format!("{}c", "a ? b : ".repeat(66)), false),
            (format!("'{}'", "(".repeat(1000)), true),
            (format!("r'\\' + '{}'", "(".repeat(1000)), true),
            (format!("'''a'{}'''", "(".repeat(1000)), true),
            (format!("a // {}", "(".repeat(1000)), true),
            ("a".repeat(BYTES + 1), false),
        ];
        for (text, fits) in cases {
            assert_eq!(
                check(&text).is_ok(),
                fits,
                "{}",
                &text[..text.len().min(40)]
            );
        }
    }
}
