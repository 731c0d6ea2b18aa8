//! Nothing is timed that does not decide alike.
//!
//! Always true here: what every engine is held to is what the rules by hand say.

use std::collections::BTreeSet;

use scopegate::Request;

use crate::contender::{ALL, Contender};
use crate::rules::{RuleSet, Rules};

/// What the requests come to.
pub(crate) struct Mix {
    /// How many are allowed.
    pub(crate) allowed: usize,
    /// How many rules the request with the most does not meet.
    pub(crate) most_unmet: usize,
}

/// Stops the run with the first request on which an engine differs, or if there is one of the 20 rules that every request meets.
/// `contenders` are in the order of [`ALL`].
pub(crate) fn agree(
    set: RuleSet,
    rules: &Rules,
    requests: &[Request],
    contenders: &mut [Box<dyn Contender>],
) -> Mix {
    let ids = rules.ids();
    let mut mix = Mix {
        allowed: 0,
        most_unmet: 0,
    };
    let mut unmet = BTreeSet::new();
    let (native, others) = contenders.split_first_mut().expect("the floor comes first");
    for (index, request) in requests.iter().enumerate() {
        let expected = native.answer(index, &ids);
        mix.allowed += usize::from(expected.is_allowed);
        mix.most_unmet = mix.most_unmet.max(expected.unmet.len());
        for (other, entry) in others.iter_mut().zip(&ALL[1..]) {
            let found = other.answer(index, &ids);
            assert!(
                found == expected,
                "{} differs from native Rust on request {index} with {}:\nexpected {expected:?}\nfound    {found:?}\n{request:#?}",
                entry.name,
                set.name(),
            );
        }
        unmet.extend(expected.unmet);
    }
    for rule in &rules.twenty {
        assert!(
            unmet.contains(&rule.id),
            "every request meets `{}`, so nothing shows that the engines agree on it",
            rule.id
        );
    }
    mix
}
