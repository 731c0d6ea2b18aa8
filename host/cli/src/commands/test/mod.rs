//! `scopegate test`: runs the cases of policies, and measures what they are worth.
//!
//! Always true here: an exit of 0 says that each case was decided as it expects and that nothing that was asked for is uncovered.

mod coverage;
mod mutants;
mod place;
mod reasons;

use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, bail};
use scopegate::{Engine, Policy};
use scopegate_store::cases::{self, Case, Difference};

use crate::arguments::Test;
use crate::commands::check::chain;
use crate::exit::Exit;
use crate::output::{self, BAD, FAINT, GOOD, Plain, STRONG, list};
use crate::policy::{self, Named};
use coverage::coverage;
use mutants::mutants;
use reasons::Reasons;

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
            Named::Rules(rules) => (engine.load(&rules.component()?), Some(rules)),
            Named::Component { bytes, .. } => (engine.load(&bytes), None),
            // A folder that is there names no version of the store.
            Named::Stored { component, .. } => (engine.load(&component), None),
        };
        let policy = policy
            .with_context(|| format!("the policy in `{}` cannot be loaded", folder.display()))?;
        let mut reasons = Reasons::new(engine, &policy, rules.as_deref());
        let of_cases = run(&policy, &cases, folder, &mut reasons, out)?;
        exit.note(of_cases);
        if self.coverage || self.mutants {
            let Some(rules) = &rules else {
                bail!(
                    "`{}` holds a component: `--coverage` and `--mutants` need a `policy.toml`",
                    folder.display()
                );
            };
            if self.coverage {
                exit.note(coverage(engine, rules, self.base, &cases, out)?);
            }
            if self.mutants && of_cases == Exit::Failed {
                bail!(
                    "nothing is changed in `{}` until all its cases pass",
                    folder.display()
                );
            }
            if self.mutants {
                out.flush()?;
                exit.note(mutants(engine, rules, self.base, &cases, out)?);
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
    reasons: &mut Reasons<'_>,
    out: &mut impl Write,
) -> anyhow::Result<Exit> {
    let mut failed = 0;
    for case in cases {
        let decided = policy.evaluate(&case.request);
        let differences = match &decided {
            Ok(decision) => case.expect.differences(decision),
            Err(error) => vec![Difference {
                what: "decision",
                expected: vec!["a decision".to_owned()],
                got: vec![format!("no decision: {}", chain(error))],
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
            if let Ok(decision) = &decided {
                reasons.show(case, decision, &differences, out)?;
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
