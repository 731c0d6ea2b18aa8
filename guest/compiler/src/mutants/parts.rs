//! The mutants of what is no condition: sets of actions, and tables.

use std::sync::Arc;

use super::{Finder, Mutation, toml_text};
use crate::file::{SetExpr, TableDecl, Value};

impl Finder<'_> {
    /// A set without each of its members, without what it leaves out, and with its condition changed.
    pub(super) fn set(&mut self, set: &SetExpr) {
        match set {
            SetExpr::Name(_) => {}
            SetExpr::Union(parts, _) => {
                let spans: Vec<_> = parts.iter().map(SetExpr::span).collect();
                self.members(&spans);
                for part in parts {
                    self.set(part);
                }
            }
            SetExpr::Of {
                of, except, when, ..
            } => {
                self.set(of);
                if let Some(except) = except {
                    match &**except {
                        SetExpr::Union(..) => self.set(except),
                        single => {
                            let edit = (single.span(), "[]".to_owned());
                            let forms = vec![vec![edit]];
                            self.add(Mutation::Member, single.span(), "is dropped", forms);
                        }
                    }
                }
                if let Some(when) = when {
                    self.condition(when, true);
                }
            }
        }
    }

    /// The actions of a requirement without each in turn that a set gives it; `asked` are those for which it can be unmet.
    ///
    /// A set that loses a member loses it for all requirements at once: that this one requirement asks of the action shows only here.
    pub(super) fn without_each(&mut self, set: &SetExpr, asked: &[usize], actions: &[Arc<str>]) {
        // Without its one action it would not be asked at all: that is the requirement dropped.
        if asked.len() < 2 {
            return;
        }
        let span = set.span();
        for action in asked.iter().map(|index| &actions[*index]) {
            if names(set, action) {
                continue;
            }
            let written = self.written(&span);
            let instead = format!("{{ of = {written}, except = [{}] }}", toml_text(action));
            let change = format!("is without `{action}`");
            let forms = vec![vec![(span.clone(), instead)]];
            self.add(Mutation::Action, span.clone(), &change, forms);
        }
    }

    /// A table without each of its rows: the row gives what `otherwise` does, or else what another row gives.
    pub(super) fn table(&mut self, table: &TableDecl) {
        let mut values = Vec::new();
        leaves(&table.rows, String::new(), &mut values);
        if let Some(Value::Texts(texts, _)) = &table.otherwise {
            self.texts(texts);
        }
        for (key, value) in &values {
            if let Value::Texts(texts, _) = value {
                self.texts(texts);
            }
            let others = values.iter().map(|(_, value)| *value);
            let Some(instead) = self.instead(value, table.otherwise.as_ref(), others) else {
                continue;
            };
            let change = format!("gives {instead}");
            let forms = vec![vec![(value.span(), instead)]];
            self.add(Mutation::Row, value.span(), &change, forms);
            if let Some(mutant) = self.found.last_mut() {
                mutant.clause.clone_from(key);
            }
        }
    }

    /// What the row could give instead of `value`.
    fn instead<'v>(
        &self,
        value: &Value,
        otherwise: Option<&Value>,
        others: impl Iterator<Item = &'v Value>,
    ) -> Option<String> {
        if let Some(otherwise) = otherwise {
            let instead = self.written(&otherwise.span());
            return (!alike(value, otherwise)).then(|| instead.to_owned());
        }
        match value {
            Value::Texts(texts, _) => (!texts.is_empty()).then(|| "[]".to_owned()),
            Value::Bool(truth, _) => Some((!truth).to_string()),
            // The farthest: of numbers that stand for an order, the next one may well mean the same.
            Value::Int(number, _) => {
                let numbers = others.filter_map(|other| match other {
                    Value::Int(other, _) if other != number => Some(*other),
                    _ => None,
                });
                let farthest = numbers.max_by_key(|other| other.abs_diff(*number));
                let beside = || number.checked_add(1).or_else(|| number.checked_sub(1));
                farthest.or_else(beside).map(|number| number.to_string())
            }
            Value::Text(text) => others
                .into_iter()
                .find(|other| matches!(other, Value::Text(other) if other.value != text.value))
                .map(|other| self.written(&other.span()).to_owned()),
            Value::Rows(..) => None,
        }
    }
}

/// Whether the action itself is a member, which is dropped as such.
fn names(set: &SetExpr, action: &str) -> bool {
    match set {
        SetExpr::Name(name) => name.value == action,
        SetExpr::Union(parts, _) => parts.iter().any(|part| names(part, action)),
        SetExpr::Of { .. } => false,
    }
}

/// The values in rows, each with its keys.
fn leaves<'v>(rows: &'v Value, keys: String, found: &mut Vec<(String, &'v Value)>) {
    let Value::Rows(rows, _) = rows else {
        found.push((keys, rows));
        return;
    };
    for (key, value) in rows {
        let keys = if keys.is_empty() {
            key.value.clone()
        } else {
            format!("{keys}, {}", key.value)
        };
        leaves(value, keys, found);
    }
}

fn alike(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => a.value == b.value,
        (Value::Int(a, _), Value::Int(b, _)) => a == b,
        (Value::Bool(a, _), Value::Bool(b, _)) => a == b,
        (Value::Texts(a, _), Value::Texts(b, _)) => a
            .iter()
            .map(|text| &text.value)
            .eq(b.iter().map(|text| &text.value)),
        _ => false,
    }
}
