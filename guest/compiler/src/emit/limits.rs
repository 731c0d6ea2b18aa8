//! Refuses a request that is over a limit, before any condition sees it, and finds the declared attributes.

use std::collections::HashMap;

use wasm_encoder::{BlockType, Instruction as I, ValType};

use super::function::{Code, memory};
use super::runtime::RUNTIME;
use super::{Emitter, count};
use crate::contract::{CONTRACT, Type};
use crate::rules::AttributeType;

/// The contract's cases of `problem`.
const TOO_LARGE: u32 = 0;
const OUT_OF_RANGE: u32 = 1;
const REPEATED: u32 = 2;
const WRONG_TYPE: u32 = 3;

/// The parameters: the request's address and the result's.
const REQUEST: u32 = 0;
const RESULT: u32 = 1;

/// A function `(request, result) -> refused` while it is written.
struct Limits<'e, 'r> {
    emitter: &'e mut Emitter<'r>,
    code: Code,
    /// The function that writes an evaluation error into the result, and the one that says a text is too long.
    fail: u32,
    long: u32,
    /// For each record of texts the function that checks it.
    flat: HashMap<usize, u32>,
}

/// A place in the request: the local with the address it counts from, and the element's index if there is one.
#[derive(Clone)]
struct At {
    address: u32,
    offset: u32,
    path: String,
    index: Option<u32>,
}

impl Emitter<'_> {
    /// The function that writes an error into the result, or returns 0.
    pub(super) fn limits(&mut self) -> u32 {
        let fail = self.fail();
        let long = self.long(fail);
        let function = self.declare(&[ValType::I32; 2], &[ValType::I32]);
        let mut limits = Limits {
            emitter: self,
            code: Code::new(2),
            fail,
            long,
            flat: HashMap::new(),
        };
        let request = At {
            address: REQUEST,
            offset: 0,
            path: String::new(),
            index: None,
        };
        limits.record(CONTRACT.request, &request);
        limits.attributes();
        limits.code.word(0);
        let code = limits.code;
        self.define(function, code);
        function
    }

    /// Has no declared attribute be present.
    pub(super) fn forget_attributes(&self, code: &mut Code) {
        for index in 0..self.rules.attributes.len() {
            code.word(0)
                .word(0)
                .store(self.writable.attributes + 4 * count(index));
        }
    }

    /// `(result, path, path length) -> 1`.
    fn long(&mut self, fail: u32) -> u32 {
        let function = self.declare(&[ValType::I32; 3], &[ValType::I32]);
        let most = scopegate_contract::TEXT_BYTES;
        let message = format!("the text has more than {most} bytes; give a shorter one");
        let (text, len) = self.data.text(&message);
        let mut code = Code::new(3);
        code.get(0)
            .get(1)
            .get(2)
            .word(TOO_LARGE)
            .word(text)
            .word(len)
            .call(fail);
        self.define(function, code);
        function
    }

    /// `(result, path, path length, problem, message, message length) -> 1`.
    fn fail(&mut self) -> u32 {
        let function = self.declare(&[ValType::I32; 6], &[ValType::I32]);
        let layout = &CONTRACT.result;
        let mut code = Code::new(6);
        code.get(0).word(1).store_byte(0);
        for (local, offset) in [
            (1, layout.path),
            (2, layout.path + 4),
            (4, layout.message),
            (5, layout.message + 4),
        ] {
            code.get(0).get(local).store(offset);
        }
        code.get(0).get(3).store_byte(layout.problem).word(1);
        self.define(function, code);
        function
    }
}

impl Limits<'_, '_> {
    fn record(&mut self, record: usize, at: &At) {
        for field in &CONTRACT.records[record].fields {
            let inner = At {
                offset: at.offset + field.offset,
                path: if at.path.is_empty() {
                    field.name.clone()
                } else {
                    format!("{}.{}", at.path, field.name)
                },
                ..at.clone()
            };
            if !has_limits(&field.ty) {
                continue;
            }
            if let Some(presence) = field.presence {
                self.code
                    .get(at.address)
                    .load_byte(at.offset + presence)
                    .if_empty();
                self.value(&field.ty, &inner);
                self.code.end();
            } else {
                self.value(&field.ty, &inner);
            }
        }
    }

    fn value(&mut self, ty: &Type, at: &At) {
        match ty {
            Type::Text => {
                self.code.get(at.address).load(at.offset + 4);
                self.code
                    .word(scopegate_contract::TEXT_BYTES)
                    .op(I::I32GtU)
                    .if_empty();
                self.refuse_text(at);
                self.code.end();
            }
            Type::Time => {
                self.code.get(at.address).load_wide(at.offset);
                self.code
                    .op(I::I64Const(scopegate_contract::LAST_INSTANT))
                    .op(I::I64GtU)
                    .if_empty();
                self.refuse(
                    at,
                    OUT_OF_RANGE,
                    "the time is not within the years 1970 to 9999; give one that is",
                );
                self.code.end();
            }
            Type::Record(record) if at.index.is_none() && is_flat(*record) => {
                self.flat(*record, at);
            }
            Type::Record(record) => self.record(*record, at),
            Type::List(element) => self.list(element, at),
            Type::Bool | Type::Int | Type::Duration | Type::Enum(_) => {}
        }
    }

    /// A record of texts, which several facts have: checked by a function that they share.
    fn flat(&mut self, record: usize, at: &At) {
        let function = self.flat_function(record);
        self.path(at);
        self.code
            .get(at.address)
            .word(at.offset)
            .add()
            .call(function);
        self.code.if_empty().word(1).op(I::Return).end();
    }

    /// `(result, path, path length, record) -> refused`.
    fn flat_function(&mut self, record: usize) -> u32 {
        if let Some(function) = self.flat.get(&record) {
            return *function;
        }
        let emitter = &mut *self.emitter;
        let function = emitter.declare(&[ValType::I32; 4], &[ValType::I32]);
        let mut code = Code::new(4);
        for field in CONTRACT.records[record]
            .fields
            .iter()
            .filter(|f| f.ty == Type::Text)
        {
            let (name, len) = emitter.data.text(&format!(".{}", field.name));
            code.get(3)
                .load(field.offset + 4)
                .word(scopegate_contract::TEXT_BYTES)
                .op(I::I32GtU)
                .if_empty();
            code.get(0)
                .get(1)
                .get(2)
                .word(name)
                .word(len)
                .call(RUNTIME.index("join"));
            code.call(self.long).op(I::Return).end();
        }
        code.word(0);
        emitter.define(function, code);
        self.flat.insert(record, function);
        function
    }

    fn list(&mut self, element: &Type, at: &At) {
        let most = scopegate_contract::list_limit(&at.path);
        self.code
            .get(at.address)
            .load(at.offset + 4)
            .word(most)
            .op(I::I32GtU)
            .if_empty();
        self.refuse(
            at,
            TOO_LARGE,
            &format!("the list has more than {most} elements; give fewer"),
        );
        self.code.end();
        let index = self.code.local(ValType::I32);
        let each = At {
            path: format!("{}[]", at.path),
            index: Some(index),
            ..at.clone()
        };
        match element {
            Type::Text => self.texts(&each),
            Type::Record(record) => self.records(*record, &each),
            _ => {}
        }
    }

    fn texts(&mut self, each: &At) {
        let index = each.index.expect("an element has an index");
        self.code.get(each.address).load(each.offset);
        self.code.get(each.address).load(each.offset + 4);
        self.code
            .word(scopegate_contract::TEXT_BYTES)
            .call(RUNTIME.index("first_long"));
        self.code
            .tee(index)
            .get(each.address)
            .load(each.offset + 4)
            .op(I::I32Ne)
            .if_empty();
        self.refuse_text(each);
        self.code.end();
    }

    fn records(&mut self, record: usize, each: &At) {
        let index = each.index.expect("an element has an index");
        let address = self.code.local(ValType::I32);
        self.code.word(0).set(index);
        self.code.get(each.address).load(each.offset).set(address);
        self.code.block().op(I::Loop(BlockType::Empty));
        self.code
            .get(index)
            .get(each.address)
            .load(each.offset + 4)
            .op(I::I32Eq)
            .op(I::BrIf(1));
        let element = At {
            address,
            offset: 0,
            ..each.clone()
        };
        self.record(record, &element);
        self.code
            .get(address)
            .word(CONTRACT.records[record].size)
            .add()
            .set(address);
        self.code.get(index).word(1).add().set(index);
        self.code.op(I::Br(0)).end().end();
    }

    /// Says that the text is too long, and returns.
    fn refuse_text(&mut self, at: &At) {
        self.path(at);
        self.code.call(self.long).op(I::Return);
    }

    /// Leaves the result's address and the path.
    fn path(&mut self, at: &At) {
        let (path, path_len) = self.emitter.data.text(&at.path);
        self.code.get(RESULT).word(path).word(path_len);
        if let Some(index) = at.index {
            self.code.get(index).call(RUNTIME.index("path"));
        }
    }

    /// Writes the error and returns.
    fn refuse(&mut self, at: &At, problem: u32, message: &str) {
        self.path(at);
        self.finish(problem, message);
    }

    /// As `refuse`, of the attribute whose address is in the local.
    fn refuse_attribute(&mut self, attribute: u32, problem: u32, message: &str) {
        let name = CONTRACT.attribute.name;
        let (prefix, prefix_len) = self.emitter.data.text("attributes.");
        self.code.get(RESULT).word(prefix).word(prefix_len);
        self.code
            .get(attribute)
            .load(name)
            .get(attribute)
            .load(name + 4);
        self.code.call(RUNTIME.index("join"));
        self.finish(problem, message);
    }

    fn finish(&mut self, problem: u32, message: &str) {
        let (text, len) = self.emitter.data.text(message);
        self.code
            .word(problem)
            .word(text)
            .word(len)
            .call(self.fail)
            .op(I::Return);
    }

    /// The attributes: their limits, each once, and the declared ones of their type and kept in their slots.
    fn attributes(&mut self) {
        let declared = self.emitter.rules.attributes.len();
        self.emitter.forget_attributes(&mut self.code);
        let at = At {
            address: REQUEST,
            offset: CONTRACT.attributes,
            path: "attributes".into(),
            index: None,
        };
        let most = scopegate_contract::LIST;
        self.code
            .get(REQUEST)
            .load(at.offset + 4)
            .word(most)
            .op(I::I32GtU)
            .if_empty();
        self.refuse(
            &at,
            TOO_LARGE,
            &format!("there are more than {most} attributes; give fewer"),
        );
        self.code.end();

        let layout = &CONTRACT.attribute;
        let (attribute, end) = (self.code.local(ValType::I32), self.code.local(ValType::I32));
        self.code.get(REQUEST).load(at.offset).tee(attribute);
        self.code
            .get(REQUEST)
            .load(at.offset + 4)
            .word(layout.size)
            .op(I::I32Mul)
            .add()
            .set(end);
        self.code.block().op(I::Loop(BlockType::Empty));
        self.code
            .get(attribute)
            .get(end)
            .op(I::I32Eq)
            .op(I::BrIf(1));
        self.attribute_limits(attribute, &at);
        self.attribute_once(attribute, &at);
        for index in 0..declared {
            self.declared(attribute, index);
        }
        self.code
            .get(attribute)
            .word(layout.size)
            .add()
            .set(attribute);
        self.code.op(I::Br(0)).end().end();
    }

    fn attribute_limits(&mut self, attribute: u32, all: &At) {
        let layout = &CONTRACT.attribute;
        let most = scopegate_contract::TEXT_BYTES;
        self.code
            .get(attribute)
            .load(layout.name + 4)
            .word(most)
            .op(I::I32GtU)
            .if_empty();
        self.refuse(
            all,
            TOO_LARGE,
            &format!("an attribute's name has more than {most} bytes; give a shorter one"),
        );
        self.code.end();
        self.code
            .get(attribute)
            .load_byte(layout.tag)
            .word(AttributeType::Text as u32)
            .op(I::I32Eq)
            .if_empty();
        self.code
            .get(attribute)
            .load(layout.value + 4)
            .word(most)
            .op(I::I32GtU)
            .if_empty();
        self.refuse_attribute(attribute, TOO_LARGE, &text_message());
        self.code.end().end();
        self.code
            .get(attribute)
            .load_byte(layout.tag)
            .word(AttributeType::Texts as u32)
            .op(I::I32Eq)
            .if_empty();
        let list = scopegate_contract::LIST;
        self.code
            .get(attribute)
            .load(layout.value + 4)
            .word(list)
            .op(I::I32GtU)
            .if_empty();
        self.refuse_attribute(
            attribute,
            TOO_LARGE,
            &format!("the list has more than {list} elements; give fewer"),
        );
        self.code.end();
        self.code
            .get(attribute)
            .load(layout.value)
            .get(attribute)
            .load(layout.value + 4);
        self.code.word(most).call(RUNTIME.index("first_long"));
        self.code
            .get(attribute)
            .load(layout.value + 4)
            .op(I::I32Ne)
            .if_empty();
        self.refuse_attribute(attribute, TOO_LARGE, &text_message());
        self.code.end().end();
    }

    /// Refuses a name that an earlier attribute has.
    fn attribute_once(&mut self, attribute: u32, all: &At) {
        let layout = &CONTRACT.attribute;
        let earlier = self.code.local(ValType::I32);
        self.code.get(REQUEST).load(all.offset).set(earlier);
        self.code.block().op(I::Loop(BlockType::Empty));
        self.code
            .get(earlier)
            .get(attribute)
            .op(I::I32Eq)
            .op(I::BrIf(1));
        for local in [earlier, attribute] {
            self.code
                .get(local)
                .load(layout.name)
                .get(local)
                .load(layout.name + 4);
        }
        self.code.call(RUNTIME.index("text_equal")).if_empty();
        self.refuse_attribute(
            attribute,
            REPEATED,
            "the attribute is given twice; give it once",
        );
        self.code.end();
        self.code.get(earlier).word(layout.size).add().set(earlier);
        self.code.op(I::Br(0)).end().end();
    }

    /// If this is the declared attribute: refuses another type, or keeps where its value is.
    fn declared(&mut self, attribute: u32, index: usize) {
        let layout = &CONTRACT.attribute;
        let rules = self.emitter.rules;
        let declared = &rules.attributes[index];
        let (name, len) = self.emitter.data.text(&declared.name);
        self.code
            .get(attribute)
            .load(layout.name)
            .get(attribute)
            .load(layout.name + 4);
        self.code
            .word(name)
            .word(len)
            .call(RUNTIME.index("text_equal"))
            .if_empty();
        self.code
            .get(attribute)
            .load_byte(layout.tag)
            .word(declared.ty as u32)
            .op(I::I32Ne)
            .if_empty();
        let message = match declared.ty {
            AttributeType::Text => "the policy declares this attribute as a text",
            AttributeType::Number => "the policy declares this attribute as a whole number",
            AttributeType::Truth => "the policy declares this attribute as `true` or `false`",
            AttributeType::Texts => "the policy declares this attribute as a list of texts",
        };
        self.refuse_attribute(attribute, WRONG_TYPE, message);
        self.code.end();
        let slot = self.emitter.writable.attributes + 4 * count(index);
        self.code.word(0).get(attribute).word(layout.value).add();
        self.code.op(I::I32Store(memory(slot, 2))).end();
    }
}

fn text_message() -> String {
    format!(
        "the text has more than {} bytes; give a shorter one",
        scopegate_contract::TEXT_BYTES
    )
}

/// Whether a value of the type can be over a limit.
fn has_limits(ty: &Type) -> bool {
    match ty {
        Type::Text | Type::Time | Type::List(_) => true,
        Type::Record(record) => CONTRACT.records[*record]
            .fields
            .iter()
            .any(|f| has_limits(&f.ty)),
        Type::Bool | Type::Int | Type::Duration | Type::Enum(_) => false,
    }
}

/// Whether texts are all that can be over a limit in the record.
fn is_flat(record: usize) -> bool {
    let fields = &CONTRACT.records[record].fields;
    let flat = |ty: &Type| matches!(ty, Type::Text | Type::Enum(_) | Type::Bool);
    fields
        .iter()
        .all(|field| flat(&field.ty) && field.presence.is_none())
}
