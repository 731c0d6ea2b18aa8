//! What the checked rules know of the expressions of a rule set, by where they are written.

use std::collections::HashMap;
use std::ops::Range;

use crate::contract::Type;
use crate::ir::Expr;
use crate::rules::Rules;

/// The expressions whose values decide what can be changed of them.
pub(super) struct Typed(HashMap<(usize, usize), Value>);

#[derive(Clone, Copy)]
enum Value {
    Boolean,
    /// A number, time or duration, and the least and the greatest that it can be.
    Number(i128, i128),
}

impl Typed {
    pub(super) fn new(rules: &Rules) -> Self {
        let mut typed = Self(HashMap::new());
        rules.conditions().for_each(|expr| typed.add(expr));
        typed
    }

    fn add(&mut self, expr: &Expr) {
        let value = match expr.ty {
            Type::Bool => Some(Value::Boolean),
            Type::Int | Type::Time | Type::Duration => {
                Some(Value::Number(expr.range.0, expr.range.1))
            }
            _ => None,
        };
        if let Some(value) = value {
            self.0.insert((expr.span.start, expr.span.end), value);
        }
        expr.children().into_iter().for_each(|part| self.add(part));
    }

    pub(super) fn is_boolean(&self, span: &Range<usize>) -> bool {
        matches!(self.of(span), Some(Value::Boolean))
    }

    /// Whether the one number can be greater than the other; not if they are no numbers.
    pub(super) fn can_exceed(&self, number: &Range<usize>, other: &Range<usize>) -> bool {
        match (self.of(number), self.of(other)) {
            (Some(Value::Number(_, most)), Some(Value::Number(least, _))) => most > least,
            _ => false,
        }
    }

    fn of(&self, span: &Range<usize>) -> Option<Value> {
        self.0.get(&(span.start, span.end)).copied()
    }
}
