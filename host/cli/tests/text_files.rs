//! Text files from other checkouts and editors: `\r\n` at the end of lines, and a byte order mark before the text, make no difference.

#![cfg(unix)]

mod program;

use std::fs;
use std::path::Path;

use program::{allowed, check, json, scopegate};

const POLICY: &str = include_str!("data/acme/policy.toml");

const OWN: &str = r#"language = 1
extends = "base/policy.toml"
name = "own"
version = "1.0.0"
summary = "What we ask beyond it."

[[requirement]]
id = "actor-named"
for = "every"
must = '''
request.actor.id != ""
'''
code = "SEATS_REQUIRED"
message = """Nobody asks
for it."""
remedy = "Sign in."
source = "Own, step 1"
"#;

/// The ways in which a text may be dressed.
fn dressed(text: &str) -> [String; 4] {
    let returns = text.replace('\n', "\r\n");
    [
        text.to_owned(),
        format!("\u{feff}{text}"),
        format!("\u{feff}{returns}"),
        returns,
    ]
}

fn path(path: &Path) -> &str {
    path.to_str().expect("a path")
}

fn write(file: &Path, text: &str) {
    fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
    fs::write(file, text).expect("a file");
}

#[test]
fn rule_sets_give_the_same_component_and_lock() {
    let folder = tempfile::tempdir().expect("a folder");
    let (own, base) = (
        folder.path().join("policy.toml"),
        folder.path().join("base/policy.toml"),
    );
    let lock = folder.path().join("policy.lock");
    let mut seen = Vec::new();
    for (own_text, base_text) in dressed(OWN).iter().zip(&dressed(POLICY)) {
        write(&own, own_text);
        write(&base, base_text);
        // The lock of the round before still holds, however it is dressed.
        let out = folder.path().join("out.wasm");
        let run = scopegate(&["build", path(&own), "-o", path(&out)], b"");
        assert_eq!((run.code, &*run.stderr), (0, ""));
        let pinned = fs::read_to_string(&lock).expect("the lock");
        seen.push((
            fs::read(&out).expect("the component"),
            pinned.replace("\r\n", "\n").replace('\u{feff}', ""),
        ));
        let next = seen.len() % 4;
        write(&lock, &dressed(&seen[0].1)[next]);
    }
    assert!(seen.iter().all(|other| *other == seen[0]));
}

#[test]
fn cases_and_bases_are_read_alike() {
    let request = allowed().replace("12:00:00Z", "12:00:00.000Z");
    assert!(request.contains(".000Z"), "{request}");
    let bases = format!("{{\n\"b\": {request}\n}}\n");
    let case = r#"{"name": "it is allowed", "base": "b", "expect": {"decision": "allow"}}"#;
    let cases = format!("{case}\n\n{}\n", case.replacen("it is", "again", 1));
    let folder = tempfile::tempdir().expect("a folder");
    for dress in 0..4 {
        for (name, text) in [
            ("policy.toml", POLICY),
            ("bases.json", &bases),
            ("cases.jsonl", &cases),
        ] {
            write(&folder.path().join(name), &dressed(text)[dress]);
        }
        let run = scopegate(&["test", path(folder.path())], b"");
        assert_eq!((run.code, &*run.stderr), (0, ""), "{dress}: {}", run.stdout);
    }
}

#[test]
fn requests_and_the_configuration_are_read_alike() {
    let request = serde_json::to_string_pretty(&json(&allowed())).expect("JSON");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("scopegate.toml");
    let configuration =
        "listen = \"127.0.0.1:9\"\n\n[[tenant]]\naccount = \"a\"\npolicy = \"acme\"\n";
    let mut printed = Vec::new();
    for (request, configuration) in dressed(&request).iter().zip(&dressed(configuration)) {
        let run = check(&[], request.as_bytes());
        assert_eq!((run.code, &*run.stderr), (0, ""), "{request:?}");
        write(&file, configuration);
        let run = scopegate(&["serve", "--config", path(&file), "--print-config"], b"");
        assert_eq!((run.code, &*run.stderr), (0, ""), "{configuration:?}");
        printed.push(run.stdout);
    }
    assert!(
        printed.iter().all(|other| *other == printed[0]),
        "{printed:?}"
    );
    write(
        &file,
        "listen = \"127.0.0.1:9\"\nlisten = \"127.0.0.1:8\"\n",
    );
    let run = scopegate(&["serve", "--config", path(&file), "--print-config"], b"");
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("duplicate key"), "{}", run.stderr);
}

#[test]
fn a_component_is_written_to_what_is_no_regular_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("pipe");
    program::pipe(&pipe);
    // It may be standard output itself, so the summary is on standard error.
    let is_written = |run: &program::Run, to: &str| {
        assert_eq!((run.code, &*run.stdout), (0, ""));
        assert!(run.stderr.starts_with("acme 0.1.0: "), "{}", run.stderr);
        assert!(
            run.stderr.ends_with(&format!(", in `{to}`\n")),
            "{}",
            run.stderr
        );
    };
    let run = scopegate(&["build", "tests/data/acme", "-o", "/dev/null"], b"");
    is_written(&run, "/dev/null");
    let (read, run) = std::thread::scope(|scope| {
        let read = scope.spawn(|| fs::read(&pipe).expect("the pipe"));
        let run = scopegate(&["build", "tests/data/acme", "-o", path(&pipe)], b"");
        (read.join().expect("it was read"), run)
    });
    is_written(&run, path(&pipe));
    assert!(read.starts_with(b"\0asm"));
    let run = scopegate(
        &["build", "tests/data/acme", "-o", path(folder.path())],
        b"",
    );
    assert_eq!(run.code, 1);
}
