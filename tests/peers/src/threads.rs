//! How much more two threads decide than one.
//!
//! Always true here: both threads share one policy and decide the same requests.

use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use scopegate::Request;

use crate::engines::{Native, Scopegate};
use crate::report::Threads;
use crate::timing::median;

const SLICE: Duration = Duration::from_millis(200);
const ROUNDS: usize = 7;

/// Two threads beside one, for the 20 rules by hand and by Scopegate: the median of rounds measured in turn.
pub(crate) fn measure(native: &Native, policy: &Scopegate, requests: &[Request]) -> Threads {
    let native = |request: &Request| black_box(native.unmet(request)).is_empty();
    let policy = |request: &Request| policy.allows(request);
    let mut ratios = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ratios.0.push(ratio(&native, requests));
        ratios.1.push(ratio(&policy, requests));
    }
    Threads {
        native: median(ratios.0),
        scopegate: median(ratios.1),
    }
}

fn ratio(decide: &(impl Fn(&Request) -> bool + Sync), requests: &[Request]) -> f64 {
    let one = rate(decide, requests);
    let two: f64 = thread::scope(|scope| {
        let threads = [(); 2].map(|()| scope.spawn(|| rate(decide, requests)));
        threads.map(|thread| thread.join().expect("no decision fails"))
    })
    .iter()
    .sum();
    two / one
}

/// Decisions a second.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn rate(decide: &impl Fn(&Request) -> bool, requests: &[Request]) -> f64 {
    let start = Instant::now();
    let mut decisions = 0;
    while start.elapsed() < SLICE {
        for request in requests {
            black_box(decide(request));
        }
        decisions += requests.len();
    }
    decisions as f64 / start.elapsed().as_secs_f64()
}
