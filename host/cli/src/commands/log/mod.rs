//! `scopegate log`: the log of decisions.
//!
//! Always true here: a log that is broken is invalid input, one that cannot be read a failure.

mod replay;
mod show;
mod verify;

use indicatif::ProgressBar;
use scopegate_log::ReadError;

use crate::arguments::Log;
use crate::exit::Exit;
use crate::output;

impl Log {
    pub(crate) fn run(self) -> anyhow::Result<Exit> {
        match self {
            Self::Show(show) => show.run(),
            Self::Verify(verify) => verify.run(),
            Self::Replay(replay) => replay.run(),
        }
    }
}

/// Says what is wrong with a log that can be read; one that cannot is an error.
fn refuse(error: ReadError) -> anyhow::Result<Exit> {
    match error {
        ReadError::Broken(_)
        | ReadError::Beginning { .. }
        | ReadError::Before { .. }
        | ReadError::Follows { .. }
        | ReadError::Cut { .. }
        | ReadError::Anew { .. }
        | ReadError::End { .. } => {
            output::error(&error.to_string());
            Ok(Exit::Invalid)
        }
        error => Err(error.into()),
    }
}

/// Moves the bar to where the reader is.
fn advance(bar: &ProgressBar, read: u64, total: u64) {
    bar.set_length(total);
    bar.set_position(read);
}
