//! Times several things in turn, round after round.
//!
//! Always true here: every contender gets the same time in every round, so what else the machine does meets all alike.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// How long one contender is measured in one round.
const SLICE: Duration = Duration::from_millis(40);
/// How many rounds there are; the median counts.
pub(crate) const ROUNDS: usize = 15;
/// How long one look at the clock should be worth.
const BATCH: Duration = Duration::from_millis(1);

/// Something to measure: it makes so many decisions, each time going on where it stopped.
pub(crate) type Work<'w> = Box<dyn FnMut(usize) + 'w>;

/// The nanoseconds that one decision of each takes: the median of its rounds.
pub(crate) fn measure(contenders: &mut [Work<'_>]) -> Vec<f64> {
    let mut batches = vec![1; contenders.len()];
    let mut rounds: Vec<Vec<f64>> = vec![Vec::new(); contenders.len()];
    for round in 0..=ROUNDS {
        let contenders = contenders.iter_mut().zip(&mut batches).zip(&mut rounds);
        for ((work, batch), times) in contenders {
            let time = once(work, *batch);
            // The first round warms caches, and tells how many decisions go into one look at the clock.
            if round == 0 {
                *batch = batch_of(time);
            } else {
                times.push(time);
            }
        }
    }
    rounds.into_iter().map(median).collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the result is between 1 and 4,096"
)]
fn batch_of(nanoseconds: f64) -> usize {
    (BATCH.as_secs_f64() * 1e9 / nanoseconds).clamp(1.0, 4_096.0) as usize
}

#[expect(
    clippy::cast_precision_loss,
    reason = "nanoseconds and counts are far below 2^52"
)]
fn once(work: &mut Work<'_>, batch: usize) -> f64 {
    let start = Instant::now();
    let mut decisions = 0;
    while start.elapsed() < SLICE {
        work(batch);
        decisions += batch;
    }
    start.elapsed().as_nanos() as f64 / decisions as f64
}

/// The milliseconds that `load` takes: the median of some runs.
pub(crate) fn load_milliseconds<T>(mut load: impl FnMut() -> T) -> f64 {
    const RUNS: usize = 5;
    let run = |_| {
        let start = Instant::now();
        let loaded = black_box(load());
        let time = start.elapsed().as_secs_f64() * 1e3;
        drop(loaded);
        time
    };
    median((0..RUNS).map(run).collect())
}

/// The middle of some times.
pub(crate) fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
