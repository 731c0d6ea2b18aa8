//! The Scopegate program.
//!
//! Always true here: decisions and data go to standard output, all else to standard error; exit 0 says that everything was allowed or
//! done, 1 that something failed, 2 that an action was denied, 3 that a request is invalid.

use std::io;
use std::process::ExitCode;

use clap::Parser as _;
use mimalloc::MiMalloc;

mod arguments;
mod base;
mod commands;
mod earlier;
mod exit;
mod foreign;
mod output;
mod policy;
mod requests;
mod schema;
mod skeleton;
mod text;
mod window;

use arguments::Arguments;
use exit::Exit;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let exit = match Arguments::try_parse() {
        Ok(arguments) => commands::run(arguments.command).unwrap_or_else(|error| failed(&error)),
        Err(error) => {
            let is_wrong = error.use_stderr();
            // Nobody is left to be told that help cannot be printed.
            let _ = error.print();
            if is_wrong { Exit::Failed } else { Exit::Done }
        }
    };
    exit.into()
}

fn failed(error: &anyhow::Error) -> Exit {
    let nobody_reads = |cause: &(dyn std::error::Error + 'static)| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
    };
    if error.chain().any(nobody_reads) {
        return Exit::Failed;
    }
    // What fails to be read says what it is; only writing leaves the system's bare words.
    let is_bare = matches!(error.chain().next(), Some(first) if first.is::<io::Error>());
    let of = if is_bare {
        "the output cannot be written: "
    } else {
        ""
    };
    output::error(&format!("{of}{error:#}"));
    Exit::Failed
}
