//! Every engine behind the same few functions, so that all are treated alike.
//!
//! Always true here: rules and requests are in the engine's own form before anything is timed or weighed.

use std::hint::black_box;

use scopegate::Request;

use crate::engine::{Answer, Engine};
use crate::engines::{Cedar, Cel, Datalogic, Native, Regorus, Scopegate, Zen};
use crate::memory::resident_kib;
use crate::requests;
use crate::rules::Rules;
use crate::timing::load_milliseconds;

/// What can be done with an engine.
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    pub(crate) package: &'static str,
    /// Loads the rules and takes the requests.
    pub(crate) contend: fn(&Rules, &[Request]) -> Box<dyn Contender>,
    /// How many milliseconds it takes to load the rules.
    pub(crate) load_milliseconds: fn(&Rules) -> f64,
    /// By how many KiB this process grows when it loads the rules and decides so often.
    pub(crate) growth_kib: fn(&Rules, &[Request], usize) -> Option<u64>,
}

/// All engines: the floor, Scopegate, and the peers.
pub(crate) static ALL: [Entry; 7] = [
    entry::<Native>(),
    entry::<Scopegate>(),
    entry::<Cedar>(),
    entry::<Regorus>(),
    entry::<Cel>(),
    entry::<Datalogic>(),
    entry::<Zen>(),
];

/// An engine that has its rules and its requests.
pub(crate) trait Contender {
    /// What it says about one of the requests; `ids` are those of the rules.
    fn answer(&mut self, request: usize, ids: &[String]) -> Answer;
    /// Decides so many requests, beginning after those of the call before.
    fn run(&mut self, decisions: usize);
    /// The same, each from the typed request.
    fn run_typed(&mut self, decisions: usize);
}

struct Loaded<E: Engine> {
    engine: E,
    requests: Vec<E::Prepared>,
    typed: Vec<Request>,
    next: usize,
}

impl<E: Engine> Loaded<E> {
    fn new(rules: &Rules, requests: &[Request]) -> Self {
        let prepare = |request| E::prepare(request, &requests::facts(request));
        Self {
            engine: E::load(&E::source(rules)),
            requests: requests.iter().map(prepare).collect(),
            typed: requests.to_vec(),
            next: 0,
        }
    }

    fn each(&mut self, decisions: usize, decide: impl Fn(&mut Self, usize)) {
        for _ in 0..decisions {
            decide(self, self.next);
            self.next += 1;
            if self.next == self.requests.len() {
                self.next = 0;
            }
        }
    }
}

impl<E: Engine> Contender for Loaded<E> {
    fn answer(&mut self, request: usize, ids: &[String]) -> Answer {
        self.engine.answer(&self.requests[request], ids)
    }

    fn run(&mut self, decisions: usize) {
        self.each(decisions, |all, next| {
            black_box(all.engine.decide(&all.requests[next]));
        });
    }

    fn run_typed(&mut self, decisions: usize) {
        self.each(decisions, |all, next| {
            black_box(all.engine.decide_typed(&all.typed[next]));
        });
    }
}

const fn entry<E: Engine + 'static>() -> Entry {
    Entry {
        name: E::NAME,
        package: E::CRATE,
        contend: |rules, requests| Box::new(Loaded::<E>::new(rules, requests)),
        load_milliseconds: |rules| {
            let source = E::source(rules);
            load_milliseconds(|| E::load(&source))
        },
        growth_kib: growth_kib::<E>,
    }
}

fn growth_kib<E: Engine>(rules: &Rules, requests: &[Request], decisions: usize) -> Option<u64> {
    // What was needed to prepare is kept, so that loading cannot live in its place unseen.
    let facts: Vec<_> = requests.iter().map(requests::facts).collect();
    let prepared: Vec<E::Prepared> = requests
        .iter()
        .zip(&facts)
        .map(|(request, facts)| E::prepare(request, facts))
        .collect();
    let source = E::source(rules);
    let before = resident_kib()?;
    let mut engine = E::load(&source);
    for request in prepared.iter().cycle().take(decisions) {
        black_box(engine.decide(request));
    }
    let after = resident_kib()?;
    drop((engine, prepared, source, facts));
    Some(after.saturating_sub(before))
}
