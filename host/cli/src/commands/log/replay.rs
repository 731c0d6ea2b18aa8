//! `scopegate log replay`: what another policy would have decided.
//!
//! Always true here: what was not decided again is said, never taken as unchanged.

use std::io::{self, Write};

use scopegate_log::{Change, Group, Replay, replay};

use super::{advance, refuse};
use crate::arguments::{Format, LogReplay};
use crate::exit::Exit;
use crate::output::{self, FAINT, Plain, STRONG, list};
use crate::policy;

impl LogReplay {
    pub(crate) fn run(self) -> anyhow::Result<Exit> {
        let policy = policy::load(&self.policy)?;
        let bar = output::bytes("replayed");
        let replayed = replay(&self.log.log, &policy, &mut |read, total| {
            advance(&bar, read, total);
        });
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
        if replayed.unreadable > 0 {
            exit.note(Exit::Invalid);
        }
        Ok(exit)
    }
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
            "not decided again, because a fact is masked",
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
