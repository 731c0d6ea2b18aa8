//! Keeps the shelf as the store has it.
//!
//! Always true here: what is on the shelf was loaded and passed its cases; what fails stays off it, and what was there before goes on.
//! Looking never waits for a version to load.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use scopegate::{Engine, Policy};
use scopegate_server::{Shelf, Shelved, Snapshot};
use scopegate_store::{Allowance, Entry, Glance, Settings, Store, StoreError, Version};

use super::versions::{Load, Versions, Wanted};

/// The store, and the shelf that follows it.
pub(super) struct Watch {
    pub(super) store: Store,
    pub(super) engine: Engine,
    pub(super) shelf: Arc<Shelf>,
    default_policy: Option<String>,
    seen: Mutex<Seen>,
    /// Told when a load has ended and the shelf shows it.
    loaded: Condvar,
}

/// What the last look saw.
#[derive(Default)]
struct Seen {
    /// What the store looked like.
    glance: Option<Glance>,
    versions: Versions,
}

impl Watch {
    /// A shelf with everything of the store that loads.
    pub(super) fn new(
        store: Store,
        engine: Engine,
        default_policy: Option<String>,
    ) -> Result<Arc<Self>, StoreError> {
        let watch = Arc::new(Self {
            store,
            engine,
            shelf: Arc::new(Shelf::new(Snapshot::new([]))),
            default_policy,
            seen: Mutex::default(),
            loaded: Condvar::new(),
        });
        watch.look()?;
        let is_loading = |seen: &mut Seen| seen.versions.are_loading();
        let seen = watch.loaded.wait_while(watch.seen(), is_loading);
        drop(seen.unwrap_or_else(PoisonError::into_inner));
        Ok(watch)
    }

    /// Looks at the store, and changes the shelf if the store or what is loaded of it has changed.
    pub(super) fn look(self: &Arc<Self>) -> Result<(), StoreError> {
        let mut seen = self.seen();
        let glance = self.store.glance()?;
        let before = seen.glance.as_ref();
        let is_changed = before != Some(&glance);
        if !is_changed && !seen.versions.have_news() {
            self.shelf.confirm();
            return Ok(());
        }
        let entries = self.store.policies()?;
        let is_trust_as_before = before.is_some_and(|before| before.trusts_as(&glance));
        let look = Look {
            is_trust_as_before,
            allowances: before.map(|before| before.settings.allowances.clone()),
            now_allowed: &glance.settings.allowances,
        };
        let Settings {
            require_signature, ..
        } = glance.settings;
        if !is_trust_as_before {
            seen.versions.distrust(&self.store, require_signature);
        }
        seen.versions.want(&entries, &glance.settings, is_changed);
        for load in seen.versions.start(&entries) {
            self.begin(load, &mut seen.versions);
        }
        let before = self.shelf.snapshot();
        let shelved = |entry: &Entry| {
            let before = before.policies.get(&entry.name);
            let shelved = look.shelved(entry, &seen.versions, before);
            (entry.name.clone(), shelved)
        };
        let mut snapshot = Snapshot::new(entries.iter().map(shelved));
        if let Some(name) = &self.default_policy {
            snapshot = snapshot.with_default(name);
        }
        self.shelf.replace(snapshot);
        seen.glance = Some(glance);
        Ok(())
    }

    /// Has a version loaded and ready to decide, or says why it cannot; the shelf shows it from the next look on.
    pub(super) fn prepare(&self, name: &str, version: &Version) -> Result<(), StoreError> {
        let wanted = Wanted::new(
            &self.store.manifest(name, version)?,
            &self.store.settings()?,
        );
        if self.seen().versions.has(name, version, &wanted) {
            return self.store.component(name, version).map(drop);
        }
        let policy = self.loaded(name, version, &wanted)?;
        self.keep(name, version, wanted.allowance, policy)
    }

    /// Keeps a version that was just loaded, and is in the store.
    pub(super) fn keep(
        &self,
        name: &str,
        version: &Version,
        allowance: Allowance,
        policy: Policy,
    ) -> Result<(), StoreError> {
        let digest = policy.id().digest.clone();
        let mut seen = self.seen();
        // Other signatures may count since it was loaded.
        self.store.component(name, version)?;
        let wanted = Wanted { digest, allowance };
        seen.versions.keep(name, version, wanted, policy);
        Ok(())
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to load a version, on a thread of its own.
    fn begin(self: &Arc<Self>, load: Load, versions: &mut Versions) {
        let watch = Arc::clone(self);
        let load = Arc::new(load);
        let begun = Arc::clone(&load);
        let thread = thread::Builder::new().name("load".to_owned());
        let began = thread.spawn(move || {
            let loaded = watch.loaded(&begun.name, &begun.version, &begun.wanted);
            watch.seen().versions.end(&begun, loaded);
            if let Err(error) = watch.look() {
                tracing::error!(%error, "the store cannot be read");
            }
            watch.loaded.notify_all();
        });
        if let Err(error) = began {
            tracing::error!(%error, "no thread can be started to load a version");
            versions.put_off(&load);
        }
    }

    fn loaded(&self, name: &str, version: &Version, wanted: &Wanted) -> Result<Policy, StoreError> {
        let engine = wanted.allowance.engine(&self.engine);
        let candidate = self.store.load(&engine, name, version)?;
        Ok(candidate.policy().clone())
    }
}

/// One look at a store that has changed.
struct Look<'w> {
    /// Whether the same signatures count as at the look before.
    is_trust_as_before: bool,
    /// What policies were allowed at the look before, and now.
    allowances: Option<BTreeMap<String, Allowance>>,
    now_allowed: &'w BTreeMap<String, Allowance>,
}

impl Look<'_> {
    /// A policy as the store has it, as far as it is loaded.
    fn shelved(&self, entry: &Entry, versions: &Versions, before: Option<&Shelved>) -> Shelved {
        let mut shelved = Shelved::default();
        let active = entry.active.as_ref();
        let active = active.map(|active| active.version.to_string());
        let mut refused = BTreeSet::new();
        for manifest in &entry.versions {
            let version = manifest.version.to_string();
            let (policy, failure) = versions.state(manifest);
            if let Some(failure) = failure {
                if active.as_ref() == Some(&version) {
                    shelved.last_failure = Some(format!("{version}: {}", failure.reason));
                }
                if failure.is_final {
                    refused.insert(version.clone());
                }
            }
            if let Some(policy) = policy {
                shelved.versions.insert(version, policy.clone());
            }
        }
        let last_good = before.and_then(|before| before.active.clone());
        shelved.active = match active {
            Some(version) if shelved.versions.contains_key(&version) => Some(version),
            // Nobody vouches for it, and nobody said that another should decide.
            Some(version) if refused.contains(&version) => None,
            // The one before goes on deciding, even if the store no longer has it, unless nobody vouches for it any more or it is allowed other things.
            Some(_) => last_good.filter(|version| {
                if shelved.versions.contains_key(version) {
                    return true;
                }
                let known = before.and_then(|before| before.versions.get(version));
                let is_sound = !refused.contains(version)
                    && self.is_trust_as_before
                    && self.is_allowed_the_same(&entry.name);
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
        let before = self.allowances.as_ref();
        before.is_some_and(|before| before.get(name) == self.now_allowed.get(name))
    }
}
