//! The packed table of spellings: made of Unicode's data, and read back.

use super::unicode::{Kind, is_assigned, kind};

/// Code points of one kind; `add` is what folds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The first.
    pub first: u32,
    /// The last.
    pub last: u32,
    /// The kind, as `scopegate_contract::SPELLINGS` numbers them.
    pub kind: u32,
    /// What is added to fold one.
    pub add: i32,
}

/// The table of Unicode's data. What is not assigned may be of any kind.
pub fn packed() -> Vec<u8> {
    let ranges = made();
    let mut bytes = Vec::new();
    let mut next = 0;
    for range in &ranges {
        number(&mut bytes, (range.first - next) << 3 | range.kind);
        number(&mut bytes, range.last - range.first);
        if range.kind == 1 {
            number(
                &mut bytes,
                (range.add << 1 ^ range.add >> 31).cast_unsigned(),
            );
        }
        next = range.last.wrapping_add(1);
    }
    let length = |count: usize| {
        u16::try_from(count)
            .expect("the table is small")
            .to_le_bytes()
    };
    [&length(bytes.len())[..], &length(ranges.len())[..], &bytes].concat()
}

/// The ranges of a packed table.
pub fn ranges(packed: &[u8]) -> Vec<Range> {
    let mut bytes = packed[4..].iter();
    let mut ranges = Vec::new();
    let mut next = 0_u32;
    while !bytes.as_slice().is_empty() {
        let mut number = || {
            let mut value = 0;
            for shift in (0..).step_by(7) {
                let byte = u32::from(*bytes.next().expect("a number ends"));
                value |= (byte & 0x7F) << shift;
                if byte < 0x80 {
                    break;
                }
            }
            value
        };
        let word = number();
        let first = next + (word >> 3);
        let last = first + number();
        let kind = word & 7;
        let add = match kind {
            0 => 1,
            1 => {
                let add = number();
                (add >> 1).cast_signed() ^ -(add & 1).cast_signed()
            }
            _ => 0,
        };
        ranges.push(Range {
            first,
            last,
            kind,
            add,
        });
        next = last.wrapping_add(1);
    }
    ranges
}

fn number(bytes: &mut Vec<u8>, mut value: u32) {
    let byte = |value: u32| u8::try_from(value).expect("seven bits, or eight");
    while value >= 0x80 {
        bytes.push(byte(value & 0x7F | 0x80));
        value >>= 7;
    }
    bytes.push(byte(value));
}

/// What the table says of a code point; nothing if it may say anything.
fn asked(code: u32) -> Option<(u32, i32)> {
    let Some(code) = char::from_u32(code) else {
        // A surrogate, which no text has.
        return Some((3, 0));
    };
    match kind(code) {
        Kind::Blank => Some((2, 0)),
        _ if !is_assigned(code) => None,
        Kind::Folds(add) => Some((1, add)),
        Kind::Doubtful => Some((3, 0)),
        Kind::Mark => Some((4, 0)),
        Kind::First => Some((5, 0)),
        Kind::Second => Some((6, 0)),
        Kind::SecondMark => Some((7, 0)),
    }
}

fn made() -> Vec<Range> {
    const NOTHING: Option<(u32, i32)> = Some((1, 0));
    let codes: Vec<_> = (0..=u32::from(char::MAX)).map(asked).collect();
    let at = |code: usize| codes.get(code).copied().unwrap_or(NOTHING);
    let mut ranges: Vec<Range> = Vec::new();
    let mut code = 0x80;
    while code < codes.len() {
        let Some((kind, add)) = at(code).filter(|_| at(code) != NOTHING) else {
            code += 1;
            continue;
        };
        let mut last = code;
        let folds_next = |code: usize| at(code) == Some((1, 1));
        let rests = |code: usize| matches!(at(code), None | NOTHING);
        if folds_next(code) && rests(code + 1) {
            // Capitals and small letters in turn.
            while folds_next(last + 2) && rests(last + 3) {
                last += 2;
            }
            ranges.push(range(code, last + 1, 0, 1));
            code = last + 2;
            continue;
        }
        let mut next = code + 1;
        while at(next) == at(code) || kind != 1 && at(next).is_none() && next < codes.len() {
            if at(next) == at(code) {
                last = next;
            }
            next += 1;
        }
        ranges.push(range(code, last, kind, add));
        code = last + 1;
    }
    // What is no code point at all is looked up too, and is none.
    if let Some(last) = ranges.last_mut() {
        last.last = u32::MAX;
    }
    ranges
}

fn range(first: usize, last: usize, kind: u32, add: i32) -> Range {
    let word = |code: usize| u32::try_from(code).expect("a code point");
    Range {
        first: word(first),
        last: word(last),
        kind,
        add,
    }
}
