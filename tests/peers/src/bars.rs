//! The bars: what the project asks of itself beside native code and the peers.
//!
//! Always true here: a bar is judged on the figures of this run alone.

use crate::engine::Engine as _;
use crate::engines::{Native, Scopegate};
use crate::report::{Bar, Json, Set, Threads};

/// Where two threads of native code gain less than this, the machine has no second core to spare.
const SPARE_CORE: f64 = 1.9;

/// Judges the run. `sets` are in the order of `RuleSet::ALL`.
pub(crate) fn judge(sets: &[Set], json: &Json, threads: &Threads) -> Vec<Bar> {
    let [twenty, by_key, without_key] = sets else {
        unreachable!("there are three rule sets")
    };
    let ours = |set: &Set| set.row(Scopegate::NAME).nanoseconds;
    let native = |set: &Set| set.row(Native::NAME).nanoseconds;
    vec![
        at_most(
            "20 rules, times native Rust",
            ours(twenty) / native(twenty),
            5.0,
            "<= 5",
        ),
        at_most(
            "20 rules, times the fastest peer, typed",
            twenty.beside_the_fastest(|row| row.typed_nanoseconds),
            0.1,
            "<= 1/10",
        ),
        at_most(
            "1,000 rules by key, times Scopegate's 20",
            ours(by_key) / ours(twenty),
            1.5,
            "<= 1.5",
        ),
        at_most(
            "1,000 rules without key, times native's scan",
            ours(without_key) / native(without_key),
            2.0,
            "<= 2",
        ),
        at_most(
            "JSON to JSON, times serde and native",
            json.scopegate / json.plain,
            1.5,
            "<= 1.5",
        ),
        at_most(
            "20 rules, component to policy, ms",
            twenty.component_milliseconds,
            15.0,
            "< 15",
        ),
        Bar {
            what: "two threads, times one",
            found: threads.scopegate,
            asked: ">= 1.8 where native reaches 1.9",
            is_met: (threads.native >= SPARE_CORE).then_some(threads.scopegate >= 1.8),
        },
    ]
}

fn at_most(what: &'static str, found: f64, limit: f64, asked: &'static str) -> Bar {
    Bar {
        what,
        found,
        asked,
        is_met: Some(found <= limit),
    }
}
