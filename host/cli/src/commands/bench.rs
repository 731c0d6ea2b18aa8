//! `scopegate bench`: how fast a policy loads and decides.
//!
//! Always true here: every round decides all the requests in their order, and the median of the rounds is what is said.

use std::hint::black_box;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use scopegate::{Excerpt, Policy, Request};
use scopegate_store::cases;
use serde::Serialize;

use crate::arguments::{Bench, Format, PolicyChoice};
use crate::commands::check::{name, open};
use crate::exit::Exit;
use crate::output::{self, FAINT, Plain};
use crate::policy;
use crate::requests::{Requests, now};

/// What `--format json` prints.
#[derive(Serialize)]
struct Figures<'a> {
    policy: &'a scopegate::PolicyId,
    requests: usize,
    /// From the component's bytes to a policy that is ready to decide.
    load_milliseconds: f64,
    /// From a typed request to a typed decision.
    typed_nanoseconds: u128,
    /// The same, many requests at once.
    batch_nanoseconds: u128,
    /// From a request's JSON to the decision's.
    json_nanoseconds: u128,
}

impl Bench {
    pub(crate) fn run(self) -> anyhow::Result<Exit> {
        let PolicyChoice {
            policy,
            store,
            cache,
        } = &self.policy;
        let path = policy.as_deref();
        let chosen = policy::chosen(path, store.as_deref(), cache)?;
        let requests = self.requests()?;
        let time = Duration::from_millis(self.time);
        let started = Instant::now();
        let policy = chosen.load(path)?;
        let load = started.elapsed();
        for request in &requests {
            policy
                .evaluate(request)
                .context("a request cannot be decided")?;
        }
        let figures = Figures {
            policy: policy.id(),
            requests: requests.len(),
            load_milliseconds: load.as_secs_f64() * 1000.0,
            typed_nanoseconds: median(time, requests.len(), || {
                for request in &requests {
                    drop(black_box(policy.evaluate(black_box(request))));
                }
            }),
            batch_nanoseconds: median(time, requests.len(), || {
                drop(black_box(policy.evaluate_batch(black_box(&requests))));
            }),
            json_nanoseconds: json(&policy, &requests, time)?,
        };
        match self.format {
            Format::Json => {
                let mut out = output::data();
                serde_json::to_writer(&mut out, &figures).map_err(io::Error::from)?;
                writeln!(out)?;
                out.flush()?;
            }
            Format::Text => print(&figures)?,
        }
        Ok(Exit::Done)
    }

    fn requests(&self) -> anyhow::Result<Vec<Request>> {
        let Some(file) = &self.file else {
            let bases = include_str!("../../../../policies/webriskops/1.1.0/bases.json");
            let text = include_str!("../../../../policies/webriskops/1.1.0/cases.jsonl");
            let cases = cases::read_texts(text, Some(bases))?;
            return Ok(cases.into_iter().map(|case| case.request).collect());
        };
        let name = name(file);
        let mut read = Vec::new();
        let mut requests = Requests::new(open(file)?);
        while let Some(item) = requests
            .next(&mut || Ok(()))
            .with_context(|| format!("the requests `{name}` cannot be read"))?
        {
            match item.request {
                Ok(request) => read.push(request),
                Err(invalid) => bail!(
                    "{name}:{}:{}: `{}`: {}",
                    invalid.line,
                    invalid.column,
                    Excerpt(&invalid.path),
                    invalid.message
                ),
            }
        }
        Ok(read)
    }
}

fn json(policy: &Policy, requests: &[Request], time: Duration) -> anyhow::Result<u128> {
    let texts: Vec<Vec<u8>> = requests
        .iter()
        .map(serde_json::to_vec)
        .collect::<Result<_, _>>()?;
    let mut line = Vec::new();
    Ok(median(time, requests.len(), || {
        for text in &texts {
            line.clear();
            let decision = policy.evaluate_json(black_box(text), now);
            if let Ok(decision) = black_box(decision) {
                decision.write_json(&mut line);
            }
            black_box(&line);
        }
    }))
}

/// The nanoseconds that one of `count` requests takes: the median of as many rounds as fit in `time`, and of at least one.
fn median(time: Duration, count: usize, mut round: impl FnMut()) -> u128 {
    let started = Instant::now();
    let mut rounds = Vec::new();
    while rounds.is_empty() || started.elapsed() < time {
        let begun = Instant::now();
        round();
        rounds.push(begun.elapsed());
    }
    rounds.sort_unstable();
    rounds[rounds.len() / 2].as_nanos() / count.max(1) as u128
}

fn print(figures: &Figures<'_>) -> anyhow::Result<()> {
    let mut out = output::people();
    let policy = figures.policy;
    writeln!(
        out,
        "{} {}, {} request{}, one thread\n",
        Plain(&policy.name),
        Plain(&policy.version),
        figures.requests,
        if figures.requests == 1 { "" } else { "s" }
    )?;
    writeln!(
        out,
        "{FAINT}{:<24}{FAINT:#}  {:>12.1} ms",
        "load", figures.load_milliseconds
    )?;
    for (what, nanoseconds) in [
        ("typed decision", figures.typed_nanoseconds),
        ("typed decision, batched", figures.batch_nanoseconds),
        ("JSON to JSON", figures.json_nanoseconds),
    ] {
        let a_second = 1_000_000_000 / nanoseconds.max(1);
        writeln!(
            out,
            "{FAINT}{what:<24}{FAINT:#}  {nanoseconds:>12} ns  {a_second:>12} a second"
        )?;
    }
    Ok(out.flush()?)
}
