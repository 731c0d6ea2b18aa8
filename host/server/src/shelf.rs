//! The policies that this server decides with, and which version of each is active.
//!
//! Always true here: a [`Snapshot`] never changes. A request loads one and keeps it, so no answer mixes two.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use scopegate::Policy;

/// Holds the current [`Snapshot`]; it is read without a lock.
#[derive(Debug)]
pub struct Shelf {
    current: ArcSwap<Snapshot>,
    pub(crate) swaps: Counter,
    pub(crate) failures: Family<OfPolicy, Counter>,
}

/// Whose metric it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct OfPolicy {
    pub(crate) policy: String,
}

/// Which policies there were at one moment. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The policies by their names.
    pub policies: Arc<BTreeMap<String, Shelved>>,
    /// The policy that decides where none is asked for.
    pub default: Option<String>,
    /// When the store last confirmed that this is what it holds.
    pub confirmed_at: Instant,
}

/// One policy's versions.
#[derive(Debug, Clone, Default)]
pub struct Shelved {
    /// The version that decides where none is asked for.
    pub active: Option<String>,
    /// The loaded versions.
    pub versions: BTreeMap<String, Policy>,
    /// Why the last attempt to load or activate a version failed, if it did and nothing was changed since.
    pub last_failure: Option<String>,
}

impl Shelved {
    /// `policy` alone, as the active version under its own version number.
    pub fn active(policy: Policy) -> Self {
        let version = policy.id().version.clone();
        Self {
            active: Some(version.clone()),
            versions: BTreeMap::from([(version, policy)]),
            last_failure: None,
        }
    }
}

impl Shelved {
    /// Whether both have the same versions, and the same of them is active.
    fn decides_as(&self, other: &Self) -> bool {
        let digest =
            |(version, policy): (&String, &Policy)| (version.clone(), policy.id().digest.clone());
        self.active == other.active
            && self
                .versions
                .iter()
                .map(digest)
                .eq(other.versions.iter().map(digest))
    }
}

impl Snapshot {
    /// `policies`, confirmed now. A single one is the default.
    pub fn new(policies: impl IntoIterator<Item = (String, Shelved)>) -> Self {
        let policies: BTreeMap<_, _> = policies.into_iter().collect();
        let default = match policies.first_key_value() {
            Some((name, _)) if policies.len() == 1 => Some(name.clone()),
            _ => None,
        };
        Self {
            policies: Arc::new(policies),
            default,
            confirmed_at: Instant::now(),
        }
    }

    /// The same policies; where none is asked for, `name` decides.
    #[must_use]
    pub fn with_default(self, name: impl Into<String>) -> Self {
        Self {
            default: Some(name.into()),
            ..self
        }
    }

    /// The same policies; of those that decide as in `before`, and of which nothing else went wrong, the last failure is still the last.
    #[must_use]
    pub fn after(mut self, before: &Self) -> Self {
        for (name, shelved) in Arc::make_mut(&mut self.policies) {
            if let Some(known) = before.policies.get(name)
                && shelved.last_failure.is_none()
                && shelved.decides_as(known)
            {
                shelved.last_failure.clone_from(&known.last_failure);
            }
        }
        self
    }

    /// Whether both have the same versions, and the same of them are active.
    fn decides_as(&self, other: &Self) -> bool {
        let is_same = |(name, shelved): (&String, &Shelved)| {
            let other = other.policies.get(name);
            other.is_some_and(|other| shelved.decides_as(other))
        };
        self.default == other.default
            && self.policies.len() == other.policies.len()
            && self.policies.iter().all(is_same)
    }

    /// How long ago the store confirmed it.
    pub fn age(&self) -> Duration {
        self.confirmed_at.elapsed()
    }
}

impl Shelf {
    /// A shelf that holds `snapshot`.
    pub fn new(snapshot: Snapshot) -> Self {
        Self {
            current: ArcSwap::from_pointee(snapshot),
            swaps: Counter::default(),
            failures: Family::default(),
        }
    }

    /// What it holds now.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// From now on requests are decided with `snapshot`; those under way keep theirs.
    pub fn replace(&self, snapshot: Snapshot) {
        let before = self.snapshot();
        for (name, shelved) in &*snapshot.policies {
            let known = before.policies.get(name);
            let known = known.and_then(|known| known.last_failure.as_ref());
            if shelved.last_failure.is_some() && shelved.last_failure.as_ref() != known {
                self.count_failure(name.clone());
            }
        }
        if !snapshot.decides_as(&before) {
            self.swaps.inc();
        }
        self.current.store(Arc::new(snapshot));
    }

    /// From now on the version of the policy `name` decides nothing, for that reason, until it is on the shelf again.
    pub fn withdraw(&self, name: &str, version: &str, reason: &str) {
        self.current.rcu(|current| {
            let mut snapshot = Snapshot::clone(current);
            if let Some(shelved) = Arc::make_mut(&mut snapshot.policies).get_mut(name) {
                shelved.versions.remove(version);
                if shelved.active.as_deref() == Some(version) {
                    shelved.active = None;
                    shelved.last_failure = Some(format!("{version}: {reason}"));
                }
            }
            snapshot
        });
        self.swaps.inc();
    }

    /// A version of the policy `name` failed to load or to pass its cases: what was active stays so, and the status says why.
    pub fn failed(&self, name: &str, reason: &str) {
        let is_known = self.snapshot().policies.contains_key(name);
        self.count_failure(if is_known { name } else { "other" }.to_owned());
        self.current.rcu(|current| {
            let mut snapshot = Snapshot::clone(current);
            if let Some(shelved) = Arc::make_mut(&mut snapshot.policies).get_mut(name) {
                shelved.last_failure = Some(reason.to_owned());
            }
            snapshot
        });
    }

    fn count_failure(&self, policy: String) {
        self.failures
            .get_or_create_owned(&OfPolicy { policy })
            .inc();
    }

    /// The store holds what the shelf holds, as of now.
    pub fn confirm(&self) {
        let now = Instant::now();
        self.current.rcu(|current| Snapshot {
            confirmed_at: now.max(current.confirmed_at),
            ..Snapshot::clone(current)
        });
    }
}
