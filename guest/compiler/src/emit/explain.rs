//! The explanation: each unmet requirement's condition once more, in the form that notes the facts it reads.

use wasm_encoder::{BlockType, Instruction as I, ValType};

use super::decide::Decision;
use super::function::Code;
use super::runtime::RUNTIME;
use super::{Emitter, Task};
use crate::contract::CONTRACT;

impl Emitter<'_> {
    /// The traced condition of each requirement, in their order: the elements of the function table.
    pub(super) fn traced_conditions(&mut self) -> Vec<u32> {
        (0..self.rules.requirements.len())
            .map(|index| {
                self.function(Task::TracedCondition {
                    index,
                    action: None,
                })
            })
            .collect()
    }

    /// `explain(request) -> result`.
    pub(super) fn explain(&mut self, decision: &Decision) -> u32 {
        let layout = &CONTRACT.result;
        let (size, requirement, facts) = CONTRACT.explanation;
        let result = self.writable.explained;
        let condition = self.type_index(&[ValType::I32], &[ValType::I32]);
        let function = self.declare(&[ValType::I32], &[ValType::I32]);
        let mut code = Code::new(1);
        let (next, end, out) = (
            code.local(ValType::I32),
            code.local(ValType::I32),
            code.local(ValType::I32),
        );
        code.get(0).word(result).call(decision.limits).if_empty();
        code.call(RUNTIME.index("reset"))
            .word(result)
            .op(I::Return)
            .end();
        code.get(0).call(decision.begin);
        code.get(0).call(decision.unmet).set(end);
        code.word(self.writable.unmet).set(next);
        code.word(0).word(0).store_byte(result);
        // The count of unmet requirements, and room for an explanation of each.
        code.word(0)
            .get(end)
            .get(next)
            .op(I::I32Sub)
            .word(2)
            .op(I::I32ShrU)
            .store(result + layout.payload + 4);
        code.word(0)
            .word(0)
            .load(result + layout.payload + 4)
            .word(size)
            .op(I::I32Mul)
            .word(4);
        code.call(RUNTIME.index("alloc"))
            .tee(out)
            .store(result + layout.payload);
        code.block().op(I::Loop(BlockType::Empty));
        code.get(next).get(end).op(I::I32Eq).op(I::BrIf(1));
        code.get(out).get(next).load(0).store(requirement);
        code.get(0).get(next).load(0);
        code.op(I::CallIndirect {
            type_index: condition,
            table_index: 0,
        })
        .op(I::Drop);
        let (list, count) = (code.local(ValType::I32), code.local(ValType::I32));
        code.call(RUNTIME.index("notes")).set(count).set(list);
        code.get(out)
            .get(list)
            .store(facts)
            .get(out)
            .get(count)
            .store(facts + 4);
        code.get(out).word(size).add().set(out);
        code.get(next).word(4).add().set(next);
        code.op(I::Br(0)).end().end();
        code.call(RUNTIME.index("reset")).word(result);
        self.define(function, code);
        function
    }
}
