//! `scopegate log verify`: whether a log is one unbroken chain.
//!
//! Always true here: what is said of a log holds for every line of it, and what cannot be seen is said too.

use std::io::Write as _;

use scopegate_log::verify;

use super::{advance, refuse};
use crate::arguments::LogVerify;
use crate::exit::Exit;
use crate::output::{self, GOOD};

impl LogVerify {
    pub(crate) fn run(self) -> anyhow::Result<Exit> {
        let bar = output::bytes("verified");
        let verified = verify(&self.log.log, self.expect, &mut |read, total| {
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
            writeln!(
                out,
                "it begins with record {}, which follows {}: what was before is not here",
                verified.first, verified.follows
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
        out.flush()?;
        Ok(Exit::Done)
    }
}
