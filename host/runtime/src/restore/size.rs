//! The memory size that a restored module reads.
//!
//! The real memory never shrinks, and most allocators grow it in every decision, so its size would carry state from one decision to the next.
//! The rewritten module therefore uses a global instead. The global starts each decision with the size that a fresh instance has, `memory.grow` raises
//! it, and every memory access is checked against it.

use wasm_encoder::{BlockType, Function, Instruction, ValType};
use wasmparser::MemArg;

use super::mark::MEMORY;

/// The bits of an address within a page.
const PAGE_BITS: i64 = 16;

/// The most pages that a memory of 32 bits has.
const MOST_PAGES: i64 = 1 << 16;

/// The global with the memory size, and the function that replaces `memory.grow`.
#[derive(Clone, Copy)]
pub(super) struct Size {
    /// The global with the size in bytes, of type i64.
    pub(super) global: u32,
    /// The function that stands for `memory.grow`.
    pub(super) grow: u32,
}

impl Size {
    /// Adds what stands for `memory.size`.
    pub(super) fn pages(self, code: &mut Function) {
        self.wide_pages(code);
        code.instruction(&Instruction::I32WrapI64);
    }

    fn wide_pages(self, code: &mut Function) {
        code.instruction(&Instruction::GlobalGet(self.global));
        code.instruction(&Instruction::I64Const(PAGE_BITS));
        code.instruction(&Instruction::I64ShrU);
    }

    /// Adds a trap for an access at the address in the local `address` that ends beyond the size.
    pub(super) fn check(self, code: &mut Function, address: u32, memarg: MemArg) {
        let end = memarg.offset + (1 << memarg.max_align);
        code.instruction(&Instruction::LocalGet(address));
        code.instruction(&Instruction::I64ExtendI32U);
        code.instruction(&Instruction::I64Const(end.cast_signed()));
        self.check_end(code);
    }

    /// Adds a trap for a range that ends beyond the size. The instructions `address` push the start of the range as an i64. The local `length` holds its
    /// length.
    pub(super) fn check_range(self, code: &mut Function, address: &[Instruction<'_>], length: u32) {
        for instruction in address {
            code.instruction(instruction);
        }
        code.instruction(&Instruction::LocalGet(length));
        code.instruction(&Instruction::I64ExtendI32U);
        self.check_end(code);
    }

    /// Adds a trap for the case that the sum of the operands is beyond the size.
    fn check_end(self, code: &mut Function) {
        for instruction in [
            Instruction::I64Add,
            Instruction::GlobalGet(self.global),
            Instruction::I64GtU,
            Instruction::If(BlockType::Empty),
            Instruction::Unreachable,
            Instruction::End,
        ] {
            code.instruction(&instruction);
        }
    }

    /// The function that stands for `memory.grow`. It grows the memory only where that is really too small.
    pub(super) fn growing(self) -> Function {
        let (more, old, new) = (0, 1, 2);
        let mut code = Function::new([(2, ValType::I64)]);
        self.wide_pages(&mut code);
        for instruction in [
            Instruction::LocalSet(old),
            Instruction::LocalGet(more),
            Instruction::I64ExtendI32U,
            Instruction::LocalGet(old),
            Instruction::I64Add,
            Instruction::LocalTee(new),
            Instruction::I64Const(MOST_PAGES),
            Instruction::I64GtU,
            Instruction::If(BlockType::Empty),
            Instruction::I32Const(-1),
            Instruction::Return,
            Instruction::End,
            Instruction::LocalGet(new),
            Instruction::MemorySize(MEMORY),
            Instruction::I64ExtendI32U,
            Instruction::I64GtU,
            Instruction::If(BlockType::Empty),
            Instruction::LocalGet(new),
            Instruction::MemorySize(MEMORY),
            Instruction::I64ExtendI32U,
            Instruction::I64Sub,
            Instruction::I32WrapI64,
            Instruction::MemoryGrow(MEMORY),
            Instruction::I32Const(-1),
            Instruction::I32Eq,
            Instruction::If(BlockType::Empty),
            Instruction::I32Const(-1),
            Instruction::Return,
            Instruction::End,
            Instruction::End,
            Instruction::LocalGet(new),
            Instruction::I64Const(PAGE_BITS),
            Instruction::I64Shl,
            Instruction::GlobalSet(self.global),
            Instruction::LocalGet(old),
            Instruction::I32WrapI64,
            Instruction::End,
        ] {
            code.instruction(&instruction);
        }
        code
    }
}
