//! Decisions counted by their labels before the metrics take them.
//!
//! Always true here: what a tally counts is told the metrics once for all of it, for a label is looked up by texts of its own.

use std::time::Duration;

use hashbrown::HashMap;
use scopegate::{Decision, Policy};

use crate::metrics::action_label;
use crate::problem::{Kind, Problem};

/// What counts decisions.
pub(crate) trait Counting<'s> {
    /// Counts what `policy` decided.
    fn decided(&mut self, policy: &'s Policy, decision: &Decision<'_>, duration: Duration);
}

/// Decisions by policy and governed action, and what came of them.
#[derive(Default)]
pub(crate) struct Tally<'s> {
    /// By the policy's address and the action's index in its manifest.
    of: HashMap<(usize, Option<usize>), Counts<'s>>,
    /// How long each took.
    pub(crate) durations: Vec<Duration>,
    /// Why there was none.
    pub(crate) failures: Vec<Kind>,
}

/// What a policy decided of an action.
pub(crate) struct Counts<'s> {
    pub(crate) policy: &'s Policy,
    /// The action as metrics name it.
    pub(crate) action: &'s str,
    pub(crate) allowed: u64,
    pub(crate) denied: u64,
    /// How often each code was among the reasons to deny.
    pub(crate) codes: HashMap<String, u64>,
}

impl<'s> Counting<'s> for Tally<'s> {
    fn decided(&mut self, policy: &'s Policy, decision: &Decision<'_>, duration: Duration) {
        let counts = self.of(policy, decision.action());
        if decision.is_allowed() {
            counts.allowed += 1;
        } else {
            counts.denied += 1;
        }
        for code in decision.codes() {
            counts.code(code, 1);
        }
        self.durations.push(duration);
    }
}

impl<'s> Tally<'s> {
    /// How many were counted.
    pub(crate) fn many(&self) -> usize {
        self.durations.len() + self.failures.len()
    }

    /// What was decided, by policy and action.
    pub(crate) fn counts(&self) -> impl Iterator<Item = &Counts<'s>> {
        self.of.values()
    }

    /// Counts the problem, if there is one.
    pub(crate) fn noted<T>(&mut self, decided: Result<T, Problem>) -> Result<T, Problem> {
        decided.inspect_err(|problem| self.failures.push(problem.kind))
    }

    /// Counts what `other` counted.
    pub(crate) fn add(&mut self, other: Self) {
        for ((_, action), more) in other.of {
            let counts = self.of(more.policy, action);
            counts.allowed += more.allowed;
            counts.denied += more.denied;
            for (code, times) in &more.codes {
                counts.code(code, *times);
            }
        }
        self.durations.extend(other.durations);
        self.failures.extend(other.failures);
    }

    fn of(&mut self, policy: &'s Policy, action: Option<usize>) -> &mut Counts<'s> {
        let address = std::ptr::from_ref(policy).addr();
        self.of.entry((address, action)).or_insert_with(|| Counts {
            policy,
            action: action_label(policy, action),
            allowed: 0,
            denied: 0,
            codes: HashMap::new(),
        })
    }
}

impl Counts<'_> {
    fn code(&mut self, code: &str, times: u64) {
        match self.codes.get_mut(code) {
            Some(count) => *count += times,
            None => _ = self.codes.insert(code.to_owned(), times),
        }
    }
}
