//! The mutants of conditions: their clauses, boundaries and lists.

use std::ops::Range;

use cel::common::ast::{CallExpr, Expr as Cel, IdedExpr, LiteralValue, operators};

use super::{Edit, Finder, Mutation, toml_text};
use crate::condition::Condition;
use crate::diagnostic::Diagnostics;
use crate::file::{RequirementDecl, Text};

/// A comparison, and the one that differs at the boundary only.
const BOUNDARIES: [(&str, &str, &str); 4] = [
    (operators::LESS, "<", "<="),
    (operators::LESS_EQUALS, "<=", "<"),
    (operators::GREATER, ">", ">="),
    (operators::GREATER_EQUALS, ">=", ">"),
];

/// What the language calls a quantifier, and the one that asks for less (or, of `exists`, for more).
const QUANTIFIERS: [(&str, &str); 3] = [
    ("all", "exists"),
    ("exists", "all"),
    ("exists_one", "exists"),
];

impl Finder<'_> {
    /// The requirement as a whole, its guard, and what is in them.
    pub(super) fn requirement(&mut self, requirement: &RequirementDecl) {
        let must = self.parsed(&requirement.must);
        if let Some(must) = &must
            && literal(&must.root) != Some(true)
        {
            let edit = self.taken_for(must, &must.root, true);
            let span = must.span(&must.root);
            self.add(Mutation::Requirement, span, "is dropped", vec![vec![edit]]);
            if let Some(mutant) = self.found.last_mut() {
                mutant.clause.clone_from(&requirement.id.value);
            }
        }
        if let Some(given) = &requirement.given
            && let Some(condition) = self.parsed(given)
            && literal(&condition.root).is_none()
        {
            let span = condition.span(&condition.root);
            let dropped = vec![self.taken_for(&condition, &condition.root, true)];
            // Where `must` needs what the guard proves, the requirement can still be unmet instead of not applying.
            let both = format!("({}\n) && ({}\n)", given.value, requirement.must.value);
            let asked = vec![
                (given.span.clone(), "'true'".to_owned()),
                (requirement.must.span.clone(), toml_text(&both)),
            ];
            self.add(Mutation::Guard, span, "is dropped", vec![dropped, asked]);
            self.parts(&condition, &condition.root);
        }
        if let Some(must) = &must {
            self.parts(must, &must.root);
        }
    }

    /// A condition; one of a single clause is taken for true and for false, if it is a boolean.
    pub(super) fn condition(&mut self, text: &Text, is_boolean: bool) {
        let Some(condition) = self.parsed(text) else {
            return;
        };
        if is_boolean && logic(&condition.root).is_none() {
            self.both_ways(&condition, &condition.root, None);
        }
        self.parts(&condition, &condition.root);
    }

    fn parsed<'t>(&self, text: &'t Text) -> Option<Condition<'t>> {
        Condition::parse(text, self.source, &mut Diagnostics::default())
    }

    /// The boolean taken for true, and taken for false; not for what is `known` to be the same as another change.
    ///
    /// A chain is not taken for what it is without one of its sides: what notices that side notices the chain.
    fn both_ways(&mut self, condition: &Condition<'_>, expr: &IdedExpr, known: Option<bool>) {
        for value in [true, false] {
            if [literal(expr), logic(expr), known].contains(&Some(value)) {
                continue;
            }
            let edit = self.taken_for(condition, expr, value);
            let change = format!("is taken for {value}");
            let span = condition.span(expr);
            self.add(Mutation::Clause, span, &change, vec![vec![edit]]);
        }
    }

    /// The boolean as `value`, whatever it is. What it names stays named, and what it proves present is proven no longer.
    fn taken_for(&self, condition: &Condition<'_>, expr: &IdedExpr, value: bool) -> Edit {
        let span = condition.span(expr);
        let written = self.written(&span);
        let instead = if value {
            format!("(({written}) || true)")
        } else {
            format!("(({written}) && false)")
        };
        (span, instead)
    }

    /// The expression taken for true and for false, if it is a boolean, and everything within it.
    fn within(&mut self, condition: &Condition<'_>, expr: &IdedExpr) {
        if self.typed.is_boolean(&condition.span(expr)) {
            self.both_ways(condition, expr, None);
        }
        self.parts(condition, expr);
    }

    /// Everything within the expression that can be changed.
    fn parts(&mut self, condition: &Condition<'_>, expr: &IdedExpr) {
        match &expr.expr {
            Cel::Call(call) => self.call(condition, expr, call),
            Cel::List(list) => {
                let spans: Vec<_> = list
                    .elements
                    .iter()
                    .map(|element| condition.whole_span(element))
                    .collect();
                self.members(&spans);
                for element in &list.elements {
                    self.parts(condition, element);
                }
            }
            Cel::Select(select) => self.parts(condition, &select.operand),
            _ => {}
        }
    }

    fn call(&mut self, condition: &Condition<'_>, expr: &IdedExpr, call: &CallExpr) {
        if let Some(and) = logic(expr) {
            let sides = chain(condition, expr);
            self.sides(condition, &sides, and);
            for side in sides {
                self.parts(condition, side);
            }
            return;
        }
        match call.func_name.as_str() {
            operators::CONDITIONAL => return self.choice(condition, &call.args),
            // To take it for true is to take the whole for false.
            operators::LOGICAL_NOT => return self.parts(condition, &call.args[0]),
            operators::EQUALS | operators::NOT_EQUALS => {
                // Compared with a literal it is the whole, or the whole's opposite.
                if call.args.iter().any(|side| literal(side).is_some()) {
                    for side in &call.args {
                        self.parts(condition, side);
                    }
                    return;
                }
                if call.func_name == operators::EQUALS {
                    self.equality(condition, expr, &call.args);
                }
            }
            name => {
                let boundary = BOUNDARIES.iter().find(|(operator, ..)| *operator == name);
                if let Some((_, written, other)) = boundary {
                    self.boundary(condition, expr, written, other);
                }
                let quantifier = QUANTIFIERS.iter().find(|(written, _)| *written == name);
                if let (Some((written, other)), Some(_)) = (quantifier, &call.target) {
                    self.quantifier(condition, expr, written, other);
                }
            }
        }
        for part in call.target.iter().map(|target| &**target).chain(&call.args) {
            self.within(condition, part);
        }
    }

    /// `condition ? one : other`.
    fn choice(&mut self, condition: &Condition<'_>, args: &[IdedExpr]) {
        let [asked, one, other] = args else {
            return;
        };
        self.within(condition, asked);
        for (branch, beside) in [(one, other), (other, one)] {
            if self.typed.is_boolean(&condition.span(branch)) {
                // Taken for what the other branch always is, the whole is that.
                self.both_ways(condition, branch, literal(beside));
            }
            self.parts(condition, branch);
        }
    }

    /// Numbers that are compared for equality take in what is greater, and what is less, as far as there can be such.
    fn equality(&mut self, condition: &Condition<'_>, expr: &IdedExpr, sides: &[IdedExpr]) {
        let [left, right] = sides else {
            return;
        };
        let (left, right) = (condition.span(left), condition.span(right));
        if self.typed.can_exceed(&left, &right) {
            self.boundary(condition, expr, "==", ">=");
        }
        if self.typed.can_exceed(&right, &left) {
            self.boundary(condition, expr, "==", "<=");
        }
    }

    fn quantifier(
        &mut self,
        condition: &Condition<'_>,
        expr: &IdedExpr,
        written: &str,
        other: &str,
    ) {
        let name = condition.name_point(expr, written);
        if self.written(&name) == written {
            let edit = (name, other.to_owned());
            let change = format!("has `{other}` instead of `{written}`");
            let span = condition.span(expr);
            self.add(Mutation::Quantifier, span, &change, vec![vec![edit]]);
        }
    }

    /// A chain of `&&` or `||` without each of its sides in turn.
    fn sides(&mut self, condition: &Condition<'_>, sides: &[&IdedExpr], and: bool) {
        let ends = sides.last().map(|side| condition.whole_span(side).end);
        for (index, side) in sides.iter().enumerate() {
            if literal(side) == Some(and) {
                continue;
            }
            let mut forms = vec![vec![self.taken_for(condition, side, and)]];
            // Where the rest needs what the side proves, the rest is asked where it can be, and elsewhere the chain ends well (or not).
            if let Some((next, end)) = sides.get(index + 1).zip(ends) {
                let whole = condition.whole_span(side);
                let rest = self.written(&(condition.whole_span(next).start..end));
                let asked = self.written(&whole);
                let instead = if and {
                    format!("(({asked}) ? ({rest}) : true)")
                } else {
                    format!("(({asked}) ? false : ({rest}))")
                };
                forms.push(vec![(whole.start..end, instead)]);
            }
            let span = condition.span(side);
            self.add(Mutation::Clause, span, "is dropped", forms);
        }
    }

    fn boundary(&mut self, condition: &Condition<'_>, expr: &IdedExpr, written: &str, other: &str) {
        let operator: Range<usize> = condition.operator(expr);
        if self.written(&operator) == written {
            let edit = (operator, other.to_owned());
            let change = format!("has `{other}` instead of `{written}`");
            let span = condition.span(expr);
            self.add(Mutation::Boundary, span, &change, vec![vec![edit]]);
        }
    }
}

/// Whether the expression is `&&`, or else `||`.
fn logic(expr: &IdedExpr) -> Option<bool> {
    let Cel::Call(call) = &expr.expr else {
        return None;
    };
    match call.func_name.as_str() {
        operators::LOGICAL_AND => Some(true),
        operators::LOGICAL_OR => Some(false),
        _ => None,
    }
}

/// The sides of a chain of one operator, left to right; one in parentheses is a side.
fn chain<'c>(condition: &Condition<'_>, expr: &'c IdedExpr) -> Vec<&'c IdedExpr> {
    let Cel::Call(call) = &expr.expr else {
        return vec![expr];
    };
    let goes_on = |side: &IdedExpr| logic(side) == logic(expr) && !condition.is_parenthesised(side);
    let sides = call.args.iter().map(|side| {
        if goes_on(side) {
            chain(condition, side)
        } else {
            vec![side]
        }
    });
    sides.flatten().collect()
}

fn literal(expr: &IdedExpr) -> Option<bool> {
    match &expr.expr {
        Cel::Literal(LiteralValue::Boolean(value)) => Some(*value.inner()),
        _ => None,
    }
}
