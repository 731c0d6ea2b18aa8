//! What callers of a log and the thread that writes it share.
//!
//! Always true here: every value is whole, whoever reads it when.

use std::mem;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use crate::chain::Kind;
use crate::entry;
use crate::hash::Hash;
use crate::store::Unsealed;

/// What a log has done since it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counters {
    /// Decisions that were written.
    pub written: u64,
    /// Decisions that were dropped.
    pub dropped: u64,
    /// How often something could not be written or tidied up.
    pub failures: u64,
    /// The bytes of decisions that wait to be written.
    pub queued_bytes: usize,
}

/// Where a log stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The number of the last line; 0 if there is none.
    pub sequence: u64,
    /// The hash of the last line: noted elsewhere, it proves later that the log was not cut.
    pub hash: Hash,
}

/// The most notices that are kept until somebody asks for them.
const NOTICES: usize = 100;

/// What callers and the writing thread share.
pub(crate) struct Shared {
    pub(crate) written: AtomicU64,
    pub(crate) dropped: AtomicU64,
    /// What was dropped and the log does not say yet.
    pub(crate) gap: AtomicU64,
    failures: AtomicU64,
    pub(crate) queued_bytes: AtomicUsize,
    position: Mutex<Position>,
    last_failure: Mutex<Option<String>>,
    paused: Mutex<Option<Paused>>,
    notices: Mutex<Vec<String>>,
}

/// Nothing can be written.
#[derive(Debug, Clone)]
pub(crate) struct Paused {
    since: SystemTime,
    pub(crate) reason: String,
    /// How many decisions were refused for that.
    refused: u64,
}

impl Paused {
    /// The line that says so, once it can be written.
    pub(crate) fn line(&self, now: SystemTime) -> Unsealed {
        let (time, since) = (entry::time(now), entry::time(self.since));
        let reason = serde_json::Value::from(self.reason.as_str());
        let refused = self.refused;
        let body =
            format!(r#""time":"{time}","since":"{since}","reason":{reason},"refused":{refused}"#);
        (Kind::Paused, body.into_bytes())
    }
}

impl Shared {
    pub(crate) fn new(position: Position) -> Self {
        Self {
            written: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            gap: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            queued_bytes: AtomicUsize::new(0),
            position: Mutex::new(position),
            last_failure: Mutex::new(None),
            paused: Mutex::new(None),
            notices: Mutex::new(Vec::new()),
        }
    }

    pub(crate) fn counters(&self) -> Counters {
        Counters {
            written: self.written.load(Relaxed),
            dropped: self.dropped.load(Relaxed),
            failures: self.failures.load(Relaxed),
            queued_bytes: self.queued_bytes.load(Relaxed),
        }
    }

    pub(crate) fn drop_one(&self) {
        self.dropped.fetch_add(1, Relaxed);
        self.gap.fetch_add(1, Relaxed);
    }

    /// Notes where the chain stands.
    pub(crate) fn place(&self, position: Position) {
        *lock(&self.position) = position;
    }

    pub(crate) fn position(&self) -> Position {
        *lock(&self.position)
    }

    /// Notes what went wrong.
    pub(crate) fn fail(&self, message: &str) {
        self.failures.fetch_add(1, Relaxed);
        *lock(&self.last_failure) = Some(message.to_owned());
    }

    pub(crate) fn last_failure(&self) -> Option<String> {
        lock(&self.last_failure).clone()
    }

    /// Notes what the operator should know of.
    pub(crate) fn notice(&self, notice: String) {
        self.fail(&notice);
        let mut notices = lock(&self.notices);
        if notices.len() < NOTICES {
            notices.push(notice);
        }
    }

    pub(crate) fn take_notices(&self) -> Vec<String> {
        mem::take(&mut *lock(&self.notices))
    }

    /// Notes that nothing can be written, and that so many more decisions were refused for it.
    pub(crate) fn pause(&self, now: SystemTime, reason: &str, refused: u64) {
        let mut paused = lock(&self.paused);
        let paused = paused.get_or_insert_with(|| {
            *lock(&self.last_failure) = Some(reason.to_owned());
            Paused {
                since: now,
                reason: String::new(),
                refused: 0,
            }
        });
        reason.clone_into(&mut paused.reason);
        paused.refused = paused.refused.saturating_add(refused);
    }

    /// Why nothing can be written, if that is so.
    pub(crate) fn paused(&self) -> Option<Paused> {
        lock(&self.paused).clone()
    }

    /// Notes that everything is written.
    pub(crate) fn resume(&self) {
        *lock(&self.paused) = None;
    }
}

fn lock<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}
