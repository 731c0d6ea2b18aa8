//! Rewrites a function so that what it writes to memory is marked.

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{BlockType, Function, Instruction, MemArg, ValType};
use wasmparser::{FunctionBody, Operator};

use super::BLOCK_BITS;
use super::size::Size;

/// The memory that the module has, and the one with the marks.
pub(super) const MEMORY: u32 = 0;
const MARKS: u32 = 1;

/// What is set for a block that was written to.
const MARKED: i32 = 1;

/// The largest function, in bytes, that gets checks of its memory accesses. Each check ends a basic block, and Cranelift's compile time grows faster
/// than the number of blocks. A function of 400 KB with 60,000 accesses took more than a minute with checks, and a few seconds without.
const MOST_CHECKED_BYTES: usize = 1 << 16;

/// The locals that are added to a function: one for an address, and one for a value of each type.
const ADDED: [ValType; 6] = [
    ValType::I32,
    ValType::I32,
    ValType::I64,
    ValType::F32,
    ValType::F64,
    ValType::V128,
];

/// Rewrites `body`, the code of a function with `params` parameters. The rewritten code calls the function `mark` to mark a range. If `size` is given,
/// the code reads the size of its memory from there.
///
/// `None` if the body changes a table or a segment, or if it is longer than [`MOST_CHECKED_BYTES`] and has to be checked against a size.
pub(super) fn marked(
    body: &FunctionBody<'_>,
    params: u32,
    mark: u32,
    size: Option<Size>,
) -> Option<Function> {
    if size.is_some() && body.range().len() > MOST_CHECKED_BYTES {
        return None;
    }
    let mut encoder = RoundtripReencoder;
    let (mut locals, mut count) = (Vec::new(), params);
    for declared in body.get_locals_reader().ok()? {
        let (number, ty) = declared.ok()?;
        locals.push((number, encoder.val_type(ty).ok()?));
        count = count.checked_add(number)?;
    }
    locals.extend(ADDED.map(|ty| (1, ty)));
    let mut code = Marked {
        code: Function::new(locals),
        address: count,
        mark,
        size,
    };
    let mut operators = body.get_operators_reader().ok()?;
    while !operators.eof() {
        let operator = operators.read().ok()?;
        match (&operator, size) {
            (Operator::MemorySize { .. }, Some(size)) => size.pages(&mut code.code),
            (Operator::MemoryGrow { .. }, Some(size)) => {
                code.code.instruction(&Instruction::Call(size.grow));
            }
            _ => {
                code.before(&operator)?;
                code.code.instruction(&encoder.instruction(operator).ok()?);
            }
        }
    }
    Some(code.code)
}

/// The function that marks all blocks of a range: `(address, length)`.
pub(super) fn mark_range() -> Function {
    let (address, length, last) = (0, 1, 2);
    let mut code = Function::new([(1, ValType::I32)]);
    let block = |local| {
        [
            Instruction::LocalGet(local),
            Instruction::I32Const(BLOCK_BITS.cast_signed()),
            Instruction::I32ShrU,
        ]
    };
    let mut add = |instructions: &[Instruction<'_>]| {
        for instruction in instructions {
            code.instruction(instruction);
        }
    };
    // Nothing is written where the length is 0, or where the range ends outside of memory, and that traps behind this.
    add(&[
        Instruction::LocalGet(length),
        Instruction::I32Eqz,
        Instruction::If(BlockType::Empty),
        Instruction::Return,
        Instruction::End,
        Instruction::LocalGet(address),
        Instruction::LocalGet(length),
        Instruction::I32Add,
        Instruction::I32Const(1),
        Instruction::I32Sub,
        Instruction::LocalSet(last),
    ]);
    add(&block(last));
    add(&[Instruction::LocalSet(last)]);
    add(&block(address));
    add(&[
        Instruction::LocalSet(address),
        Instruction::Loop(BlockType::Empty),
        Instruction::LocalGet(address),
        Instruction::LocalGet(last),
        Instruction::I32LeU,
        Instruction::If(BlockType::Empty),
        Instruction::LocalGet(address),
        Instruction::I32Const(MARKED),
        Instruction::I32Store8(marks()),
        Instruction::LocalGet(address),
        Instruction::I32Const(1),
        Instruction::I32Add,
        Instruction::LocalSet(address),
        Instruction::Br(1),
        Instruction::End,
        Instruction::End,
        Instruction::End,
    ]);
    code
}

fn marks() -> MemArg {
    MemArg {
        offset: 0,
        align: 0,
        memory_index: MARKS,
    }
}

/// A function while it is rewritten.
struct Marked {
    code: Function,
    /// The first added local.
    address: u32,
    mark: u32,
    size: Option<Size>,
}

impl Marked {
    /// Adds what marks the blocks that `operator` writes to, whose operands are on the stack; `None` if it changes what is not restored.
    fn before(&mut self, operator: &Operator<'_>) -> Option<()> {
        match *operator {
            Operator::I32Store { memarg }
            | Operator::I32Store8 { memarg }
            | Operator::I32Store16 { memarg } => self.store(1, memarg)?,
            Operator::I64Store { memarg }
            | Operator::I64Store8 { memarg }
            | Operator::I64Store16 { memarg }
            | Operator::I64Store32 { memarg } => self.store(2, memarg)?,
            Operator::F32Store { memarg } => self.store(3, memarg)?,
            Operator::F64Store { memarg } => self.store(4, memarg)?,
            Operator::V128Store { memarg }
            | Operator::V128Store8Lane { memarg, .. }
            | Operator::V128Store16Lane { memarg, .. }
            | Operator::V128Store32Lane { memarg, .. }
            | Operator::V128Store64Lane { memarg, .. } => {
                self.store(5, memarg)?;
            }
            Operator::I32Load { memarg }
            | Operator::I32Load8S { memarg }
            | Operator::I32Load8U { memarg }
            | Operator::I32Load16S { memarg }
            | Operator::I32Load16U { memarg }
            | Operator::I64Load { memarg }
            | Operator::I64Load8S { memarg }
            | Operator::I64Load8U { memarg }
            | Operator::I64Load16S { memarg }
            | Operator::I64Load16U { memarg }
            | Operator::I64Load32S { memarg }
            | Operator::I64Load32U { memarg }
            | Operator::F32Load { memarg }
            | Operator::F64Load { memarg }
            | Operator::V128Load { memarg }
            | Operator::V128Load8x8S { memarg }
            | Operator::V128Load8x8U { memarg }
            | Operator::V128Load16x4S { memarg }
            | Operator::V128Load16x4U { memarg }
            | Operator::V128Load32x2S { memarg }
            | Operator::V128Load32x2U { memarg }
            | Operator::V128Load8Splat { memarg }
            | Operator::V128Load16Splat { memarg }
            | Operator::V128Load32Splat { memarg }
            | Operator::V128Load64Splat { memarg }
            | Operator::V128Load32Zero { memarg }
            | Operator::V128Load64Zero { memarg } => self.load(memarg),
            Operator::V128Load8Lane { memarg, .. }
            | Operator::V128Load16Lane { memarg, .. }
            | Operator::V128Load32Lane { memarg, .. }
            | Operator::V128Load64Lane { memarg, .. } => self.load_lane(memarg),
            Operator::MemoryCopy { dst_mem, src_mem } if dst_mem == MEMORY && src_mem == MEMORY => {
                self.range(true);
            }
            Operator::MemoryFill { mem } | Operator::MemoryInit { mem, .. } if mem == MEMORY => {
                self.range(false);
            }
            Operator::MemoryCopy { .. }
            | Operator::MemoryFill { .. }
            | Operator::MemoryInit { .. }
            | Operator::MemoryDiscard { .. }
            | Operator::DataDrop { .. }
            | Operator::ElemDrop { .. }
            | Operator::TableSet { .. }
            | Operator::TableGrow { .. }
            | Operator::TableFill { .. }
            | Operator::TableCopy { .. }
            | Operator::TableInit { .. } => return None,
            _ => {}
        }
        Some(())
    }

    /// Checks a load. Its operand is an address.
    fn load(&mut self, memarg: wasmparser::MemArg) {
        if self.size.is_some() {
            self.code.instruction(&Instruction::LocalTee(self.address));
            self.check(memarg);
        }
    }

    /// Checks a load into one lane of a vector. Its operands are an address and the vector.
    fn load_lane(&mut self, memarg: wasmparser::MemArg) {
        if self.size.is_some() {
            let vector = self.address + 5;
            self.code.instruction(&Instruction::LocalSet(vector));
            self.load(memarg);
            self.code.instruction(&Instruction::LocalGet(vector));
        }
    }

    /// Checks an access whose address is in the added local for addresses.
    fn check(&mut self, memarg: wasmparser::MemArg) {
        if let Some(size) = self.size {
            size.check(&mut self.code, self.address, memarg);
        }
    }

    /// Marks the block that a store begins in; it may reach [`REACH`](super::REACH) bytes further. The operands are an address and a value of the type of
    /// the added local with the number `value`.
    fn store(&mut self, value: u32, memarg: wasmparser::MemArg) -> Option<()> {
        if memarg.memory != MEMORY {
            return None;
        }
        let (address, value) = (self.address, self.address + value);
        // An address beyond 4 GiB wraps here, and traps in the store.
        let offset = u32::try_from(memarg.offset).ok()?.cast_signed();
        self.code.instruction(&Instruction::LocalSet(value));
        self.code.instruction(&Instruction::LocalTee(address));
        self.check(memarg);
        let mut add = |instruction| {
            self.code.instruction(&instruction);
        };
        if offset != 0 {
            add(Instruction::I32Const(offset));
            add(Instruction::I32Add);
        }
        add(Instruction::I32Const(BLOCK_BITS.cast_signed()));
        add(Instruction::I32ShrU);
        add(Instruction::I32Const(MARKED));
        add(Instruction::I32Store8(marks()));
        add(Instruction::LocalGet(address));
        add(Instruction::LocalGet(value));
        Some(())
    }

    /// Marks the blocks that `memory.copy`, `memory.fill` or `memory.init` writes to. Each instruction takes three operands: the destination's address,
    /// a second operand, and the length in bytes. For `memory.copy` (`is_copied`) the second operand is the source's address.
    fn range(&mut self, is_copied: bool) {
        let (address, length) = (self.address, self.address + 1);
        // A value of type i64 holds the number meanwhile: the other two locals of type i32 are taken.
        let number = self.address + 2;
        for instruction in [
            Instruction::LocalSet(length),
            Instruction::I64ExtendI32U,
            Instruction::LocalSet(number),
            Instruction::LocalSet(address),
        ] {
            self.code.instruction(&instruction);
        }
        if let Some(size) = self.size {
            let extended = [Instruction::LocalGet(address), Instruction::I64ExtendI32U];
            size.check_range(&mut self.code, &extended, length);
            if is_copied {
                size.check_range(&mut self.code, &[Instruction::LocalGet(number)], length);
            }
        }
        for instruction in [
            Instruction::LocalGet(address),
            Instruction::LocalGet(length),
            Instruction::Call(self.mark),
            Instruction::LocalGet(address),
            Instruction::LocalGet(number),
            Instruction::I32WrapI64,
            Instruction::LocalGet(length),
        ] {
            self.code.instruction(&instruction);
        }
    }
}
