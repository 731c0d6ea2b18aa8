//! Random requests of which something interesting can be said: most begin as a base request of the default policy, in which a
//! few facts are replaced.
//!
//! The same seed gives the same requests.

mod address;
mod agreement;
mod field;
mod fresh;
mod pool;
mod spelled;

use crate::cases;
use agreement::AGREEMENTS;
use fastrand::Rng;
use field::TAKES;
use scopegate::Request;
use std::iter;

pub use spelled::spelled;

/// An endless sequence of requests.
#[derive(Debug, Clone)]
pub struct Requests {
    rng: Rng,
    bases: Vec<Request>,
}

impl Requests {
    /// The requests of a seed.
    pub fn new(seed: u64) -> Self {
        let bases = cases::bases();
        let read = |(name, value)| {
            cases::request(value).unwrap_or_else(|error| panic!("base {name}: {error}"))
        };
        Self {
            rng: Rng::with_seed(seed),
            bases: bases.iter().map(read).collect(),
        }
    }

    fn base(&mut self) -> Request {
        self.bases[self.rng.usize(..self.bases.len())].clone()
    }

    fn varied(&mut self) -> Request {
        let mut request = self.base();
        let changes = [0, 1, 2, 3, 4, 6, 8, 10, 14, 20][self.rng.usize(..10)];
        for _ in 0..changes {
            let other = if self.rng.u8(..3) == 0 {
                self.base()
            } else {
                fresh::request(&mut self.rng)
            };
            TAKES[self.rng.usize(..TAKES.len())](&mut request, &other);
        }
        request
    }
}

/// Requests that turn on URLs alone: scans of one page, with one pattern accepted and one excluded.
pub fn of_one_page(seed: u64) -> impl Iterator<Item = Request> {
    let bases = cases::bases();
    let base = cases::request(&bases["scan"]).expect("a request");
    let mut rng = Rng::with_seed(seed);
    iter::repeat_with(move || {
        let mut request = base.clone();
        let scan = request.scan.as_mut().expect("the base scans");
        let url = address::url(&mut rng);
        let pattern = |rng: &mut Rng| {
            if rng.u8(..3) == 0 {
                url.clone()
            } else {
                address::pattern(rng)
            }
        };
        (scan.accepted, scan.excluded) = (vec![pattern(&mut rng)], vec![pattern(&mut rng)]);
        scan.targets.truncate(1);
        scan.targets[0].url = url;
        request
    })
}

impl Iterator for Requests {
    type Item = Request;

    fn next(&mut self) -> Option<Request> {
        let mut request = if self.rng.u8(..12) == 0 {
            fresh::request(&mut self.rng)
        } else {
            self.varied()
        };
        if self.rng.bool() {
            for agree in AGREEMENTS {
                if self.rng.u8(..4) > 0 {
                    agree(&mut request);
                }
            }
        }
        Some(request)
    }
}

/// The seed that the environment variable `SCOPEGATE_SEED` names, or else this one. It is printed, so that a failure can be had again.
pub fn seed(default: u64) -> u64 {
    let seed = std::env::var("SCOPEGATE_SEED").map_or(default, |text| {
        text.parse().expect("SCOPEGATE_SEED is a whole number")
    });
    println!("SCOPEGATE_SEED={seed}");
    seed
}
