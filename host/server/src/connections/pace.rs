//! How long a peer may be waited for.
//!
//! Always true here: whoever moves fewer bytes a second than the least rate, on the whole, is waited for no longer than the allowance.

use std::time::Duration;

use tokio::time::Instant;

/// An allowance of waiting time. Waiting uses it up; bytes that move give it back, up to all of it.
#[derive(Debug)]
pub(crate) struct Pace {
    allowance: Duration,
    /// Bytes a second.
    least_rate: u64,
    left: Duration,
    waiting_since: Option<Instant>,
}

impl Pace {
    /// At most `allowance` of waiting, and a second more for each `least_rate` bytes that move.
    pub(crate) fn new(allowance: Duration, least_rate: u64) -> Self {
        Self {
            allowance,
            least_rate: least_rate.max(1),
            left: allowance,
            waiting_since: None,
        }
    }

    /// The peer is waited for, from `now` on if it is not already. Gives until when.
    pub(crate) fn waits(&mut self, now: Instant) -> Instant {
        let since = *self.waiting_since.get_or_insert(now);
        since.checked_add(self.left).unwrap_or_else(far)
    }

    /// So many `bytes` have moved, and the peer is no longer waited for.
    pub(crate) fn moved(&mut self, bytes: usize) {
        let since = self.waiting_since.take();
        if since.is_none() && self.left == self.allowance {
            return;
        }
        let waited = since.map_or(Duration::ZERO, |since| since.elapsed());
        let given = u128::try_from(bytes).unwrap_or_default() * 1_000_000_000;
        let given = given / u128::from(self.least_rate);
        let given = Duration::from_nanos(u64::try_from(given).unwrap_or(u64::MAX));
        let left = self.left.saturating_sub(waited).saturating_add(given);
        self.left = left.min(self.allowance);
    }
}

/// So late that nobody waits so long.
fn far() -> Instant {
    Instant::now() + Duration::from_hours(24 * 365)
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    /// What is waited, and what moves then; whether more is waited for.
    #[tokio::test(start_paused = true)]
    async fn those_below_the_least_rate_are_not_waited_for() {
        let seconds = Duration::from_secs;
        for (rate, steps, is_over) in [
            // Nothing moves.
            (100, vec![(29, 0)], false),
            (100, vec![(30, 0)], true),
            // Two bytes a second, and one byte a minute.
            (100, vec![(1, 2); 30], false),
            (100, vec![(1, 2); 31], true),
            (100, vec![(60, 1)], true),
            // As fast as the least rate, however long.
            (100, vec![(1, 100); 1_000], false),
            (100, vec![(10, 1_000); 1_000], false),
            // What was fast for long is not waited for longer afterwards.
            (100, vec![(1, 1_000_000), (30, 0)], true),
            // Half of the rate: the allowance lasts twice as long.
            (100, vec![(1, 50); 58], false),
            (100, vec![(1, 50); 61], true),
            // A rate of zero is one.
            (0, vec![(1, 1); 1_000], false),
        ] {
            let mut pace = Pace::new(seconds(30), rate);
            let mut was_over = false;
            for (waited, bytes) in &steps {
                let until = pace.waits(Instant::now());
                advance(seconds(*waited)).await;
                was_over |= until <= Instant::now();
                pace.moved(*bytes);
            }
            assert_eq!(was_over, is_over, "{rate} {steps:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn only_waiting_counts() {
        let mut pace = Pace::new(Duration::from_secs(30), 100);
        for _ in 0..10 {
            advance(Duration::from_mins(1)).await;
            pace.waits(Instant::now());
            pace.moved(1);
        }
        let now = Instant::now();
        assert!(pace.waits(now) > now);
    }

    #[test]
    fn long_allowances_do_not_overflow() {
        let mut pace = Pace::new(Duration::MAX, u64::MAX);
        pace.waits(Instant::now());
        pace.moved(usize::MAX);
        let now = Instant::now();
        assert!(pace.waits(now) > now);
    }
}
