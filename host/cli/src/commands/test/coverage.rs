//! How the cases see each requirement.
//!
//! Always true here: a requirement is covered if some case sees it met, some unmet, and to some it does not apply.

use std::io::Write;

use anyhow::Context as _;
use scopegate::Engine;
use scopegate_compiler::RuleSet;
use scopegate_store::cases::Case;

use crate::exit::Exit;
use crate::output::{BAD, FAINT};

/// How often the cases saw a requirement in each way.
#[derive(Debug, Default, Clone, Copy)]
struct Seen {
    met: usize,
    unmet: usize,
    not_applying: usize,
}

/// Lists how the cases saw each requirement.
pub(super) fn coverage(
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
