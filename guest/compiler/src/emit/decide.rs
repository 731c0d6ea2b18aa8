//! The decision: a function for each action that asks the requirements that name it, ready states, fallbacks.

use wasm_encoder::{BlockType, Instruction as I, ValType};

use super::expr::{Body, by_membership};
use super::function::Code;
use super::runtime::RUNTIME;
use super::{Emitter, Task, count, fold};
use crate::contract::CONTRACT;
use crate::rules::{ActionSet, When};

/// The most ready states that one function asks: a larger one is slow to compile to machine code.
const CHUNK: usize = 500;

/// Functions that others call.
pub(super) struct Decision {
    /// `(request, result)`: writes the result, an error or a decision whose lists are in the scratch.
    pub(super) decide: u32,
    /// The same for a request that is known to be within the limits, and whose attributes have been found.
    pub(super) decide_within: u32,
    /// `(request, result) -> refused`: checks the limits and finds the attributes.
    pub(super) limits: u32,
    /// `(request)`: finds the action, and forgets what an earlier call remembered.
    pub(super) begin: u32,
    /// `(request) -> end`: writes the unmet requirements to the scratch.
    pub(super) unmet: u32,
}

impl Emitter<'_> {
    pub(super) fn decision(&mut self) -> Decision {
        let limits = self.limits();
        let begin = self.begin();
        let unmet = self.unmet();
        let ready = self.ready();
        let fallbacks = self.fallbacks();
        let decide_within = self.decide_within(begin, unmet, ready, fallbacks);
        let decide = self.decide(limits, decide_within);
        Decision {
            decide,
            decide_within,
            limits,
            begin,
            unmet,
        }
    }

    fn begin(&mut self) -> u32 {
        let actions = self.rules.actions.iter().enumerate();
        let table = self.find_table(
            actions
                .map(|(index, name)| (&**name, count(index)))
                .collect(),
        );
        let unknown = count(self.rules.actions.len());
        let function = self.declare(&[ValType::I32], &[]);
        let action = CONTRACT
            .field(CONTRACT.request, "action")
            .expect("the request has an action");
        let (memos, memo_base) = (count(self.uses.memos(self.rules)), self.writable.memos);
        let mut code = Code::new(1);
        code.word(table)
            .get(0)
            .load(action.offset)
            .get(0)
            .load(action.offset + 4)
            .word(unknown);
        code.call(RUNTIME.index("find"));
        code.op(I::GlobalSet(RUNTIME.index("action")));
        if memos > 0 {
            code.word(memo_base)
                .word(0)
                .word(memos)
                .op(I::MemoryFill(0));
        }
        self.define(function, code);
        function
    }

    /// For each action the requirements that name it, and when.
    pub(super) fn by_action(&self) -> Vec<Vec<(usize, When)>> {
        let mut all = vec![Vec::new(); self.rules.actions.len()];
        for (index, requirement) in self.rules.requirements.iter().enumerate() {
            for (action, when) in &requirement.actions {
                all[*action].push((index, when.clone()));
            }
        }
        all
    }

    /// `(request) -> end`: for the request's action.
    fn unmet(&mut self) -> u32 {
        let function = self.declare(&[ValType::I32], &[ValType::I32]);
        let functions = self.asked();
        let mut code = Code::new(1);
        let out = code.local(ValType::I32);
        code.word(self.writable.unmet).set(out);
        by_action(&mut code, &functions, |code, functions| {
            for function in functions {
                code.get(out).get(0).call(*function).set(out);
            }
        });
        code.get(out);
        self.define(function, code);
        function
    }

    /// `(request) -> end`: writes the indices of the ready states that hold.
    fn ready(&mut self) -> u32 {
        let chunks: Vec<u32> = (0..self.rules.ready.len())
            .collect::<Vec<_>>()
            .chunks(CHUNK)
            .map(|chunk| self.ready_of(chunk))
            .collect();
        let function = self.declare(&[ValType::I32], &[ValType::I32]);
        let mut code = Code::new(1);
        let out = code.local(ValType::I32);
        code.word(self.writable.ready).set(out);
        for chunk in chunks {
            code.get(0).get(out).call(chunk).set(out);
        }
        code.get(out);
        self.define(function, code);
        function
    }

    fn ready_of(&mut self, states: &[usize]) -> u32 {
        let function = self.declare(&[ValType::I32; 2], &[ValType::I32]);
        let mut code = Code::new(2);
        for index in states {
            let state = self.function(Task::Ready { index: *index });
            code.get(1).word(count(*index)).store(0);
            code.get(1)
                .get(0)
                .call(state)
                .word(2)
                .op(I::I32Shl)
                .add()
                .set(1);
        }
        code.get(1);
        self.define(function, code);
        function
    }

    /// `(request) -> end`: writes the modes that stay open, on a denial.
    fn fallbacks(&mut self) -> u32 {
        let function = self.declare(&[ValType::I32], &[ValType::I32]);
        let rules = self.rules;
        let mut body = Body::new(self, None);
        let out = body.code.local(ValType::I32);
        body.code.word(body.emitter.writable.fallbacks).set(out);
        if let Some(fallbacks) = &rules.fallbacks {
            body.code.block();
            body.leave_unless_in(&fallbacks.actions);
            if let Some(when) = &fallbacks.when {
                let when = fold(when, rules, None);
                body.expr(&when);
                body.code.op(I::I32Eqz).op(I::BrIf(0));
            }
            for (mode, when) in &fallbacks.modes {
                body.code.get(out).word(*mode).store_byte(0);
                body.code.get(out);
                let when = fold(when, rules, None);
                body.expr(&when);
                body.code.add().set(out);
            }
            body.code.end();
        }
        body.code.get(out);
        let code = body.code;
        self.define(function, code);
        function
    }

    fn decide(&mut self, limits: u32, decide_within: u32) -> u32 {
        let function = self.declare(&[ValType::I32; 2], &[]);
        let mut code = Code::new(2);
        code.get(0)
            .get(1)
            .call(limits)
            .if_empty()
            .op(I::Return)
            .end();
        code.get(0).get(1).call(decide_within);
        self.define(function, code);
        function
    }

    fn decide_within(&mut self, begin: u32, unmet: u32, ready: u32, fallbacks: u32) -> u32 {
        let function = self.declare(&[ValType::I32; 2], &[]);
        let governed: Vec<u8> = self
            .by_action()
            .iter()
            .map(|list| u8::from(!list.is_empty()))
            .chain([0])
            .collect();
        let governed = self.data.put(&governed, 1);
        let layout = &CONTRACT.result;
        let scratch = self.writable;
        let (request, result) = (0, 1);
        let mut code = Code::new(2);
        let (unmet_end, governs, end) = (
            code.local(ValType::I32),
            code.local(ValType::I32),
            code.local(ValType::I32),
        );
        code.get(request).call(begin);
        code.get(result).word(0).store_byte(0);
        code.get(request).call(unmet).set(unmet_end);
        code.op(I::GlobalGet(RUNTIME.index("action")))
            .load_byte(governed)
            .set(governs);
        // deny is 1: something is unmet, or nothing governs the action
        code.get(result);
        code.get(unmet_end)
            .word(scratch.unmet)
            .op(I::I32Ne)
            .get(governs)
            .op(I::I32Eqz)
            .op(I::I32Or);
        code.store_byte(layout.verdict);
        list(&mut code, result, layout.unmet, scratch.unmet, unmet_end, 2);
        code.get(request).call(ready).set(end);
        list(&mut code, result, layout.ready, scratch.ready, end, 2);
        code.word(scratch.fallbacks).set(end);
        code.get(result)
            .load_byte(layout.verdict)
            .get(governs)
            .op(I::I32And)
            .if_empty();
        code.get(request).call(fallbacks).set(end).end();
        list(
            &mut code,
            result,
            layout.fallbacks,
            scratch.fallbacks,
            end,
            0,
        );
        self.define(function, code);
        function
    }

    /// `evaluate(request) -> result`: the result is in the scratch, to be read before the next call.
    pub(super) fn evaluate(&mut self, decision: &Decision) -> u32 {
        let result = self.writable.result;
        let function = self.declare(&[ValType::I32], &[ValType::I32]);
        let mut code = Code::new(1);
        code.get(0).word(result).call(decision.decide);
        code.call(RUNTIME.index("reset")).word(result);
        self.define(function, code);
        function
    }

    /// `evaluate` for a host that has seen that the request is within the limits and has no attributes.
    pub(super) fn evaluate_within(&mut self, decision: &Decision) -> u32 {
        let result = self.writable.result;
        let function = self.declare(&[ValType::I32], &[ValType::I32]);
        let mut code = Code::new(1);
        self.forget_attributes(&mut code);
        code.get(0).word(result).call(decision.decide_within);
        code.call(RUNTIME.index("reset")).word(result);
        self.define(function, code);
        function
    }

    /// `evaluate-batch(requests, count) -> list of results`.
    pub(super) fn evaluate_batch(&mut self, decision: &Decision) -> u32 {
        let layout = &CONTRACT.result;
        let list = self.writable.results;
        let function = self.declare(&[ValType::I32; 2], &[ValType::I32]);
        let (requests, left) = (0, 1);
        let mut code = Code::new(2);
        let (result, copy) = (code.local(ValType::I32), code.local(ValType::I32));
        code.word(0)
            .get(left)
            .word(layout.size)
            .op(I::I32Mul)
            .word(layout.align);
        code.call(RUNTIME.index("alloc")).tee(result).store(list);
        code.word(0).get(left).store(list + 4);
        code.block().op(I::Loop(BlockType::Empty));
        code.get(left).op(I::I32Eqz).op(I::BrIf(1));
        code.get(requests).get(result).call(decision.decide);
        code.get(result).load_byte(0).op(I::I32Eqz).if_empty();
        for (offset, shift) in [(layout.unmet, 2), (layout.ready, 2), (layout.fallbacks, 0)] {
            let bytes = code.local(ValType::I32);
            code.get(result)
                .load(offset + 4)
                .word(shift)
                .op(I::I32Shl)
                .tee(bytes)
                .word(4);
            code.call(RUNTIME.index("alloc")).tee(copy);
            code.get(result).load(offset).get(bytes).op(I::MemoryCopy {
                src_mem: 0,
                dst_mem: 0,
            });
            code.get(result).get(copy).store(offset);
        }
        code.end();
        code.get(requests)
            .word(CONTRACT.records[CONTRACT.request].size)
            .add()
            .set(requests);
        code.get(result).word(layout.size).add().set(result);
        code.get(left).word(1).op(I::I32Sub).set(left);
        code.op(I::Br(0)).end().end();
        code.call(RUNTIME.index("reset")).word(list);
        self.define(function, code);
        function
    }
}

impl Body<'_, '_> {
    /// Branches out of the block around unless the request's action is in the set now.
    fn leave_unless_in(&mut self, actions: &ActionSet) {
        self.code.block();
        for (when, actions) in by_membership(actions) {
            self.action_among(&actions);
            self.code.if_empty();
            self.membership_holds(when, None);
            self.code.op(I::BrIf(1)).op(I::Br(2)).end();
        }
        self.code.op(I::Br(1)).end();
    }
}

/// Writes `write` for the request's action: nothing for an action the rule set does not know.
fn by_action<T>(code: &mut Code, all: &[T], write: impl Fn(&mut Code, &T)) {
    let cases = count(all.len());
    // A block for each action, the first innermost, within one that is left when all is done.
    code.block();
    for _ in all {
        code.block();
    }
    let labels: Vec<u32> = (0..cases).collect();
    code.op(I::GlobalGet(RUNTIME.index("action")))
        .op(I::BrTable(labels.into(), cases));
    for (index, each) in (0..cases).zip(all) {
        code.end();
        write(code, each);
        code.op(I::Br(cases - 1 - index));
    }
    code.end();
}

/// Writes a list that stands in the scratch from `from` to the address in `end` into the result.
fn list(code: &mut Code, result: u32, offset: u32, from: u32, end: u32, shift: u32) {
    code.get(result).word(from).store(offset);
    code.get(result)
        .get(end)
        .word(from)
        .op(I::I32Sub)
        .word(shift)
        .op(I::I32ShrU)
        .store(offset + 4);
}
