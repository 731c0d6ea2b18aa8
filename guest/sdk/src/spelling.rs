//! How code points are spelled: the table of the contract, spread out when a policy is compiled.

use scopegate_contract::SPELLINGS;

/// Code points of one kind. The kinds are numbered as the contract numbers them.
#[derive(Clone, Copy)]
struct Range {
    first: u32,
    last: u32,
    kind: u8,
    /// What is added to fold one.
    add: i32,
}

const COUNT: usize = SPELLINGS[2] as usize | (SPELLINGS[3] as usize) << 8;
static RANGES: [Range; COUNT] = spread();

const FOLDS_EVERY_SECOND: u8 = 0;
const FOLDS: u8 = 1;
const BLANK: u8 = 2;
const DOUBTFUL: u8 = 3;
const MARK: u8 = 4;
const FIRST: u8 = 5;
const SECOND: u8 = 6;
const SECOND_MARK: u8 = 7;

const fn spread() -> [Range; COUNT] {
    let none = Range {
        first: 0,
        last: 0,
        kind: FOLDS,
        add: 0,
    };
    let mut ranges = [none; COUNT];
    let (mut at, mut next, mut index) = (4, 0_u32, 0);
    while index < COUNT {
        let (word, behind) = number(at);
        let (more, behind) = number(behind);
        at = behind;
        let first = next + (word >> 3);
        let kind = (word & 7) as u8;
        let mut add = (kind == FOLDS_EVERY_SECOND) as i32;
        if kind == FOLDS {
            let (word, behind) = number(at);
            at = behind;
            add = (word >> 1).cast_signed() ^ -(word & 1).cast_signed();
        }
        let last = first + more;
        ranges[index] = Range {
            first,
            last,
            kind,
            add,
        };
        next = last.wrapping_add(1);
        index += 1;
    }
    ranges
}

/// The number at the place, and the place behind it.
const fn number(mut at: usize) -> (u32, usize) {
    let (mut value, mut shift) = (0, 0);
    loop {
        let byte = SPELLINGS[at] as u32;
        at += 1;
        value |= (byte & 0x7F) << shift;
        if byte < 0x80 {
            return (value, at);
        }
        shift += 7;
    }
}

/// The range of a code point beyond ASCII, if it is in one.
fn range(code: char) -> Option<Range> {
    let code = u32::from(code);
    let at = RANGES.partition_point(|range| range.last < code);
    RANGES.get(at).filter(|range| range.first <= code).copied()
}

/// Whether the code point prints as nothing.
pub(crate) fn is_blank(code: char) -> bool {
    if code.is_ascii() {
        return code == ' ' || code.is_ascii_control();
    }
    range(code).is_some_and(|range| range.kind == BLANK)
}

/// The text without case, if every code point stands for itself where it is.
pub(crate) fn folded(text: &str) -> Option<String> {
    let mut folded = String::with_capacity(text.len());
    let (mut before, mut kind_before) = ('/', FOLDS);
    for code in text.chars() {
        let range = if code.is_ascii() { None } else { range(code) };
        let kind = range.map_or(FOLDS, |range| range.kind);
        let is_mark = |kind: u8| matches!(kind, MARK | SECOND_MARK);
        let is_loose =
            is_mark(kind) && (before < '\u{300}' || is_mark(kind_before) && code < before);
        let is_part = kind_before == FIRST && matches!(kind, SECOND | SECOND_MARK);
        if matches!(kind, BLANK | DOUBTFUL) || is_loose || is_part {
            return None;
        }
        match range.map_or_else(|| code.to_ascii_lowercase(), |range| fold(code, range)) {
            'ß' => folded.push_str("ss"),
            'և' => folded.push_str("եւ"),
            other => folded.push(other),
        }
        (before, kind_before) = (code, kind);
    }
    Some(folded)
}

fn fold(code: char, range: Range) -> char {
    let rests = range.kind == FOLDS_EVERY_SECOND && (u32::from(code) - range.first) % 2 == 1;
    let add = if rests { 0 } else { range.add };
    char::from_u32(u32::from(code).wrapping_add_signed(add)).unwrap_or(code)
}
