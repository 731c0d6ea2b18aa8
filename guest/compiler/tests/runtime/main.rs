//! The runtime that every component brings along, by itself: each function against what it is to be.
//!
//! Random tests print their seed; `SEED=<number>` runs one again.

mod machine;
mod memory;
mod merge;
mod pattern;
mod spelling;
mod text;
mod trace;
mod url;

/// A source of random values, its seed printed.
fn random(test: &str) -> fastrand::Rng {
    let seed = std::env::var("SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    println!("{test}: SEED={seed}");
    fastrand::Rng::with_seed(seed)
}
