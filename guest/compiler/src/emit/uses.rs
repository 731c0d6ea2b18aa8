//! Who asks for what: which conditions look at the action, and which are asked for more than once in a call.

use std::collections::BTreeSet;

use super::Task;
use crate::contract::Type;
use crate::ir::{Expr, Kind};
use crate::rules::{Requirement, Rules, When};

/// A definition of at most this many parts is written out where it is used.
const SMALL: usize = 8;

pub(super) struct Uses {
    definitions: Vec<Use>,
    requirements: Vec<Use>,
    memberships: Vec<bool>,
}

#[derive(Clone, Default)]
struct Use {
    reads_action: bool,
    /// How often it is named.
    named: usize,
    /// The actions it is asked as.
    actions: BTreeSet<usize>,
}

impl Uses {
    pub(super) fn of(rules: &Rules) -> Self {
        let mut uses = Self {
            definitions: vec![Use::default(); rules.definitions.len()],
            requirements: vec![Use::default(); rules.requirements.len()],
            memberships: vec![false; rules.memberships.len()],
        };
        uses.find_readers(rules);
        for expr in rules.conditions() {
            uses.count(expr);
        }
        uses
    }

    /// Marks what looks at the action, directly or through what it names, until nothing new is found.
    fn find_readers(&mut self, rules: &Rules) {
        loop {
            let mut changed = false;
            for (index, definition) in rules.definitions.iter().enumerate() {
                if !self.definitions[index].reads_action && self.reads_action(&definition.expr) {
                    self.definitions[index].reads_action = true;
                    changed = true;
                }
            }
            for (index, requirement) in rules.requirements.iter().enumerate() {
                let reads = requirement
                    .given
                    .iter()
                    .chain([&requirement.must])
                    .any(|e| self.reads_action(e));
                if !self.requirements[index].reads_action && reads {
                    self.requirements[index].reads_action = true;
                    changed = true;
                }
            }
            for (index, membership) in rules.memberships.iter().enumerate() {
                if !self.memberships[index] && self.reads_action(membership) {
                    self.memberships[index] = true;
                    changed = true;
                }
            }
            if !changed {
                return;
            }
        }
    }

    fn reads_action(&self, expr: &Expr) -> bool {
        let itself = match &expr.kind {
            Kind::Action | Kind::Holds(_, None) => true,
            Kind::Definition(index) => self.definitions[*index].reads_action,
            _ => false,
        };
        itself
            || expr
                .children()
                .into_iter()
                .any(|child| self.reads_action(child))
    }

    fn count(&mut self, expr: &Expr) {
        match &expr.kind {
            Kind::Definition(index) => self.definitions[*index].named += 1,
            Kind::Holds(requirements, action) => {
                for index in requirements.iter() {
                    self.requirements[*index].named += 1;
                    self.requirements[*index].actions.extend(action);
                }
            }
            _ => {}
        }
        for child in expr.children() {
            self.count(child);
        }
    }

    pub(super) fn definition_reads_action(&self, index: usize) -> bool {
        self.definitions[index].reads_action
    }

    pub(super) fn condition_reads_action(&self, index: usize) -> bool {
        self.requirements[index].reads_action
    }

    pub(super) fn membership_reads_action(&self, index: usize) -> bool {
        self.memberships[index]
    }

    /// Whether the task's result is worth remembering for the rest of a call.
    pub(super) fn is_shared(&self, task: &Task, rules: &Rules) -> bool {
        match task {
            Task::Definition { index, .. } => {
                self.definitions[*index].named > 1
                    && rules.definitions[*index].expr.ty == Type::Bool
            }
            Task::Condition { index, .. } => self.requirements[*index].named > 0,
            _ => false,
        }
    }

    /// The most results that may be remembered in a call.
    pub(super) fn memos(&self, rules: &Rules) -> usize {
        let actions: BTreeSet<usize> = self
            .requirements
            .iter()
            .flat_map(|r| &r.actions)
            .copied()
            .collect();
        let each = |reads_action: bool| if reads_action { 1 + actions.len() } else { 1 };
        let definitions = self.definitions.iter().zip(&rules.definitions);
        let definitions = definitions.filter(|(d, rule)| d.named > 1 && rule.expr.ty == Type::Bool);
        let requirements = self.requirements.iter().filter(|r| r.named > 0);
        definitions
            .map(|(d, _)| each(d.reads_action))
            .sum::<usize>()
            + requirements.map(|r| each(r.reads_action)).sum::<usize>()
    }
}

/// Whether a definition is written out where it is used.
pub(super) fn is_small(definition: &Expr) -> bool {
    fn parts(expr: &Expr) -> usize {
        if matches!(
            expr.kind,
            Kind::Quantified { .. } | Kind::Holds(..) | Kind::Definition(_)
        ) {
            return SMALL + 1;
        }
        1 + expr.children().into_iter().map(parts).sum::<usize>()
    }
    parts(definition) <= SMALL
}

/// A requirement's condition with its guard: it holds where the guard does not.
pub(super) fn guarded(requirement: &Requirement) -> Expr {
    let must = requirement.must.clone();
    let Some(given) = &requirement.given else {
        return must;
    };
    let span = must.span.clone();
    let absent = Expr::new(Kind::Not(Box::new(given.clone())), Type::Bool, span.clone());
    Expr::new(Kind::Or(Box::new(absent), Box::new(must)), Type::Bool, span)
}

/// The facts that an expression reads, through what it names; each path once, in the order they are met.
pub(super) fn reads(exprs: &[&Expr], rules: &Rules) -> Vec<String> {
    let mut reads = Reads {
        rules,
        paths: Vec::new(),
        seen: BTreeSet::new(),
    };
    for expr in exprs {
        reads.expr(expr);
    }
    reads.paths
}

struct Reads<'r> {
    rules: &'r Rules,
    paths: Vec<String>,
    /// The definitions and requirements already gone through: `(is a requirement, index)`.
    seen: BTreeSet<(bool, usize)>,
}

impl Reads<'_> {
    fn expr(&mut self, expr: &Expr) {
        if let Some(path) = own_path(expr, self.rules)
            && !self.paths.contains(&path)
        {
            self.paths.push(path);
        }
        match &expr.kind {
            Kind::Definition(index) if self.seen.insert((false, *index)) => {
                self.expr(&self.rules.definitions[*index].expr);
            }
            Kind::Holds(requirements, _) => {
                for index in requirements.iter() {
                    if self.seen.insert((true, *index)) {
                        let requirement = &self.rules.requirements[*index];
                        for when in requirement.actions.values() {
                            if let When::Any(lists) = when {
                                lists
                                    .iter()
                                    .flatten()
                                    .for_each(|m| self.expr(&self.rules.memberships[*m]));
                            }
                        }
                        for expr in requirement.given.iter().chain([&requirement.must]) {
                            self.expr(expr);
                        }
                    }
                }
            }
            _ => {}
        }
        for child in expr.children() {
            self.expr(child);
        }
    }
}

/// The path of the fact that the expression itself reads.
pub(super) fn own_path(expr: &Expr, rules: &Rules) -> Option<String> {
    match &expr.kind {
        // An attribute is one fact: what is read of it is read where its list is.
        Kind::Fact(place, _) | Kind::Has(place) => place
            .path
            .clone()
            .filter(|path| !path.is_empty() && !path.starts_with("attributes.")),
        Kind::Action => Some("action".into()),
        Kind::Attribute(index) | Kind::HasAttribute(index) => {
            Some(format!("attributes.{}", rules.attributes[*index].name))
        }
        _ => None,
    }
}
