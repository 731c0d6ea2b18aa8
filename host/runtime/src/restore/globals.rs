//! Mutable globals and the values that they begin with.

use wasm_encoder::{Function, Ieee32, Ieee64, Instruction};
use wasmparser::{Global, Operator};

/// A mutable global and its initial value.
pub(super) struct Initial {
    index: u32,
    value: Value,
}

enum Value {
    I32(i32),
    I64(i64),
    F32(u32),
    F64(u64),
}

impl Initial {
    /// The initial value of `global`; `None` if it is no plain constant.
    pub(super) fn of(index: u32, global: &Global<'_>) -> Option<Self> {
        let mut operators = global.init_expr.get_operators_reader();
        let value = match operators.read().ok()? {
            Operator::I32Const { value } => Value::I32(value),
            Operator::I64Const { value } => Value::I64(value),
            Operator::F32Const { value } => Value::F32(value.bits()),
            Operator::F64Const { value } => Value::F64(value.bits()),
            _ => return None,
        };
        matches!(operators.read().ok()?, Operator::End).then_some(Self { index, value })
    }

    /// Adds the instructions that set the global to its initial value.
    pub(super) fn reset(&self, code: &mut Function) {
        code.instruction(&match self.value {
            Value::I32(value) => Instruction::I32Const(value),
            Value::I64(value) => Instruction::I64Const(value),
            Value::F32(bits) => Instruction::F32Const(Ieee32::new(bits)),
            Value::F64(bits) => Instruction::F64Const(Ieee64::new(bits)),
        });
        code.instruction(&Instruction::GlobalSet(self.index));
    }
}
