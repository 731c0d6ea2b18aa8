//! Keeps the shelf as the store has it.
//!
//! Always true here: what is on the shelf was loaded and passed its cases; what fails stays off it, and what was there before goes on.
//! Looking never waits for a version to load, and one thing in the store that cannot be read hides no other.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use scopegate::{Engine, Policy};
use scopegate_server::{Shelf, Shelved, Snapshot};
use scopegate_store::{Allowance, Glance, Store, StoreError, Surveyed, Trust, Version};

use super::follow::LOOK;
use super::versions::{Load, Versions, Wanted};
use crate::commands::check::chain;

/// The store, and the shelf that follows it.
pub(super) struct Watch {
    pub(super) store: Store,
    pub(super) engine: Engine,
    pub(super) shelf: Arc<Shelf>,
    default_policy: Option<String>,
    /// The policies that the tenant map names, as `name` or `name@version`.
    named: BTreeSet<String>,
    /// Whether it was said that the store cannot be read.
    is_away_said: AtomicBool,
    seen: Mutex<Seen>,
    /// Told when a load has ended.
    loaded: Condvar,
}

/// What the last look saw.
#[derive(Default)]
struct Seen {
    /// Which signatures counted.
    trust: Option<Trust>,
    /// Whether others count since the shelf was last made from the store.
    is_trust_new: bool,
    /// What the store looked like when the shelf was last made from it.
    glance: Option<Glance>,
    versions: Versions,
}

impl Watch {
    /// A shelf with every version that decides without being asked for: those that are active, and those that are `named`. The others of
    /// the store follow when they are loaded.
    pub(super) fn new(
        store: Store,
        engine: Engine,
        default_policy: Option<String>,
        named: BTreeSet<String>,
    ) -> Result<Arc<Self>, StoreError> {
        let watch = Arc::new(Self {
            store,
            engine,
            shelf: Arc::new(Shelf::new(Snapshot::new([]))),
            default_policy,
            named,
            is_away_said: AtomicBool::new(false),
            seen: Mutex::default(),
            loaded: Condvar::new(),
        });
        let mut seen = watch.seen();
        loop {
            watch.look_at(&mut seen)?;
            // The shelf shows what is known, and all that is waited for is.
            if !seen.versions.are_unknown() {
                break;
            }
            let waited = watch.loaded.wait_timeout(seen, LOOK);
            seen = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        drop(seen);
        Ok(watch)
    }

    /// Looks at the store, and changes the shelf if the store or what is loaded of it has changed.
    pub(super) fn look(self: &Arc<Self>) -> Result<(), StoreError> {
        self.look_at(&mut self.seen())
    }

    /// Says once that the store cannot be read, and once that it can be again.
    pub(super) fn say(&self, looked: Result<(), StoreError>) {
        match looked {
            Err(error) if !self.is_away_said.swap(true, Relaxed) => tracing::error!(
                error = chain(&error),
                "the store cannot be read: what is loaded goes on deciding"
            ),
            Ok(()) if self.is_away_said.swap(false, Relaxed) => {
                tracing::info!("the store can be read again");
            }
            _ => {}
        }
    }

    /// Looks again whether what decides is stored as it was published, a few versions at a time, each several times a minute. What is
    /// loaded goes on deciding, and the status says what is wrong.
    pub(super) fn recheck(&self) {
        // What is said of a store that is away is said of all of it.
        if self.is_away_said.load(Relaxed) {
            return;
        }
        let due = self.seen().versions.due_checks();
        for key in due {
            // Without the lock, for a component may be large, and its disk slow.
            let Some(policy) = self.seen().versions.state(&key.0, &key.1).0.cloned() else {
                continue;
            };
            let checked = self.store.check_files(&key.1, &policy);
            self.seen().versions.checked(&key, checked);
        }
    }

    fn look_at(self: &Arc<Self>, seen: &mut Seen) -> Result<(), StoreError> {
        // First, and whatever else cannot be read: a key that no longer counts stops what it signed.
        self.look_at_trust(seen)?;
        let glance = self.store.glance()?;
        let is_changed = seen.glance.as_ref() != Some(&glance);
        let is_repaired = seen.versions.take_repaired();
        if !is_changed && !seen.versions.have_news() {
            self.shelf.confirm();
            return Ok(());
        }
        let surveyed = self.store.survey()?;
        seen.versions.want(
            &self.store,
            &surveyed,
            &glance.settings,
            is_changed,
            &self.named,
        );
        for load in seen.versions.start() {
            self.begin(load, &mut seen.versions);
        }
        let look = Look {
            versions: &seen.versions,
            is_trust_as_before: !seen.is_trust_new,
            allowances: seen
                .glance
                .as_ref()
                .map(|before| &before.settings.allowances),
            now_allowed: &glance.settings.allowances,
        };
        let before = self.shelf.snapshot();
        let shelved = |policy: &Surveyed| {
            let before = before.policies.get(&policy.name);
            (policy.name.clone(), look.shelved(policy, before))
        };
        let mut snapshot = Snapshot::new(surveyed.iter().map(shelved));
        if let Some(name) = &self.default_policy {
            snapshot = snapshot.with_default(name);
        }
        for name in before.policies.keys() {
            if !snapshot.policies.contains_key(name) {
                tracing::error!(
                    policy = name,
                    "the policy is not in the store any more, so nothing is decided with it: put its folder back"
                );
            }
        }
        if !is_changed && !is_repaired {
            // Only what is loaded has changed: what an administrator tried in vain stays the last failure.
            snapshot = snapshot.after(&before);
        }
        self.shelf.replace(snapshot);
        seen.glance = Some(glance);
        seen.is_trust_new = false;
        Ok(())
    }

    fn look_at_trust(&self, seen: &mut Seen) -> Result<(), StoreError> {
        let trust = self.store.trusted()?;
        if seen.trust.as_ref() == Some(&trust) {
            return Ok(());
        }
        seen.is_trust_new = true;
        let distrusted = seen
            .versions
            .distrust(&self.store, trust.requires_signature);
        for ((name, version), reason) in distrusted {
            self.shelf.withdraw(&name, &version.to_string(), &reason);
        }
        seen.trust = Some(trust);
        Ok(())
    }

    /// Has a version loaded and ready to decide, or says why it cannot; the shelf shows it from the next look on. Gives its digest.
    pub(super) fn prepare(&self, name: &str, version: &Version) -> Result<String, StoreError> {
        loop {
            let manifest = self.store.manifest(name, version)?;
            let wanted = Wanted::new(&manifest, &self.store.settings()?);
            if self.seen().versions.has(name, version, &wanted) {
                self.store.component(name, version)?;
                return Ok(manifest.digest);
            }
            let policy = self.loaded(name, version, &wanted)?;
            let digest = policy.id().digest.clone();
            if self.keep(name, version, wanted.allowance, policy)? {
                return Ok(digest);
            }
        }
    }

    /// Keeps a version that was just loaded with that allowance, and is in the store; not if another allowance holds meanwhile.
    pub(super) fn keep(
        &self,
        name: &str,
        version: &Version,
        allowance: Allowance,
        policy: Policy,
    ) -> Result<bool, StoreError> {
        let digest = policy.id().digest.clone();
        let mut seen = self.seen();
        // Other signatures may count since it was loaded.
        self.store.component(name, version)?;
        if self.store.allowance(name)? != allowance {
            return Ok(false);
        }
        let wanted = Wanted { digest, allowance };
        seen.versions.keep(name, version, wanted, policy);
        Ok(true)
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
            let load = || watch.loaded(&begun.name, &begun.version, &begun.wanted);
            let loaded = catch_unwind(AssertUnwindSafe(load));
            let mut seen = watch.seen();
            match loaded {
                Ok(loaded) => seen.versions.end(&begun, loaded),
                Err(_) => seen.versions.break_off(&begun),
            }
            watch.say(watch.look_at(&mut seen));
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

/// What is wrong with a version that was removed by hand.
const GONE: &str =
    "it is not in the store any more; put its folder back, or activate another version";

/// Says why the active version cannot be found, unless that was said before.
fn said_once(surveyed: &Surveyed, before: Option<&Shelved>, reason: String) -> String {
    let said = before.and_then(|before| before.last_failure.as_ref());
    if said != Some(&reason) {
        let is_decided = before.is_some_and(|before| before.active.is_some());
        let meanwhile = if is_decided {
            "what is loaded goes on deciding"
        } else {
            "nothing is decided with this policy"
        };
        tracing::error!(
            policy = surveyed.name,
            reason,
            meanwhile,
            "the active version cannot be found"
        );
    }
    reason
}

/// One look at a store that has changed.
struct Look<'w> {
    versions: &'w Versions,
    /// Whether the same signatures count as when the shelf was last made.
    is_trust_as_before: bool,
    /// What policies were allowed then, and now.
    allowances: Option<&'w BTreeMap<String, Allowance>>,
    now_allowed: &'w BTreeMap<String, Allowance>,
}

impl Look<'_> {
    /// A policy as the store has it, as far as it is loaded.
    fn shelved(&self, surveyed: &Surveyed, before: Option<&Shelved>) -> Shelved {
        let mut shelved = Shelved::default();
        let mut refused = BTreeSet::new();
        for (version, _) in &surveyed.versions {
            let (policy, failure) = self.versions.state(&surveyed.name, version);
            if failure.is_some_and(|failure| failure.is_final) {
                refused.insert(version.to_string());
            }
            if let Some(policy) = policy {
                shelved.versions.insert(version.to_string(), policy.clone());
            }
        }
        let last_good = before.and_then(|before| before.active.clone());
        shelved.active = match &surveyed.active {
            Ok(None) => None,
            Ok(Some(active)) => {
                let version = active.version.to_string();
                let (policy, failure) = self.versions.state(&surveyed.name, &active.version);
                let mut versions = surveyed.versions.iter();
                let is_there = versions.any(|(it, _)| *it == active.version);
                let damage = self.versions.damage(&surveyed.name, &active.version);
                shelved.last_failure = match (failure, damage) {
                    (Some(failure), _) if failure.is_damage => {
                        Some(format!("{version}: active but damaged: {}", failure.reason))
                    }
                    (Some(failure), _) => Some(format!("{version}: {}", failure.reason)),
                    (None, Some(damage)) => {
                        Some(format!("{version}: active but damaged: {damage}"))
                    }
                    (None, None) if !is_there => Some(said_once(
                        surveyed,
                        before,
                        format!("{version}: active but damaged: {GONE}"),
                    )),
                    (None, None) => None,
                };
                match policy {
                    Some(policy) if policy.id().digest == active.digest => Some(version),
                    Some(_) => {
                        let reason = "what is stored is not what was activated";
                        shelved.last_failure = Some(format!("{version}: {reason}"));
                        self.last_good(last_good, surveyed, before, &refused, &mut shelved)
                    }
                    // Nobody vouches for it, and nobody said that another should decide.
                    None if refused.contains(&version) => None,
                    None => self.last_good(last_good, surveyed, before, &refused, &mut shelved),
                }
            }
            Err(error) => {
                shelved.last_failure = Some(said_once(surveyed, before, chain(error)));
                self.last_good(last_good, surveyed, before, &refused, &mut shelved)
            }
        };
        let before = before.and_then(|before| before.active.as_ref());
        match &shelved.active {
            Some(active) if before != Some(active) => {
                tracing::info!(policy = surveyed.name, version = active, "active");
            }
            None if before.is_some() => tracing::error!(
                policy = surveyed.name,
                reason = shelved.last_failure,
                "no version is active any more, so nothing is decided with this policy: activate one"
            ),
            _ => {}
        }
        shelved
    }

    /// What was active before, if it may go on: the very component, even if the store no longer has it, unless nobody vouches for it any
    /// more or it is allowed other things.
    fn last_good(
        &self,
        last_good: Option<String>,
        surveyed: &Surveyed,
        before: Option<&Shelved>,
        refused: &BTreeSet<String>,
        shelved: &mut Shelved,
    ) -> Option<String> {
        let version = last_good?;
        let known = before?.versions.get(&version)?;
        if let Some(now) = shelved.versions.get(&version) {
            return (now.id().digest == known.id().digest).then_some(version);
        }
        let mut stored = surveyed.versions.iter();
        let stored = stored.find(|(stored, _)| stored.to_string() == version);
        let is_same = match stored {
            Some((_, Ok(manifest))) => manifest.digest == known.id().digest,
            Some((_, Err(_))) | None => true,
        };
        let is_sound = is_same
            && !refused.contains(&version)
            && self.is_trust_as_before
            && self.is_allowed_the_same(&surveyed.name);
        if is_sound {
            shelved.versions.insert(version.clone(), known.clone());
        }
        is_sound.then_some(version)
    }

    fn is_allowed_the_same(&self, name: &str) -> bool {
        self.allowances
            .is_some_and(|before| before.get(name) == self.now_allowed.get(name))
    }
}
