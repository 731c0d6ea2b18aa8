//! Keeps the shelf as the store has it.
//!
//! Always true here: what is on the shelf was loaded and passed its cases; what fails stays off it, and what was there before goes on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use scopegate::{Engine, Policy};
use scopegate_server::{Shelf, Shelved, Snapshot};
use scopegate_store::{Allowance, Entry, Glance, Manifest, Store, StoreError};

use crate::commands::check::chain;

/// The store, and the shelf that follows it.
pub(super) struct Watch {
    pub(super) store: Store,
    pub(super) engine: Engine,
    pub(super) shelf: Arc<Shelf>,
    default_policy: Option<String>,
    /// What the store looked like when the shelf was last changed.
    seen: Mutex<Option<Glance>>,
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
        let glance = self.store.glance()?;
        if seen.as_ref() == Some(&glance) {
            self.shelf.confirm();
            return Ok(());
        }
        let entries = self.store.policies()?;
        let before = self.shelf.snapshot();
        let look = Look {
            watch: self,
            is_trust_as_before: seen.as_ref().is_some_and(|seen| seen.trusts_as(&glance)),
            requires_signature: glance.settings.require_signature,
            allowances: seen.as_ref().map(|seen| &seen.settings.allowances),
            now_allowed: &glance.settings.allowances,
        };
        let policies: BTreeMap<String, Shelved> = entries
            .iter()
            .map(|entry| {
                let before = before.policies.get(&entry.name);
                (entry.name.clone(), look.shelved(entry, before))
            })
            .collect();
        let mut snapshot = Snapshot::new(policies);
        if let Some(name) = &self.default_policy {
            snapshot = snapshot.with_default(name);
        }
        self.shelf.replace(snapshot);
        *seen = Some(glance);
        Ok(())
    }
}

/// One look at a store that has changed.
struct Look<'w> {
    watch: &'w Watch,
    /// Whether the same signatures count as at the look before.
    is_trust_as_before: bool,
    /// Whether a version decides only if somebody vouches for it.
    requires_signature: bool,
    /// What policies were allowed at the look before, and now.
    allowances: Option<&'w BTreeMap<String, Allowance>>,
    now_allowed: &'w BTreeMap<String, Allowance>,
}

impl Look<'_> {
    /// A policy as the store has it: what was loaded before stays as it is.
    fn shelved(&self, entry: &Entry, before: Option<&Shelved>) -> Shelved {
        let mut shelved = Shelved::default();
        let active = entry.active.as_ref();
        let active = active.map(|active| active.version.to_string());
        let mut distrusted = BTreeSet::new();
        for manifest in &entry.versions {
            let version = manifest.version.to_string();
            match self.version(manifest, before) {
                Ok(policy) => {
                    shelved.versions.insert(version, policy);
                }
                Err(error) => {
                    let reason = chain(&error);
                    tracing::error!(
                        policy = entry.name,
                        version,
                        reason,
                        "a version cannot be used"
                    );
                    if active.as_ref() == Some(&version) {
                        shelved.last_failure = Some(format!("{version}: {reason}"));
                    }
                    if error.is_distrust() {
                        distrusted.insert(version);
                    }
                }
            }
        }
        let last_good = before.and_then(|before| before.active.clone());
        shelved.active = match active {
            Some(version) if shelved.versions.contains_key(&version) => Some(version),
            // Nobody vouches for it, and nobody said that another should decide.
            Some(version) if distrusted.contains(&version) => None,
            // The one before goes on deciding, even if the store no longer has it, unless nobody vouches for it any more or it is allowed other things.
            Some(_) => last_good.filter(|version| {
                let known = before.and_then(|before| before.versions.get(version));
                let is_sound = !distrusted.contains(version)
                    && self.is_allowed_the_same(&entry.name)
                    && (self.is_trust_as_before || shelved.versions.contains_key(version));
                if let Some(policy) = known.filter(|_| is_sound) {
                    shelved.versions.insert(version.clone(), policy.clone());
                }
                known.is_some() && is_sound
            }),
            None => None,
        };
        if shelved.active != before.and_then(|before| before.active.clone()) {
            tracing::info!(policy = entry.name, version = shelved.active, "active");
        }
        shelved
    }

    fn is_allowed_the_same(&self, name: &str) -> bool {
        self.allowances
            .is_some_and(|before| before.get(name) == self.now_allowed.get(name))
    }

    /// A version, loaded now or before.
    fn version(&self, manifest: &Manifest, before: Option<&Shelved>) -> Result<Policy, StoreError> {
        let Watch { store, engine, .. } = self.watch;
        let Manifest { name, version, .. } = manifest;
        let known = before.and_then(|before| before.versions.get(&version.to_string()));
        let known = known.filter(|policy| policy.id().digest == manifest.digest);
        match known.filter(|_| self.is_allowed_the_same(name)) {
            None => Ok(store.candidate(engine, name, version)?.policy().clone()),
            Some(policy) => {
                // A file that cannot be read, or is damaged, shows no signature that still counts.
                if !self.is_trust_as_before
                    && let Err(error) = store.component(name, version)
                    && (self.requires_signature || error.is_distrust())
                {
                    return Err(error);
                }
                Ok(policy.clone())
            }
        }
    }
}
