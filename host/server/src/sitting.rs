//! Where decisions are made: one caller before one version of one policy.
//!
//! Always true here: a decision that leaves was made at the trusted time by a policy that is not too old, and was recorded.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use scopegate::{Decision, Origin, Policy, Request};
use uuid::Uuid;

use crate::caller::Caller;
use crate::problem::{Kind, Problem};
use crate::recorder::Recorded;
use crate::service::Service;
use crate::shelf::Snapshot;

/// Requests above which a batch is decided on a thread that may take its time.
const INLINE: usize = 64;

/// Bytes of them above which it is, too.
const INLINE_BYTES: usize = 256 << 10;

/// One caller before one version of one policy.
pub(crate) struct Sitting {
    service: Service,
    snapshot: Arc<Snapshot>,
    policy: Policy,
    caller: Caller,
    begun: Instant,
    /// Until when the work under way may decide, in nanoseconds since it begun.
    until_ns: AtomicU64,
    /// The id of the decision, or what the ids of a batch begin with.
    pub(crate) id: String,
}

impl Sitting {
    /// Takes the policy that is `asked` off the shelf.
    pub(crate) fn open(
        service: &Service,
        asked: Option<&str>,
        caller: Caller,
    ) -> Result<Arc<Self>, Problem> {
        let snapshot = service.shelf().snapshot();
        let policy = choose(&snapshot, asked)
            .inspect_err(|problem| service.metrics().failed(problem.kind))?
            .clone();
        let sitting = Self {
            service: service.clone(),
            snapshot,
            policy,
            caller,
            begun: Instant::now(),
            until_ns: AtomicU64::new(0),
            id: Uuid::now_v7().to_string(),
        };
        sitting.check_age()?;
        Ok(Arc::new(sitting))
    }

    pub(crate) fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Does `work` of `count` decisions on `bytes` of text: at once if that is quick, else on a thread that may take its time.
    ///
    /// What it has not decided when the time for an answer is over, it refuses.
    pub(crate) async fn run<T: Send + 'static>(
        self: &Arc<Self>,
        count: usize,
        bytes: usize,
        work: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let until = self.begun.elapsed() + self.service.settings().answer_time;
        let until_ns = u64::try_from(until.as_nanos()).unwrap_or(u64::MAX);
        self.until_ns.store(until_ns, Ordering::Relaxed);
        if count <= INLINE && bytes <= INLINE_BYTES && self.policy.origin() == Origin::Compiled {
            return Ok(work(self));
        }
        let sitting = Arc::clone(self);
        blocking(move || work(&sitting)).await
    }

    /// Decides the request that `text` holds, as JSON behind what is in `out`.
    pub(crate) fn write(&self, text: &[u8], id: &str, out: &mut Vec<u8>) -> Result<(), Problem> {
        let request = self.read(text)?;
        self.decide(&request, id)?.write_json(out);
        Ok(())
    }

    /// Reads a request, at the trusted time.
    pub(crate) fn read(&self, text: &[u8]) -> Result<Request, Problem> {
        let asked = Cell::new(false);
        let read = Request::from_json(text, || {
            asked.set(true);
            self.service.now()
        });
        let request = read.map_err(|error| self.failed(Problem::input(&error)))?;
        if !asked.get() && !self.service.settings().allow_caller_time {
            let detail = "`now`: the server's clock decides, not the caller's: leave `now` out";
            return Err(self.failed(Problem::new(Kind::CallerTime, detail).at("now")));
        }
        Ok(request)
    }

    /// Decides `request`, and writes that down.
    pub(crate) fn decide(&self, request: &Request, id: &str) -> Result<Decision<'_>, Problem> {
        self.check_age()?;
        self.check_time()?;
        let begin = Instant::now();
        let decision = self
            .policy
            .evaluate(request)
            .map_err(|error| self.failed(error.into()))?;
        let elapsed = begin.elapsed();
        let entry = Recorded {
            id,
            by: &self.caller.name,
            request_id: self.caller.request_id.as_deref(),
            request,
            decision: &decision,
            duration: elapsed,
        };
        if let Err(error) = self.service.recorder().record(&entry) {
            tracing::error!(%error, id, "a decision is refused");
            return Err(self.failed(Problem::new(
                Kind::NotRecorded,
                "the decision could not be recorded, so nothing is allowed: the server's log tells why",
            )));
        }
        self.service
            .metrics()
            .decided(&self.policy, request, &decision, elapsed);
        if id == self.id {
            said_on_span(&decision);
        }
        tracing::debug!(id, allowed = decision.is_allowed(), "decided");
        Ok(decision)
    }

    /// Counts a problem.
    fn failed(&self, problem: Problem) -> Problem {
        self.service.metrics().failed(problem.kind);
        problem
    }

    fn check_time(&self) -> Result<(), Problem> {
        let until_ns = u128::from(self.until_ns.load(Ordering::Relaxed));
        if self.begun.elapsed().as_nanos() < until_ns {
            return Ok(());
        }
        let time = self.service.settings().answer_time;
        let detail = format!("the answer took longer than {time:?}: ask for less at once");
        Err(self.failed(Problem::new(Kind::TimedOut, detail)))
    }

    fn check_age(&self) -> Result<(), Problem> {
        match self.service.stale(&self.snapshot) {
            Some(problem) => Err(self.failed(problem)),
            None => Ok(()),
        }
    }
}

/// Says on the request's span who decided what, where it is one decision.
fn said_on_span(decision: &Decision<'_>) {
    let (span, policy) = (tracing::Span::current(), decision.policy());
    span.record("policy", policy.name.as_str());
    span.record("version", policy.version.as_str());
    let outcome = if decision.is_allowed() {
        "allow"
    } else {
        "deny"
    };
    span.record("outcome", outcome);
}

/// Does `work` on a thread that may take its time.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let span = tracing::Span::current();
    let work = tokio::task::spawn_blocking(move || span.in_scope(work));
    work.await
        .map_err(|_| Problem::new(Kind::Internal, "the server failed: its log tells how"))
}

/// The policy that `asked` names.
fn choose<'s>(snapshot: &'s Snapshot, asked: Option<&str>) -> Result<&'s Policy, Problem> {
    let unknown = |what: String| {
        Problem::new(
            Kind::NotFound,
            format!("{what}: `GET /v1/policies` tells which there are"),
        )
    };
    let (name, version) = match asked {
        Some(asked) => match asked.split_once('@') {
            Some((name, version)) => (name, Some(version)),
            None => (asked, None),
        },
        None => match &snapshot.default {
            Some(name) => (name.as_str(), None),
            None if snapshot.policies.is_empty() => {
                let detail = "there is no policy yet: hand one in and activate it";
                return Err(Problem::new(Kind::NoPolicy, detail));
            }
            None => {
                let detail = "no policy is the default: name one with `?policy=name`";
                return Err(Problem::new(Kind::Query, detail));
            }
        },
    };
    let Some(shelved) = snapshot.policies.get(name) else {
        return Err(unknown(format!(
            "there is no policy `{}`",
            name.escape_debug()
        )));
    };
    let Some(version) = version.or(shelved.active.as_deref()) else {
        let detail = format!("no version of the policy `{name}` is active: activate one");
        return Err(Problem::new(Kind::NoPolicy, detail));
    };
    shelved.versions.get(version).ok_or_else(|| {
        let version = version.escape_debug();
        unknown(format!("the policy `{name}` has no version `{version}`"))
    })
}
