//! Decides one workload with Scopegate, with native Rust and with other engines, and prints one table.
//!
//! Always true here: nothing is timed before every engine gave the same answer to every request with every rule set.

mod agreement;
mod bars;
mod contender;
mod engine;
mod engines;
mod json;
mod memory;
mod plain;
mod report;
mod requests;
mod rules;
mod table;
mod threads;
mod timing;

use std::hint::black_box;
use std::path::PathBuf;
use std::process::ExitCode;

use scopegate::Request;

use crate::agreement::Mix;
use crate::contender::ALL;
use crate::engine::Engine as _;
use crate::engines::{Native, Scopegate};
use crate::report::{Json, Report, Row, Set};
use crate::rules::{RuleSet, Rules};
use crate::timing::{Work, load_milliseconds};

const USAGE: &str = "usage: scopegate-peers [--json FILE]";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        [] => run(None),
        ["--json", file] => run(Some(file.into())),
        [memory::ARGUMENT, engine, set] => memory::child(engine, set),
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(file: Option<PathBuf>) -> Result<(), String> {
    let requests = requests::all();
    let mut loaded = Vec::new();
    for set in RuleSet::ALL {
        let rules = Rules::of(set);
        let mut contenders: Vec<_> = ALL
            .iter()
            .map(|entry| (entry.contend)(&rules, &requests))
            .collect();
        let mix = agreement::agree(set, &rules, &requests, &mut contenders);
        eprintln!("{}: all engines agree", set.name());
        loaded.push((set, rules, contenders, mix));
    }
    let rules = Rules::of(RuleSet::Twenty);
    let native = Native::load(&Native::source(&rules));
    let policy = Scopegate::load(&Scopegate::source(&rules));
    let texts = json::texts(&requests);
    let baseline = json::Baseline::of(&policy);
    json::agree(&policy, &baseline, &texts);

    // All sets in turn too: the bars compare one with another.
    eprintln!("measuring");
    let mut works: Vec<Work<'_>> = loaded
        .iter_mut()
        .flat_map(|(_, _, contenders, _)| contenders)
        .map(|contender| Box::new(|decisions| contender.run(decisions)) as Work<'_>)
        .collect();
    let times = timing::measure(&mut works);
    drop(works);
    let mut works: Vec<Work<'_>> = loaded
        .iter_mut()
        .flat_map(|(_, _, contenders, _)| contenders)
        .map(|contender| Box::new(|decisions| contender.run_typed(decisions)) as Work<'_>)
        .collect();
    let typed = timing::measure(&mut works);
    drop(works);
    let times = times.chunks(ALL.len()).zip(typed.chunks(ALL.len()));
    let sets: Vec<Set> = loaded
        .into_iter()
        .zip(times)
        .map(|((set, rules, _, mix), (times, typed))| measured(set, &rules, &mix, times, typed))
        .collect();
    let json = measure_json(&policy, &baseline, &texts);
    let threads = threads::measure(&native, &policy, &requests);
    let report = report(&requests, sets, json, threads);
    print!("{report}");
    if let Some(file) = file {
        let data = serde_json::to_string_pretty(&report).expect("a report can be written");
        std::fs::write(&file, data + "\n")
            .map_err(|error| format!("cannot write `{}`: {error}", file.display()))?;
    }
    Ok(())
}

fn report(requests: &[Request], sets: Vec<Set>, json: Json, threads: report::Threads) -> Report {
    Report {
        requests: requests.len(),
        bars: bars::judge(&sets, &json, &threads),
        sets,
        threads,
        json,
    }
}

/// One rule set's part of the report: `times`, and those from the typed request, are in the order of [`ALL`].
fn measured(set: RuleSet, rules: &Rules, mix: &Mix, times: &[f64], typed: &[f64]) -> Set {
    eprintln!("{}: loading and weighing", set.name());
    let native = times[0];
    let times = times.iter().zip(typed);
    let rows = ALL.iter().zip(times).map(|(entry, (time, typed))| Row {
        engine: entry.name,
        version: version(entry.package),
        nanoseconds: *time,
        typed_nanoseconds: *typed,
        ratio: time / native,
        load_milliseconds: (entry.load_milliseconds)(rules),
        memory_kib: memory::in_child(entry.name, set),
    });
    let source = Scopegate::source(rules);
    let component = Scopegate::compile(&source);
    Set {
        name: set.name(),
        allowed: mix.allowed,
        most_unmet: mix.most_unmet,
        rows: rows.collect(),
        compile_milliseconds: load_milliseconds(|| Scopegate::compile(&source)),
        component_milliseconds: load_milliseconds(|| Scopegate::load_component(&component)),
    }
}

fn measure_json(policy: &Scopegate, baseline: &json::Baseline, texts: &[Vec<u8>]) -> Json {
    let run = |decide: &dyn Fn(&[u8]) -> String, next: &mut usize, decisions: usize| {
        for _ in 0..decisions {
            black_box(decide(&texts[*next % texts.len()]));
            *next += 1;
        }
    };
    let (mut ours, mut plain) = (0, 0);
    let mut works: [Work<'_>; 2] = [
        Box::new(|decisions| run(&|text| policy.decide_json(text), &mut ours, decisions)),
        Box::new(|decisions| run(&|text| baseline.decide(text), &mut plain, decisions)),
    ];
    let times = timing::measure(&mut works);
    Json {
        scopegate: times[0],
        plain: times[1],
    }
}

/// The version of a crate, as the lock file has it.
fn version(package: &str) -> Option<String> {
    let lock = include_str!("../Cargo.lock");
    let (_, rest) = lock.split_once(&format!("name = \"{package}\"\nversion = \""))?;
    rest.split_once('"').map(|(version, _)| version.to_owned())
}
