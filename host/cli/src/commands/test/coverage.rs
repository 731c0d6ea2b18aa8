//! How the cases see each requirement.
//!
//! Always true here: a requirement is covered if some case sees it in each of the ways in which it can be seen: met, unmet, and not
//! applying.

use std::io::Write;

use anyhow::Context as _;
use scopegate::Engine;
use scopegate_compiler::Ways;
use scopegate_store::cases::Case;

use crate::exit::Exit;
use crate::output::{BAD, FAINT};
use crate::policy::Rules;

use super::place::Places;

/// How often the cases saw a requirement in each way.
#[derive(Debug, Default, Clone, Copy)]
struct Seen {
    met: usize,
    unmet: usize,
    not_applying: usize,
}

/// Lists how the cases saw each requirement, of the base only if `with_base`.
pub(super) fn coverage(
    engine: &Engine,
    rules: &Rules,
    with_base: bool,
    cases: &[Case],
    out: &mut impl Write,
) -> anyhow::Result<Exit> {
    let ids: Vec<&str> = rules.set.requirements().collect();
    let places = Places::new(rules);
    let judged: Vec<bool> = rules
        .set
        .places()
        .iter()
        .map(|spans| with_base || spans.iter().any(|span| places.is_own(span)))
        .collect();
    let seen = seen(engine, rules, &ids, cases)?;
    let ways = rules.set.ways();
    let rows = ids.iter().zip(seen).zip(ways).zip(&judged);
    let rows: Vec<Row<'_>> = rows
        .filter(|(_, is_judged)| **is_judged)
        .map(|(((id, seen), ways), _)| Row { id, seen, ways })
        .collect();
    let width = rows.iter().map(|row| row.id.len()).max();
    let width = width.unwrap_or_default().max("requirement".len());
    writeln!(
        out,
        "\n{FAINT}{:<width$}     met   unmet  not applying{FAINT:#}",
        "requirement"
    )?;
    for row in &rows {
        row.write(width, out)?;
    }
    let covered = rows.iter().filter(|row| row.is_covered()).count();
    writeln!(
        out,
        "{covered} of {} requirements seen in every way they can be{}",
        rows.len(),
        places.left_out(with_base)
    )?;
    Ok(if covered == rows.len() {
        Exit::Done
    } else {
        Exit::Failed
    })
}

/// A requirement, how it was seen, and how it can be.
struct Row<'r> {
    id: &'r str,
    seen: Seen,
    ways: Ways,
}

impl Row<'_> {
    /// For each way, how often it was seen in it; none if it never can be.
    fn counts(&self) -> [Option<usize>; 3] {
        let Self { seen, ways, .. } = self;
        [
            (seen.met, ways.met),
            (seen.unmet, ways.unmet),
            (seen.not_applying, ways.not_applying),
        ]
        .map(|(count, is_possible)| (is_possible || count > 0).then_some(count))
    }

    fn is_covered(&self) -> bool {
        self.counts().iter().all(|count| *count != Some(0))
    }

    fn write(&self, width: usize, out: &mut impl Write) -> anyhow::Result<()> {
        let [met, unmet, not_applying] = self
            .counts()
            .map(|count| count.map_or_else(|| "-".to_owned(), |count| count.to_string()));
        let mark = if self.is_covered() {
            String::new()
        } else {
            format!("  {BAD}not covered{BAD:#}")
        };
        let id = self.id;
        writeln!(
            out,
            "{id:<width$}  {met:>6}  {unmet:>6}  {not_applying:>12}{mark}"
        )?;
        Ok(())
    }
}

/// How the cases saw each requirement of `ids`.
fn seen(engine: &Engine, rules: &Rules, ids: &[&str], cases: &[Case]) -> anyhow::Result<Vec<Seen>> {
    let policy = engine
        .load(&rules.set.coverage_component())
        .context("the component that measures coverage cannot be loaded")?;
    let mut seen = vec![Seen::default(); ids.len()];
    for case in cases {
        // A case that cannot be decided has failed, and shows nothing.
        let Ok(decision) = policy.evaluate(&case.request) else {
            continue;
        };
        let mut states = vec![(false, false); ids.len()];
        for state in decision.ready() {
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
    Ok(seen)
}
