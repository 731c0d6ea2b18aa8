//! Where decisions are made: one caller before the policies of one snapshot.
//!
//! Always true here: a decision that leaves was made at the trusted time by the policy that is to decide for its tenant and is not too
//! old, and was recorded.

mod untold;

use std::cell::Cell;
use std::fmt::Display;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use scopegate::{Decision, EvaluateError, JsonError, Policy, Request};
use uuid::Uuid;

use crate::caller::Caller;
use crate::choice::Choice;
use crate::deciders::{self, Deciders};
use crate::guard::{Slot, slot};
use crate::lines;
use crate::metrics;
use crate::problem::{Kind, Problem};
use crate::recorder::{RecordError, Recorded, Recorder};
use crate::service::Service;
use crate::shelf::Snapshot;
use crate::tally::{Counting, Tally};

/// Bytes of requests above which they may be heavy, and are decided by the [deciders](crate::deciders).
const INLINE_BYTES: usize = 8 << 10;

/// The longest that an answer may take, for nobody can say when longer times end.
const LONGEST: Duration = Duration::from_hours(24 * 365);

/// One caller before the policies of one snapshot.
pub(crate) struct Sitting {
    service: Service,
    snapshot: Arc<Snapshot>,
    choice: Choice,
    caller: Caller,
    begun: Instant,
    /// Until when the work under way may decide, in nanoseconds since it begun.
    until_ns: AtomicU64,
    /// Whether nobody waits any longer for the work under way.
    is_abandoned: AtomicBool,
    /// Bytes that are left of what the answer to the work under way may have.
    answer_bytes: AtomicUsize,
    /// The slot of the request, which is taken as long as there is work for it.
    _slot: Option<Slot>,
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
        let choice = Choice::new(service.settings(), &snapshot, asked, &caller)?;
        let sitting = Self {
            service: service.clone(),
            snapshot,
            choice,
            caller,
            begun: Instant::now(),
            until_ns: AtomicU64::new(0),
            is_abandoned: AtomicBool::new(false),
            answer_bytes: AtomicUsize::new(0),
            _slot: slot(),
            id: Uuid::now_v7().to_string(),
        };
        sitting.check_age()?;
        Ok(Arc::new(sitting))
    }

    /// The policy that decides `request`.
    pub(crate) fn policy(&self, request: &Request) -> Result<&Policy, Problem> {
        self.choice
            .policy(self.service.settings(), &self.snapshot, request)
    }

    /// Does `work` on `bytes` of text: at once if that is quick, else on a thread of the deciders.
    ///
    /// What it has not decided when the time for an answer is over, or when nobody waits for it any longer, it refuses.
    pub(crate) async fn run<T: Send + 'static>(
        self: &Arc<Self>,
        bytes: usize,
        work: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let settings = self.service.settings();
        let bytes_left = settings.answer_bytes;
        self.answer_bytes.store(bytes_left, Ordering::Relaxed);
        let time = settings.answer_time;
        let until = self.begun.elapsed().saturating_add(time);
        let until_ns = u64::try_from(until.as_nanos()).unwrap_or(u64::MAX);
        self.until_ns.store(until_ns, Ordering::Relaxed);
        if bytes <= INLINE_BYTES && self.choice.is_quick(&self.snapshot) {
            return Ok(work(self));
        }
        let sitting = Arc::clone(self);
        let awaited = Awaited(&self.is_abandoned);
        let until = self.begun.checked_add(until);
        let until = until.unwrap_or_else(|| self.begun + LONGEST);
        let done = self.service.deciders().run(until, move || work(&sitting));
        let done = done.await;
        mem::forget(awaited);
        done
    }

    /// How many bytes the answer may still have.
    pub(crate) fn answer_bytes(&self) -> usize {
        self.answer_bytes.load(Ordering::Relaxed)
    }

    /// Takes `bytes` of those that the answer may have; if there are not so many, there are none left.
    pub(crate) fn take_answer_bytes(&self, bytes: usize) -> Result<(), Problem> {
        let (order, left) = (Ordering::Relaxed, &self.answer_bytes);
        let taken = left.fetch_update(order, order, |left| left.checked_sub(bytes));
        taken.map(|_| ()).map_err(|_| {
            left.store(0, order);
            Problem::answer_too_large(self.service.settings().answer_bytes)
        })
    }

    /// Reads a request, at the trusted time.
    pub(crate) fn read(&self, text: &[u8]) -> Result<Request, Problem> {
        let mut request = Request::default();
        self.understand(text, &mut request)?;
        Ok(request)
    }

    /// Decides `request`, and writes that down.
    pub(crate) fn decide(&self, request: &Request, id: &str) -> Result<Decision<'_>, Problem> {
        let judged = self.judge(request)?;
        let mut metrics = self.service.metrics();
        let decision = match self.service.recorder() {
            None => judged.told(id, &mut metrics)?,
            Some(recorder) => {
                let entries = [self.entry(id, request, &judged)];
                let recorded = recorder.record(&entries).into_iter().next();
                judged.answer(id, recorded, &mut metrics)?
            }
        };
        if id == self.id {
            said_on_span(&decision);
        }
        Ok(decision)
    }

    /// Decides the request that `text` is, and writes that down.
    pub(crate) fn decide_text(&self, text: &[u8]) -> Result<Decision<'_>, Problem> {
        if self.service.recorder().is_some() {
            return self.decide(&self.read(text)?, &self.id);
        }
        let judged = self.judge_text(text, &mut None)?;
        let decision = judged.told(&self.id, &mut self.service.metrics())?;
        said_on_span(&decision);
        Ok(decision)
    }

    /// Decides each of `texts`, the first of which has the index `first`, and writes all of that down at once. Gives for each its
    /// decision, or why there is none.
    pub(crate) fn decide_all(
        &self,
        texts: &[&[u8]],
        first: u64,
    ) -> Vec<Result<Decision<'_>, Problem>> {
        let mut tally = Tally::default();
        let decided = match self.service.recorder() {
            Some(recorder) => self.decide_recorded(recorder, texts, first, &mut tally),
            None => self.decide_unrecorded(texts, first, &mut tally),
        };
        self.count(&tally);
        decided
    }

    fn decide_recorded<'s>(
        &'s self,
        recorder: &dyn Recorder,
        texts: &[&[u8]],
        first: u64,
        tally: &mut Tally<'s>,
    ) -> Vec<Result<Decision<'s>, Problem>> {
        let judged = texts.iter().zip(first..).map(|(text, index)| {
            let mut request = Request::default();
            self.understand(text, &mut request)?;
            let judged = self.judge(&request)?;
            Ok((format!("{}/{index}", self.id), request, judged))
        });
        let judged: Vec<Result<_, Problem>> = judged.collect();
        let entries = judged.iter().flatten();
        let entries: Vec<_> = entries
            .map(|(id, request, judged)| self.entry(id, request, judged))
            .collect();
        let mut recorded = recorder.record(&entries).into_iter();
        drop(entries);
        let answer = |judged: Result<(String, Request, Judged<'s>), Problem>| {
            let decided =
                judged.and_then(|(id, _, judged)| judged.answer(&id, recorded.next(), tally));
            tally.noted(decided)
        };
        judged.into_iter().map(answer).collect()
    }

    fn decide_unrecorded<'s>(
        &'s self,
        texts: &[&[u8]],
        first: u64,
        tally: &mut Tally<'s>,
    ) -> Vec<Result<Decision<'s>, Problem>> {
        let mut request = None;
        let decide = |(text, index): (&&[u8], u64)| {
            let id = format_args!("{}/{index}", self.id);
            let decided = self
                .judge_text(text, &mut request)
                .and_then(|judged| judged.told(id, tally));
            tally.noted(decided)
        };
        texts.iter().zip(first..).map(decide).collect()
    }

    /// What helps to decide a list.
    pub(crate) fn deciders(&self) -> &Deciders {
        self.service.deciders()
    }

    /// Counts a problem that is told within an answer; one that is the answer is counted with it.
    pub(crate) fn failed(&self, problem: &Problem) {
        self.service.metrics().failed(problem.kind);
    }

    /// Has the metrics take what was counted.
    pub(crate) fn count(&self, tally: &Tally<'_>) {
        self.service.metrics().take(tally);
    }

    /// Reads what `text` says over `request`, at the trusted time, which counts for nothing yet.
    fn understand(&self, text: &[u8], request: &mut Request) -> Result<(), Problem> {
        self.check_time(Instant::now())?;
        self.check_length(text)?;
        let time = TrustedTime::new(&self.service);
        let read = request.read_json(text, || time.now());
        read.map_err(|error| Problem::input(&error))?;
        time.check()
    }

    /// Has the policy decide `request`, which counts for nothing yet.
    fn judge(&self, request: &Request) -> Result<Judged<'_>, Problem> {
        self.check_age()?;
        let begin = Instant::now();
        self.check_time(begin)?;
        let policy = self.policy(request)?;
        let outcome = policy.evaluate(request);
        Ok(Judged {
            policy,
            outcome,
            duration: begin.elapsed(),
        })
    }

    /// Has the policy decide the request that `text` is, which counts for nothing yet. If it has to be read first, that is over `request`.
    fn judge_text(
        &self,
        text: &[u8],
        request: &mut Option<Request>,
    ) -> Result<Judged<'_>, Problem> {
        let Choice::One(policy) = &self.choice else {
            let request = request.get_or_insert_default();
            self.understand(text, request)?;
            return self.judge(request);
        };
        self.check_length(text)?;
        self.check_age()?;
        let begin = Instant::now();
        self.check_time(begin)?;
        let time = TrustedTime::new(&self.service);
        let outcome = match policy.evaluate_json(text, || time.now()) {
            Ok(decision) => Ok(decision),
            Err(JsonError::Input(error)) => return Err(Problem::input(&error)),
            Err(JsonError::Evaluate(error)) => Err(error),
        };
        time.check()?;
        Ok(Judged {
            policy,
            outcome,
            duration: begin.elapsed(),
        })
    }

    fn entry<'r>(
        &'r self,
        id: &'r str,
        request: &'r Request,
        judged: &'r Judged<'_>,
    ) -> Recorded<'r> {
        Recorded {
            id,
            by: &self.caller.name,
            request_id: self.caller.request_id.as_deref(),
            request,
            policy: judged.policy.id(),
            outcome: judged.outcome.as_ref(),
            duration: judged.duration,
        }
    }

    fn check_length(&self, text: &[u8]) -> Result<(), Problem> {
        let limit = self.service.settings().body_bytes;
        if text.len() > limit {
            return Err(lines::too_long(limit));
        }
        Ok(())
    }

    /// Refuses to begin something at `now` if the time for an answer is over, or nobody waits for it.
    pub(crate) fn check_time(&self, now: Instant) -> Result<(), Problem> {
        if self.is_abandoned.load(Ordering::Relaxed) {
            let detail = "nobody waits for the answer any longer: ask again";
            return Err(Problem::new(Kind::TimedOut, detail));
        }
        let until_ns = u128::from(self.until_ns.load(Ordering::Relaxed));
        if now.duration_since(self.begun).as_nanos() < until_ns {
            return deciders::go_on(now);
        }
        let time = self.service.settings().answer_time;
        let detail = format!("the answer took longer than {time:?}: ask for less at once");
        Err(Problem::new(Kind::TimedOut, detail))
    }

    fn check_age(&self) -> Result<(), Problem> {
        match self.service.stale(&self.snapshot) {
            Some(problem) => Err(problem),
            None => Ok(()),
        }
    }
}

/// Notes, unless it is forgotten, that nobody waits for the work under way: the caller has gone, or was told that it took too long.
struct Awaited<'s>(&'s AtomicBool);

impl Drop for Awaited<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What a policy says to a request.
struct Judged<'s> {
    policy: &'s Policy,
    outcome: Result<Decision<'s>, EvaluateError>,
    duration: Duration,
}

impl<'s> Judged<'s> {
    /// The decision, if there is one and it was recorded.
    fn answer(
        self,
        id: &str,
        recorded: Option<Result<(), RecordError>>,
        counting: &mut impl Counting<'s>,
    ) -> Result<Decision<'s>, Problem> {
        let reason = match recorded {
            Some(Ok(())) => return self.told(id, counting),
            Some(Err(error)) => error.to_string(),
            None => "the recorder says nothing of it".to_owned(),
        };
        tracing::error!(reason, %id, "it is not recorded");
        self.outcome?;
        let detail =
            "the decision could not be recorded, so nothing is allowed: the server's log tells why";
        Err(Problem::new(Kind::NotRecorded, detail))
    }

    /// The decision, if there is one.
    fn told(
        self,
        id: impl Display,
        counting: &mut impl Counting<'s>,
    ) -> Result<Decision<'s>, Problem> {
        let decision = self.outcome?;
        counting.decided(self.policy, &decision, self.duration);
        tracing::debug!(%id, allowed = decision.is_allowed(), "decided");
        Ok(decision)
    }
}

/// The time of requests, which the operator may let callers tell.
struct TrustedTime<'s> {
    service: &'s Service,
    /// Whether it was asked for.
    asked: Cell<bool>,
}

impl<'s> TrustedTime<'s> {
    fn new(service: &'s Service) -> Self {
        Self {
            service,
            asked: Cell::new(false),
        }
    }

    fn now(&self) -> i64 {
        self.asked.set(true);
        self.service.now()
    }

    /// Refuses the request that was read last, if it tells another time and may not.
    fn check(&self) -> Result<(), Problem> {
        if self.asked.take() || self.service.settings().allow_caller_time {
            return Ok(());
        }
        let detail = "`now`: the server's clock decides, not the caller's: leave `now` out";
        Err(Problem::new(Kind::CallerTime, detail).at("now"))
    }
}

/// Says on the request's span who decided what, where it is one decision.
fn said_on_span(decision: &Decision<'_>) {
    let (span, policy) = (tracing::Span::current(), decision.policy());
    span.record("policy", policy.name.as_str());
    span.record("version", policy.version.as_str());
    span.record("outcome", metrics::outcome(decision.is_allowed()));
}

/// Does `work` on a thread that may take its time.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let (span, slot) = (tracing::Span::current(), slot());
    let work = tokio::task::spawn_blocking(move || {
        // Whoever asked may be gone before the work is done.
        let _slot = slot;
        span.in_scope(work)
    });
    work.await
        .map_err(|_| Problem::new(Kind::Internal, "the server failed: its log tells how"))
}
