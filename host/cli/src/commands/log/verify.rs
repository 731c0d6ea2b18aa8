//! `scopegate log verify`: whether a log is one unbroken chain.
//!
//! Always true here: what is said of a log holds for every line of it, and what cannot be seen is said too.

use std::io::Write as _;

use scopegate_log::verify_from;

use super::{advance, refuse};
use crate::arguments::LogVerify;
use crate::exit::Exit;
use crate::output::{self, GOOD};

impl LogVerify {
    pub(crate) fn run(self) -> anyhow::Result<Exit> {
        let bar = output::bytes("verified");
        let verified = verify_from(&self.log.log, self.from, self.expect, &mut |read, total| {
            advance(&bar, read, total);
        });
        bar.finish_and_clear();
        let verified = match verified {
            Ok(verified) => verified,
            Err(error) => return refuse(error),
        };
        let mut out = output::people();
        writeln!(
            out,
            "{GOOD}unbroken{GOOD:#}: {} decisions, {} lines, {} files",
            verified.decisions, verified.lines, verified.files
        )?;
        if verified.failures > 0 {
            writeln!(
                out,
                "{} requests got no decision, as the log itself says",
                verified.failures
            )?;
        }
        if !verified.is_from_start() {
            let before = if verified.is_first_kept {
                "the log itself removed what was before, and says so"
            } else {
                "what was before is not here"
            };
            writeln!(
                out,
                "it begins with record {}, which follows {}: {before}",
                verified.first, verified.follows
            )?;
        }
        if verified.altered > 0 {
            writeln!(
                out,
                "a file was altered by somebody else while it was written to, {} times, as the log itself says; no line of it is missing",
                verified.altered
            )?;
        }
        if verified.refused > 0 {
            writeln!(
                out,
                "{} decisions were refused because they could not be written, as the log itself says",
                verified.refused
            )?;
        }
        if verified.dropped > 0 {
            writeln!(
                out,
                "{} decisions were dropped, as the log itself says",
                verified.dropped
            )?;
        }
        if verified.torn > 0 {
            writeln!(
                out,
                "{} torn ends were set aside, as after a crash",
                verified.torn
            )?;
        }
        writeln!(out, "it ends with {}", verified.last)?;
        if !verified.is_end_shown {
            writeln!(
                out,
                "nothing shows that no line is missing behind that: no `head` in the log's folder was read that says where it ends; note \
                 the last hash elsewhere, and give it with `--expect`"
            )?;
        }
        out.flush()?;
        Ok(Exit::Done)
    }
}
