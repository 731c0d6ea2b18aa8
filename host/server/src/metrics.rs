//! Counters and histograms, as Prometheus reads them.
//!
//! Always true here: no label is what a caller made up.

use std::sync::atomic::Ordering;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use scopegate::{Decision, Policy};

use crate::connections::Connections;
use crate::problem::Kind;
use crate::recorder::RecordCounters;
use crate::service::Service;
use crate::shelf::{OfPolicy, Shelf, Snapshot};
use crate::tally::{Counting, Tally};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Decided {
    policy: String,
    version: String,
    action: String,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Denied {
    policy: String,
    version: String,
    action: String,
    code: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Failed {
    kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfVersion {
    policy: String,
    version: String,
}

/// What became of the instances of each version.
#[derive(Default)]
struct Pools {
    started: Family<OfVersion, Counter>,
    dropped: Family<OfVersion, Counter>,
    idle: Family<OfVersion, Gauge>,
}

/// What is taken of what there is only so much of.
#[derive(Default)]
struct Taken {
    slots: Gauge,
    streams: Gauge,
    heavy_waiting: Gauge,
    heavy: Gauge,
    resident_bytes: Gauge,
}

/// What the recorder says of itself.
#[derive(Default)]
struct Records {
    written: Counter,
    dropped: Counter,
    failures: Counter,
}

pub(crate) struct Metrics {
    registry: Registry,
    pools: Pools,
    records: Records,
    taken: Taken,
    decisions: Family<Decided, Counter>,
    codes: Family<Denied, Counter>,
    failures: Family<Failed, Counter>,
    answers: Family<Answered, Counter>,
    decision_seconds: Histogram,
    answer_seconds: Histogram,
    age_seconds: Gauge,
    failed_activations: Family<OfPolicy, Gauge>,
}

impl Metrics {
    pub(crate) fn new(shelf: &Shelf, connections: &Connections) -> Self {
        let mut registry = Registry::with_prefix("scopegate");
        connections.register(&mut registry);
        let decisions = Family::default();
        let help = "Decisions, by policy, version, governed action and outcome";
        registry.register("decisions", help, decisions.clone());
        let codes = Family::default();
        let help = "Codes of denials, by policy, version and governed action";
        registry.register("denial_codes", help, codes.clone());
        let failures = Family::default();
        let help = "Decisions that were asked for and not made, by kind of problem";
        registry.register("failures", help, failures.clone());
        let answers = Family::default();
        registry.register("answers", "Answers, by route and status", answers.clone());
        let decision_seconds = Histogram::new(steps(1e-6));
        let help = "How long a policy took to decide, in seconds";
        registry.register("decision_seconds", help, decision_seconds.clone());
        let answer_seconds = Histogram::new(steps(1e-5));
        let help = "How long an answer took until its body began, in seconds";
        registry.register("answer_seconds", help, answer_seconds.clone());
        let help = "How often the policies were swapped for others";
        registry.register("swaps", help, shelf.swaps.clone());
        let age_seconds = Gauge::default();
        let help = "How long ago the store confirmed the policies, in seconds";
        registry.register("policy_age_seconds", help, age_seconds.clone());
        let failed_activations = Family::default();
        let help = "Versions that failed to load or to pass their cases, by policy";
        registry.register("activation_failures", help, shelf.failures.clone());
        let help = "Whether the last activation of a policy failed";
        registry.register("activation_failed", help, failed_activations.clone());
        Self {
            pools: Pools::registered(&mut registry),
            records: Records::registered(&mut registry),
            taken: Taken::registered(&mut registry),
            registry,
            decisions,
            codes,
            failures,
            answers,
            decision_seconds,
            answer_seconds,
            age_seconds,
            failed_activations,
        }
    }

    /// Takes what `tally` counted.
    pub(crate) fn take(&self, tally: &Tally<'_>) {
        for counts in tally.counts() {
            let (policy, action) = (counts.policy, counts.action);
            self.count(policy, action, outcome(true), counts.allowed);
            self.count(policy, action, outcome(false), counts.denied);
            for (code, times) in &counts.codes {
                self.count_code(policy, action, code, *times);
            }
        }
        for duration in &tally.durations {
            self.decision_seconds.observe(duration.as_secs_f64());
        }
        for kind in &tally.failures {
            self.failed(*kind);
        }
    }

    fn count(&self, policy: &Policy, action: &str, outcome: &'static str, times: u64) {
        if times == 0 {
            return;
        }
        let id = policy.id();
        let labels = Decided {
            policy: id.name.clone(),
            version: id.version.clone(),
            action: action.to_owned(),
            outcome,
        };
        self.decisions.get_or_create(&labels).inc_by(times);
    }

    fn count_code(&self, policy: &Policy, action: &str, code: &str, times: u64) {
        let id = policy.id();
        let labels = Denied {
            policy: id.name.clone(),
            version: id.version.clone(),
            action: action.to_owned(),
            code: code.to_owned(),
        };
        self.codes.get_or_create(&labels).inc_by(times);
    }

    pub(crate) fn failed(&self, kind: Kind) {
        let kind = kind.slug();
        self.failures.get_or_create(&Failed { kind }).inc();
    }

    pub(crate) fn answered(&self, route: &str, status: u16, elapsed: Duration) {
        let route = route.to_owned();
        self.answers
            .get_or_create(&Answered { route, status })
            .inc();
        self.answer_seconds.observe(elapsed.as_secs_f64());
    }

    /// All of it, in the OpenMetrics text format.
    pub(crate) fn text(
        &self,
        service: &Service,
        records: RecordCounters,
    ) -> Result<String, std::fmt::Error> {
        let shelf = service.shelf();
        self.taken.count(service);
        set(&self.records.written, records.written);
        set(&self.records.dropped, records.dropped);
        set(&self.records.failures, records.failures);
        let snapshot = shelf.snapshot();
        let age = i64::try_from(snapshot.age().as_secs()).unwrap_or(i64::MAX);
        self.age_seconds.set(age);
        self.failed_activations.clear();
        for (policy, shelved) in &*snapshot.policies {
            let policy = policy.clone();
            let gauge = self
                .failed_activations
                .get_or_create_owned(&OfPolicy { policy });
            gauge.set(i64::from(shelved.last_failure.is_some()));
        }
        self.pools.count(&snapshot);
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

impl<'s> Counting<'s> for &Metrics {
    fn decided(&mut self, policy: &'s Policy, decision: &Decision<'_>, duration: Duration) {
        let action = action_label(policy, decision.action());
        self.count(policy, action, outcome(decision.is_allowed()), 1);
        for code in decision.codes() {
            self.count_code(policy, action, code, 1);
        }
        self.decision_seconds.observe(duration.as_secs_f64());
    }
}

/// What metrics and spans call what was decided.
pub(crate) fn outcome(is_allowed: bool) -> &'static str {
    if is_allowed { "allow" } else { "deny" }
}

/// What metrics call the action with that index in the policy's manifest. One that the policy does not govern is `other`, for a caller may
/// make up any.
pub(crate) fn action_label(policy: &Policy, action: Option<usize>) -> &str {
    action.map_or("other", |action| &policy.manifest().actions[action])
}

impl Pools {
    fn registered(registry: &mut Registry) -> Self {
        let pools = Self::default();
        let help = "Instances that were started for decisions, by policy and version";
        registry.register("instances_started", help, pools.started.clone());
        let help = "Instances that failed or had grown and are gone, by policy and version";
        registry.register("instances_dropped", help, pools.dropped.clone());
        let help = "Instances that wait for a decision, by policy and version";
        registry.register("instances_idle", help, pools.idle.clone());
        pools
    }

    fn count(&self, snapshot: &Snapshot) {
        self.started.clear();
        self.dropped.clear();
        self.idle.clear();
        for (name, shelved) in &*snapshot.policies {
            for (version, policy) in &shelved.versions {
                let of = OfVersion {
                    policy: name.clone(),
                    version: version.clone(),
                };
                let instances = policy.instances();
                set(&self.started.get_or_create(&of), instances.started);
                set(&self.dropped.get_or_create(&of), instances.dropped);
                let idle = i64::try_from(instances.idle).unwrap_or(i64::MAX);
                self.idle.get_or_create(&of).set(idle);
            }
        }
    }
}

impl Taken {
    fn registered(registry: &mut Registry) -> Self {
        let taken = Self::default();
        let help = "Requests that are being answered";
        registry.register("slots_taken", help, taken.slots.clone());
        let help = "Streams of JSON lines that are being answered";
        registry.register("streams_taken", help, taken.streams.clone());
        let help = "Requests that wait for their first turn";
        registry.register("heavy_waiting", help, taken.heavy_waiting.clone());
        let help = "Heavy requests that were not decided in their first turn";
        registry.register("heavy", help, taken.heavy.clone());
        let help = "Resident memory of the process, where the system tells";
        registry.register("resident_bytes", help, taken.resident_bytes.clone());
        taken
    }

    fn count(&self, service: &Service) {
        let set = |gauge: &Gauge, count: usize| {
            gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        };
        service.connections().show();
        set(&self.slots, service.slots().taken());
        set(&self.streams, service.streams().taken());
        set(&self.heavy_waiting, service.deciders().waiting());
        set(&self.heavy, service.deciders().long());
        set(&self.resident_bytes, resident_bytes().unwrap_or_default());
    }
}

/// The resident memory of this process, where the system tells (`/proc`).
fn resident_bytes() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kibibytes: usize = line.split_whitespace().nth(1)?.parse().ok()?;
    kibibytes.checked_mul(1024)
}

impl Records {
    fn registered(registry: &mut Registry) -> Self {
        let records = Self::default();
        let help = "Decisions that the decision log has written";
        registry.register("log_written", help, records.written.clone());
        let help = "Decisions that the decision log was to hold and does not";
        registry.register("log_dropped", help, records.dropped.clone());
        let help = "How often the decision log could not be written or tidied up";
        registry.register("log_failures", help, records.failures.clone());
        records
    }
}

/// Has `counter` show what somebody else has counted.
fn set(counter: &Counter, count: u64) {
    counter.inner().store(count, Ordering::Relaxed);
}

/// Bounds from `first` to some seconds: 1, 2, 5, 10 and so on.
fn steps(first: f64) -> impl Iterator<Item = f64> {
    let powers = std::iter::successors(Some(first), |step| Some(step * 10.0));
    powers
        .flat_map(|step| [step, step * 2.0, step * 5.0])
        .take_while(|step| *step < 11.0)
}
