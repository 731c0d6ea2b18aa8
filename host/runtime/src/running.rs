//! How long a call has run, and whether it may run on.
//!
//! Always true here: time counts while the thread runs, not while it waits for a core; a call that may not run on ends without a decision.

use std::cell::Cell;
use std::error::Error;
use std::fmt;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use wasmtime::{Trap, UpdateDeadline};

/// How long the call under way has run.
#[derive(Debug, Default)]
pub(crate) struct Running {
    /// What the thread's clock said when the call was first looked at.
    first_look: Option<Duration>,
}

impl Running {
    /// Another call begins.
    pub(crate) fn begin(&mut self) {
        self.first_look = None;
    }

    /// Looks at a call that runs: at each tick of the engine. An error ends the call.
    pub(crate) fn look(&mut self, limit: Duration) -> wasmtime::Result<UpdateDeadline> {
        let now = thread_time();
        let first = *self.first_look.get_or_insert(now);
        if now.saturating_sub(first) >= limit {
            return Err(Trap::Interrupt.into());
        }
        if !MAY_RUN_ON.get()() {
            return Err(Stopped.into());
        }
        Ok(UpdateDeadline::Continue(1))
    }
}

thread_local! {
    static MAY_RUN_ON: Cell<fn() -> bool> = const { Cell::new(|| true) };
}

/// Has `may_run_on` asked while calls run on this thread, each about every 20 milliseconds, whether the call may go on. It may take its time
/// before it answers, which does not count for the call. A call that may not go on ends with [`Fault::Stopped`](crate::Fault::Stopped).
///
/// Calls that are known to end soon are not asked about.
///
/// ```
/// scopegate::ask_while_running(|| true);
/// ```
pub fn ask_while_running(may_run_on: fn() -> bool) {
    MAY_RUN_ON.set(may_run_on);
}

/// A call was ended because the thread was told that it may not go on.
#[derive(Debug)]
pub(crate) struct Stopped;

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the call was stopped")
    }
}

impl Error for Stopped {}

/// How long this thread has run: by this the time of a call is measured.
///
/// ```
/// let before = scopegate::thread_time();
/// assert!(scopegate::thread_time() >= before);
/// ```
#[cfg(unix)]
pub fn thread_time() -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the time is written to a place that is there, and nothing else is done.
    if unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) } != 0 {
        return since_begin();
    }
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    let nanoseconds = u32::try_from(time.tv_nsec).unwrap_or_default();
    Duration::new(seconds, nanoseconds)
}

/// How long this thread has run: where threads have no clock of their own, the time that passes.
#[cfg(not(unix))]
pub fn thread_time() -> Duration {
    since_begin()
}

/// The time that has passed since it was first asked for.
fn since_begin() -> Duration {
    static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
    BEGIN.elapsed()
}
