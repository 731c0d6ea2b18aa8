//! The default policy once more, by hand in plain Rust, straight from the specification's page.
//!
//! It shares no line with `policy.toml` or the compiler, so that where the two agree, both are right or the page misleads.
//! It is also what benchmarks compare with: an allowed decision allocates the list of its ready states and nothing else.

mod access;
mod action;
mod approval;
mod class;
mod confirmations;
mod rule;
mod state;

pub use action::Action;
pub use class::{Class, SCOPES, Scopes, class};
pub use rule::{Code, Rule};
pub use state::READY;

use crate::edition::Edition;
use rule::Facts;
use scopegate::{AccessMode, Request};

/// The requirements, in the order of findings.
pub static RULES: [Rule; 50] = in_order();

const fn in_order() -> [Rule; 50] {
    let mut rules = [confirmations::RULES[0]; 50];
    let mut index = 0;
    while index < rules.len() {
        rules[index] = if index < 19 {
            confirmations::RULES[index]
        } else if index < 33 {
            access::RULES[index - 19]
        } else {
            approval::RULES[index - 33]
        };
        index += 1;
    }
    rules
}

/// What the default policy says to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether the action may proceed.
    pub allow: bool,
    /// The requirements that apply and do not hold: rising indices into [`RULES`].
    pub unmet: Vec<usize>,
    /// The ready states that hold: rising indices into [`READY`].
    pub ready: Vec<usize>,
    /// The modes that stay open for the task, least first.
    pub fallbacks: Vec<AccessMode>,
}

/// How a requirement stands for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is not for this action, or its guard does not hold.
    NotApplying,
    /// It applies and holds.
    Met,
    /// It applies and does not hold.
    Unmet,
}

/// The default policy, whole or with requirements dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    kept: RuleSet,
    edition: Edition,
}

/// A set of requirements, by their indices into [`RULES`].
type RuleSet = u64;

impl Policy {
    /// All 50 requirements of the edition that programs and packages bring along.
    pub const WHOLE: Self = Self::of(Edition::DEFAULT);

    /// All 50 requirements of an edition.
    #[must_use]
    pub const fn of(edition: Edition) -> Self {
        Self {
            kept: (1 << 50) - 1,
            edition,
        }
    }

    /// The policy without the requirement at this index of [`RULES`].
    #[must_use]
    pub const fn without(self, index: usize) -> Self {
        Self {
            kept: self.kept & !(1 << index),
            edition: self.edition,
        }
    }

    /// Decides a request.
    pub fn decide(self, request: &Request) -> Verdict {
        let facts = Facts {
            request,
            action: Action::of(&request.action),
            edition: self.edition,
        };
        let named = self.kept & NAMING[facts.action as usize] != 0;
        let unmet: Vec<usize> = indices(self.applying(facts))
            .filter(|&index| !holds_alone(index, facts))
            .collect();
        let allow = named && unmet.is_empty();
        let fallbacks = if allow || !named {
            Vec::new()
        } else {
            state::fallbacks(self, facts)
        };
        Verdict {
            allow,
            unmet,
            ready: state::ready(self, facts),
            fallbacks,
        }
    }

    /// The requirements that are for the action as it stands, whatever their guards.
    fn applying(self, facts: Facts<'_>) -> RuleSet {
        let for_action = if rule::has_access(&facts) {
            &NAMING
        } else {
            &NAMING_WITHOUT_ACCESS
        };
        self.kept & for_action[facts.action as usize]
    }

    /// Whether those of the requirements that apply hold.
    fn holds(self, rules: RuleSet, facts: Facts<'_>) -> bool {
        indices(self.applying(facts) & rules).all(|index| holds_alone(index, facts))
    }
}

/// Decides a request by the whole policy.
pub fn decide(request: &Request) -> Verdict {
    Policy::WHOLE.decide(request)
}

/// How the requirement at this index of [`RULES`] stands for a request, in an edition.
pub fn outcome(edition: Edition, index: usize, request: &Request) -> Outcome {
    let facts = Facts {
        request,
        action: Action::of(&request.action),
        edition,
    };
    let rule = &RULES[index];
    if !rule
        .actions
        .contains(facts.action, rule::has_access(&facts))
        || !(rule.given)(&facts)
    {
        Outcome::NotApplying
    } else if (rule.must)(&facts) {
        Outcome::Met
    } else {
        Outcome::Unmet
    }
}

/// Whether the requirement's guard does not hold, or its condition does.
fn holds_alone(index: usize, facts: Facts<'_>) -> bool {
    let rule = &RULES[index];
    !(rule.given)(&facts) || (rule.must)(&facts)
}

/// For each action, the requirements that name it; an unlisted action comes last.
const NAMING: [RuleSet; 16] = naming(true);
const NAMING_WITHOUT_ACCESS: [RuleSet; 16] = naming(false);

const fn naming(has_access: bool) -> [RuleSet; 16] {
    let rules = in_order();
    let mut naming = [0; 16];
    let mut action = 0;
    while action < Action::LISTED.len() {
        let mut index = 0;
        while index < rules.len() {
            if rules[index]
                .actions
                .contains(Action::LISTED[action], has_access)
            {
                naming[action] |= 1 << index;
            }
            index += 1;
        }
        action += 1;
    }
    naming
}

/// The members of a set, rising.
fn indices(mut rules: RuleSet) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let index = rules.trailing_zeros();
        rules &= rules.checked_sub(1)?;
        Some(index as usize)
    })
}
