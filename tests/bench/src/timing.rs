//! Times several things in turn, round after round.

use std::time::{Duration, Instant};

/// How long one contender is measured in one round. Slices are short, so that a disturbance of the machine affects all contenders alike.
const SLICE: Duration = Duration::from_millis(8);
/// How many rounds there are; the median counts.
pub const ROUNDS: usize = 75;

/// Something to measure.
pub struct Contender<'c> {
    /// What it is.
    pub name: &'static str,
    /// How many decisions one call of `work` makes.
    pub decisions: usize,
    /// Makes them.
    pub work: Box<dyn FnMut() + 'c>,
}

/// The nanoseconds that one decision of each contender takes: the median of its rounds.
pub fn measure(contenders: &mut [Contender<'_>]) -> Vec<f64> {
    let mut rounds: Vec<Vec<f64>> = vec![Vec::new(); contenders.len()];
    for round in 0..=ROUNDS {
        for (contender, times) in contenders.iter_mut().zip(&mut rounds) {
            let time = once(contender);
            // The first round warms caches and branch predictors.
            if round > 0 {
                times.push(time);
            }
        }
    }
    rounds.into_iter().map(median).collect()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "nanoseconds and counts are far below 2^52"
)]
fn once(contender: &mut Contender<'_>) -> f64 {
    let start = Instant::now();
    let mut decisions = 0;
    while start.elapsed() < SLICE {
        (contender.work)();
        decisions += contender.decisions;
    }
    start.elapsed().as_nanos() as f64 / decisions as f64
}

/// The middle of some times.
pub fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// The resident memory of this process in KiB, where the system tells (`/proc`).
pub fn resident_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
