//! Look-up of a text among constants, as the runtime's `find` does it.
//!
//! Always true here: what is found is the row of exactly that text; a table in which some row would be far from its place is sorted instead.

use wasm_encoder::ValType;

use super::function::Code;
use super::runtime::RUNTIME;
use super::{Emitter, count};

/// Fewer texts are found as fast by halving.
const LEAST: usize = 8;

/// The most places that a look-up visits: the runtime has the same.
const PROBES: usize = 16;

/// What the number of rows is marked with where they are sorted.
const SORTED: u32 = 1 << 31;

/// 2^64 divided by the golden ratio: multiplied with it, texts that are near each other come far apart.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// A text's hash: of its length, its first and its last bytes. The runtime has the same.
fn hash(text: &[u8]) -> u64 {
    let length = text.len();
    let word = |from: usize, bytes: usize| {
        text[from..from + bytes]
            .iter()
            .rev()
            .fold(0, |word, byte| word << 8 | u64::from(*byte))
    };
    let mixed = match length {
        0 => 0,
        1..4 => word(0, 1) | word(length / 2, 1) << 8 | word(length - 1, 1) << 16,
        4..8 => word(0, 4) | word(length - 4, 4) << 32,
        _ => word(0, 8) ^ word(length - 8, 8).rotate_left(29),
    };
    (mixed ^ length as u64).wrapping_mul(SPREAD)
}

/// The rows by their places; `None` if a row would be too far from its own.
fn places<'t>(rows: &[(&'t str, u32)], bits: u32) -> Option<Vec<Option<(&'t str, u32)>>> {
    let mask = (1_usize << bits) - 1;
    let mut places = vec![None; mask + 1];
    for (text, value) in rows {
        let first = usize::try_from(hash(text.as_bytes()) >> (64 - bits)).ok()?;
        let free = (first..first + PROBES)
            .map(|place| place & mask)
            .find(|place| places[*place].is_none())?;
        places[free] = Some((*text, *value));
    }
    Some(places)
}

impl Emitter<'_> {
    /// A table as the runtime's `find` wants it. Of rows with the same text the first counts.
    pub(super) fn find_table(&mut self, mut rows: Vec<(&str, u32)>) -> u32 {
        rows.sort_by_key(|(name, _)| (name.len(), *name));
        rows.dedup_by_key(|(name, _)| *name);
        let bits = (rows.len() * 4 / 3).next_power_of_two().ilog2();
        let places = (rows.len() >= LEAST).then(|| places(&rows, bits)).flatten();
        let mut words = match &places {
            Some(_) => vec![64 - bits, (1 << bits) - 1],
            None => vec![SORTED | count(rows.len())],
        };
        for row in places.unwrap_or_else(|| rows.into_iter().map(Some).collect()) {
            words.extend(row.map_or([0; 3], |(text, value)| {
                let (at, len) = self.data.text(text);
                [len, at, value]
            }));
        }
        self.data.words(&words)
    }

    /// Leaves in `code` the value beside the text whose address and length are on the stack; 0 if there is none.
    pub(super) fn look_up_text(&mut self, rows: Vec<(&str, u32)>, code: &mut Code) {
        let table = self.find_table(rows);
        let (text, len) = (code.local(ValType::I32), code.local(ValType::I32));
        code.set(len).set(text).word(table).get(text).get(len);
        code.word(0).call(RUNTIME.index("find"));
    }
}
