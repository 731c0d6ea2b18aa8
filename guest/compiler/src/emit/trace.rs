//! Evaluates a condition and notes the facts that decided it: of `a && b` that is false, those of the false side.

use wasm_encoder::{BlockType, Instruction as I, ValType};

use super::expr::Body;
use super::runtime::RUNTIME;
use super::{Task, uses};
use crate::contract::Type;
use crate::ir::{Base, Expr, Kind, Var};

impl Body<'_, '_> {
    /// Leaves the value of a boolean expression, and the notes of what decided it.
    pub(super) fn traced(&mut self, expr: &Expr) {
        match &expr.kind {
            Kind::And(..) => self.traced_logic(&sides(expr, true), true),
            Kind::Or(..) => self.traced_logic(&sides(expr, false), false),
            Kind::Not(a) => {
                self.traced(a);
                self.code.op(I::I32Eqz);
            }
            Kind::If(condition, a, b) => {
                self.traced(condition);
                self.code.if_word();
                self.traced(a);
                self.code.otherwise();
                self.traced(b);
                self.code.end();
            }
            Kind::Quantified {
                quantifier,
                var,
                list,
                body,
            } => {
                self.traced_quantified(*quantifier, *var, list, body);
            }
            Kind::Definition(index) if expr.ty == Type::Bool => {
                let function = self.emitter.function(Task::TracedDefinition {
                    index: *index,
                    action: self.action,
                });
                self.code.get(self.request).call(function);
            }
            Kind::Holds(requirements, action) => {
                self.traced_holds(requirements, action.or(self.action), expr);
            }
            _ => {
                self.expr(expr);
                self.notes_of(&[expr], None);
            }
        }
    }

    /// `a && b && …` where `and`, else `a || b || …`: a side that decides alone drops the notes of the others.
    fn traced_logic(&mut self, sides: &[&Expr], and: bool) {
        let (start, before) = (self.code.local(ValType::I32), self.code.local(ValType::I32));
        self.mark(start);
        self.code.op(I::Block(BlockType::Result(ValType::I32)));
        self.code.block();
        for side in sides {
            self.mark(before);
            self.traced(side);
            if and {
                self.code.op(I::I32Eqz);
            }
            self.code.op(I::BrIf(0));
        }
        self.code.word(u32::from(and)).op(I::Br(1)).end();
        self.code.get(start).get(before);
        self.run("forget");
        self.code.word(u32::from(!and)).end();
    }

    /// The notes of the requirements that do not hold; where all do, of every fact they read.
    fn traced_holds(&mut self, requirements: &[usize], action: Option<usize>, expr: &Expr) {
        let result = self.code.local(ValType::I32);
        self.code.word(1).set(result);
        for index in requirements {
            self.code.block();
            if self.skips(*index, action, 0) {
                let index = *index;
                self.is_unmet(index, action);
                self.code.op(I::I32Eqz).op(I::BrIf(0));
                let function = self
                    .emitter
                    .function(Task::TracedCondition { index, action });
                self.code.get(self.request).call(function).op(I::Drop);
                self.code.word(0).set(result);
            }
            self.code.end();
        }
        self.code.get(result).if_empty();
        self.notes_of(&[expr], None);
        self.code.end().get(result);
    }

    /// Keeps how many notes there are.
    pub(super) fn mark(&mut self, mark: u32) {
        self.code
            .op(I::GlobalGet(RUNTIME.index("trace_count")))
            .set(mark);
    }

    /// Drops the notes since the mark.
    pub(super) fn forget_since(&mut self, mark: u32) {
        self.code
            .get(mark)
            .op(I::GlobalSet(RUNTIME.index("trace_count")));
    }

    /// Notes every fact the expressions read; `own` is a variable whose loop is over.
    pub(super) fn notes_of(&mut self, exprs: &[&Expr], own: Option<Var>) {
        let mut noted = Vec::new();
        for expr in exprs {
            self.collect(expr, &mut noted);
        }
        for (path, var) in noted {
            let inner = var.is_some_and(|var| own == Some(var) || !self.vars.contains_key(&var));
            let list = path
                .find("[]")
                .filter(|_| inner)
                .map_or(path.len(), |at| at);
            let cell = self.emitter.data.path(&path[..list]);
            self.code.word(cell);
            match var.filter(|_| !inner) {
                Some(var) => {
                    let (element, first, size) = self.vars[&var];
                    self.code
                        .get(element)
                        .get(first)
                        .op(I::I32Sub)
                        .word(size)
                        .op(I::I32DivU);
                    self.run("note_element");
                }
                None => self.run("note"),
            }
        }
    }

    fn collect(&self, expr: &Expr, noted: &mut Vec<(String, Option<Var>)>) {
        let mut add = |path: String, var: Option<Var>| {
            if !noted.contains(&(path.clone(), var)) {
                noted.push((path, var));
            }
        };
        let rules = self.emitter.rules;
        match &expr.kind {
            Kind::Definition(_) | Kind::Holds(..) => {
                for path in uses::reads(&[expr], rules) {
                    // Its loops are its own: the lists they go through are what was read.
                    let list = path.split("[]").next().unwrap_or_default().to_string();
                    add(list, None);
                }
            }
            Kind::Fact(place, _) | Kind::Has(place) => {
                if let Some(path) = place.path.clone().filter(|path| !path.is_empty()) {
                    let var = match place.base {
                        Base::Element(var) => Some(var),
                        Base::Request => None,
                    };
                    add(path, var);
                }
            }
            _ => {
                if let Some(path) = uses::own_path(expr, rules) {
                    add(path, None);
                }
            }
        }
        for child in expr.children() {
            self.collect(child, noted);
        }
    }
}

/// The sides of a chain of `&&` where `and`, else of `||`, left to right.
fn sides(expr: &Expr, and: bool) -> Vec<&Expr> {
    match (&expr.kind, and) {
        (Kind::And(a, b), true) | (Kind::Or(a, b), false) => {
            let mut all = sides(a, and);
            all.extend(sides(b, and));
            all
        }
        _ => vec![expr],
    }
}
