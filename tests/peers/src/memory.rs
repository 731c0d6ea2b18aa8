//! How much memory a loaded rule set takes, measured in a process that does nothing else.
//!
//! Always true here: a child process is this program again, and answers with one number.

use std::process::Command;

use crate::contender::ALL;
use crate::requests;
use crate::rules::{RuleSet, Rules};

/// How this program is asked to weigh one engine: with this, the engine's name and the rule set's.
pub(crate) const ARGUMENT: &str = "--memory-of";

/// How many decisions belong to what is weighed.
const DECISIONS: usize = 1_000;

/// By how many KiB a fresh process grows with the engine's rules and some decisions, where the system tells.
pub(crate) fn in_child(engine: &str, set: RuleSet) -> Option<u64> {
    let program = std::env::current_exe().ok()?;
    let output = Command::new(program)
        .args([ARGUMENT, engine, set.name()])
        .output()
        .ok()?;
    assert!(
        output.status.success(),
        "the process that weighs {engine} failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).trim().parse().ok()
}

/// The child's side: prints the KiB, or nothing where the system does not tell.
pub(crate) fn child(engine: &str, set: &str) -> Result<(), String> {
    let entry = ALL.iter().find(|entry| entry.name == engine);
    let entry = entry.ok_or_else(|| format!("no engine is called `{engine}`"))?;
    let set = RuleSet::named(set).ok_or_else(|| format!("no rule set is called `{set}`"))?;
    if let Some(kib) = (entry.growth_kib)(&Rules::of(set), &requests::all(), DECISIONS) {
        println!("{kib}");
    }
    Ok(())
}

/// The resident memory of this process in KiB, where the system tells (`/proc`).
pub(crate) fn resident_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
