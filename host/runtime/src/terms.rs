//! What a policy's decisions are written in: its id and its manifest, and what follows from them.
//!
//! Always true here: an action is governed if and only if some requirement names it.

use std::sync::OnceLock;

use hashbrown::HashMap;

use crate::decision::PolicyId;
use crate::manifest::{Manifest, Requirement};
use crate::written::Written;

/// A loaded policy's id and manifest, which was checked.
pub(crate) struct Terms {
    pub(crate) id: PolicyId,
    pub(crate) manifest: Manifest,
    /// For each action its index in the manifest.
    actions: HashMap<String, usize>,
    /// For each action the requirements that name it.
    naming: Vec<Vec<u32>>,
    /// For each requirement the first one with its code.
    pub(crate) codes: Vec<u32>,
    /// For each requirement the first one with its state.
    pub(crate) states: Vec<u32>,
    written: OnceLock<Written>,
}

impl Terms {
    pub(crate) fn new(id: PolicyId, manifest: Manifest) -> Self {
        let actions = manifest.actions.iter().cloned();
        let actions: HashMap<String, usize> = actions.zip(0..).collect();
        let mut naming = vec![Vec::new(); actions.len()];
        for (index, requirement) in (0..).zip(&manifest.requirements) {
            for action in &requirement.actions {
                let naming = &mut naming[actions[action]];
                if naming.last() != Some(&index) {
                    naming.push(index);
                }
            }
        }
        Self {
            id,
            actions,
            naming,
            codes: firsts(&manifest.requirements, |requirement| &requirement.code),
            states: firsts(&manifest.requirements, |requirement| &requirement.state),
            manifest,
            written: OnceLock::new(),
        }
    }

    /// The index of `action` in the manifest, if it is there.
    #[inline]
    pub(crate) fn action(&self, action: &str) -> Option<usize> {
        self.actions.get(action).copied()
    }

    /// The indices of the requirements that name the action with that index, rising; `None` if there are none.
    #[inline]
    pub(crate) fn naming(&self, action: Option<usize>) -> Option<&[u32]> {
        let naming = &self.naming[action?];
        (!naming.is_empty()).then_some(naming)
    }

    /// The pieces of its decisions in JSON.
    pub(crate) fn written(&self) -> &Written {
        self.written
            .get_or_init(|| Written::new(&self.id, &self.manifest))
    }
}

/// For each requirement the index of the first one with the same text.
fn firsts(requirements: &[Requirement], text: impl Fn(&Requirement) -> &str) -> Vec<u32> {
    let mut first = HashMap::new();
    (0..)
        .zip(requirements)
        .map(|(index, requirement)| *first.entry(text(requirement)).or_insert(index))
        .collect()
}
