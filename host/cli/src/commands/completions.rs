//! `scopegate completions`.

use std::io::Write as _;

use clap::CommandFactory as _;

use crate::arguments::{Arguments, Completions};
use crate::exit::Exit;
use crate::output;

impl Completions {
    pub(crate) fn run(self) -> anyhow::Result<Exit> {
        // It cannot tell that nobody reads, so it does not write there itself.
        let mut script = Vec::new();
        clap_complete::generate(
            self.shell,
            &mut Arguments::command(),
            "scopegate",
            &mut script,
        );
        let mut out = output::data();
        out.write_all(&script)?;
        out.flush()?;
        Ok(Exit::Done)
    }
}
