//! The README's commands do what it says, run as they are written.

use std::path::Path;
use std::process::Command;

const README: &str = include_str!("../../../README.md");
const RUN: &str = "cargo run -p scopegate-cli -- ";

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The lines of the README's shell blocks.
fn commands() -> Vec<&'static str> {
    let blocks = README.split("```").skip(1).step_by(2);
    let shell = blocks.filter_map(|block| block.strip_prefix("sh\n"));
    shell
        .flat_map(str::lines)
        .filter(|line| !line.trim().is_empty())
        .collect()
}

#[test]
fn the_main_command_prints_a_decision() {
    let mut ran = 0;
    for arguments in commands()
        .into_iter()
        .filter_map(|line| line.strip_prefix(RUN))
    {
        let output = Command::new(env!("CARGO_BIN_EXE_scopegate"))
            .args(arguments.split_whitespace())
            .current_dir(root())
            .output()
            .expect("the program starts");
        let printed = String::from_utf8(output.stdout).expect("what is printed is text");
        assert_eq!(output.status.code(), Some(0), "{arguments}\n{printed}");
        assert!(printed.starts_with("ALLOW"), "{arguments}\n{printed}");
        ran += 1;
    }
    assert!(ran > 0, "the README runs the program");
}

#[test]
fn what_the_readme_tests_with_is_what_ci_tests_with() {
    let ci = std::fs::read_to_string(root().join(".ci/run")).expect(".ci/run can be read");
    let test = commands()
        .into_iter()
        .find(|line| line.starts_with("tests/run"))
        .expect("the README tests");
    assert!(ci.contains(test), "{test}");
}

#[test]
fn the_readme_shows_a_requirement_of_the_default_policy() {
    let policy = std::fs::read_to_string(root().join("policies/webriskops/1.1.0/policy.toml"))
        .expect("the policy can be read");
    let shown = README
        .split("```toml\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .expect("a rule is shown");
    let squeezed = |text: &str| {
        text.split_whitespace()
            .collect::<String>()
            .replace("\"\"\"", "\"")
            .replace('\'', "\"")
    };
    assert!(squeezed(&policy).contains(&squeezed(shown)), "{shown}");
}
