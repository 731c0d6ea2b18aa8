//! The same text gives the same bytes: again, in other threads, and in other processes.

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use scopegate_compiler::{compile, compiler_of, rules_of};

/// Where a process that is asked for its bytes writes them.
const ASKED: &str = "SCOPEGATE_WRITE_COMPONENTS";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Rule sets by name: the default policy, and every golden input.
fn sources() -> BTreeMap<String, String> {
    let mut paths = vec![root().join("policies/webriskops/1.0.0/policy.toml")];
    let goldens = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics");
    for folder in fs::read_dir(goldens).expect("the goldens are there") {
        let folder = folder.expect("the folder can be read").path();
        if folder.is_dir() {
            let files = fs::read_dir(folder).expect("the folder can be read");
            paths.extend(files.map(|file| file.expect("the file can be read").path()));
        }
    }
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "toml")
    });
    let read = |path: PathBuf| {
        let source = fs::read_to_string(&path).expect("the rule set is text");
        (path.display().to_string(), source)
    };
    paths.into_iter().map(read).collect()
}

/// What the compiler makes of each: the component's bytes and the warnings, or the errors.
fn outcomes() -> String {
    let mut text = String::new();
    for (name, source) in sources() {
        match compile(&source) {
            Ok(compiled) => {
                write!(text, "{name}: ").expect("text");
                for byte in &compiled.component {
                    write!(text, "{byte:02x}").expect("text");
                }
                writeln!(text, "\n{}", compiled.warnings).expect("text");
            }
            Err(errors) => writeln!(text, "{name}: {errors}").expect("text"),
        }
    }
    text
}

#[test]
fn compiling_again_gives_the_same_bytes_and_words() {
    let first = outcomes();
    assert!(
        first.contains("webriskops/1.0.0/policy.toml: 0061736d"),
        "the default policy compiles"
    );
    let others: Vec<_> = (0..2).map(|_| thread::spawn(outcomes)).collect();
    for other in others {
        assert!(
            other.join().expect("compiling does not panic") == first,
            "a thread differs"
        );
    }
}

/// Not a test of its own: writes the outcomes where another process asks for them.
#[test]
fn a_process_writes_what_it_compiles() {
    if let Some(path) = env::var_os(ASKED) {
        fs::write(path, outcomes()).expect("the file can be written");
    }
}

#[test]
fn another_process_gives_the_same_bytes_and_words() {
    let here = outcomes();
    for round in 0..2 {
        let name = format!("scopegate-determinism-{}-{round}", std::process::id());
        let path = env::temp_dir().join(name);
        let run = Command::new(env::current_exe().expect("a test is a program"))
            .args(["--exact", "a_process_writes_what_it_compiles"])
            .env(ASKED, &path)
            .output()
            .expect("a test can be run");
        assert!(
            run.status.success(),
            "{}",
            String::from_utf8_lossy(&run.stdout)
        );
        let there = fs::read_to_string(&path).expect("the process wrote the file");
        fs::remove_file(&path).expect("the file can be removed");
        assert!(there == here, "another process differs");
    }
}

#[test]
fn a_component_carries_its_rules_and_its_compiler() {
    let path = root().join("policies/webriskops/1.0.0/policy.toml");
    let source = fs::read_to_string(path).expect("the default policy is there");
    let component = compile(&source)
        .expect("the default policy compiles")
        .component;
    assert_eq!(rules_of(&component), Some(source));
    assert_eq!(
        compiler_of(&component).as_deref(),
        Some(scopegate_compiler::COMPILER)
    );
}

/// A checkout with other line ends, or an editor that puts a mark before a text, changes neither bytes nor words.
#[test]
fn line_ends_and_marks_make_no_difference() {
    for (name, source) in sources() {
        if source.contains('\r') {
            continue;
        }
        let said = |source: &str| match compile(source) {
            Ok(compiled) => (
                compiled.component,
                compiled.warnings.render(source, &name, false),
            ),
            Err(errors) => (Vec::new(), errors.render(source, &name, false)),
        };
        let expected = said(&source);
        let returns = source.replace('\n', "\r\n");
        for dressed in [
            format!("\u{feff}{source}"),
            format!("\u{feff}{returns}"),
            returns,
        ] {
            assert!(said(&dressed) == expected, "{name}");
        }
    }
}
