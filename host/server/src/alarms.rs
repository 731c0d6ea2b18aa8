//! Timers that the requests of one connection take in turn.
//!
//! Always true here: whoever waits with an alarm waits no longer than it was set. To set a timer later costs next to nothing; to register
//! one for each request, and to take it back, takes as long as to decide some.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::Request;
use tokio::time::{Instant, Sleep, sleep_until};

/// As long as nobody waits: thirty years.
const FOREVER: Duration = Duration::from_hours(30 * 365 * 24);

/// The timers of a connection that nobody waits with. It is an extension of its requests; others have timers of their own.
#[derive(Clone, Default)]
pub(crate) struct Alarms(Arc<Mutex<Vec<Pin<Box<Sleep>>>>>);

impl Alarms {
    /// Those of the request's connection.
    pub(crate) fn of(request: &Request) -> Self {
        request.extensions().get().cloned().unwrap_or_default()
    }

    /// What `work` gives, if that takes no longer than `time`.
    pub(crate) async fn within<T>(
        &self,
        time: Duration,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        let now = Instant::now();
        let mut alarm = self.set(now.checked_add(time).unwrap_or(now + FOREVER));
        let done = tokio::select! {
            biased;
            done = work => Some(done),
            () = &mut alarm => None,
        };
        self.idle(|idle| idle.push(alarm));
        done
    }

    fn set(&self, end: Instant) -> Pin<Box<Sleep>> {
        match self.idle(Vec::pop) {
            Some(mut alarm) => {
                alarm.as_mut().reset(end);
                alarm
            }
            None => Box::pin(sleep_until(end)),
        }
    }

    fn idle<T>(&self, with: impl FnOnce(&mut Vec<Pin<Box<Sleep>>>) -> T) -> T {
        with(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
