//! Where decisions are written down before they are answered.
//!
//! Always true here: a decision that could not be recorded is not answered.

use std::fmt;
use std::time::Duration;

use scopegate::{Decision, EvaluateError, PolicyId, Request};

/// Writes decisions down.
pub trait Recorder: Send + Sync {
    /// Writes `entries` down, and says of each, in order, whether it is. Those that are not are refused with 503, and so are those of which
    /// nothing is said.
    ///
    /// It is called on the thread that decides, so it should be quick: hand over what takes long.
    fn record(&self, entries: &[Recorded<'_>]) -> Vec<Result<(), RecordError>>;

    /// Why no decision can be recorded now, if that is known: the service is not ready then.
    fn trouble(&self) -> Option<String> {
        None
    }

    /// What it has done so far.
    fn counters(&self) -> RecordCounters {
        RecordCounters::default()
    }
}

/// What a recorder has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RecordCounters {
    /// Decisions that are written down.
    pub written: u64,
    /// Decisions that were to be and are not.
    pub dropped: u64,
    /// How often something could not be written.
    pub failures: u64,
}

/// A decision or why there is none, and what led to it.
#[derive(Debug, Clone, Copy)]
pub struct Recorded<'a> {
    /// The decision's id: a UUID, and in a batch its UUID, `/` and the request's index from 0.
    pub id: &'a str,
    /// The name of the caller's token; `anonymous` without one.
    pub by: &'a str,
    /// The caller's `X-Request-ID`, if any.
    pub request_id: Option<&'a str>,
    /// The facts, at the time of the decision.
    pub request: &'a Request,
    /// The policy that was asked.
    pub policy: &'a PolicyId,
    /// What was decided, or why the policy could not decide.
    pub outcome: Result<&'a Decision<'a>, &'a EvaluateError>,
    /// How long it took to decide.
    pub duration: Duration,
}

/// Why a decision could not be written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordError {
    /// What went wrong, for the log; a caller is not told.
    pub reason: String,
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the decision cannot be recorded: {}", self.reason)
    }
}

impl std::error::Error for RecordError {}
