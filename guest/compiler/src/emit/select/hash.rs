//! Look-up of a text among many constants: a table with open addressing, and the function that reads it.
//!
//! Always true here: what the function finds is the row of exactly that text; a table in which some row would be far from its place is not made.

use wasm_encoder::{BlockType, Instruction as I, ValType};

use crate::emit::Emitter;
use crate::emit::function::{Code, memory};
use crate::emit::runtime::RUNTIME;

/// Fewer texts are found as fast by halving.
const LEAST: usize = 16;

/// The most places that a look-up visits.
const PROBES: usize = 16;

/// Bytes of a slot: the text's length and address, and the value beside it, which is not 0.
const SLOT: u32 = 12;

/// Where the slots begin: behind the number of bits that a place does not take from the hash, and the mask of a place.
const SLOTS: u32 = 8;

/// 2^64 divided by the golden ratio: multiplied with it, texts that are near each other come far apart.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// A text's hash: of its length, its first and its last bytes.
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
    /// Leaves in `code` the value beside the text whose address and length are on the stack; 0 if there is none.
    pub(super) fn look_up_text(&mut self, rows: Vec<(&str, u32)>, code: &mut Code) {
        let bits = (2 * rows.len()).next_power_of_two().ilog2();
        let places = (rows.len() >= LEAST).then(|| places(&rows, bits)).flatten();
        let Some(places) = places else {
            let table = self.find_table(rows);
            let (text, len) = (code.local(ValType::I32), code.local(ValType::I32));
            code.set(len).set(text).word(table).get(text).get(len);
            code.word(0).call(RUNTIME.index("find"));
            return;
        };
        let mut words = vec![64 - bits, (1 << bits) - 1];
        for place in places {
            words.extend(place.map_or([0; 3], |(text, value)| {
                let (at, len) = self.data.text(text);
                [len, at, value]
            }));
        }
        let table = self.data.words(&words);
        let find = self.find_hashed();
        code.word(table).call(find);
    }

    /// `(text, length, table) -> value`.
    fn find_hashed(&mut self) -> u32 {
        if let Some(known) = self.find_hashed {
            return known;
        }
        let function = self.declare(&[ValType::I32; 3], &[ValType::I32]);
        let (text, len, table) = (0, 1, 2);
        let mut code = Code::new(3);
        let (place, slot) = (code.local(ValType::I32), code.local(ValType::I32));
        mixed(&mut code, text, len);
        code.get(len)
            .op(I::I64ExtendI32U)
            .op(I::I64Xor)
            .op(I::I64Const(SPREAD.cast_signed()))
            .op(I::I64Mul)
            .get(table)
            .op(I::I64Load32U(memory(0, 2)))
            .op(I::I64ShrU)
            .op(I::I32WrapI64)
            .set(place);
        code.op(I::Loop(BlockType::Empty));
        code.get(place)
            .word(SLOT)
            .op(I::I32Mul)
            .get(table)
            .add()
            .tee(slot)
            .load(SLOTS + 8)
            .op(I::I32Eqz)
            .if_empty()
            .word(0)
            .op(I::Return)
            .end();
        code.get(slot)
            .load(SLOTS + 4)
            .get(slot)
            .load(SLOTS)
            .get(text)
            .get(len)
            .call(RUNTIME.index("text_equal"))
            .if_empty()
            .get(slot)
            .load(SLOTS + 8)
            .op(I::Return)
            .end();
        code.get(place)
            .word(1)
            .add()
            .get(table)
            .load(4)
            .op(I::I32And)
            .set(place)
            .op(I::Br(0))
            .end()
            .op(I::Unreachable);
        self.define(function, code);
        self.find_hashed = Some(function);
        function
    }
}

/// Leaves the text's first and last bytes as one number, as `hash` mixes them.
fn mixed(code: &mut Code, text: u32, len: u32) {
    let number = BlockType::Result(ValType::I64);
    let at = |code: &mut Code, back: u32| {
        code.get(text).get(len).add().word(back).op(I::I32Sub);
    };
    code.get(len).word(8).op(I::I32GeU).op(I::If(number));
    code.get(text).op(I::I64Load(memory(0, 0)));
    at(code, 8);
    code.op(I::I64Load(memory(0, 0)))
        .op(I::I64Const(29))
        .op(I::I64Rotl)
        .op(I::I64Xor);
    code.otherwise();
    code.get(len).word(4).op(I::I32GeU).op(I::If(number));
    code.get(text).op(I::I64Load32U(memory(0, 0)));
    at(code, 4);
    code.op(I::I64Load32U(memory(0, 0)))
        .op(I::I64Const(32))
        .op(I::I64Shl)
        .op(I::I64Or);
    code.otherwise();
    code.get(len).op(I::If(number));
    code.get(text).op(I::I64Load8U(memory(0, 0)));
    code.get(text)
        .get(len)
        .word(1)
        .op(I::I32ShrU)
        .add()
        .op(I::I64Load8U(memory(0, 0)))
        .op(I::I64Const(8))
        .op(I::I64Shl)
        .op(I::I64Or);
    at(code, 1);
    code.op(I::I64Load8U(memory(0, 0)))
        .op(I::I64Const(16))
        .op(I::I64Shl)
        .op(I::I64Or);
    code.otherwise().op(I::I64Const(0)).end().end().end();
}
