//! `&&`, `||`, `!`, `? :`, and the many ways to ask for an optional fact before it is used.

use super::super::contract::Type;
use super::super::definitions::PROOFS;
use super::{Generator, Scope};

impl Generator<'_> {
    /// A condition that first proves up to `guards` optional facts present.
    pub(super) fn guarded(&mut self, guards: u32, depth: u32, scope: &Scope) -> String {
        let Some(optional) = (guards > 0).then(|| self.optional(scope)).flatten() else {
            return self.boolean(depth, scope);
        };
        let inner = scope.with(&optional);
        let body = self.guarded(guards - 1, depth, &inner);
        self.guard(&optional, &body, depth, scope)
    }

    /// `body`, which uses the optional fact, where it is present.
    fn guard(&mut self, optional: &str, body: &str, depth: u32, scope: &Scope) -> String {
        let inner = scope.with(optional);
        let proof = PROOFS.iter().find(|(_, of)| *of == optional);
        let asks = match proof {
            Some((name, _)) if self.one_in(3) => (*name).to_owned(),
            _ => format!("has({optional})"),
        };
        let side = depth.saturating_sub(2);
        let before = |generator: &mut Self| generator.boolean(side, &inner);
        match self.rng.u8(..16) {
            0..5 => format!("{asks} && ({body})"),
            5..7 => format!("!{asks} || ({body})"),
            7 => {
                let other = self.boolean(side, scope);
                format!("{asks} ? {} : {other}", grouped(body))
            }
            8 => {
                let other = self.boolean(side, scope);
                format!("!{asks} ? ({other}) : ({body})")
            }
            9 => format!("({asks} && ({})) && ({body})", before(self)),
            10 => format!(
                "({asks} && ({})) ? ({body}) : ({})",
                before(self),
                self.boolean(side, scope)
            ),
            11 => format!("!({asks} && ({})) || ({body})", before(self)),
            12 => format!("(!{asks} || ({})) && (!{asks} || ({body}))", before(self)),
            13 => format!("!(!{asks} || ({})) && ({body})", before(self)),
            14 => {
                let other = self.boolean(side, scope);
                format!("({other}) && {asks} && ({body})")
            }
            _ => format!("!(!{asks} || !({body}))"),
        }
    }

    /// A boolean of any form.
    pub(super) fn boolean(&mut self, depth: u32, scope: &Scope) -> String {
        if depth == 0 {
            return self.atom(0, scope);
        }
        match self.rng.u8(..16) {
            0..3 => {
                let sides = self.sides(depth, scope);
                sides.join(" && ")
            }
            3..6 => {
                let sides = self.sides(depth, scope);
                sides.join(" || ")
            }
            6 => format!("!({})", self.boolean(depth - 1, scope)),
            7 => {
                let less = self.less(depth);
                let (c, a, b) = (
                    self.boolean(less, scope),
                    self.boolean(less, scope),
                    self.boolean(depth - 1, scope),
                );
                format!("({c}) ? ({a}) : ({b})")
            }
            8 => {
                let other = self.less(depth);
                let (a, b) = (self.boolean(depth - 1, scope), self.boolean(other, scope));
                format!("({a}) {} ({b})", self.pick(&["==", "!="]))
            }
            9..11 => self.guarded(1, depth - 1, scope),
            11..14 => self.quantified(depth - 1, scope),
            _ => self.atom(depth, scope),
        }
    }

    fn sides(&mut self, depth: u32, scope: &Scope) -> Vec<String> {
        let count = if self.one_in(4) { 3 } else { 2 };
        (0..count)
            .map(|_| {
                let depth = self.less(depth);
                let side = self.boolean(depth, scope);
                format!("({side})")
            })
            .collect()
    }

    /// `c ? a : b` of two values of one type.
    pub(super) fn choice(
        &mut self,
        scope: &Scope,
        mut value: impl FnMut(&mut Self) -> String,
    ) -> String {
        let condition = match self.fact(scope, |ty| *ty == Type::Bool) {
            Some(fact) if self.rng.bool() => fact.code,
            _ => self.atom(0, scope),
        };
        let (a, b) = (value(self), value(self));
        format!("(({condition}) ? {a} : {b})")
    }
}

fn grouped(body: &str) -> String {
    format!("({body})")
}
