//! Requirements: for which actions, when, given what, and what must hold.

use super::super::batch::Rule;
use super::super::world::ACTIONS;
use super::{Generator, Scope};

impl Generator<'_> {
    /// A requirement whose guard proves the optional facts that its condition uses.
    pub fn rule(&mut self) -> Rule {
        let mut scope = Scope::default();
        let mut proofs = Vec::new();
        for _ in 0..self.pick(&[0, 1, 1, 2, 3]) {
            let Some(optional) = self.optional(&scope) else {
                break;
            };
            scope = scope.with(&optional);
            proofs.push(format!("has({optional})"));
        }
        if self.one_in(3) {
            proofs.push(format!("({})", self.boolean(1, &scope)));
        }
        let depth = self.pick(&[0, 1, 2, 2, 3]);
        let guards = self.pick(&[0, 0, 1]);
        Rule {
            actions: match self.rng.u8(..4) {
                0 => Some((0..4).map(|_| self.pick(&ACTIONS)).collect()),
                _ => None,
            },
            when: self
                .one_in(4)
                .then(|| self.guarded(1, 1, &Scope::default())),
            given: (!proofs.is_empty()).then(|| proofs.join(" && ")),
            must: self.guarded(guards, depth, &scope),
        }
    }
}
