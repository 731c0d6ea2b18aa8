//! Keeps the shelf as the store has it.
//!
//! Always true here: what is on the shelf was loaded and passed its cases; what fails stays off it, and what was there before goes on.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use scopegate::Engine;
use scopegate_server::{Shelf, Shelved, Snapshot};
use scopegate_store::{Entry, Store, StoreError};

/// The store, and the shelf that follows it.
pub(super) struct Watch {
    pub(super) store: Store,
    pub(super) engine: Engine,
    pub(super) shelf: Arc<Shelf>,
    default_policy: Option<String>,
    /// What the store held when the shelf was last changed.
    seen: Mutex<Vec<Entry>>,
}

impl Watch {
    /// A shelf with everything of the store that loads.
    pub(super) fn new(
        store: Store,
        engine: Engine,
        default_policy: Option<String>,
    ) -> Result<Self, StoreError> {
        let watch = Self {
            store,
            engine,
            shelf: Arc::new(Shelf::new(Snapshot::new([]))),
            default_policy,
            seen: Mutex::default(),
        };
        watch.look()?;
        Ok(watch)
    }

    /// Looks at the store, and changes the shelf if the store has changed.
    pub(super) fn look(&self) -> Result<(), StoreError> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let entries = self.store.policies()?;
        if *seen == entries {
            self.shelf.confirm();
            return Ok(());
        }
        let before = self.shelf.snapshot();
        let policies: BTreeMap<String, Shelved> = entries
            .iter()
            .map(|entry| {
                (
                    entry.name.clone(),
                    self.shelved(entry, before.policies.get(&entry.name)),
                )
            })
            .collect();
        let mut snapshot = Snapshot::new(policies);
        if let Some(name) = &self.default_policy {
            snapshot = snapshot.with_default(name);
        }
        self.shelf.replace(snapshot);
        *seen = entries;
        Ok(())
    }

    /// A policy as the store has it: what was loaded before stays as it is.
    fn shelved(&self, entry: &Entry, before: Option<&Shelved>) -> Shelved {
        let mut shelved = Shelved::default();
        let active = entry
            .active
            .as_ref()
            .map(|active| active.version.to_string());
        for manifest in &entry.versions {
            let version = manifest.version.to_string();
            let known = before.and_then(|before| before.versions.get(&version));
            if let Some(policy) = known.filter(|policy| policy.id().digest == manifest.digest) {
                shelved.versions.insert(version, policy.clone());
                continue;
            }
            match self
                .store
                .candidate(&self.engine, &entry.name, &manifest.version)
            {
                Ok(candidate) => {
                    shelved.versions.insert(version, candidate.policy().clone());
                }
                Err(error) => {
                    tracing::error!(policy = entry.name, version, %error, "a version cannot be used");
                    if active.as_ref() == Some(&version) {
                        shelved.last_failure = Some(format!("{version}: {error}"));
                    }
                }
            }
        }
        let last_good = before.and_then(|before| before.active.clone());
        shelved.active = match active {
            Some(version) if shelved.versions.contains_key(&version) => Some(version),
            Some(_) => {
                // The one before goes on deciding, even if the store no longer has it.
                if let Some((version, policy)) = last_good
                    .as_ref()
                    .zip(before)
                    .and_then(|(version, before)| Some((version, before.versions.get(version)?)))
                {
                    shelved.versions.insert(version.clone(), policy.clone());
                }
                last_good
            }
            None => None,
        };
        if shelved.active != before.and_then(|before| before.active.clone()) {
            tracing::info!(policy = entry.name, version = shelved.active, "active");
        }
        shelved
    }
}
