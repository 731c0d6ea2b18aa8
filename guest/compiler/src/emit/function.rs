//! One function while it is written: its instructions and its locals.

use wasm_encoder::{BlockType, Function, Instruction, MemArg, ValType};

/// Instructions and locals; the first locals are the parameters.
pub(super) struct Code {
    params: u32,
    locals: Vec<ValType>,
    instructions: Vec<Instruction<'static>>,
}

impl Code {
    pub(super) fn new(params: u32) -> Self {
        Self {
            params,
            locals: Vec::new(),
            instructions: Vec::new(),
        }
    }

    pub(super) fn op(&mut self, instruction: Instruction<'static>) -> &mut Self {
        self.instructions.push(instruction);
        self
    }

    /// A new local.
    pub(super) fn local(&mut self, ty: ValType) -> u32 {
        self.locals.push(ty);
        self.params + u32::try_from(self.locals.len() - 1).expect("functions are bounded")
    }

    pub(super) fn get(&mut self, local: u32) -> &mut Self {
        self.op(Instruction::LocalGet(local))
    }

    pub(super) fn set(&mut self, local: u32) -> &mut Self {
        self.op(Instruction::LocalSet(local))
    }

    pub(super) fn tee(&mut self, local: u32) -> &mut Self {
        self.op(Instruction::LocalTee(local))
    }

    /// An address, a count or any other 32 bits.
    pub(super) fn word(&mut self, value: u32) -> &mut Self {
        self.op(Instruction::I32Const(value.cast_signed()))
    }

    pub(super) fn call(&mut self, function: u32) -> &mut Self {
        self.op(Instruction::Call(function))
    }

    pub(super) fn load(&mut self, offset: u32) -> &mut Self {
        self.op(Instruction::I32Load(memory(offset, 2)))
    }

    pub(super) fn load_byte(&mut self, offset: u32) -> &mut Self {
        self.op(Instruction::I32Load8U(memory(offset, 0)))
    }

    pub(super) fn load_wide(&mut self, offset: u32) -> &mut Self {
        self.op(Instruction::I64Load(memory(offset, 3)))
    }

    pub(super) fn store(&mut self, offset: u32) -> &mut Self {
        self.op(Instruction::I32Store(memory(offset, 2)))
    }

    pub(super) fn store_byte(&mut self, offset: u32) -> &mut Self {
        self.op(Instruction::I32Store8(memory(offset, 0)))
    }

    pub(super) fn add(&mut self) -> &mut Self {
        self.op(Instruction::I32Add)
    }

    /// `if` with one 32-bit result.
    pub(super) fn if_word(&mut self) -> &mut Self {
        self.op(Instruction::If(BlockType::Result(ValType::I32)))
    }

    pub(super) fn if_empty(&mut self) -> &mut Self {
        self.op(Instruction::If(BlockType::Empty))
    }

    pub(super) fn otherwise(&mut self) -> &mut Self {
        self.op(Instruction::Else)
    }

    pub(super) fn block(&mut self) -> &mut Self {
        self.op(Instruction::Block(BlockType::Empty))
    }

    pub(super) fn end(&mut self) -> &mut Self {
        self.op(Instruction::End)
    }

    pub(super) fn finish(mut self) -> Function {
        let mut groups: Vec<(u32, ValType)> = Vec::new();
        for ty in &self.locals {
            match groups.last_mut() {
                Some((count, last)) if last == ty => *count += 1,
                _ => groups.push((1, *ty)),
            }
        }
        self.instructions.push(Instruction::End);
        let mut function = Function::new(groups);
        for instruction in &self.instructions {
            function.instruction(instruction);
        }
        function
    }
}

/// `offset` bytes behind the address, aligned to `2^align` bytes.
pub(super) fn memory(offset: u32, align: u32) -> MemArg {
    MemArg {
        offset: u64::from(offset),
        align,
        memory_index: 0,
    }
}
