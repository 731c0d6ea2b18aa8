//! What the benchmarks share: fair timing, rule sets of some size, and the baselines.
//!
//! Always true here: what is compared is measured in the same run, a little of each in turn, so that a slow moment of the machine is slow for all.

pub mod empty;
pub mod interpreter;
pub mod requests;
pub mod rule_sets;
pub mod soak;
pub mod timing;
