//! Where decisions are made: one caller before the policies of one snapshot.
//!
//! Always true here: a decision that leaves was made at the trusted time by the policy that is to decide for its tenant and is not too
//! old, and was recorded.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use scopegate::{Decision, Policy, Request};
use uuid::Uuid;

use crate::caller::Caller;
use crate::choice::Choice;
use crate::lines;
use crate::problem::{Kind, Problem};
use crate::recorder::Recorded;
use crate::service::Service;
use crate::shelf::Snapshot;

/// Bytes of requests above which they are decided on a thread that may take its time.
const INLINE_BYTES: usize = 64 << 10;

/// One caller before the policies of one snapshot.
pub(crate) struct Sitting {
    service: Service,
    snapshot: Arc<Snapshot>,
    choice: Choice,
    caller: Caller,
    begun: Instant,
    /// Until when the work under way may decide, in nanoseconds since it begun.
    until_ns: AtomicU64,
    /// The id of the decision, or what the ids of a batch begin with.
    pub(crate) id: String,
}

impl Sitting {
    /// Takes the policies off the shelf, and of them the one that is `asked`.
    pub(crate) fn open(
        service: &Service,
        asked: Option<&str>,
        caller: Caller,
    ) -> Result<Arc<Self>, Problem> {
        let snapshot = service.shelf().snapshot();
        let choice = Choice::new(service.settings(), &snapshot, asked, &caller)
            .inspect_err(|problem| service.metrics().failed(problem.kind))?;
        let sitting = Self {
            service: service.clone(),
            snapshot,
            choice,
            caller,
            begun: Instant::now(),
            until_ns: AtomicU64::new(0),
            id: Uuid::now_v7().to_string(),
        };
        sitting.check_age()?;
        Ok(Arc::new(sitting))
    }

    /// The policy that decides `request`.
    pub(crate) fn policy(&self, request: &Request) -> Result<&Policy, Problem> {
        self.choice
            .policy(self.service.settings(), &self.snapshot, request)
            .map_err(|problem| self.failed(problem))
    }

    /// Does `work` on `bytes` of text: at once if that is quick, else on a thread that may take its time.
    ///
    /// What it has not decided when the time for an answer is over, it refuses.
    pub(crate) async fn run<T: Send + 'static>(
        self: &Arc<Self>,
        bytes: usize,
        work: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let until = self.begun.elapsed() + self.service.settings().answer_time;
        let until_ns = u64::try_from(until.as_nanos()).unwrap_or(u64::MAX);
        self.until_ns.store(until_ns, Ordering::Relaxed);
        if bytes <= INLINE_BYTES && self.choice.is_quick(&self.snapshot) {
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
        let limit = self.service.settings().body_bytes;
        if text.len() > limit {
            return Err(self.failed(lines::too_long(limit)));
        }
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
        let policy = self.policy(request)?;
        let begin = Instant::now();
        let decision = policy
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
            .decided(policy, request, &decision, elapsed);
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

/// Does `work` on a thread that may take its time.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let span = tracing::Span::current();
    let work = tokio::task::spawn_blocking(move || span.in_scope(work));
    work.await
        .map_err(|_| Problem::new(Kind::Internal, "the server failed: its log tells how"))
}
