//! The time that decisions are made at.
//!
//! Always true here: while the process runs the time never goes back, whatever is done to the system's clock, so that nothing that has run
//! out counts again.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering::Relaxed};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// How far behind the system's clock is when that is said, in milliseconds; less is how clocks are usually corrected.
const BEHIND_MS: i64 = 2_000;

/// A clock that follows the system's, but not back.
pub(crate) struct SteadyClock {
    begun: Instant,
    /// The most that the system's clock was ever ahead of the time since the process began, in milliseconds.
    ahead_ms: AtomicI64,
    /// The latest time that was told, in seconds since 1970.
    told: AtomicI64,
    /// Whether the system's clock is behind, and that was said.
    is_behind: AtomicBool,
}

impl SteadyClock {
    pub(crate) fn new() -> Self {
        Self {
            begun: Instant::now(),
            ahead_ms: AtomicI64::new(i64::MIN),
            told: AtomicI64::new(i64::MIN),
            is_behind: AtomicBool::new(false),
        }
    }

    /// What time it is, in seconds since 1970-01-01T00:00:00Z.
    pub(crate) fn now(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let milliseconds = |time: std::time::Duration| i64::try_from(time.as_millis());
        let system_ms = milliseconds(since.unwrap_or_default()).unwrap_or(i64::MAX);
        let running_ms = milliseconds(self.begun.elapsed()).unwrap_or(i64::MAX);
        self.at(system_ms, running_ms)
    }

    /// The time when the system's clock says `system_ms`, and the process has run for `running_ms`.
    fn at(&self, system_ms: i64, running_ms: i64) -> i64 {
        let ahead_ms = greatest(&self.ahead_ms, system_ms.saturating_sub(running_ms));
        let time_ms = running_ms.saturating_add(ahead_ms);
        // The time that a process has run goes back too where somebody makes a process believe so.
        let time = greatest(&self.told, time_ms.div_euclid(1_000));
        self.say(time.saturating_mul(1_000).max(time_ms) - system_ms);
        time
    }

    /// Says once that the system's clock is behind, and once that it no longer is.
    fn say(&self, behind_ms: i64) {
        let is_behind = self.is_behind.load(Relaxed);
        if behind_ms >= BEHIND_MS && !is_behind && !self.is_behind.swap(true, Relaxed) {
            tracing::error!(
                seconds = behind_ms / 1_000,
                "the clock was set back: decisions go on with the time from before, so that nothing that has run out counts again; set the \
                 clock right, or restart the service if it was wrong before"
            );
        } else if behind_ms < BEHIND_MS / 2 && is_behind && self.is_behind.swap(false, Relaxed) {
            tracing::info!("the clock is right again");
        }
    }
}

/// The greatest value that `of` ever had, `value` included.
fn greatest(of: &AtomicI64, value: i64) -> i64 {
    let known = of.load(Relaxed);
    if value <= known {
        // Most calls write nothing that other cores would have to read again.
        return known;
    }
    of.fetch_max(value, Relaxed).max(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: i64 = 86_400_000;

    #[test]
    fn the_time_never_goes_back() {
        let clock = SteadyClock::new();
        let begin = 20_000 * DAY_MS;
        let second = |time_ms: i64| time_ms / 1_000;
        // What the system's clock says, how long the process has run, and what time it is.
        for (system_ms, running_ms, time_ms, is_behind) in [
            (begin, 0, begin, false),
            (begin + 5_000, 5_000, begin + 5_000, false),
            // Three days back: the time goes on.
            (begin - 3 * DAY_MS, 6_000, begin + 6_000, true),
            (begin - 3 * DAY_MS + 60_000, 66_000, begin + 66_000, true),
            // Set right.
            (begin + 70_000, 70_000, begin + 70_000, false),
            // A little back, as clocks are corrected.
            (begin + 70_500, 71_000, begin + 71_000, false),
            // A day ahead counts at once, and back from there does not.
            (begin + DAY_MS, 72_000, begin + DAY_MS, false),
            (begin + 73_000, 73_000, begin + DAY_MS + 1_000, true),
            // Even the time that the process has run goes back.
            (begin - DAY_MS, 0, begin + DAY_MS + 1_000, true),
        ] {
            let said = (system_ms, running_ms);
            assert_eq!(clock.at(system_ms, running_ms), second(time_ms), "{said:?}");
            assert_eq!(clock.is_behind.load(Relaxed), is_behind, "{said:?}");
        }
    }
}
