//! The timer of the heads of one connection.
//!
//! Always true here: it is set for one head after the other, which costs next to nothing, for it is set later each time; to register one for
//! each head, and to take it back, takes as long as to decide some requests.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hyper::rt::{Sleep, Timer};

type Alarm = Pin<Box<tokio::time::Sleep>>;

/// Lends its one timer to whoever waits for a head; another one, if somebody has it.
#[derive(Clone, Default)]
pub(crate) struct HeadTimer {
    idle: Arc<Mutex<Option<Alarm>>>,
}

impl HeadTimer {
    fn idle<T>(&self, with: impl FnOnce(&mut Option<Alarm>) -> T) -> T {
        with(&mut self.idle.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Timer for HeadTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    /// The time of the timers.
    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        let alarm = match self.idle(Option::take) {
            Some(mut alarm) => {
                alarm.as_mut().reset(deadline.into());
                alarm
            }
            None => Box::pin(tokio::time::sleep_until(deadline.into())),
        };
        Box::pin(Lent {
            alarm: Some(alarm),
            of: self.clone(),
        })
    }
}

/// The timer while somebody waits with it.
struct Lent {
    /// There until it is given back.
    alarm: Option<Alarm>,
    of: HeadTimer,
}

impl Future for Lent {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.alarm {
            Some(alarm) => alarm.as_mut().poll(cx),
            None => Poll::Ready(()),
        }
    }
}

impl Sleep for Lent {}

impl Drop for Lent {
    fn drop(&mut self) {
        let alarm = self.alarm.take();
        self.of.idle(|idle| *idle = alarm);
    }
}
