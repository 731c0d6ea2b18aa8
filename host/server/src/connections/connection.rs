//! What is known of one open connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// What a connection may hold that others need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    /// One of the slots of requests.
    Slot,
    /// One of the places of streams.
    Stream,
}

/// What happens on a connection.
mod phase {
    /// A request is waited for.
    pub(super) const ASKS: u8 = 0;
    /// All of a request is there, and nothing of the answer.
    pub(super) const IS_DECIDED: u8 = 1;
    /// The answer goes; more of the request may come.
    pub(super) const IS_ANSWERED: u8 = 2;
    /// All that was there of the answer has gone.
    pub(super) const IS_SENT: u8 = 3;
}

/// One open connection.
#[derive(Debug)]
pub(crate) struct Connection {
    /// When it came.
    begun: Instant,
    /// It is only for who asks after the service's health.
    is_for_health: AtomicBool,
    /// Somebody who may ask for decisions has asked over it.
    is_known: AtomicBool,
    /// An answer has gone.
    has_answer: AtomicBool,
    /// Since when its peer is waited for, in nanoseconds since it came.
    waited_since: AtomicU64,
    phase: AtomicU8,
    /// How much is done for it just now beside that.
    work: AtomicUsize,
    held: [AtomicUsize; 2],
    unsent: AtomicUsize,
    end: Notify,
}

impl Connection {
    pub(super) fn new(is_for_health: bool) -> Self {
        Self {
            begun: Instant::now(),
            is_for_health: AtomicBool::new(is_for_health),
            is_known: AtomicBool::new(false),
            has_answer: AtomicBool::new(false),
            waited_since: AtomicU64::new(0),
            phase: AtomicU8::new(phase::ASKS),
            work: AtomicUsize::new(0),
            held: Default::default(),
            unsent: AtomicUsize::new(0),
            end: Notify::new(),
        }
    }

    /// Whether it has a place for those who ask after the service's health only.
    pub(crate) fn is_for_health(&self) -> bool {
        self.is_for_health.load(Ordering::Relaxed)
    }

    pub(super) fn set_for_all(&self) {
        self.is_for_health.store(false, Ordering::Relaxed);
    }

    /// Whether somebody who may ask for decisions has asked over it.
    pub(crate) fn is_known(&self) -> bool {
        self.is_known.load(Ordering::Relaxed)
    }

    /// Somebody who may ask for decisions asks over it.
    pub(crate) fn is_used_by_caller(&self) {
        self.is_known.store(true, Ordering::Relaxed);
    }

    /// Whether it was only asked over for what anybody is told, and nothing of that is still to be sent.
    pub(super) fn is_passing(&self) -> bool {
        let is_held = self.held.iter().any(|it| it.load(Ordering::Relaxed) > 0);
        let is_sent = self.phase.load(Ordering::Relaxed) != phase::IS_ANSWERED;
        let has_answer = self.has_answer.load(Ordering::Relaxed);
        has_answer && is_sent && !self.is_known() && !is_held && self.unsent() == 0
    }

    /// A request has come, or its head has.
    pub(crate) fn asks(&self, is_whole: bool) {
        let phase = if is_whole {
            phase::IS_DECIDED
        } else {
            phase::ASKS
        };
        self.phase.store(phase, Ordering::Relaxed);
    }

    /// The rest of the request has come.
    pub(super) fn has_asked(&self) {
        let (from, to) = (phase::ASKS, phase::IS_DECIDED);
        // If the answer has begun, the peer is waited for to read it.
        let _ = self
            .phase
            .compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// The answer begins.
    pub(crate) fn is_answered(&self) {
        self.progressed();
        self.phase.store(phase::IS_ANSWERED, Ordering::Relaxed);
    }

    /// All that was to be sent has gone.
    pub(super) fn has_sent(&self) {
        self.progressed();
        let (from, to) = (phase::IS_ANSWERED, phase::IS_SENT);
        let sent = self
            .phase
            .compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed);
        if sent.is_ok() {
            self.has_answer.store(true, Ordering::Relaxed);
        }
    }

    /// The peer has done what it was waited for.
    pub(super) fn progressed(&self) {
        let now = u64::try_from(self.begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.waited_since.store(now, Ordering::Relaxed);
    }

    /// How long its peer is waited for, if it is.
    pub(super) fn waited(&self) -> Option<Duration> {
        let since = Duration::from_nanos(self.waited_since.load(Ordering::Relaxed));
        let is_decided = self.phase.load(Ordering::Relaxed) == phase::IS_DECIDED;
        let is_waited_for = !is_decided && self.work.load(Ordering::Relaxed) == 0;
        is_waited_for.then(|| self.begun.elapsed().saturating_sub(since))
    }

    pub(super) fn holds(&self, what: Holds) -> bool {
        self.held[what as usize].load(Ordering::Relaxed) > 0
    }

    /// From now on it holds `what`.
    pub(crate) fn takes(&self, what: Holds) {
        self.held[what as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// It no longer holds `what`.
    pub(crate) fn gives(&self, what: Holds) {
        self.held[what as usize].fetch_sub(1, Ordering::Relaxed);
    }

    /// Bytes of large answers that its peer has not read.
    pub(super) fn unsent(&self) -> usize {
        self.unsent.load(Ordering::Relaxed)
    }

    pub(super) fn add_unsent(&self, bytes: usize) {
        self.unsent.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn subtract_unsent(&self, bytes: usize) {
        self.unsent.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Has whoever waits for [`ended`](Self::ended) end it.
    pub(super) fn end(&self) {
        self.end.notify_one();
    }

    /// Waits until it has to end.
    pub(crate) async fn ended(&self) {
        self.end.notified().await;
    }
}

/// Something that is done for a connection: as long as it is there, the peer is not waited for.
pub(crate) struct Working(Arc<Connection>);

impl Working {
    pub(crate) fn new(connection: &Arc<Connection>) -> Self {
        connection.work.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(connection))
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        self.0.progressed();
        self.0.work.fetch_sub(1, Ordering::Relaxed);
    }
}
