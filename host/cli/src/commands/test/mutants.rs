//! Which clauses the cases are worth.
//!
//! Always true here: a clause counts as noticed only if a case that passes with it fails without it.

use std::io::Write;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::Context as _;
use scopegate::Engine;
use scopegate_compiler::{Mutant, RuleSet};
use scopegate_store::cases::Case;

use crate::exit::Exit;
use crate::output::{self, BAD, FAINT, Plain, STRONG};
use crate::policy::Rules;

/// Drops every clause in turn, and lists those that no case misses.
pub(super) fn mutants(
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
