//! Checks the sets of actions: which actions belong to each, and when.

use std::collections::HashMap;
use std::ops::Range;

use super::facts::Facts;
use super::scope::Checker;
use crate::diagnostic::quote;
use crate::file::{SetExpr, Text};
use crate::ir::Expr;
use crate::rules::{ActionSet, When};

/// The set of every action.
const EVERY: &str = "every";
/// The most alternatives of a conditional membership: unions of conditional sets multiply.
const ALTERNATIVES: usize = 64;

/// The named sets, as far as they are resolved.
pub(super) struct Sets {
    resolved: HashMap<String, Option<ActionSet>>,
    stack: Vec<String>,
    pub(super) memberships: Vec<Expr>,
    pub(super) used: std::collections::BTreeSet<String>,
}

impl Sets {
    pub(super) fn new() -> Self {
        Self {
            resolved: HashMap::new(),
            stack: Vec::new(),
            memberships: Vec::new(),
            used: std::collections::BTreeSet::new(),
        }
    }
}

impl Checker<'_> {
    pub(super) fn check_sets(&mut self, sets: &mut Sets) {
        for (name, _) in &self.file.sets {
            self.identifier(name, "set");
            if self.actions.contains_key(name.value.as_str()) || name.value == EVERY {
                self.error(
                    name.span.clone(),
                    format!("the set {} is named like an action", quote(&name.value)),
                    "give the set another name: `for` takes either",
                );
            }
        }
        for (name, _) in &self.file.sets {
            self.named_set(name, sets);
        }
        sets.used.clear();
    }

    fn named_set(&mut self, name: &Text, sets: &mut Sets) -> Option<ActionSet> {
        sets.used.insert(name.value.clone());
        if let Some(known) = sets.resolved.get(&name.value) {
            return known.clone();
        }
        if name.value == EVERY {
            return Some(
                (0..self.file.actions.len())
                    .map(|action| (action, When::Always))
                    .collect(),
            );
        }
        if let Some(action) = self.actions.get(name.value.as_str()) {
            return Some(ActionSet::from([(*action, When::Always)]));
        }
        let Some((_, expr)) = self
            .file
            .sets
            .iter()
            .find(|(set, _)| set.value == name.value)
        else {
            let known: Vec<&str> = self
                .file
                .sets
                .iter()
                .map(|(set, _)| set.value.as_str())
                .chain(self.actions.keys().copied())
                .chain([EVERY])
                .collect();
            let near = self.suggest(&name.value, known);
            let remedy = if near.starts_with("did") {
                near
            } else {
                "list the action in `actions`, or the set in `[sets]`".into()
            };
            self.error(
                name.span.clone(),
                format!("no action or set is named {}", quote(&name.value)),
                remedy,
            );
            return None;
        };
        if sets.stack.contains(&name.value) || sets.stack.len() > super::scope::DEPTH {
            self.error(
                name.span.clone(),
                format!("the set {} is made of itself", quote(&name.value)),
                "sets cannot go in a circle: list the actions",
            );
            return None;
        }
        sets.stack.push(name.value.clone());
        let set = self.set(expr, sets);
        sets.stack.pop();
        sets.resolved.insert(name.value.clone(), set.clone());
        set
    }

    /// The actions of a set, and when each belongs to it.
    pub(super) fn set(&mut self, expr: &SetExpr, sets: &mut Sets) -> Option<ActionSet> {
        match expr {
            SetExpr::Name(name) => self.named_set(name, sets),
            SetExpr::Union(parts, span) => {
                let parts: Vec<Option<ActionSet>> =
                    parts.iter().map(|part| self.set(part, sets)).collect();
                let parts: Option<Vec<ActionSet>> = parts.into_iter().collect();
                let mut union = ActionSet::new();
                for (action, when) in parts?.into_iter().flatten() {
                    let both = match union.remove(&action) {
                        Some(before) => before.or(when),
                        None => when,
                    };
                    union.insert(action, both);
                }
                self.bounded(union, span)
            }
            SetExpr::Of {
                of, except, when, ..
            } => {
                let of = self.set(of, sets);
                let excepted = except.as_ref().map(|except| except.span());
                let except = match except {
                    Some(except) => Some(self.set(except, sets)?),
                    None => None,
                };
                let condition = match when {
                    Some(text) => {
                        let checked = self.condition(text, &Facts::none())?;
                        sets.memberships.push(checked.expr);
                        Some(sets.memberships.len() - 1)
                    }
                    None => None,
                };
                let mut set = of?;
                if let Some(except) = &except {
                    if except.values().any(|when| *when != When::Always) {
                        self.error(
                            excepted.unwrap_or_default(),
                            "`except` takes out actions that belong to this set only sometimes",
                            "take out actions by name",
                        );
                        return None;
                    }
                    set.retain(|action, _| !except.contains_key(action));
                }
                if let Some(condition) = condition {
                    for when in set.values_mut() {
                        *when = when.clone().and(condition);
                    }
                }
                Some(set)
            }
        }
    }

    fn bounded(&mut self, set: ActionSet, span: &Range<usize>) -> Option<ActionSet> {
        let most = set.values().map(|when| match when {
            When::Always => 0,
            When::Any(alternatives) => alternatives.len(),
        });
        if most.max().unwrap_or(0) > ALTERNATIVES {
            self.error(
                span.clone(),
                format!("an action belongs to this set in more than {ALTERNATIVES} ways"),
                "write the condition into `given`",
            );
            return None;
        }
        Some(set)
    }
}
