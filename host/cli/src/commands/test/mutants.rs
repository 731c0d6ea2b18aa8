//! Which changes of a rule set its cases notice.
//!
//! Always true here: a change counts as noticed only if a case that passes without it fails with it.

use std::io::Write;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::Context as _;
use scopegate::Engine;
use scopegate_compiler::{Mutant, Mutation, RuleSet};
use scopegate_store::cases::Case;

use super::place::Places;
use crate::exit::Exit;
use crate::output::{self, BAD, FAINT, Plain, STRONG};
use crate::policy::Rules;

/// The most characters of what is changed that are shown.
const CLAUSE_CHARACTERS: usize = 160;

/// The kinds of changes, and how many of one and of several are called.
const KINDS: [(Mutation, &str, &str); 8] = [
    (Mutation::Requirement, "requirement", "requirements"),
    (Mutation::Guard, "guard", "guards"),
    (Mutation::Clause, "clause", "clauses"),
    (Mutation::Boundary, "boundary", "boundaries"),
    (Mutation::Quantifier, "quantifier", "quantifiers"),
    (Mutation::Member, "list member", "list members"),
    (Mutation::Action, "action of a set", "actions of sets"),
    (Mutation::Row, "row", "rows"),
];

/// What came of a change.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Noticed,
    Unnoticed,
    /// The compiler refuses the changed rule set.
    Refused,
}

/// Makes every change in turn, of the base only if `with_base`, and lists those that no case notices.
pub(super) fn mutants(
    engine: &Engine,
    rules: &Rules,
    with_base: bool,
    cases: &[Case],
    out: &mut impl Write,
) -> anyhow::Result<Exit> {
    let places = Places::new(rules);
    let mut mutants = rules.set.mutants();
    mutants.retain(|mutant| with_base || places.is_own(&mutant.span));
    let outcomes = outcomes(engine, &rules.set, &mutants, cases)?;
    let of = |outcome| {
        let all = mutants.iter().zip(&outcomes);
        all.filter(move |(_, other)| **other == outcome)
            .map(|(mutant, _)| mutant)
    };
    writeln!(out)?;
    for mutant in of(Outcome::Unnoticed) {
        writeln!(
            out,
            "{BAD}UNNOTICED{BAD:#} {STRONG}{}{STRONG:#} {}  {FAINT}{}, {}{FAINT:#}",
            shown(mutant),
            Plain(&mutant.change),
            Plain(&mutant.owner),
            places.line(&mutant.span)
        )?;
    }
    let unnoticed = of(Outcome::Unnoticed).count();
    let refused = of(Outcome::Refused).count();
    let tried = mutants.len() - refused;
    write!(
        out,
        "{tried} {} tried{}, {unnoticed} unnoticed",
        if tried == 1 { "change" } else { "changes" },
        kinds(mutants.iter().zip(&outcomes))
    )?;
    if refused > 0 {
        write!(out, " (and {refused} that the compiler refuses)")?;
    }
    writeln!(out, "{}", places.left_out(with_base))?;
    writeln!(
        out,
        "{FAINT}never changed: codes, states and messages, single texts and numbers, `==` to `!=`, names of facts and functions, and the order of findings{FAINT:#}"
    )?;
    Ok(if unnoticed == 0 {
        Exit::Done
    } else {
        Exit::Failed
    })
}

/// What is changed, in one line.
fn shown(mutant: &Mutant) -> String {
    let words: Vec<&str> = mutant.clause.split_whitespace().collect();
    let clause = Plain(&words.join(" ")).to_string();
    let clause = match clause.char_indices().nth(CLAUSE_CHARACTERS) {
        Some((end, _)) => format!("{}…", &clause[..end]),
        None => clause,
    };
    match mutant.mutation {
        Mutation::Requirement => format!("the requirement {clause}"),
        Mutation::Guard => format!("given {clause}"),
        Mutation::Row => format!("the row {clause}"),
        Mutation::Action => format!("for {clause}"),
        Mutation::Clause | Mutation::Boundary | Mutation::Quantifier | Mutation::Member => clause,
    }
}

/// How many changes of each kind were tried, in brackets.
fn kinds<'m>(all: impl Iterator<Item = (&'m Mutant, &'m Outcome)> + Clone) -> String {
    let tried = all.filter(|(_, outcome)| **outcome != Outcome::Refused);
    let counts = KINDS.iter().filter_map(|(kind, one, several)| {
        let count = tried
            .clone()
            .filter(|(mutant, _)| mutant.mutation == *kind)
            .count();
        let name = if count == 1 { one } else { several };
        (count > 0).then(|| format!("{count} {name}"))
    });
    let counts: Vec<String> = counts.collect();
    if counts.is_empty() {
        String::new()
    } else {
        format!(" ({})", counts.join(", "))
    }
}

/// What comes of each change; all cores take part.
fn outcomes(
    engine: &Engine,
    rules: &RuleSet,
    mutants: &[Mutant],
    cases: &[Case],
) -> anyhow::Result<Vec<Outcome>> {
    let progress = output::progress(mutants.len(), "changes");
    let next = AtomicUsize::new(0);
    let work = || {
        let mut outcomes = Vec::new();
        while let Some((index, mutant)) = {
            let index = next.fetch_add(1, Ordering::Relaxed);
            mutants.get(index).map(|mutant| (index, mutant))
        } {
            let outcome = outcome(engine, rules, mutant, cases)?;
            if outcome == Outcome::Unnoticed {
                // On a terminal only, as the progress: the list of all comes when all is done.
                progress.println(format!(
                    "unnoticed: {} {}",
                    shown(mutant),
                    Plain(&mutant.change)
                ));
            }
            outcomes.push((index, outcome));
            progress.inc(1);
        }
        anyhow::Ok(outcomes)
    };
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let mut outcomes = thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let mut outcomes = Vec::new();
        for thread in threads {
            let thread = thread.join();
            outcomes.extend(thread.expect("a thread that tests changes does not panic")?);
        }
        anyhow::Ok(outcomes)
    })?;
    progress.finish_and_clear();
    outcomes.sort_unstable_by_key(|(index, _)| *index);
    Ok(outcomes.into_iter().map(|(_, outcome)| outcome).collect())
}

fn outcome(
    engine: &Engine,
    rules: &RuleSet,
    mutant: &Mutant,
    cases: &[Case],
) -> anyhow::Result<Outcome> {
    let Some(component) = rules.component_of(mutant) else {
        return Ok(Outcome::Refused);
    };
    let policy = engine
        .load(&component)
        .with_context(|| format!("the policy without `{}` cannot be loaded", mutant.clause))?;
    let is_noticed = cases.iter().any(|case| {
        !policy
            .evaluate(&case.request)
            .is_ok_and(|decision| case.expect.is_met_by(&decision))
    });
    Ok(if is_noticed {
        Outcome::Noticed
    } else {
        Outcome::Unnoticed
    })
}
