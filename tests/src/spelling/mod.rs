//! The reference for `is_blank` and `excludes_any_spelling`, written for reading, on Unicode's data as a library has it.

mod table;
mod unicode;

pub use table::{Range, packed, ranges};
pub use unicode::{Kind, is_assigned, kind};

use std::borrow::Cow;

use crate::url;

/// Whether a text is empty or prints as nothing.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(unicode::is_blank)
}

/// Whether the exclusion keeps the URL out, or a URL that a server may take for the same page.
pub fn excludes_any_spelling(pattern: &str, url: &str) -> bool {
    if url::excludes(pattern, url) {
        return true;
    }
    let url = url::parse(url).expect("what is not canonical is excluded");
    let path = match url::parse(pattern) {
        Some(pattern) if pattern.host != url.host => return false,
        Some(pattern) => pattern.path,
        None => pattern,
    };
    let (Some(excluded), Some(named)) = (readable(path), readable(url.path)) else {
        return true;
    };
    let mut named = segments(&named);
    segments(&excluded).all(|segment| named.next().is_some_and(|named| same(segment, named)))
}

/// A canonical path without escapes; none if it is not in one readable form, or a segment of it names nothing.
fn readable(path: &str) -> Option<Cow<'_, str>> {
    let path = unescaped(path)?;
    let is_named = |segment: &str| pieces(segment).next().is_some_and(|name| !name.is_empty());
    let is_right = is_one_form(&path) && segments(&path).all(is_named);
    is_right.then_some(path)
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

/// What stands between the colons of a segment, without the dots and spaces at its end.
fn pieces(segment: &str) -> impl Iterator<Item = &str> {
    segment
        .split(':')
        .map(|piece| piece.trim_end_matches(['.', ' ']))
}

/// Both segments name the same file, or one a stream of the other.
fn same(a: &str, b: &str) -> bool {
    pieces(a).zip(pieces(b)).all(|(a, b)| {
        if a.is_ascii() && b.is_ascii() {
            return a.eq_ignore_ascii_case(b);
        }
        let (a, b) = (a.chars(), b.chars());
        a.flat_map(unicode::folded).eq(b.flat_map(unicode::folded))
    })
}

fn unescaped(path: &str) -> Option<Cow<'_, str>> {
    if !path.contains('%') {
        return Some(path.into());
    }
    let mut bytes = Vec::new();
    let mut rest = path;
    while let Some((before, escaped)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        let byte = u8::from_str_radix(&escaped[..2], 16);
        bytes.push(byte.expect("a canonical path is escaped right"));
        rest = &escaped[2..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    Some(String::from_utf8(bytes).ok()?.into())
}

/// Whether a path is written in the one way that counts as readable.
fn is_one_form(path: &str) -> bool {
    let mut before = '/';
    path.chars().all(|code| {
        let right = code.is_ascii() || stands_for_itself(code, before);
        before = code;
        right
    })
}

fn stands_for_itself(code: char, before: char) -> bool {
    let is_mark = |kind: Kind| kind == Kind::Mark || kind == Kind::SecondMark;
    match kind(code) {
        Kind::Blank | Kind::Doubtful => false,
        kind => {
            let first = unicode::kind(before);
            let mark_fits =
                !is_mark(kind) || before >= '\u{300}' && !(is_mark(first) && code < before);
            let second = matches!(kind, Kind::Second | Kind::SecondMark);
            mark_fits && !(first == Kind::First && second)
        }
    }
}
