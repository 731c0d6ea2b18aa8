//! Runs the program.

#![allow(dead_code, reason = "each test file uses a part of it")]

pub(crate) mod operator;
pub(crate) mod serving;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

/// How the program ended.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The program with these arguments, in the package's folder.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scopegate"));
    command
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("NO_COLOR", "1")
        .env_remove("SCOPEGATE_CACHE")
        .env_remove("SCOPEGATE_STORE")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Makes a pipe that nobody writes to.
pub(crate) fn pipe(path: &Path) {
    let made = Command::new("mkfifo").arg(path).status();
    assert!(made.expect("it runs").success());
}

/// Runs the program with `input` as its standard input.
pub(crate) fn scopegate(arguments: &[&str], input: &[u8]) -> Run {
    let mut child = command(arguments).spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("the program has an input");
    let output = std::thread::scope(|scope| {
        // It may end before it has read everything.
        scope.spawn(move || drop(stdin.write_all(input)));
        child.wait_with_output().expect("the program ends")
    });
    let text = |bytes| String::from_utf8(bytes).expect("the program writes text");
    Run {
        code: output.status.code().expect("the program ends by itself"),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

/// Checks `input` by the policy `acme`, in JSON.
pub(crate) fn check(options: &[&str], input: &[u8]) -> Run {
    let arguments = ["check", "--format", "json", "--policy", "tests/data/acme"];
    scopegate(&[&arguments, options].concat(), input)
}

/// The JSON value that `text` is.
pub(crate) fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// A request that `acme` allows, in one line.
pub(crate) fn allowed() -> String {
    json(include_str!("../data/allowed.json")).to_string()
}

/// A request that `acme` denies, in one line.
pub(crate) fn denied() -> String {
    json(include_str!("../data/denied.json")).to_string()
}

/// The digest of the policy at `path`.
pub(crate) fn policy_digest(path: &str) -> String {
    let run = scopegate(&["inspect", path, "--format", "json"], b"");
    json(&run.stdout)["digest"]
        .as_str()
        .expect("a digest")
        .to_owned()
}
