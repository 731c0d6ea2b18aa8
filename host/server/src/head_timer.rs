//! The timer of the heads of one connection.
//!
//! Always true here: it is set for one head after the other, which costs next to nothing, for it is set later each time; to register one for
//! each head, and to take it back, takes as long as to decide some requests.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hyper::rt::{Sleep, Timer};

type Set = Pin<Box<tokio::time::Sleep>>;

/// Gives its one timer to whoever waits for a head; if somebody has it, another one.
#[derive(Clone, Default)]
pub(crate) struct HeadTimer {
    idle: Arc<Mutex<Option<Set>>>,
}

impl HeadTimer {
    fn idle<T>(&self, with: impl FnOnce(&mut Option<Set>) -> T) -> T {
        with(&mut self.idle.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Timer for HeadTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(Instant::now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        let set = match self.idle(Option::take) {
            Some(mut set) => {
                set.as_mut().reset(deadline.into());
                set
            }
            None => Box::pin(tokio::time::sleep_until(deadline.into())),
        };
        Box::pin(Lent {
            set: Some(set),
            of: self.clone(),
        })
    }
}

/// The timer while somebody waits with it.
struct Lent {
    /// There until it is given back.
    set: Option<Set>,
    of: HeadTimer,
}

impl Future for Lent {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.set {
            Some(set) => set.as_mut().poll(cx),
            None => Poll::Ready(()),
        }
    }
}

impl Sleep for Lent {}

impl Drop for Lent {
    fn drop(&mut self) {
        let set = self.set.take();
        self.of.idle(|idle| *idle = set);
    }
}
