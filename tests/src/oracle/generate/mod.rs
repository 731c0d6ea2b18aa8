//! Makes random conditions that are well typed and prove optional facts present before they use them.

mod atom;
mod compare;
mod list;
mod logic;
mod rule;
mod value;

use std::collections::BTreeSet;

use fastrand::Rng;

use super::contract::Type;
use super::definitions;
use super::facts::{self, Fact};
use super::literal;
use super::requests::TEXTS;
use super::samples::Samples;
use super::world::{ACTIONS, World};

/// Makes conditions, one after another.
pub struct Generator<'a> {
    rng: Rng,
    world: &'a World,
    samples: &'a Samples,
    facts: Vec<Fact>,
}

/// What may be used at some place of a condition.
#[derive(Clone, Debug, Default)]
struct Scope {
    /// The optional facts that are present there.
    proven: BTreeSet<String>,
    /// The variables of the macros around, innermost last.
    vars: Vec<Var>,
}

/// The variable of a macro.
#[derive(Clone, Debug)]
struct Var {
    fact: Fact,
    /// For an element of a literal list of an enum's cases: the enum.
    case_of: Option<String>,
}

impl Scope {
    fn with(&self, optional: &str) -> Self {
        let mut scope = self.clone();
        scope.proven.insert(optional.to_owned());
        scope
    }

    fn binding(&self, var: Var) -> Self {
        let mut scope = self.clone();
        // An inner variable hides an outer one of the same name.
        scope.vars.retain(|outer| outer.fact.code != var.fact.code);
        let of_outer = format!("{}.", var.fact.code);
        scope.proven.retain(|proven| !proven.starts_with(&of_outer));
        scope.vars.push(var);
        scope
    }

    fn allows(&self, fact: &Fact) -> bool {
        fact.needs.iter().all(|need| self.proven.contains(need))
    }
}

impl<'a> Generator<'a> {
    /// Conditions of a seed.
    pub fn new(seed: u64, world: &'a World, samples: &'a Samples) -> Self {
        Self {
            rng: Rng::with_seed(seed),
            world,
            samples,
            facts: facts::of_request()
                .into_iter()
                .chain(definitions::facts())
                .collect(),
        }
    }

    /// The next condition.
    pub fn condition(&mut self) -> String {
        let depth = [1, 1, 2, 2, 3, 3, 4][self.rng.usize(..7)];
        let guards = [0, 1, 1, 2, 2, 3][self.rng.usize(..6)];
        self.guarded(guards, depth, &Scope::default())
    }

    /// One in `n`.
    fn one_in(&mut self, n: u32) -> bool {
        self.rng.u32(..n) == 0
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.rng.usize(..from.len())].clone()
    }

    /// A fact of the type that may be used here; rather one of a variable.
    fn fact(&mut self, scope: &Scope, fits: impl Fn(&Type) -> bool) -> Option<Fact> {
        let mut of_vars = Vec::new();
        for var in scope.vars.iter().filter(|var| var.case_of.is_none()) {
            of_vars.push(var.fact.clone());
            facts::within(&var.fact, &mut of_vars);
        }
        of_vars.retain(|fact| fits(&fact.ty) && scope.allows(fact));
        let of_request = self
            .facts
            .iter()
            .any(|fact| fits(&fact.ty) && scope.allows(fact));
        if !of_vars.is_empty() && (!of_request || !self.one_in(4)) {
            return Some(self.pick(&of_vars));
        }
        let fitting: Vec<&Fact> = self
            .facts
            .iter()
            .filter(|fact| fits(&fact.ty) && scope.allows(fact))
            .collect();
        // What was just proven present is what a condition is about.
        let guarded: Vec<&Fact> = fitting
            .iter()
            .copied()
            .filter(|fact| !fact.needs.is_empty())
            .collect();
        let from = if guarded.is_empty() || self.rng.u8(..3) == 0 {
            fitting
        } else {
            guarded
        };
        (!from.is_empty()).then(|| from[self.rng.usize(..from.len())].clone())
    }

    /// An optional fact that is not proven yet, but all around it is.
    fn optional(&mut self, scope: &Scope) -> Option<String> {
        let mut of_vars = Vec::new();
        for var in &scope.vars {
            facts::within(&var.fact, &mut of_vars);
        }
        let open: Vec<String> = self
            .facts
            .iter()
            .chain(&of_vars)
            .filter(|fact| fact.optional && !scope.proven.contains(&fact.code))
            .filter(|fact| {
                fact.needs[..fact.needs.len() - 1]
                    .iter()
                    .all(|need| scope.proven.contains(need))
            })
            .map(|fact| fact.code.clone())
            .collect();
        (!open.is_empty()).then(|| self.pick(&open))
    }

    /// A text literal that the fact at the path has now and then.
    fn literal_like(&mut self, path: &str) -> String {
        let text = if path == "action" {
            // The action is compared with those that the rule set lists.
            self.pick(&ACTIONS).to_owned()
        } else {
            self.text_like(path)
        };
        literal::text(&text, &mut self.rng)
    }

    fn text_like(&mut self, path: &str) -> String {
        let seen = if self.one_in(6) {
            None
        } else {
            self.samples.any(path, &mut self.rng)
        };
        match seen.and_then(|seen| seen.as_str()) {
            Some(text) => text.to_owned(),
            None => self.pick(&TEXTS).to_owned(),
        }
    }

    /// Depth for one side of a pair.
    fn less(&mut self, depth: u32) -> u32 {
        if self.one_in(3) {
            depth.saturating_sub(2)
        } else {
            depth.saturating_sub(1)
        }
    }
}
