//! `scopegate log replay`: what another policy would have decided.
//!
//! Always true here: what was not decided again is said, never taken as unchanged.

use std::io::{self, Write};
use std::sync::OnceLock;

use scopegate::{Origin, Policy};
use scopegate_compiler::RuleSet;
use scopegate_log::{Change, Group, Replay, replay_reading};

use super::{advance, refuse};
use crate::arguments::{Format, LogReplay};
use crate::exit::Exit;
use crate::output::{self, FAINT, Plain, STRONG, list};
use crate::policy;

impl LogReplay {
    pub(crate) fn run(self) -> anyhow::Result<Exit> {
        let choice = &self.policy;
        let path = choice.policy.as_deref();
        let chosen = policy::chosen(path, choice.store.as_deref(), &choice.cache)?;
        let policy = chosen.load(path)?;
        let rules = OnceLock::new();
        let reads = |fact: &str| {
            let rules = rules.get_or_init(|| rules_behind(&policy, &chosen.component));
            rules.as_ref().is_none_or(|rules| rules.depends_on(fact))
        };
        let bar = output::bytes("replayed");
        let replayed = replay_reading(
            &self.log.log,
            self.from,
            &policy,
            &reads,
            &mut |read, total| {
                advance(&bar, read, total);
            },
        );
        bar.finish_and_clear();
        let replayed = match replayed {
            Ok(replayed) => replayed,
            Err(error) => return refuse(error),
        };
        if self.format == Format::Json {
            let mut out = output::data();
            serde_json::to_writer(&mut out, &replayed).map_err(io::Error::from)?;
            writeln!(out)?;
            out.flush()?;
        } else {
            print(&replayed)?;
        }
        let mut exit = Exit::Done;
        if replayed.changed > 0 {
            exit.note(Exit::Denied);
        }
        if !replayed.conclusive {
            exit.note(Exit::Invalid);
        }
        Ok(exit)
    }
}

/// The rules of the policy, if they provably are those that decide: only they tell which facts it reads.
fn rules_behind(policy: &Policy, component: &[u8]) -> Option<RuleSet> {
    if policy.origin() != Origin::Compiled {
        return None;
    }
    RuleSet::check(&scopegate_compiler::rules_of(component)?).ok()
}

fn print(replayed: &Replay) -> anyhow::Result<()> {
    let mut out = output::people();
    let Replay {
        records,
        same,
        changed,
        now_allowed,
        now_denied,
        now_undecided,
        ..
    } = replayed;
    writeln!(
        out,
        "{records} recorded: {same} the same, {changed} changed ({now_allowed} now allowed, {now_denied} now denied)"
    )?;
    for (count, what) in [
        (*now_undecided, "without a decision now"),
        (
            replayed.masked,
            "not decided again, because a fact is masked that this policy reads",
        ),
        (
            replayed.unreadable,
            "not decided again, because this version cannot read them",
        ),
        (replayed.dropped, "missing, as the log itself says"),
    ] {
        if count > 0 {
            writeln!(out, "{count} {what}")?;
        }
    }
    let decided = replayed.decided();
    if decided == 0 {
        writeln!(
            out,
            "nothing was decided again, so this proves nothing of the policy"
        )?;
    } else if !replayed.conclusive {
        writeln!(
            out,
            "this proves nothing of the {} that were not decided again",
            records - decided
        )?;
    }
    for group in &replayed.groups {
        print_group(&mut out, group)?;
    }
    if replayed.ungrouped > 0 {
        writeln!(
            out,
            "\n{} more changes are in too many groups to tell",
            replayed.ungrouped
        )?;
    }
    Ok(out.flush()?)
}

fn print_group(out: &mut impl Write, group: &Group) -> io::Result<()> {
    let what = match group.change {
        Change::NewlyUnmet => "newly unmet",
        Change::NewlyMet => "newly met",
        Change::Verdict => "governed otherwise",
        Change::Undecided => "no decision any more",
        Change::UndecidedOtherwise => "without a decision for another reason",
        Change::Allowed => "allowed, and had no decision",
        Change::Denied => "denied, and had no decision",
    };
    write!(
        out,
        "\n{STRONG}{}{STRONG:#}  {} {what}",
        Plain(&group.action),
        group.count
    )?;
    if let Some(requirement) = &group.requirement {
        write!(out, ": {}", Plain(requirement))?;
    }
    writeln!(
        out,
        "\n  {FAINT}such as{FAINT:#}  {}",
        list(&group.examples)
    )
}
