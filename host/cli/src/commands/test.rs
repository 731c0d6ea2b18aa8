//! `scopegate test`: runs the cases of policies, and measures what they are worth.
//!
//! Always true here: an exit of 0 says that each case was decided as it expects and that nothing that was asked for is uncovered.

use std::io::Write;
use std::num::NonZero;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Context as _, bail};
use scopegate::{Engine, Policy};
use scopegate_compiler::{Mutant, RuleSet};

use crate::arguments::Test;
use crate::cases::{self, Case, Difference};
use crate::exit::Exit;
use crate::output::{self, BAD, FAINT, GOOD, Plain, STRONG, list};
use crate::policy::{self, Named, Rules};

impl Test {
    pub(crate) fn run(self) -> anyhow::Result<Exit> {
        let engine = policy::engine(&self.cache)?;
        let mut out = output::people();
        let mut exit = Exit::Done;
        for (index, folder) in self.folders.iter().enumerate() {
            if index > 0 {
                writeln!(out)?;
            }
            match self.folder(&engine, folder, &mut out) {
                Ok(of_folder) => exit.note(of_folder),
                Err(error) => {
                    out.flush()?;
                    output::error(&format!("{error:#}"));
                    exit.note(Exit::Failed);
                }
            }
        }
        out.flush()?;
        Ok(exit)
    }

    fn folder(&self, engine: &Engine, folder: &Path, out: &mut impl Write) -> anyhow::Result<Exit> {
        if !folder.is_dir() {
            bail!(
                "`{}` is no folder: name the folder of a policy",
                folder.display()
            );
        }
        let cases = cases::read(folder)?;
        let mut exit = Exit::Done;
        let (policy, rules) = match policy::named(folder)? {
            Named::Rules(rules) => (engine.load(&rules.set.component()), Some(rules)),
            Named::Component { bytes, .. } => (engine.load(&bytes), None),
        };
        let policy = policy
            .with_context(|| format!("the policy in `{}` cannot be loaded", folder.display()))?;
        let of_cases = run(&policy, &cases, folder, out)?;
        exit.note(of_cases);
        if self.coverage || self.mutants {
            let Some(rules) = &rules else {
                bail!(
                    "`{}` holds a component: `--coverage` and `--mutants` need a `policy.toml`",
                    folder.display()
                );
            };
            if self.coverage {
                exit.note(coverage(engine, &rules.set, &cases, out)?);
            }
            if self.mutants && of_cases == Exit::Failed {
                bail!(
                    "no clause is dropped from `{}` until all its cases pass",
                    folder.display()
                );
            }
            if self.mutants {
                out.flush()?;
                exit.note(mutants(engine, rules, &cases, out)?);
            }
        }
        Ok(exit)
    }
}

/// Runs every case.
fn run(
    policy: &Policy,
    cases: &[Case],
    folder: &Path,
    out: &mut impl Write,
) -> anyhow::Result<Exit> {
    let mut failed = 0;
    for case in cases {
        let differences = match policy.evaluate(&case.request) {
            Ok(decision) => case.expect.differences(&decision),
            Err(error) => vec![Difference {
                what: "decision",
                expected: vec!["a decision".to_owned()],
                got: vec![format!("no decision: {:#}", anyhow::Error::new(error))],
            }],
        };
        if !differences.is_empty() {
            failed += 1;
            let file = folder.join("cases.jsonl");
            writeln!(
                out,
                "{BAD}FAIL{BAD:#} {STRONG}{}{STRONG:#}  {FAINT}{}:{}{FAINT:#}",
                Plain(&case.name),
                file.display(),
                case.line
            )?;
            for difference in &differences {
                show(difference, out)?;
            }
            writeln!(out)?;
        }
    }
    let (name, version) = (&policy.id().name, &policy.id().version);
    write!(
        out,
        "{} {}: {} of {} cases passed",
        Plain(name),
        Plain(version),
        cases.len() - failed,
        cases.len()
    )?;
    writeln!(
        out,
        "{}",
        if failed == 0 {
            String::new()
        } else {
            format!(", {BAD}{failed} failed{BAD:#}")
        }
    )?;
    Ok(if failed == 0 {
        Exit::Done
    } else {
        Exit::Failed
    })
}

/// Shows what was expected and not there, and what was there and not expected.
fn show(difference: &Difference, out: &mut impl Write) -> anyhow::Result<()> {
    let Difference {
        what,
        expected,
        got,
    } = difference;
    let only = |these: &[String], those: &[String]| -> Vec<String> {
        these
            .iter()
            .filter(|one| !those.contains(one))
            .cloned()
            .collect()
    };
    let (mut missing, mut extra) = (only(expected, got), only(got, expected));
    if missing.is_empty() && extra.is_empty() {
        // Only their order or their number differs.
        (missing, extra) = (vec![list(expected)], vec![list(got)]);
    }
    writeln!(out, "  {what}")?;
    for text in &missing {
        writeln!(out, "    {GOOD}- expected{GOOD:#}  {}", Plain(text))?;
    }
    for text in &extra {
        writeln!(out, "    {BAD}+ got{BAD:#}       {}", Plain(text))?;
    }
    Ok(())
}

/// How often the cases saw a requirement in each way.
#[derive(Debug, Default, Clone, Copy)]
struct Seen {
    met: usize,
    unmet: usize,
    not_applying: usize,
}

/// Lists how the cases saw each requirement.
fn coverage(
    engine: &Engine,
    rules: &RuleSet,
    cases: &[Case],
    out: &mut impl Write,
) -> anyhow::Result<Exit> {
    let policy = engine
        .load(&rules.coverage_component())
        .context("the component that measures coverage cannot be loaded")?;
    let ids: Vec<&str> = rules.requirements().collect();
    let mut seen = vec![Seen::default(); ids.len()];
    for case in cases {
        // A case that cannot be decided has failed, and shows nothing.
        let Ok(decision) = policy.evaluate(&case.request) else {
            continue;
        };
        let mut states = vec![(false, false); ids.len()];
        for state in &decision.ready {
            if let Some(index) = state.strip_prefix("applies_") {
                states[index.parse::<usize>()?].0 = true;
            } else if let Some(index) = state.strip_prefix("holds_") {
                states[index.parse::<usize>()?].1 = true;
            }
        }
        for (seen, state) in seen.iter_mut().zip(states) {
            match state {
                (false, _) => seen.not_applying += 1,
                (true, true) => seen.met += 1,
                (true, false) => seen.unmet += 1,
            }
        }
    }
    let width = ids.iter().map(|id| id.len()).max().unwrap_or_default();
    let mut uncovered = 0;
    writeln!(
        out,
        "\n{FAINT}{:<width$}     met   unmet  not applying{FAINT:#}",
        "requirement"
    )?;
    for (
        id,
        Seen {
            met,
            unmet,
            not_applying,
        },
    ) in ids.iter().zip(&seen)
    {
        let is_covered = *met > 0 && *unmet > 0 && *not_applying > 0;
        uncovered += usize::from(!is_covered);
        let mark = if is_covered {
            String::new()
        } else {
            format!("  {BAD}not covered{BAD:#}")
        };
        writeln!(
            out,
            "{id:<width$}  {met:>6}  {unmet:>6}  {not_applying:>12}{mark}"
        )?;
    }
    writeln!(
        out,
        "{} of {} requirements seen met, unmet and not applying",
        ids.len() - uncovered,
        ids.len()
    )?;
    Ok(if uncovered == 0 {
        Exit::Done
    } else {
        Exit::Failed
    })
}

/// Drops every clause in turn, and lists those that no case misses.
fn mutants(
    engine: &Engine,
    rules: &Rules,
    cases: &[Case],
    out: &mut impl Write,
) -> anyhow::Result<Exit> {
    let mutants = rules.set.mutants();
    let progress = output::progress(mutants.len(), "mutants");
    let next = AtomicUsize::new(0);
    let work = || {
        let mut survivors = Vec::new();
        while let Some(index) =
            Some(next.fetch_add(1, Ordering::Relaxed)).filter(|index| *index < mutants.len())
        {
            if !is_noticed(engine, &rules.set, &mutants[index], cases)? {
                survivors.push(index);
            }
            progress.inc(1);
        }
        anyhow::Ok(survivors)
    };
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let mut survivors = thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let mut survivors = Vec::new();
        for thread in threads {
            survivors.extend(
                thread
                    .join()
                    .expect("a thread that tests mutants does not panic")?,
            );
        }
        anyhow::Ok(survivors)
    })?;
    progress.finish_and_clear();
    survivors.sort_unstable();
    let count = survivors.len();
    survivors.retain(|index| !is_proof(&rules.source, &mutants[*index]));
    let proofs = count - survivors.len();
    writeln!(out)?;
    for index in &survivors {
        let Mutant {
            clause,
            owner,
            span,
            ..
        } = &mutants[*index];
        let line = rules.source[..span.start.min(rules.source.len())]
            .matches('\n')
            .count()
            + 1;
        let clause = clause.split_whitespace().collect::<Vec<_>>().join(" ");
        writeln!(
            out,
            "{BAD}UNNOTICED{BAD:#} {STRONG}{}{STRONG:#}  {FAINT}{owner}, {}:{line}{FAINT:#}",
            Plain(&clause),
            rules.file.display()
        )?;
    }
    write!(
        out,
        "{} clauses dropped, {} unnoticed",
        mutants.len(),
        survivors.len()
    )?;
    if proofs > 0 {
        write!(
            out,
            " (and {proofs} that the compiler demands, to prove facts present)"
        )?;
    }
    writeln!(out)?;
    Ok(if survivors.is_empty() {
        Exit::Done
    } else {
        Exit::Failed
    })
}

/// Whether some case fails without the clause.
fn is_noticed(
    engine: &Engine,
    rules: &RuleSet,
    mutant: &Mutant,
    cases: &[Case],
) -> anyhow::Result<bool> {
    let policy = engine
        .load(&rules.component_without(mutant))
        .with_context(|| format!("the policy without `{}` cannot be loaded", mutant.clause))?;
    Ok(cases.iter().any(|case| {
        !policy
            .evaluate(&case.request)
            .is_ok_and(|decision| case.expect.is_met_by(&decision))
    }))
}

/// Whether the rules do not compile without the clause, because it proves a fact present that the rest uses: then nobody can leave it out.
fn is_proof(source: &str, mutant: &Mutant) -> bool {
    let compiles = |instead: &str| {
        let Mutant { span, .. } = mutant;
        let parts = (source.get(..span.start), source.get(span.end..));
        let (Some(before), Some(after)) = parts else {
            return false;
        };
        RuleSet::check(&format!("{before}{instead}{after}")).is_ok()
    };
    // A member of a list is no condition: nothing can be proven by it.
    let is_condition = || compiles(&format!("(({}) && true)", mutant.clause));
    (!compiles("true") || !compiles("false")) && is_condition()
}
