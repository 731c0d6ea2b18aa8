//! The commands, one a file.

mod actions;
mod bench;
mod build;
mod check;
mod compile_foreign;
mod completions;
mod inspect;
mod lint;
mod log;
mod policy;
mod request;
mod schema;
mod serve;
mod test;

use crate::arguments::Command;
use crate::exit::Exit;

/// Runs `command`.
///
/// # Errors
///
/// What keeps it from its work. What it finds wrong with what it is given shows in how it ends.
pub(crate) fn run(command: Command) -> anyhow::Result<Exit> {
    match command {
        Command::Check(check) => check.run(),
        Command::Actions(actions) => actions.run(),
        Command::Build(build) => build.run(),
        Command::Test(test) => test.run(),
        Command::Request(request) => request.run(),
        Command::Lint(lint) => lint.run(),
        Command::Inspect(inspect) => inspect.run(),
        Command::Policy(policy) => policy.run(),
        Command::Serve(serve) => serve.run(),
        Command::Schema(schema) => schema.run(),
        Command::Bench(bench) => bench.run(),
        Command::Log(log) => log.run(),
        Command::Completions(completions) => completions.run(),
        Command::CompileForeign(compile) => compile.run(),
    }
}
