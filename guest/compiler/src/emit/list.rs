//! Lists: membership, and the loops of `all`, `exists` and `exists_one`.

use std::sync::Arc;

use wasm_encoder::{BlockType, Instruction as I, ValType};

use super::expr::Body;
use super::runtime::RUNTIME;
use super::{count, value_types};
use crate::contract::{CONTRACT, Type, Width};
use crate::ir::{Expr, Kind, Quantifier, Var};

/// The longest list of constant texts that is compared one by one where it stands.
const ONE_BY_ONE: usize = 2;
/// The longest list of constant texts that is gone through; a longer one is looked up.
const GONE_THROUGH: usize = 12;
/// Actions are told apart by the bits of a 64-bit word, with a bit to spare for unknown ones.
const BITS: usize = 63;

/// A loop over a list: its cursor, and where the list ends.
struct Loop {
    cursor: u32,
    end: u32,
    size: u32,
}

impl Body<'_, '_> {
    /// A list literal of constants: a static list in the layout of a fact.
    pub(super) fn constant_list(&mut self, list: &Expr, elements: &[Expr]) {
        let Type::List(element) = &list.ty else {
            unreachable!("a list literal is a list");
        };
        let data = &mut self.emitter.data;
        let mut bytes: Vec<u8> = Vec::new();
        for constant in elements {
            match &constant.kind {
                Kind::Text(text) => {
                    let (at, len) = data.text(text);
                    bytes.extend(at.to_le_bytes());
                    bytes.extend(len.to_le_bytes());
                }
                Kind::Int(value) => bytes.extend(value.to_le_bytes()),
                Kind::Bool(value) => bytes.push(u8::from(*value)),
                Kind::Case(case) => bytes.push(u8::try_from(*case).unwrap_or(u8::MAX)),
                _ => unreachable!("other lists are gone through where they are written"),
            }
        }
        debug_assert!(
            elements.is_empty()
                || bytes.len() == elements.len() * CONTRACT.element_size(element) as usize
        );
        let at = data.shared(bytes, 8);
        self.code.word(at).word(count(elements.len()));
    }

    pub(super) fn membership(&mut self, needle: &Expr, list: &Expr) {
        if let Kind::List(elements) = &list.kind {
            self.in_literal(needle, elements);
            return;
        }
        let Type::List(element) = &list.ty else {
            unreachable!("membership is of a list");
        };
        if let Type::Text | Type::Enum(_) = **element {
            self.expr(needle);
            self.expr(list);
            self.run(if **element == Type::Text {
                "text_in"
            } else {
                "case_in"
            });
            return;
        }
        let needle_locals: Vec<u32> = value_types(&needle.ty)
            .into_iter()
            .map(|ty| self.code.local(ty))
            .collect();
        self.expr(needle);
        for local in needle_locals.iter().rev() {
            self.code.set(*local);
        }
        let found = self.code.local(ValType::I32);
        self.code.word(0).set(found);
        let walk = self.begin(list, element);
        super::equal::load(&mut self.code, walk.cursor, element, Width::Bits64, 0);
        for local in &needle_locals {
            self.code.get(*local);
        }
        self.emitter.compare(&mut self.code, element);
        self.code.if_empty().word(1).set(found).op(I::Br(2)).end();
        self.finish(&walk);
        self.code.get(found);
    }

    fn in_literal(&mut self, needle: &Expr, elements: &[Expr]) {
        if elements.is_empty() {
            self.code.word(0);
            return;
        }
        let texts: Option<Vec<&Arc<str>>> = elements.iter().map(Expr::as_text).collect();
        let Some(texts) = texts else {
            self.in_values(needle, elements);
            return;
        };
        match &needle.kind {
            Kind::Action if texts.iter().all(|text| self.is_listed(text)) => {
                let actions = &self.emitter.rules.actions;
                let among = actions
                    .iter()
                    .enumerate()
                    .filter(|(_, action)| texts.contains(action));
                let among: Vec<usize> = among.map(|(index, _)| index).collect();
                self.action_among(&among);
            }
            // What a table gives is static, as the constants are, and equal texts have one place.
            Kind::Lookup(table, keys) => {
                let at = self.code.local(ValType::I32);
                self.cell(*table, keys);
                self.code.load(0).set(at);
                self.one_of(&texts, |body, text| {
                    let (place, _) = body.emitter.data.text(text);
                    body.code.get(at).word(place).op(I::I32Eq);
                });
            }
            _ if texts.len() > GONE_THROUGH => {
                let rows = texts.iter().map(|text| (&***text, 0)).collect();
                let table = self.emitter.find_table(rows);
                self.code.word(table);
                self.expr(needle);
                self.code.word(1);
                self.run("find");
                self.code.op(I::I32Eqz);
            }
            _ if texts.len() > ONE_BY_ONE => {
                let (list, count) = self.emitter.data.texts(texts.iter().map(|text| &***text));
                self.expr(needle);
                self.code.word(list).word(count);
                self.run("text_in");
            }
            _ => {
                let (at, len) = (self.code.local(ValType::I32), self.code.local(ValType::I32));
                self.expr(needle);
                self.code.set(len).set(at);
                self.one_of(&texts, |body, text| body.is_text(text, at, len));
            }
        }
    }

    fn in_values(&mut self, needle: &Expr, elements: &[Expr]) {
        let cases: Option<Vec<u32>> = elements
            .iter()
            .map(|element| match element.kind {
                Kind::Case(case) if case < 31 => Some(case),
                _ => None,
            })
            .collect();
        match cases {
            // No case has the number 31, which a text that names no case comes to.
            Some(cases) => {
                let bits = cases.iter().fold(0u32, |bits, case| bits | 1 << case);
                self.code.word(bits);
                self.expr(needle);
                self.code.op(I::I32ShrU).word(1).op(I::I32And);
            }
            None => self.one_of(elements, |body, element| body.equal(needle, element)),
        }
    }

    /// Leaves whether the request's action is one of these.
    pub(super) fn action_among(&mut self, actions: &[usize]) {
        let global = RUNTIME.index("action");
        if self.emitter.rules.actions.len() > BITS {
            self.one_of(actions, |body, action| {
                body.code
                    .op(I::GlobalGet(global))
                    .word(count(*action))
                    .op(I::I32Eq);
            });
            return;
        }
        let bits = actions.iter().fold(0u64, |bits, action| bits | 1 << action);
        self.code
            .op(I::I64Const(bits.cast_signed()))
            .op(I::GlobalGet(global))
            .op(I::I64ExtendI32U)
            .op(I::I64ShrU)
            .op(I::I32WrapI64)
            .word(1)
            .op(I::I32And);
    }

    /// Leaves whether `test` leaves 1 for one of the elements; later ones are not tested.
    fn one_of<T>(&mut self, elements: &[T], mut test: impl FnMut(&mut Self, &T)) {
        self.code.op(I::Block(BlockType::Result(ValType::I32)));
        self.code.block();
        for element in elements {
            test(self, element);
            self.code.op(I::BrIf(0));
        }
        self.code.word(0).op(I::Br(1)).end();
        self.code.word(1).end();
    }

    pub(super) fn quantified(
        &mut self,
        quantifier: Quantifier,
        var: Var,
        list: &Expr,
        body: &Expr,
    ) {
        let Type::List(element) = &list.ty else {
            unreachable!("a macro goes through a list");
        };
        let result = self.code.local(ValType::I32);
        self.code
            .word(u32::from(quantifier == Quantifier::All))
            .set(result);
        let walk = self.begin(list, element);
        self.vars.insert(var, (walk.cursor, walk.cursor, walk.size));
        self.expr(body);
        match quantifier {
            Quantifier::All => {
                self.code
                    .op(I::I32Eqz)
                    .if_empty()
                    .word(0)
                    .set(result)
                    .op(I::Br(2))
                    .end();
            }
            Quantifier::Exists => {
                self.code.if_empty().word(1).set(result).op(I::Br(2)).end();
            }
            Quantifier::ExistsOne => {
                self.code.get(result).add().set(result);
            }
        }
        self.finish(&walk);
        self.vars.remove(&var);
        self.code.get(result);
        if quantifier == Quantifier::ExistsOne {
            self.code.word(1).op(I::I32Eq);
        }
    }

    /// As `quantified`, with the notes of the element that decides; of the whole list where none does alone.
    pub(super) fn traced_quantified(
        &mut self,
        quantifier: Quantifier,
        var: Var,
        list: &Expr,
        body: &Expr,
    ) {
        let Type::List(element) = &list.ty else {
            unreachable!("a macro goes through a list");
        };
        if quantifier == Quantifier::ExistsOne {
            self.quantified(quantifier, var, list, body);
            self.notes_of(&[list, body], Some(var));
            return;
        }
        let all = quantifier == Quantifier::All;
        let (result, mark) = (self.code.local(ValType::I32), self.code.local(ValType::I32));
        self.code.word(u32::from(all)).set(result);
        self.mark(mark);
        let walk = self.begin(list, element);
        let first = self.code.local(ValType::I32);
        // The loop has begun; the first element's address is the end's, less the list's size.
        self.expr_first(list, first);
        self.vars.insert(var, (walk.cursor, first, walk.size));
        self.traced(body);
        if all {
            self.code.op(I::I32Eqz);
        }
        self.code
            .if_empty()
            .word(u32::from(!all))
            .set(result)
            .op(I::Br(2))
            .end();
        self.forget_since(mark);
        self.finish(&walk);
        self.code
            .get(result)
            .word(u32::from(all))
            .op(I::I32Eq)
            .if_empty();
        self.notes_of(&[list, body], Some(var));
        self.vars.remove(&var);
        if !matches!(list.kind, Kind::Fact(..) | Kind::Attribute(_)) {
            // Its elements have no place of their own: what the list was made of has to do.
            self.code.otherwise();
            self.notes_of(&[list], None);
        }
        self.code.end().get(result);
    }

    fn expr_first(&mut self, list: &Expr, first: u32) {
        self.expr(list);
        self.code.op(I::Drop).set(first);
    }

    /// Opens a block and in it a loop over the list. Out of the loop's body, `br 1` leaves for good.
    fn begin(&mut self, list: &Expr, element: &Type) -> Loop {
        let size = CONTRACT.element_size(element);
        let (cursor, end) = (self.code.local(ValType::I32), self.code.local(ValType::I32));
        self.expr(list);
        let length = self.code.local(ValType::I32);
        self.code
            .set(length)
            .tee(cursor)
            .get(length)
            .word(size)
            .op(I::I32Mul)
            .add()
            .set(end);
        self.code.block().op(I::Loop(BlockType::Empty));
        self.code.get(cursor).get(end).op(I::I32Eq).op(I::BrIf(1));
        Loop { cursor, end, size }
    }

    fn finish(&mut self, walk: &Loop) {
        debug_assert_ne!(walk.cursor, walk.end);
        self.code
            .get(walk.cursor)
            .word(walk.size)
            .add()
            .set(walk.cursor);
        self.code.op(I::Br(0)).end().end();
    }
}
