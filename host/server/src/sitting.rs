//! Where decisions are made: one caller before the policies of one snapshot.
//!
//! Always true here: a decision that leaves was made at the trusted time by the policy that is to decide for its tenant and is not too
//! old, and was recorded.

use std::cell::Cell;
use std::fmt::Display;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use scopegate::{Decision, EvaluateError, JsonError, Policy, Request};
use uuid::Uuid;

use crate::caller::Caller;
use crate::choice::Choice;
use crate::lines;
use crate::problem::{Kind, Problem};
use crate::recorder::{RecordError, Recorded};
use crate::service::Service;
use crate::shelf::Snapshot;
use crate::tally::Tally;

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
        sitting.counted(sitting.check_age())?;
        Ok(Arc::new(sitting))
    }

    /// The policy that decides `request`.
    pub(crate) fn policy(&self, request: &Request) -> Result<&Policy, Problem> {
        self.counted(self.chosen(request))
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

    /// Reads a request, at the trusted time.
    pub(crate) fn read(&self, text: &[u8]) -> Result<Request, Problem> {
        let mut request = Request::default();
        self.counted(self.understand(text, &mut request))?;
        Ok(request)
    }

    /// Decides `request`, and writes that down.
    pub(crate) fn decide(&self, request: &Request, id: &str) -> Result<Decision<'_>, Problem> {
        let mut tally = Tally::default();
        let decided = self.judge(request).and_then(|judged| {
            let recorded = match self.service.recorder() {
                Some(recorder) => {
                    let entries = [self.entry(id, request, &judged)];
                    recorder.record(&entries).into_iter().next()
                }
                None => Some(Ok(())),
            };
            judged.answer(id, recorded, &mut tally)
        });
        if id == self.id {
            return self.concluded(decided, tally);
        }
        let decided = tally.noted(decided);
        self.count(&tally);
        decided
    }

    /// The only decision, or why there is none, is counted and said on the request's span.
    fn concluded<'s>(
        &'s self,
        decided: Result<Decision<'s>, Problem>,
        mut tally: Tally<'s>,
    ) -> Result<Decision<'s>, Problem> {
        let decided = tally.noted(decided);
        self.count(&tally);
        if let Ok(decision) = &decided {
            said_on_span(decision);
        }
        decided
    }

    /// Decides the request that `text` is, and writes that down.
    pub(crate) fn decide_text(&self, text: &[u8]) -> Result<Decision<'_>, Problem> {
        if self.service.recorder().is_some() {
            return self.decide(&self.read(text)?, &self.id);
        }
        let mut tally = Tally::default();
        let decided = self
            .judge_text(text, &mut Request::default())
            .and_then(|judged| judged.answer(&self.id, Some(Ok(())), &mut tally));
        self.concluded(decided, tally)
    }

    /// Decides each of `texts`, the first of which has the index `first`, and writes all of that down at once. Gives for each its
    /// decision, or why there is none.
    pub(crate) fn decide_all(
        &self,
        texts: &[&[u8]],
        first: u64,
    ) -> Vec<Result<Decision<'_>, Problem>> {
        let judged = texts.iter().zip(first..).map(|(text, index)| {
            let mut request = Request::default();
            self.understand(text, &mut request)?;
            let judged = self.judge(&request)?;
            Ok((format!("{}/{index}", self.id), request, judged))
        });
        let judged: Vec<Result<_, Problem>> = judged.collect();
        let mut recorded = self.service.recorder().map(|recorder| {
            let entries = judged.iter().flatten();
            let entries: Vec<_> = entries
                .map(|(id, request, judged)| self.entry(id, request, judged))
                .collect();
            recorder.record(&entries).into_iter()
        });
        let mut tally = Tally::default();
        let answer = |judged: Result<_, Problem>| {
            let decided = judged.and_then(|(id, _, judged): (String, Request, Judged<'_>)| {
                let recorded = match &mut recorded {
                    Some(recorded) => recorded.next(),
                    None => Some(Ok(())),
                };
                judged.answer(id, recorded, &mut tally)
            });
            tally.noted(decided)
        };
        let decided = judged.into_iter().map(answer).collect();
        self.count(&tally);
        decided
    }

    /// Whether decisions may be made that nobody is told: they are not written down, and whatever policy makes them is quick.
    pub(crate) fn may_decide_untold(&self) -> bool {
        self.service.recorder().is_none() && self.choice.is_quick(&self.snapshot)
    }

    /// Decides each of `texts` as [`decide_all`](Self::decide_all) does, if all are requests that its policy is asked about, and until it
    /// `is_over`; nothing is written down or counted yet.
    pub(crate) fn decide_untold<'s>(
        &'s self,
        texts: &[&[u8]],
        first: u64,
        is_over: &AtomicBool,
    ) -> Option<(Vec<Result<Decision<'s>, Problem>>, Tally<'s>)> {
        let mut tally = Tally::default();
        let mut decided = Vec::with_capacity(texts.len());
        let mut request = Request::default();
        for (text, index) in texts.iter().zip(first..) {
            if is_over.load(Ordering::Relaxed) {
                return None;
            }
            let judged = self.judge_text(text, &mut request).ok()?;
            let id = format_args!("{}/{index}", self.id);
            let answer = judged.answer(id, Some(Ok(())), &mut tally);
            decided.push(tally.noted(answer));
        }
        Some((decided, tally))
    }

    /// Has the metrics take what was counted.
    pub(crate) fn count(&self, tally: &Tally<'_>) {
        self.service.metrics().decided(tally);
    }

    /// Reads what `text` says over `request`, at the trusted time, which counts for nothing yet.
    fn understand(&self, text: &[u8], request: &mut Request) -> Result<(), Problem> {
        self.timed(text, |clock| {
            let read = request.read_json(text, clock);
            read.map_err(|error| Problem::input(&error))
        })
    }

    /// What `read` makes of `text` with the trusted time, which is the only one unless the operator lets callers name another.
    fn timed<T>(
        &self,
        text: &[u8],
        read: impl FnOnce(&dyn Fn() -> i64) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let settings = self.service.settings();
        let limit = settings.body_bytes;
        if text.len() > limit {
            return Err(lines::too_long(limit));
        }
        let asked = Cell::new(false);
        let read = read(&|| {
            asked.set(true);
            self.service.now()
        })?;
        if !asked.get() && !settings.allow_caller_time {
            let detail = "`now`: the server's clock decides, not the caller's: leave `now` out";
            return Err(Problem::new(Kind::CallerTime, detail).at("now"));
        }
        Ok(read)
    }

    fn chosen(&self, request: &Request) -> Result<&Policy, Problem> {
        self.choice
            .policy(self.service.settings(), &self.snapshot, request)
    }

    /// Has the policy decide `request`, which counts for nothing yet.
    fn judge(&self, request: &Request) -> Result<Judged<'_>, Problem> {
        self.check_age()?;
        let begin = Instant::now();
        self.check_time(begin)?;
        let policy = self.chosen(request)?;
        let outcome = policy.evaluate(request);
        Ok(Judged {
            policy,
            outcome,
            duration: begin.elapsed(),
        })
    }

    /// Has the policy decide the request that `text` is, which counts for nothing yet. If it has to be read first, that is over `request`.
    fn judge_text(&self, text: &[u8], request: &mut Request) -> Result<Judged<'_>, Problem> {
        let Choice::One(policy) = &self.choice else {
            self.understand(text, request)?;
            return self.judge(request);
        };
        self.check_age()?;
        let begin = Instant::now();
        self.check_time(begin)?;
        let outcome = self.timed(text, |clock| match policy.evaluate_json(text, clock) {
            Ok(decision) => Ok(Ok(decision)),
            Err(JsonError::Input(error)) => Err(Problem::input(&error)),
            Err(JsonError::Evaluate(error)) => Ok(Err(error)),
        })?;
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

    /// Counts the problem, if there is one.
    fn counted<T>(&self, done: Result<T, Problem>) -> Result<T, Problem> {
        done.inspect_err(|problem| self.service.metrics().failed(problem.kind))
    }

    fn check_time(&self, now: Instant) -> Result<(), Problem> {
        let until_ns = u128::from(self.until_ns.load(Ordering::Relaxed));
        if now.duration_since(self.begun).as_nanos() < until_ns {
            return Ok(());
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
        id: impl Display,
        recorded: Option<Result<(), RecordError>>,
        tally: &mut Tally<'s>,
    ) -> Result<Decision<'s>, Problem> {
        let unrecorded = match recorded {
            Some(Ok(())) => None,
            Some(Err(error)) => Some(error.to_string()),
            None => Some("the recorder says nothing of it".to_owned()),
        };
        if let Some(reason) = &unrecorded {
            tracing::error!(reason, %id, "it is not recorded");
        }
        let decision = self.outcome?;
        if unrecorded.is_some() {
            let detail = "the decision could not be recorded, so nothing is allowed: the server's log tells why";
            return Err(Problem::new(Kind::NotRecorded, detail));
        }
        tally.decided(self.policy, &decision, self.duration);
        tracing::debug!(%id, allowed = decision.is_allowed(), "decided");
        Ok(decision)
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
