//! The store's versions, and how far the service is with loading each.
//!
//! Always true here: what decides was loaded as the store wants it, or decides until that load has ended; a few load at a time, so none holds up another.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use scopegate::Policy;
use scopegate_store::{
    Activation, Allowance, Manifest, Settings, Store, StoreError, Surveyed, Version,
};

use crate::commands::check::chain;

/// The most versions that load at the same time.
const LOADS: usize = 4;

/// How often it is looked whether a loaded version is stored as it was published, and how many are looked at at a time at most.
const CHECK: (Duration, usize) = (Duration::from_secs(20), 8);

/// How soon what failed is tried again the first time, and at most; between, it takes twice as long each time.
const AGAIN: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(5));

/// A policy's name and its version.
type Key = (String, Version);

/// How a version is to be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) digest: String,
    pub(super) allowance: Allowance,
}

/// A load that is to begin.
pub(super) struct Load {
    pub(super) name: String,
    pub(super) version: Version,
    pub(super) wanted: Wanted,
    number: u64,
}

/// What is known of the versions in the store.
#[derive(Default)]
pub(super) struct Versions {
    of: BTreeMap<Key, Held>,
    /// How many loads there were.
    loads: u64,
    /// How many of them have not ended, be they waited for or not.
    running: usize,
    /// Whether something was loaded, or failed, that nobody has looked at.
    has_news: bool,
    /// Whether a version is as published again, and nobody has looked.
    is_repaired: bool,
    /// The versions that decide without being asked for: the active ones, and those that the operator names.
    first: BTreeSet<Key>,
}

/// What is known of one version.
struct Held {
    wanted: Wanted,
    /// It decides, if need be until it is loaded as it is wanted now.
    policy: Option<Policy>,
    failure: Option<Failure>,
    progress: Progress,
    /// When it was last looked whether it is stored as it was published.
    checked_at: Instant,
    /// Why it is not, if it is not.
    damage: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    Ended,
    Waits,
    UnderWay(u64),
}

/// Why a version does not decide, or not as it is wanted.
pub(super) struct Failure {
    pub(super) reason: String,
    /// Whether it may not even decide where it did before: nobody vouches for it, or it is allowed other things now.
    pub(super) is_final: bool,
    /// Whether its files are not as they were published.
    pub(super) is_damage: bool,
    /// Whether other signatures that count may be all that it needs.
    is_distrust: bool,
    again_at: Instant,
    delay: Duration,
}

impl Failure {
    fn new(reason: String, is_final: bool, before: Option<&Self>) -> Self {
        let delay = before.map_or(AGAIN.0, |before| (before.delay * 2).min(AGAIN.1));
        Self {
            reason,
            is_final,
            is_damage: false,
            is_distrust: false,
            again_at: Instant::now() + delay,
            delay,
        }
    }
}

impl Wanted {
    pub(super) fn new(manifest: &Manifest, settings: &Settings) -> Self {
        let allowance = settings.allowances.get(&manifest.name);
        Self {
            digest: manifest.digest.clone(),
            allowance: allowance.cloned().unwrap_or_default(),
        }
    }
}

impl Versions {
    /// Whether there is something to do, even if the store has not changed.
    pub(super) fn have_news(&self) -> bool {
        let now = Instant::now();
        let is_due = |held: &Held| {
            let failure = held.failure.as_ref();
            held.progress == Progress::Ended && failure.is_some_and(|it| it.again_at <= now)
        };
        self.has_news || self.of.values().any(is_due)
    }

    /// Whether there is one that decides without being asked for, and nobody knows yet whether it loads.
    pub(super) fn are_unknown(&self) -> bool {
        let mut held = self.first.iter().filter_map(|key| self.of.get(key));
        held.any(|held| held.policy.is_none() && held.failure.is_none())
    }

    /// The versions of which it is time to look whether they are stored as they were published.
    pub(super) fn due_checks(&mut self) -> Vec<Key> {
        let now = Instant::now();
        let held = self.of.iter_mut();
        let due = held.filter(|(_, held)| {
            held.policy.is_some()
                && held.progress == Progress::Ended
                && now.duration_since(held.checked_at) >= CHECK.0
        });
        due.take(CHECK.1)
            .map(|(key, held)| {
                held.checked_at = now;
                key.clone()
            })
            .collect()
    }

    /// Takes note of whether a version is stored as it was published. It is said when that changes.
    pub(super) fn checked(&mut self, key: &Key, checked: Result<(), StoreError>) {
        let Some(held) = self.of.get_mut(key) else {
            return;
        };
        // Somebody removed it, and the next look shows that.
        if matches!(checked, Err(StoreError::UnknownVersion { .. })) {
            return;
        }
        let damage = checked.err().map(|error| chain(&error));
        let (name, version) = key;
        match (&held.damage, &damage) {
            (None, Some(reason)) => tracing::error!(
                policy = name,
                %version,
                reason,
                "a version is damaged: what is loaded of it goes on deciding until the service ends"
            ),
            (Some(_), None) => {
                tracing::info!(policy = name, %version, "the version is as it was published again");
                self.is_repaired = true;
            }
            _ => {}
        }
        self.has_news |= held.damage != damage;
        held.damage = damage;
    }

    /// Whether a version is as it was published again, since this was asked last.
    pub(super) fn take_repaired(&mut self) -> bool {
        std::mem::take(&mut self.is_repaired)
    }

    /// What is wrong with the files of a version that decides.
    pub(super) fn damage(&self, name: &str, version: &Version) -> Option<&str> {
        let held = self.of.get(&(name.to_owned(), version.clone()));
        held?.damage.as_deref()
    }

    /// Checks what was loaded again, now that other signatures count; gives what does not decide any more, and why.
    pub(super) fn distrust(
        &mut self,
        store: &Store,
        requires_signature: bool,
    ) -> Vec<(Key, String)> {
        let now = Instant::now();
        let mut dropped = Vec::new();
        for (key, held) in &mut self.of {
            let (name, version) = key;
            if held.progress != Progress::Ended {
                held.progress = Progress::Waits;
            }
            // What nobody vouched for may be vouched for now.
            if let Some(failure) = held.failure.as_mut().filter(|it| it.is_distrust) {
                failure.again_at = now;
            }
            // A file that cannot be read, or is damaged, shows no signature that still counts.
            if held.policy.is_some()
                && let Err(error) = store.component(name, version)
                && (requires_signature || error.is_distrust())
            {
                held.fail(name, version, &error, true);
                dropped.push((key.clone(), chain(&error)));
            }
        }
        self.has_news = true;
        dropped
    }

    /// Takes note of what the store holds now: what is new or is wanted otherwise waits to be loaded.
    pub(super) fn want(
        &mut self,
        store: &Store,
        surveyed: &[Surveyed],
        settings: &Settings,
        is_changed: bool,
        named: &BTreeSet<String>,
    ) {
        self.has_news = false;
        self.first.clear();
        let now = Instant::now();
        let mut there = BTreeSet::new();
        for policy in surveyed {
            for (version, manifest) in &policy.versions {
                let key = (policy.name.clone(), version.clone());
                let active = policy.active.as_ref().ok().and_then(Option::as_ref);
                if active.is_some_and(|active| active.version == *version)
                    || named.contains(&format!("{}@{version}", policy.name))
                {
                    self.first.insert(key.clone());
                }
                there.insert(key.clone());
                match manifest {
                    Ok(manifest) => {
                        // It is loaded as it was activated, so it is the manifest that was changed.
                        if let Some(loaded) = self.activated(&key, active)
                            && let Err(error) = store.check_manifest(manifest, &loaded)
                        {
                            self.unreadable(key, &error, is_changed, now);
                            continue;
                        }
                        let wanted = Wanted::new(manifest, settings);
                        self.want_one(key, wanted, is_changed, now);
                    }
                    Err(error) => self.unreadable(key, error, is_changed, now),
                }
            }
        }
        self.of.retain(|key, _| there.contains(key));
    }

    /// The policy that is loaded of a version, if it is active and loaded as it was activated.
    fn activated(&self, key: &Key, active: Option<&Activation>) -> Option<Policy> {
        let active = active.filter(|active| active.version == key.1)?;
        let policy = self.of.get(key)?.policy.as_ref()?;
        (policy.id().digest == active.digest).then(|| policy.clone())
    }

    fn want_one(&mut self, key: Key, wanted: Wanted, is_changed: bool, now: Instant) {
        let held = self
            .of
            .entry(key)
            .or_insert_with(|| Held::new(wanted.clone(), None, Progress::Waits));
        if held.wanted != wanted {
            let is_same = held.wanted.digest == wanted.digest;
            let policy = held.policy.take().filter(|_| is_same);
            *held = Held::new(wanted, policy, Progress::Waits);
        } else if held.is_due(is_changed, now) {
            held.progress = Progress::Waits;
        }
    }

    /// What the store knows of a version cannot be read: what is loaded of it goes on.
    fn unreadable(&mut self, key: Key, error: &StoreError, is_changed: bool, now: Instant) {
        let (name, version) = key.clone();
        let held = self.of.entry(key).or_insert_with(|| {
            let wanted = Wanted {
                digest: String::new(),
                allowance: Allowance::default(),
            };
            Held::new(wanted, None, Progress::Ended)
        });
        if held.failure.is_none() || held.is_due(is_changed, now) {
            held.note(&name, &version, chain(error), false);
            if let Some(failure) = &mut held.failure {
                failure.is_damage = is_damage(error);
            }
        }
    }

    /// The loads that begin now: those of active versions first, and no others while nobody knows whether those load; then those of what
    /// decides meanwhile, and what failed before last.
    pub(super) fn start(&mut self) -> Vec<Load> {
        let are_unknown = self.are_unknown();
        let first = &self.first;
        let waiting = self.of.iter_mut();
        let waiting = waiting.filter(|(key, held)| {
            held.progress == Progress::Waits && (!are_unknown || first.contains(key))
        });
        let mut waiting: Vec<_> = waiting.collect();
        waiting.sort_by_key(|(key, held)| {
            (
                !first.contains(key),
                held.policy.is_none(),
                held.failure.is_some(),
            )
        });
        let start = |((name, version), held): (&Key, &mut Held)| {
            self.loads += 1;
            held.progress = Progress::UnderWay(self.loads);
            Load {
                name: name.clone(),
                version: version.clone(),
                wanted: held.wanted.clone(),
                number: self.loads,
            }
        };
        let free = LOADS.saturating_sub(self.running);
        let loads: Vec<_> = waiting.into_iter().take(free).map(start).collect();
        self.running += loads.len();
        loads
    }

    /// A load has ended. One that nobody waits for any more counts for nothing.
    pub(super) fn end(&mut self, load: &Load, loaded: Result<Policy, StoreError>) {
        let Some(held) = self.ended(load) else {
            return;
        };
        match loaded {
            Ok(policy) => {
                held.wanted.digest.clone_from(&policy.id().digest);
                held.policy = Some(policy);
                let failure = held.failure.take();
                self.is_repaired |= failure.is_some_and(|failure| failure.is_damage);
            }
            Err(error) => {
                // What decided until now was allowed other things.
                let is_final = held.policy.is_some() || error.is_distrust();
                held.fail(&load.name, &load.version, &error, is_final);
            }
        }
    }

    /// A load broke off.
    pub(super) fn break_off(&mut self, load: &Load) {
        if let Some(held) = self.ended(load) {
            let reason = "to load it broke off, as the messages tell".to_owned();
            let is_final = held.policy.take().is_some();
            held.note(&load.name, &load.version, reason, is_final);
        }
    }

    /// What is known of the version of a load that has ended, if it is waited for.
    fn ended(&mut self, load: &Load) -> Option<&mut Held> {
        self.running = self.running.saturating_sub(1);
        self.has_news = true;
        let held = self
            .of
            .get_mut(&(load.name.clone(), load.version.clone()))?;
        if held.progress != Progress::UnderWay(load.number) {
            return None;
        }
        held.progress = Progress::Ended;
        Some(held)
    }

    /// A load could not begin: it waits again.
    pub(super) fn put_off(&mut self, load: &Load) {
        if let Some(held) = self.ended(load) {
            held.progress = Progress::Waits;
        }
    }

    /// Keeps a version that was loaded as it is wanted.
    pub(super) fn keep(&mut self, name: &str, version: &Version, wanted: Wanted, policy: Policy) {
        self.has_news = true;
        let held = Held::new(wanted, Some(policy), Progress::Ended);
        self.of.insert((name.to_owned(), version.clone()), held);
    }

    /// Whether a version is loaded as it is wanted.
    pub(super) fn has(&self, name: &str, version: &Version, wanted: &Wanted) -> bool {
        let held = self.of.get(&(name.to_owned(), version.clone()));
        held.is_some_and(|held| {
            held.wanted == *wanted && held.policy.is_some() && held.progress == Progress::Ended
        })
    }

    /// What decides, if anything does, and why it does not decide as it is wanted, if that is known.
    pub(super) fn state(
        &self,
        name: &str,
        version: &Version,
    ) -> (Option<&Policy>, Option<&Failure>) {
        let held = self.of.get(&(name.to_owned(), version.clone()));
        held.map_or((None, None), |held| {
            (held.policy.as_ref(), held.failure.as_ref())
        })
    }
}

impl Held {
    fn new(wanted: Wanted, policy: Option<Policy>, progress: Progress) -> Self {
        Self {
            wanted,
            policy,
            failure: None,
            progress,
            checked_at: Instant::now(),
            damage: None,
        }
    }

    /// Whether it failed, and is to be tried again.
    fn is_due(&self, is_changed: bool, now: Instant) -> bool {
        let failure = self.failure.as_ref();
        self.progress == Progress::Ended
            && failure.is_some_and(|failure| is_changed || failure.again_at <= now)
    }

    /// It does not decide.
    fn fail(&mut self, name: &str, version: &Version, error: &StoreError, is_final: bool) {
        self.policy = None;
        self.note(name, version, chain(error), is_final);
        if let Some(failure) = &mut self.failure {
            failure.is_damage = is_damage(error);
            failure.is_distrust = error.is_distrust();
        }
    }

    /// Something is wrong with it.
    fn note(&mut self, name: &str, version: &Version, reason: String, is_final: bool) {
        // To try again in vain is no news.
        if self
            .failure
            .as_ref()
            .is_none_or(|before| before.reason != reason)
        {
            tracing::error!(policy = name, %version, reason, "a version cannot be used");
        }
        self.failure = Some(Failure::new(reason, is_final, self.failure.as_ref()));
    }
}

/// Whether the error says that files are not as they were published.
fn is_damage(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::Damaged { .. }
            | StoreError::File { .. }
            | StoreError::TooLarge { .. }
            | StoreError::UnknownVersion { .. }
    )
}
