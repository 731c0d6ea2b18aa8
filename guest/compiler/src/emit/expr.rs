//! Writes the instructions that leave an expression's value on the stack.

use std::collections::{BTreeMap, HashMap};

use wasm_encoder::{BlockType, Instruction as I, ValType};

use super::function::Code;
use super::runtime::RUNTIME;
use super::{Emitter, Task, count, uses, value_types};
use crate::contract::{CONTRACT, Type, Width};
use crate::ir::{Base, Expr, Kind, Place, UrlTest, Var};
use crate::rules::{ActionSet, When};

/// A function's body while it is written.
pub(super) struct Body<'e, 'r> {
    pub(super) emitter: &'e mut Emitter<'r>,
    pub(super) code: Code,
    /// The action that conditions take for the request's.
    pub(super) action: Option<usize>,
    /// The parameter with the request's address.
    pub(super) request: u32,
    /// For each variable the local with its element's address, the one with the first's, and an element's size.
    pub(super) vars: HashMap<Var, (u32, u32, u32)>,
}

impl<'e, 'r> Body<'e, 'r> {
    pub(super) fn new(emitter: &'e mut Emitter<'r>, action: Option<usize>) -> Self {
        Self {
            emitter,
            code: Code::new(1),
            action,
            request: 0,
            vars: HashMap::new(),
        }
    }

    /// A body whose function also takes, before the request, the address to write an unmet requirement's index to.
    pub(super) fn of_condition(emitter: &'e mut Emitter<'r>, action: Option<usize>) -> Self {
        Self {
            code: Code::new(2),
            request: 1,
            ..Self::new(emitter, action)
        }
    }

    pub(super) fn run(&mut self, function: &str) {
        self.code.call(RUNTIME.index(function));
    }

    #[expect(
        clippy::too_many_lines,
        reason = "a case a kind of expression, each a line or a few"
    )]
    pub(super) fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            Kind::Bool(value) => {
                self.code.word(u32::from(*value));
            }
            Kind::Int(value) => {
                self.code.op(I::I64Const(*value));
            }
            Kind::Case(case) => {
                self.code.word(*case);
            }
            Kind::Text(text) => self.text(text),
            Kind::List(elements) => self.constant_list(expr, elements),
            Kind::Fact(place, width) => self.fact(place, &expr.ty, *width),
            Kind::Action => {
                let field = CONTRACT
                    .field(CONTRACT.request, "action")
                    .expect("the request has an action");
                self.code.get(self.request).load(field.offset);
                self.code.get(self.request).load(field.offset + 4);
            }
            Kind::Attribute(index) => self.attribute(*index, &expr.ty),
            Kind::Has(place) => {
                self.base(place.base);
                self.code.load_byte(place.offset);
            }
            Kind::HasAttribute(index) => {
                let slot = self.emitter.writable.attributes + 4 * count(*index);
                self.code.word(0).load(slot).word(0).op(I::I32Ne);
            }
            Kind::Not(a) => {
                self.expr(a);
                self.code.op(I::I32Eqz);
            }
            Kind::And(a, b) => {
                self.expr(a);
                self.code.if_word();
                self.expr(b);
                self.code.otherwise().word(0).end();
            }
            Kind::Or(a, b) => {
                self.expr(a);
                self.code.if_word().word(1).otherwise();
                self.expr(b);
                self.code.end();
            }
            Kind::If(condition, a, b) => {
                self.expr(condition);
                let results = value_types(&expr.ty);
                let ty = match results.as_slice() {
                    [one] => BlockType::Result(*one),
                    several => BlockType::FunctionType(self.emitter.type_index(&[], several)),
                };
                self.code.op(I::If(ty));
                self.expr(a);
                self.code.otherwise();
                self.expr(b);
                self.code.end();
            }
            Kind::Equal(a, b) => self.equal(a, b),
            Kind::Less(a, b) => self.order(a, b, I::I64LtS, I::I32LtS),
            Kind::AtMost(a, b) => self.order(a, b, I::I64LeS, I::I32LeS),
            Kind::Add(a, b) => {
                self.expr(a);
                self.expr(b);
                self.code.op(I::I64Add);
            }
            Kind::Subtract(a, b) => {
                self.expr(a);
                self.expr(b);
                self.code.op(I::I64Sub);
            }
            Kind::In(needle, list) => self.membership(needle, list),
            Kind::Quantified {
                quantifier,
                var,
                list,
                body,
            } => {
                self.quantified(*quantifier, *var, list, body);
            }
            Kind::Size(of) => self.size(of),
            Kind::TextTest(test, text, part) => self.text_test(*test, text, part),
            Kind::Matches(text, pattern) => {
                let at = self.emitter.pattern(*pattern);
                self.code.word(at);
                self.expr(text);
                self.run("matches");
            }
            Kind::Host(url) => {
                self.expr(url);
                self.run("host");
            }
            Kind::IsBlank(text) => {
                self.expr(text);
                self.run("is_blank");
            }
            Kind::UrlTest(test, pattern, url) => {
                self.expr(pattern);
                self.expr(url);
                self.run(match test {
                    UrlTest::Accepts => "accepts",
                    UrlTest::Excludes => "excludes",
                    UrlTest::ExcludesAnySpelling => "excludes_any_spelling",
                });
            }
            Kind::Lookup(table, keys) => self.look_up(*table, keys, &expr.ty),
            Kind::CaseOf(e, text) => {
                let at = self.emitter.cases_of(*e);
                self.code.word(at);
                self.expr(text);
                self.code.word(super::fold::NO_CASE);
                self.run("find");
            }
            Kind::Definition(index) => self.definition(*index),
            Kind::Holds(requirements, action) => self.holds(requirements, action.or(self.action)),
        }
    }

    fn text(&mut self, text: &str) {
        let (at, len) = self.emitter.data.text(text);
        self.code.word(at).word(len);
    }

    /// Leaves the address that a place's offset counts from.
    pub(super) fn base(&mut self, base: Base) {
        match base {
            Base::Request => self.code.get(self.request),
            Base::Element(var) => {
                let (element, _, _) = self.vars[&var];
                self.code.get(element)
            }
        };
    }

    fn fact(&mut self, place: &Place, ty: &Type, width: Width) {
        self.base(place.base);
        if matches!(ty, Type::Text | Type::List(_)) {
            self.code.load(place.offset);
            self.base(place.base);
            self.code.load(place.offset + 4);
            return;
        }
        self.load(ty, width, place.offset);
    }

    /// Replaces an address on the stack by the value `offset` bytes behind it: one of a single part.
    fn load(&mut self, ty: &Type, width: Width, offset: u32) {
        match (ty, width) {
            (Type::Bool | Type::Enum(_), _) => self.code.load_byte(offset),
            (Type::Int, Width::Bits32) => self.code.load(offset).op(I::I64ExtendI32U),
            (Type::Int | Type::Time | Type::Duration, _) => self.code.load_wide(offset),
            (Type::Record(_), _) => self.code.word(offset).add(),
            (Type::Text | Type::List(_), _) => unreachable!("a text has two parts"),
        };
    }

    fn attribute(&mut self, index: usize, ty: &Type) {
        let slot = self.emitter.writable.attributes + 4 * count(index);
        self.code.word(0).load(slot);
        if matches!(ty, Type::Text | Type::List(_)) {
            self.code.load(0).word(0).load(slot).load(4);
        } else {
            self.load(ty, Width::Bits64, 0);
        }
    }

    fn order(&mut self, a: &Expr, b: &Expr, wide: I<'static>, word: I<'static>) {
        self.expr(a);
        self.expr(b);
        if a.ty == Type::Text {
            self.run("text_order");
            self.code.word(0).op(word);
        } else {
            self.code.op(wide);
        }
    }

    fn size(&mut self, of: &Expr) {
        if let Kind::Fact(place, _) = &of.kind
            && matches!(of.ty, Type::List(_))
        {
            self.base(place.base);
            self.code.load(place.offset + 4).op(I::I64ExtendI32U);
            return;
        }
        self.expr(of);
        if of.ty == Type::Text {
            self.run("text_size");
            return;
        }
        let size = self.code.local(ValType::I32);
        self.code
            .set(size)
            .op(I::Drop)
            .get(size)
            .op(I::I64ExtendI32U);
    }

    fn definition(&mut self, index: usize) {
        let rules = self.emitter.rules;
        let definition = &rules.definitions[index].expr;
        if uses::is_small(definition) {
            let folded = super::fold::fold(definition, rules, self.action);
            self.expr(&folded);
            return;
        }
        let action = self.action;
        let function = self.emitter.function(Task::Definition { index, action });
        self.code.get(self.request).call(function);
    }

    /// Whether every requirement that applies holds.
    fn holds(&mut self, requirements: &[usize], action: Option<usize>) {
        if let Some(action) = action
            && self.all_apply(requirements, action)
        {
            // No branch: each condition moves the address on if it does not hold.
            let nowhere = self.emitter.writable.nowhere;
            self.code.word(nowhere);
            for index in requirements {
                let task = Task::Condition {
                    index: *index,
                    action: Some(action),
                };
                let function = self.emitter.function(task);
                self.code.get(self.request).call(function);
            }
            self.code.word(nowhere).op(I::I32Eq);
            return;
        }
        self.code.op(I::Block(BlockType::Result(ValType::I32)));
        self.code.block();
        for index in requirements {
            self.code.block();
            if self.skips(*index, action, 0) {
                self.is_unmet(*index, action);
                self.code.op(I::BrIf(1));
            }
            self.code.end();
        }
        self.code.word(1).op(I::Br(1)).end();
        self.code.word(0).end();
    }

    /// Whether each of the requirements always applies to the action.
    fn all_apply(&self, requirements: &[usize], action: usize) -> bool {
        let rules = self.emitter.rules;
        requirements
            .iter()
            .all(|index| rules.requirements[*index].actions.get(&action) == Some(&When::Always))
    }

    /// Leaves whether the requirement's condition, with its guard, does not hold.
    pub(super) fn is_unmet(&mut self, index: usize, action: Option<usize>) {
        let function = self.emitter.function(Task::Condition { index, action });
        let nowhere = self.emitter.writable.nowhere;
        self.code
            .word(nowhere)
            .get(self.request)
            .call(function)
            .word(nowhere)
            .op(I::I32Ne);
    }

    /// Writes the requirement's index to the address in the first parameter.
    pub(super) fn write_index(&mut self, index: usize) {
        self.code.get(0).word(count(index)).store(0);
    }

    /// Replaces whether the requirement holds by the address behind its index if it does not.
    pub(super) fn advance(&mut self) {
        self.code.op(I::I32Eqz).word(2).op(I::I32Shl).get(0).add();
    }

    /// Branches out of the `depth`th block around where the requirement does not apply; false if it never does.
    pub(super) fn skips(&mut self, index: usize, action: Option<usize>, depth: u32) -> bool {
        let rules = self.emitter.rules;
        let actions = &rules.requirements[index].actions;
        if let Some(action) = action {
            let Some(when) = actions.get(&action) else {
                return false;
            };
            self.unless(when, Some(action), depth);
            return true;
        }
        self.code.block();
        for (when, actions) in by_membership(actions) {
            self.code.block();
            self.action_among(&actions);
            self.code.op(I::I32Eqz).op(I::BrIf(0));
            self.unless(when, None, depth + 2);
            self.code.op(I::Br(1)).end();
        }
        self.code.op(I::Br(depth + 1)).end();
        true
    }

    /// Branches out of the `depth`th block around where the membership does not hold.
    fn unless(&mut self, when: &When, action: Option<usize>, depth: u32) {
        if Emitter::alternatives(when).is_some() {
            self.membership_holds(when, action);
            self.code.op(I::I32Eqz).op(I::BrIf(depth));
        }
    }

    /// Leaves whether one of the alternatives of a conditional membership holds.
    pub(super) fn membership_holds(&mut self, when: &When, action: Option<usize>) {
        let Some(lists) = Emitter::alternatives(when) else {
            self.code.word(1);
            return;
        };
        self.code.op(I::Block(BlockType::Result(ValType::I32)));
        for list in lists {
            self.code.block();
            for membership in list {
                let function = self.emitter.function(Task::Membership {
                    index: *membership,
                    action,
                });
                self.code.get(self.request).call(function);
                self.code.op(I::I32Eqz).op(I::BrIf(0));
            }
            self.code.word(1).op(I::Br(1)).end();
        }
        self.code.word(0).end();
    }

    /// Where a result is remembered, leaves it, else what `compute` leaves, which is then remembered.
    pub(super) fn remembered(&mut self, at: Option<u32>, compute: impl FnOnce(&mut Self)) {
        let Some(at) = at else {
            compute(self);
            return;
        };
        let known = self.code.local(ValType::I32);
        self.code.word(0).load_byte(at).tee(known).if_word();
        self.code.get(known).word(1).op(I::I32Sub).otherwise();
        compute(self);
        self.code
            .set(known)
            .word(0)
            .get(known)
            .word(1)
            .add()
            .store_byte(at)
            .get(known)
            .end();
    }
}

/// The actions of a set, together where they belong to it at the same times.
pub(super) fn by_membership(set: &ActionSet) -> BTreeMap<&When, Vec<usize>> {
    let mut groups: BTreeMap<&When, Vec<usize>> = BTreeMap::new();
    for (action, when) in set {
        groups.entry(when).or_default().push(*action);
    }
    groups
}
