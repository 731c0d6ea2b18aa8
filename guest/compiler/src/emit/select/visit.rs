//! The code that looks a group's fact up and asks the requirements listed under its value.
//!
//! Always true here: the indices written before a group's function is called and those it adds rise, as one list.

use wasm_encoder::{BlockType, Instruction as I, ValType};

use super::{Group, Stands, Value};
use crate::contract::CONTRACT;
use crate::emit::expr::Body;
use crate::emit::function::Code;
use crate::emit::{Emitter, Task, count};
use crate::rules::When;

impl Emitter<'_> {
    /// `(out, request) -> out`: writes the indices of the group's requirements that do not hold.
    pub(in crate::emit) fn visits(&mut self, group: &Group) -> u32 {
        let rows = self.rows_of(group);
        let visit = self.visit();
        let start = self.writable.unmet;
        let spare = self.writable.nowhere;
        let function = self.declare(&[ValType::I32; 2], &[ValType::I32]);
        let mut body = Body::of_condition(self, None);
        let list = body.code.local(ValType::I32);
        body.code.block();
        body.look_up_key(group, &rows);
        body.code.tee(list).op(I::I32Eqz).op(I::BrIf(0));
        if group.when != When::Always {
            body.membership_holds(&group.when, None);
            body.code.op(I::I32Eqz).op(I::BrIf(0));
        }
        body.code
            .word(start)
            .get(0)
            .get(0)
            .get(1)
            .get(list)
            .call(visit)
            .word(spare);
        body.run("merge");
        body.code.op(I::Return).end().get(0);
        let code = body.code;
        self.define(function, code);
        function
    }

    /// For each value the address of its list: a count, then the places of conditions in the function table.
    fn rows_of<'g>(&mut self, group: &'g Group) -> Vec<(&'g Value, u32)> {
        let mut words = Vec::new();
        let mut begins = Vec::new();
        for (value, requirements) in &group.rows {
            begins.push((value, count(words.len())));
            words.push(count(requirements.len()));
            for index in requirements {
                words.push(self.place_in_table(*index));
            }
        }
        let at = self.data.words(&words);
        begins
            .into_iter()
            .map(|(value, begin)| (value, at + 4 * begin))
            .collect()
    }

    /// Where the requirement's condition stands in the function table: behind the traced conditions.
    fn place_in_table(&mut self, index: usize) -> u32 {
        let function = self.function(Task::Condition {
            index,
            action: None,
        });
        let next = self.visited.len();
        let at = *self.places.entry(index).or_insert(next);
        if at == next {
            self.visited.push(function);
        }
        count(self.rules.requirements.len() + at)
    }

    /// `(out, request, list) -> out`: asks the conditions of a list, which has at least one.
    fn visit(&mut self) -> u32 {
        if let Some(known) = self.visit {
            return known;
        }
        let condition = self.type_index(&[ValType::I32; 2], &[ValType::I32]);
        let function = self.declare(&[ValType::I32; 3], &[ValType::I32]);
        let (out, request, next) = (0, 1, 2);
        let mut code = Code::new(3);
        let end = code.local(ValType::I32);
        code.get(next)
            .get(next)
            .load(0)
            .word(2)
            .op(I::I32Shl)
            .add()
            .set(end);
        code.op(I::Loop(BlockType::Empty));
        code.get(out)
            .get(request)
            .get(next)
            .word(4)
            .add()
            .tee(next)
            .load(0);
        code.op(I::CallIndirect {
            type_index: condition,
            table_index: 0,
        })
        .set(out);
        code.get(next).get(end).op(I::I32Ne).op(I::BrIf(0)).end();
        code.get(out);
        self.define(function, code);
        self.visit = Some(function);
        function
    }
}

impl Body<'_, '_> {
    /// Leaves the address of the list under the value of the group's fact; 0 if there is none, or no fact.
    fn look_up_key(&mut self, group: &Group, rows: &[(&Value, u32)]) {
        match &group.key.stands {
            Stands::Request {
                offset,
                presence,
                cases,
            } => {
                for presence in presence {
                    self.code.get(self.request).load_byte(*presence);
                    self.code.op(I::I32Eqz).op(I::BrIf(0));
                }
                if let Some(cases) = cases {
                    let table = self.emitter.by_case(*cases, rows);
                    self.code.get(self.request).load_byte(*offset);
                    self.code.word(2).op(I::I32Shl).load(table);
                } else {
                    self.code.get(self.request).load(*offset);
                    self.code.get(self.request).load(*offset + 4);
                    self.emitter.look_up_text(by_text(rows), &mut self.code);
                }
            }
            Stands::Attribute(index) => {
                let value = self.code.local(ValType::I32);
                let slot = self.emitter.writable.attributes + 4 * count(*index);
                self.code.word(0).load(slot).tee(value);
                self.code.op(I::I32Eqz).op(I::BrIf(0));
                self.code.get(value).load(0).get(value).load(4);
                self.emitter.look_up_text(by_text(rows), &mut self.code);
            }
        }
    }
}

impl Emitter<'_> {
    /// The lists by an enum's case.
    fn by_case(&mut self, e: usize, rows: &[(&Value, u32)]) -> u32 {
        let mut words = vec![0; CONTRACT.enums[e].cases.len()];
        for (value, at) in rows {
            if let Value::Case(case) = value {
                words[*case as usize] = *at;
            }
        }
        self.data.words(&words)
    }
}

/// The lists by text.
fn by_text<'r>(rows: &[(&'r Value, u32)]) -> Vec<(&'r str, u32)> {
    let texts = rows.iter().filter_map(|(value, at)| match value {
        Value::Text(text) => Some((&**text, *at)),
        Value::Case(_) => None,
    });
    texts.collect()
}
