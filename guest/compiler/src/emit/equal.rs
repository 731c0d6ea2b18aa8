//! Equality: of texts, or of their ends, with a constant written out, of whole records and lists by functions of their own.

use wasm_encoder::{BlockType, Instruction as I, ValType};

use super::expr::Body;
use super::function::{Code, memory};
use super::runtime::RUNTIME;
use super::{Emitter, Task, count, value_types};
use crate::contract::{CONTRACT, Field, Type, Width};
use crate::ir::{Expr, Kind, TextTest};

/// The longest text that is compared by instructions written out.
const WRITTEN_OUT: usize = 32;

impl Body<'_, '_> {
    pub(super) fn equal(&mut self, a: &Expr, b: &Expr) {
        let (constant, other) = if a.is_constant() { (a, b) } else { (b, a) };
        match (&constant.kind, &other.kind) {
            (Kind::Text(text), Kind::Action) if self.is_listed(text) => self.action_is(text),
            // What a table gives is static, as the constant is, and equal texts have one place.
            (Kind::Text(text), Kind::Lookup(table, keys)) => {
                self.cell(*table, keys);
                let (at, _) = self.emitter.data.text(text);
                self.code.load(0).word(at).op(I::I32Eq);
            }
            (Kind::Text(text), Kind::Fact(place, _)) if text.is_empty() => {
                self.base(place.base);
                self.code.load(place.offset + 4).op(I::I32Eqz);
            }
            (Kind::Text(text), Kind::Fact(place, _)) if text.len() <= WRITTEN_OUT => {
                let at = self.code.local(ValType::I32);
                self.base(place.base);
                self.code
                    .load(place.offset + 4)
                    .word(count(text.len()))
                    .op(I::I32Eq)
                    .if_word();
                self.base(place.base);
                self.code
                    .load(place.offset)
                    .set(at)
                    .same_bytes(text.as_bytes(), at);
                self.code.otherwise().word(0).end();
            }
            (Kind::Text(text), _) => {
                let (at, len) = (self.code.local(ValType::I32), self.code.local(ValType::I32));
                self.expr(other);
                self.code.set(len).set(at);
                self.is_text(text, at, len);
            }
            (Kind::Bool(true), _) => self.expr(other),
            _ => {
                self.expr(a);
                self.expr(b);
                self.emitter.compare(&mut self.code, &a.ty);
            }
        }
    }

    /// Whether the rule set lists the action. A condition names no other, but what a table gives may be any text.
    pub(super) fn is_listed(&self, text: &str) -> bool {
        let actions = &self.emitter.rules.actions;
        actions.iter().any(|action| **action == *text)
    }

    fn action_is(&mut self, text: &str) {
        let actions = &self.emitter.rules.actions;
        let index = actions.iter().position(|action| **action == *text);
        // The index behind the last action stands for every action the rule set does not know.
        let index = index.expect("only listed actions have an index");
        self.code
            .op(I::GlobalGet(RUNTIME.index("action")))
            .word(count(index))
            .op(I::I32Eq);
    }

    /// Leaves whether the text in the locals is the constant.
    pub(super) fn is_text(&mut self, text: &str, at: u32, len: u32) {
        self.code.get(len).word(count(text.len())).op(I::I32Eq);
        if text.is_empty() {
            return;
        }
        self.code.if_word();
        if text.len() <= WRITTEN_OUT {
            self.code.same_bytes(text.as_bytes(), at);
        } else {
            let (constant, _) = self.emitter.data.text(text);
            self.code.get(at).get(len).word(constant).get(len);
            self.run("text_equal");
        }
        self.code.otherwise().word(0).end();
    }
}

impl Body<'_, '_> {
    pub(super) fn text_test(&mut self, test: TextTest, text: &Expr, part: &Expr) {
        self.expr(text);
        if test != TextTest::Contains
            && let Some(part) = part.as_text()
            && (1..=WRITTEN_OUT).contains(&part.len())
        {
            self.has_at_end(part, test == TextTest::EndsWith);
            return;
        }
        self.expr(part);
        self.run(match test {
            TextTest::StartsWith => "starts_with",
            TextTest::EndsWith => "ends_with",
            TextTest::Contains => "contains",
        });
    }

    /// Replaces a text by whether it begins, or ends, with the constant.
    fn has_at_end(&mut self, part: &str, ends: bool) {
        let (at, len) = (self.code.local(ValType::I32), self.code.local(ValType::I32));
        let size = count(part.len());
        self.code.set(len).set(at);
        self.code.get(len).word(size).op(I::I32GeU).if_word();
        if ends {
            self.code.get(at).get(len).add();
            self.code.word(size).op(I::I32Sub).set(at);
        }
        self.code.same_bytes(part.as_bytes(), at);
        self.code.otherwise().word(0).end();
    }
}

impl Code {
    /// Leaves whether the bytes at the address in the local are these; not in a loop, and without a branch.
    fn same_bytes(&mut self, bytes: &[u8], at: u32) -> &mut Self {
        let mut first = true;
        for (offset, size) in pieces(bytes.len()) {
            let mut word = [0; 8];
            word[..size].copy_from_slice(&bytes[offset..offset + size]);
            let arg = memory(count(offset), 0);
            self.get(at).op(match size {
                8 => I::I64Load(arg),
                4 => I::I64Load32U(arg),
                2 => I::I64Load16U(arg),
                _ => I::I64Load8U(arg),
            });
            self.op(I::I64Const(i64::from_le_bytes(word))).op(I::I64Xor);
            if !first {
                self.op(I::I64Or);
            }
            first = false;
        }
        self.op(I::I64Eqz)
    }
}

/// Loads of 8, 4, 2 or 1 bytes that together cover `len` bytes; the last one may overlap.
fn pieces(len: usize) -> Vec<(usize, usize)> {
    let size = match len {
        8.. => 8,
        4.. => 4,
        2.. => 2,
        _ => 1,
    };
    let mut pieces: Vec<(usize, usize)> = (0..len / size).map(|i| (i * size, size)).collect();
    if !len.is_multiple_of(size) {
        pieces.push((len - size, size));
    }
    pieces
}

impl Emitter<'_> {
    /// Replaces two values of the type on the stack by whether they are equal.
    pub(super) fn compare(&mut self, code: &mut Code, ty: &Type) {
        match ty {
            Type::Bool | Type::Enum(_) => {
                code.op(I::I32Eq);
            }
            Type::Int | Type::Time | Type::Duration => {
                code.op(I::I64Eq);
            }
            Type::Text => {
                code.call(RUNTIME.index("text_equal"));
            }
            Type::Record(_) | Type::List(_) => {
                let function = self.function(Task::Equal(ty.clone()));
                code.call(function);
            }
        }
    }

    /// The body of a function that compares two records, or two lists.
    pub(super) fn equal_values(&mut self, ty: &Type) -> Code {
        let mut code = Code::new(count(2 * value_types(ty).len()));
        match ty {
            Type::Record(record) => {
                for field in &CONTRACT.records[*record].fields {
                    self.equal_field(&mut code, field);
                }
                code.word(1);
            }
            Type::List(element) => self.equal_lists(&mut code, element),
            _ => unreachable!("other values are compared where they stand"),
        }
        code
    }

    /// Returns 0 unless the field is equal in the records at the first two parameters.
    fn equal_field(&mut self, code: &mut Code, field: &Field) {
        code.block();
        if let Some(presence) = field.presence {
            code.get(0)
                .load_byte(presence)
                .get(1)
                .load_byte(presence)
                .op(I::I32Ne);
            code.if_empty().word(0).op(I::Return).end();
            code.get(0).load_byte(presence).op(I::I32Eqz).op(I::BrIf(0));
        }
        for record in 0..2 {
            load(code, record, &field.ty, field.width, field.offset);
        }
        self.compare(code, &field.ty);
        code.op(I::I32Eqz)
            .if_empty()
            .word(0)
            .op(I::Return)
            .end()
            .end();
    }

    /// Leaves whether the list in the first two parameters equals the one in the next two.
    fn equal_lists(&mut self, code: &mut Code, element: &Type) {
        let size = CONTRACT.element_size(element);
        code.get(1)
            .get(3)
            .op(I::I32Ne)
            .if_empty()
            .word(0)
            .op(I::Return)
            .end();
        code.op(I::Loop(BlockType::Empty));
        code.get(1)
            .op(I::I32Eqz)
            .if_empty()
            .word(1)
            .op(I::Return)
            .end();
        for list in [0, 2] {
            load(code, list, element, Width::Bits64, 0);
        }
        self.compare(code, element);
        code.op(I::I32Eqz).if_empty().word(0).op(I::Return).end();
        for list in [0, 2] {
            code.get(list).word(size).add().set(list);
        }
        code.get(1).word(1).op(I::I32Sub).set(1);
        code.op(I::Br(0)).end().op(I::Unreachable);
    }
}

/// Leaves the value `offset` bytes behind the address in the local.
pub(super) fn load(code: &mut Code, address: u32, ty: &Type, width: Width, offset: u32) {
    code.get(address);
    match (ty, width) {
        (Type::Bool | Type::Enum(_), _) => code.load_byte(offset),
        (Type::Int, Width::Bits32) => code.load(offset).op(I::I64ExtendI32U),
        (Type::Int | Type::Time | Type::Duration, _) => code.load_wide(offset),
        (Type::Record(_), _) => code.word(offset).add(),
        (Type::Text | Type::List(_), _) => code.load(offset).get(address).load(offset + 4),
    };
}
