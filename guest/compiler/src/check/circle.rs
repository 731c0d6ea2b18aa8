//! Requirements, definitions and set conditions may ask for one another, but not in a circle, nor too deep, nor too much.

use std::collections::HashMap;

use super::scope::DEPTH;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::{Expr, Kind};
use crate::rules::{Rules, When};

const LARGE: &str = "the condition is too large once everything it names is written out";
/// The most parts a condition may have, with everything it names written out.
const WEIGHT: u64 = 1 << 22;

/// The most requirements that all `holds` together may ask for, and that all actions together may be named by.
const ASKED: usize = 400_000;

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Node {
    Definition(usize),
    Requirement(usize),
}

/// How deep a node's uses go, and how many parts they have, written out.
#[derive(Clone, Copy)]
struct Measure {
    depth: usize,
    weight: u64,
}

struct Walk<'r> {
    rules: &'r Rules,
    done: HashMap<Node, Measure>,
    open: Vec<Node>,
    failed: Option<(Node, &'static str)>,
}

pub(super) fn check(rules: &Rules, out: &mut Diagnostics) {
    if too_many(rules, out) {
        return;
    }
    let mut walk = Walk {
        rules,
        done: HashMap::new(),
        open: Vec::new(),
        failed: None,
    };
    for index in 0..rules.definitions.len() {
        walk.visit(Node::Definition(index));
    }
    for index in 0..rules.requirements.len() {
        walk.visit(Node::Requirement(index));
    }
    let others = rules.ready.iter().map(|ready| &ready.when);
    let fallbacks = rules.fallbacks.iter();
    let others = others
        .chain(fallbacks.flat_map(|f| f.when.iter().chain(f.modes.iter().map(|(_, when)| when))));
    for expr in others {
        let measure = walk.expr(expr);
        if measure.weight > WEIGHT && walk.failed.is_none() {
            out.push(Diagnostic::error(
                expr.span.clone(),
                LARGE,
                "use fewer nested definitions",
            ));
        }
    }
    if let Some((node, message)) = walk.failed {
        let span = match node {
            Node::Definition(index) => rules.definitions[index].span.clone(),
            Node::Requirement(index) => rules.requirements[index].span.clone(),
        };
        let remedy = if message == LARGE {
            "use fewer nested definitions"
        } else {
            "write one of the conditions out instead of naming it"
        };
        out.push(Diagnostic::error(span, message, remedy));
    }
}

/// Reports what is small as text and large as a component.
fn too_many(rules: &Rules, out: &mut Diagnostics) -> bool {
    let mut report = |span: Option<std::ops::Range<usize>>, message: String| {
        let remedy = "split the rules into several policies";
        out.push(Diagnostic::error(span.unwrap_or(0..0), message, remedy));
    };
    let named: usize = rules
        .requirements
        .iter()
        .map(|requirement| requirement.actions.len())
        .sum();
    if named > ASKED {
        let span = rules
            .requirements
            .last()
            .map(|requirement| requirement.span.clone());
        report(
            span,
            format!("requirements name actions {named} times in all, more than {ASKED}"),
        );
    }
    let asked: usize = rules.conditions().map(asked).sum();
    if asked > ASKED {
        let span = rules
            .conditions()
            .find(|condition| self::asked(condition) > 0)
            .map(|condition| condition.span.clone());
        report(
            span,
            format!("`holds` asks for {asked} requirements in all, more than {ASKED}"),
        );
    }
    named > ASKED || asked > ASKED
}

fn asked(expr: &Expr) -> usize {
    let own = match &expr.kind {
        Kind::Holds(requirements, _) => requirements.len(),
        _ => 0,
    };
    own + expr.children().into_iter().map(asked).sum::<usize>()
}

impl Walk<'_> {
    fn visit(&mut self, node: Node) -> Measure {
        if let Some(measure) = self.done.get(&node) {
            return *measure;
        }
        if self.open.contains(&node) {
            self.fail(
                node,
                "this asks for itself, through the conditions that it names",
            );
            return Measure {
                depth: 0,
                weight: 0,
            };
        }
        if self.open.len() > DEPTH {
            self.fail(node, "conditions ask for one another more than 64 deep");
            return Measure {
                depth: 0,
                weight: 0,
            };
        }
        self.open.push(node);
        let mut measure = Measure {
            depth: 0,
            weight: 1,
        };
        match node {
            Node::Definition(index) => {
                measure = measure.with(self.expr(&self.rules.definitions[index].expr));
            }
            Node::Requirement(index) => {
                let requirement = &self.rules.requirements[index];
                let conditions = requirement.actions.values().flat_map(|when| match when {
                    When::Always => Vec::new(),
                    When::Any(lists) => lists.iter().flatten().collect(),
                });
                for membership in conditions {
                    measure = measure.with(self.expr(&self.rules.memberships[*membership]));
                }
                for expr in requirement.given.iter().chain([&requirement.must]) {
                    measure = measure.with(self.expr(expr));
                }
            }
        }
        self.open.pop();
        measure.depth += 1;
        if measure.weight > WEIGHT {
            self.fail(node, LARGE);
        }
        if measure.depth > DEPTH {
            self.fail(node, "conditions ask for one another more than 64 deep");
        }
        self.done.insert(node, measure);
        measure
    }

    fn expr(&mut self, expr: &Expr) -> Measure {
        let mut measure = Measure {
            depth: 0,
            weight: 1,
        };
        match &expr.kind {
            Kind::Definition(index) => measure = measure.with(self.visit(Node::Definition(*index))),
            Kind::Holds(requirements, _) => {
                for index in requirements.iter() {
                    measure = measure.with(self.visit(Node::Requirement(*index)));
                }
            }
            _ => {}
        }
        for child in expr.children() {
            measure = measure.with(self.expr(child));
        }
        measure
    }

    fn fail(&mut self, node: Node, message: &'static str) {
        self.failed.get_or_insert((node, message));
    }
}

impl Measure {
    fn with(self, other: Self) -> Self {
        Self {
            depth: self.depth.max(other.depth),
            weight: self.weight.saturating_add(other.weight),
        }
    }
}
