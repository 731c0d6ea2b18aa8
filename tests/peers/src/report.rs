//! What a run found, as data: what is printed and what is written for the plot.
//!
//! Always true here: times are nanoseconds a decision, loads milliseconds, memory KiB.

use serde::Serialize;

use crate::engine::Engine as _;
use crate::engines::{Native, Scopegate};

/// A whole run.
#[derive(Serialize)]
pub(crate) struct Report {
    /// How many requests there are.
    pub(crate) requests: usize,
    pub(crate) sets: Vec<Set>,
    pub(crate) threads: Threads,
    pub(crate) json: Json,
    pub(crate) bars: Vec<Bar>,
}

/// One rule set.
#[derive(Serialize)]
pub(crate) struct Set {
    pub(crate) name: &'static str,
    /// How many of the requests are allowed.
    pub(crate) allowed: usize,
    /// How many rules at most a request does not meet.
    pub(crate) most_unmet: usize,
    pub(crate) rows: Vec<Row>,
    /// The parts of Scopegate's load: from rules to component, and from component to policy.
    pub(crate) compile_milliseconds: f64,
    pub(crate) component_milliseconds: f64,
}

/// One engine with one rule set.
#[derive(Serialize)]
pub(crate) struct Row {
    pub(crate) engine: &'static str,
    /// The version of its crate; none for the floor.
    pub(crate) version: Option<String>,
    /// With the request in the engine's own form before the clock starts.
    pub(crate) nanoseconds: f64,
    /// From the typed request.
    pub(crate) typed_nanoseconds: f64,
    /// How many times the floor's time that is.
    pub(crate) ratio: f64,
    pub(crate) load_milliseconds: f64,
    /// Absent where the system does not tell.
    pub(crate) memory_kib: Option<u64>,
}

/// How many times as much two threads decide as one.
#[derive(Serialize)]
pub(crate) struct Threads {
    pub(crate) native: f64,
    pub(crate) scopegate: f64,
}

/// Nanoseconds from JSON text to JSON text.
#[derive(Serialize)]
pub(crate) struct Json {
    pub(crate) plain: f64,
    pub(crate) scopegate: f64,
}

/// What the project holds itself to.
#[derive(Serialize)]
pub(crate) struct Bar {
    pub(crate) what: &'static str,
    /// What this run found.
    pub(crate) found: f64,
    /// What is asked for, as it is written.
    pub(crate) asked: &'static str,
    /// Absent where this run cannot tell.
    pub(crate) is_met: Option<bool>,
}

impl Set {
    /// An engine's row.
    pub(crate) fn row(&self, engine: &str) -> &Row {
        let mut rows = self.rows.iter();
        rows.find(|row| row.engine == engine)
            .expect("every engine has a row")
    }

    /// Scopegate's time in parts of the fastest peer's.
    pub(crate) fn beside_the_fastest(&self, nanoseconds: impl Fn(&Row) -> f64) -> f64 {
        let ours = [Scopegate::NAME, Native::NAME];
        let peers = self.rows.iter().filter(|row| !ours.contains(&row.engine));
        let fastest = peers.map(&nanoseconds).fold(f64::INFINITY, f64::min);
        nanoseconds(self.row(Scopegate::NAME)) / fastest
    }
}
