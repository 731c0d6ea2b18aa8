//! What the cases of a rule set are measured by: how requirements can be seen, and components that tell how they are.

use std::collections::HashMap;
use std::ops::Range;

use crate::contract::Type;
use crate::emit;
use crate::ir::{Expr, Kind};
use crate::rules::{Ready, Requirement, Rules, When};

/// The ways in which a request can see a requirement, as far as the actions and constants tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ways {
    /// It applies and holds.
    pub met: bool,
    /// It applies and does not hold.
    pub unmet: bool,
    /// It does not apply, to an action that the rule set knows.
    pub not_applying: bool,
}

/// For each requirement the ways in which it can be seen.
pub(crate) fn ways(rules: &Rules) -> Vec<Ways> {
    let mut known = Known::new(rules);
    rules
        .requirements
        .iter()
        .map(|requirement| {
            let mut ways = Ways {
                met: false,
                unmet: false,
                not_applying: requirement.actions.len() < rules.actions.len(),
            };
            for (action, when) in &requirement.actions {
                let here = known.ways(requirement, *action, when);
                ways.met |= here.met;
                ways.unmet |= here.unmet;
                ways.not_applying |= here.not_applying;
            }
            ways
        })
        .collect()
}

/// For each requirement the actions for which it can be unmet, as far as the actions and constants tell.
pub(crate) fn asked(rules: &Rules) -> Vec<Vec<usize>> {
    let mut known = Known::new(rules);
    let requirements = rules.requirements.iter();
    requirements
        .map(|requirement| {
            let actions = requirement.actions.iter();
            actions
                .filter(|(action, when)| known.ways(requirement, **action, when).unmet)
                .map(|(action, _)| *action)
                .collect()
        })
        .collect()
}

/// What conditions are for an action, whatever the request.
struct Known<'r> {
    rules: &'r Rules,
    definitions: HashMap<(usize, usize), Option<bool>>,
}

impl<'r> Known<'r> {
    fn new(rules: &'r Rules) -> Self {
        Self {
            rules,
            definitions: HashMap::new(),
        }
    }

    /// How the requirement can be seen for the action, which belongs to it `when`.
    fn ways(&mut self, requirement: &Requirement, action: usize, when: &When) -> Ways {
        let given = requirement.given.as_ref();
        let given = given.map_or(Some(true), |given| self.value(given, action));
        let applies = both(self.belongs(when, action), given);
        let must = self.value(&requirement.must, action);
        Ways {
            met: applies != Some(false) && must != Some(false),
            unmet: applies != Some(false) && must != Some(true),
            not_applying: applies != Some(true),
        }
    }

    /// Whether the action belongs to a set.
    fn belongs(&mut self, when: &When, action: usize) -> Option<bool> {
        let When::Any(lists) = when else {
            return Some(true);
        };
        let rules = self.rules;
        let mut any = Some(false);
        for list in lists {
            let mut all = Some(true);
            for index in list {
                all = both(all, self.value(&rules.memberships[*index], action));
            }
            any = both(any.map(|any| !any), all.map(|all| !all)).map(|none| !none);
        }
        any
    }

    fn value(&mut self, expr: &Expr, action: usize) -> Option<bool> {
        let expr = self.without_definitions(expr, action);
        emit::fold(&expr, self.rules, Some(action)).as_bool()
    }

    /// The expression with every definition replaced whose value is known.
    fn without_definitions(&mut self, expr: &Expr, action: usize) -> Expr {
        if let Kind::Definition(index) = expr.kind {
            let key = (index, action);
            if !self.definitions.contains_key(&key) {
                let known = self.value(&self.rules.definitions[index].expr, action);
                self.definitions.insert(key, known);
            }
            let known = self.definitions[&key];
            return known.map_or_else(
                || expr.clone(),
                |value| Expr::bool(value, expr.span.clone()),
            );
        }
        expr.map_children(&mut |child| self.without_definitions(child, action))
    }
}

/// Whether both are so, as far as it is known of each.
fn both(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

/// For each requirement of number `n`, the states `applies_<n>` and `holds_<n>`.
pub(crate) fn states(rules: &Rules) -> Vec<Ready> {
    let span = 0..0;
    let mut states = Vec::new();
    for (index, requirement) in rules.requirements.iter().enumerate() {
        states.push(Ready {
            state: format!("applies_{index}"),
            when: applies(rules, requirement, &span),
        });
        states.push(Ready {
            state: format!("holds_{index}"),
            when: boolean(Kind::Holds([index].into(), None), &span),
        });
    }
    states
}

fn applies(rules: &Rules, requirement: &Requirement, span: &Range<usize>) -> Expr {
    let both = |a, b| boolean(Kind::And(Box::new(a), Box::new(b)), span);
    let either = |a, b| boolean(Kind::Or(Box::new(a), Box::new(b)), span);
    let mut applies = Expr::bool(false, span.clone());
    for (action, when) in &requirement.actions {
        let text = Expr::text(rules.actions[*action].clone(), span.clone());
        let named = Expr::new(Kind::Action, Type::Text, span.clone());
        let mut here = boolean(Kind::Equal(Box::new(named), Box::new(text)), span);
        if let When::Any(lists) = when {
            let mut any = Expr::bool(false, span.clone());
            for list in lists {
                let memberships = list.iter().map(|index| rules.memberships[*index].clone());
                any = either(any, memberships.fold(Expr::bool(true, span.clone()), both));
            }
            here = both(here, any);
        }
        applies = either(applies, here);
    }
    match &requirement.given {
        Some(given) => both(applies, given.clone()),
        None => applies,
    }
}

fn boolean(kind: Kind, span: &Range<usize>) -> Expr {
    Expr::new(kind, Type::Bool, span.clone())
}

/// The rules, and beside each requirement of number `n` one that is unmet where it is met, `met-<n>`, and one that is unmet where its
/// guard does not hold, `guard-<n>`. What `holds` asks for stays as it is.
pub(crate) fn reasons(rules: &Rules) -> Rules {
    let mut rules = rules.clone();
    let mut beside = Vec::new();
    for (index, requirement) in rules.requirements.iter().enumerate() {
        let must = Box::new(requirement.must.clone());
        beside.push(Requirement {
            id: format!("met-{index}"),
            must: boolean(Kind::Not(must), &requirement.must.span),
            ..requirement.clone()
        });
        if let Some(given) = &requirement.given {
            beside.push(Requirement {
                id: format!("guard-{index}"),
                given: None,
                must: given.clone(),
                ..requirement.clone()
            });
        }
    }
    rules.requirements.extend(beside);
    rules
}
