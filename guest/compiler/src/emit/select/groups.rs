//! Which of an action's requirements are asked in any case, and which only where a fact has one of their values.
//!
//! Always true here: a requirement of the list is either in the rest or in one group, there under every value that it
//! may be unmet for.

use std::collections::{BTreeMap, BTreeSet};

use super::needs::{Key, Needs, Value};
use crate::rules::When;

/// Fewer requirements are asked one by one as fast as a fact is looked up and they are called through a table.
const LEAST: usize = 8;

/// The most facts that are looked up for an action: each costs a look-up, and each group's findings are merged into
/// those before it.
const MOST: usize = 8;

/// How many places all groups together may take in lists: far more than people need, a few MiB for anybody else.
pub(super) const PLACES: usize = 400_000;

/// Requirements that apply at the same times and need a fact's value to be unmet.
pub(in crate::emit) struct Group {
    pub(super) when: When,
    pub(super) key: Key,
    /// For each value the requirements, rising.
    pub(super) rows: BTreeMap<Value, Vec<usize>>,
}

/// An action's requirements.
pub(in crate::emit) struct Split {
    pub(in crate::emit) rest: Vec<(usize, When)>,
    pub(in crate::emit) groups: Vec<Group>,
}

/// Splits a list of requirements; `places` is what groups may still take.
pub(super) fn split(list: &[(usize, When)], needs: &[Needs], places: &mut usize) -> Split {
    let mut rest = list.to_vec();
    let mut groups = Vec::new();
    while groups.len() < MOST {
        let Some((when, key)) = largest(&rest, needs, *places) else {
            break;
        };
        let mut rows: BTreeMap<Value, Vec<usize>> = BTreeMap::new();
        rest.retain(|(index, applies)| {
            let Some(values) = needs[*index].get(&key).filter(|_| *applies == when) else {
                return true;
            };
            for value in values {
                rows.entry(value.clone()).or_default().push(*index);
            }
            *places -= values.len();
            false
        });
        groups.push(Group { when, key, rows });
    }
    Split { rest, groups }
}

/// What the next group is made of: the fact with the most values, that of more requirements if there are several.
fn largest(list: &[(usize, When)], needs: &[Needs], places: usize) -> Option<(When, Key)> {
    #[derive(Default)]
    struct Candidate<'n> {
        values: BTreeSet<&'n Value>,
        requirements: usize,
        places: usize,
    }
    let mut candidates: BTreeMap<(&When, &Key), Candidate<'_>> = BTreeMap::new();
    for (index, when) in list {
        for (key, values) in &needs[*index] {
            let candidate = candidates.entry((when, key)).or_default();
            candidate.values.extend(values);
            candidate.requirements += 1;
            candidate.places += values.len();
        }
    }
    candidates
        .into_iter()
        .filter(|(_, c)| c.requirements >= LEAST && c.places <= places)
        .max_by_key(|(_, c)| (c.values.len(), c.requirements))
        .map(|((when, key), _)| (when.clone(), key.clone()))
}
