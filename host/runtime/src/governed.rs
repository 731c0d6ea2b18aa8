//! Which requirements name which action.
//!
//! Always true here: an action is governed if and only if some requirement names it.

use std::collections::HashMap;

use crate::manifest::Manifest;

/// The requirements that name each action.
pub(crate) struct Governed(HashMap<String, Vec<u32>>);

impl Governed {
    pub(crate) fn new(manifest: &Manifest) -> Self {
        let mut governed: HashMap<String, Vec<u32>> = HashMap::new();
        for (index, requirement) in (0..).zip(&manifest.requirements) {
            for action in &requirement.actions {
                let naming = governed.entry(action.clone()).or_default();
                if naming.last() != Some(&index) {
                    naming.push(index);
                }
            }
        }
        Self(governed)
    }

    /// The indices of the requirements that name `action`, rising; `None` if there are none.
    pub(crate) fn naming(&self, action: &str) -> Option<&[u32]> {
        self.0.get(action).map(Vec::as_slice)
    }
}
