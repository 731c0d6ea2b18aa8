//! An operator's day with a store, and whatever somebody may do to its files: each is found, and named as what it is.

mod program;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use program::operator::Operator;
use program::serving::{Caller, Serving};
use program::{allowed, json, scopegate};
use tempfile::TempDir;

/// A store that asks for signatures: `acme` 0.1.0 and 0.2.0, the second active, then rolled back, then active again; `lenient` and `strict`.
fn day() -> Operator {
    let operator = Operator::new();
    let key = operator.path("ops");
    operator.done(&["key", "new", &key]);
    operator.done(&["key", "trust", &format!("{key}.pub"), "--label", "ops"]);
    let secret = format!("{key}.key");
    for (name, version) in [("acme", "0.1.0"), ("lenient", "1.0.0"), ("strict", "1.0.0")] {
        operator.publish_signed(&operator.policy(name, version), &secret);
        let said = operator.done(&["activate", &format!("{name}@{version}"), "--why", "first"]);
        assert_eq!(said, format!("{name} {version} is active (activation 1)\n"));
    }
    let said = operator.done(&["key", "require", "yes"]);
    assert_eq!(said, "components must be signed\n");
    operator.publish_signed(&operator.policy("acme", "0.2.0"), &secret);
    operator.done(&["activate", "acme@0.2.0"]);
    let said = operator.done(&["rollback", "acme", "--why", "too strict"]);
    assert_eq!(said, "acme 0.1.0 is active, after 0.2.0 (activation 3)\n");
    let said = operator.refused(&["rollback", "acme"]);
    assert!(
        said.contains("no version of `acme` to go back to"),
        "{said}"
    );
    operator.done(&["activate", "acme@0.2.0", "--why", "it was not"]);
    let said = operator.refused(&["activate", "acme@0.1.0"]);
    assert!(
        said.contains("acme 0.1.0 is older than 0.2.0, which is active"),
        "{said}"
    );
    assert_eq!(
        operator.done(&["verify"]),
        "4 versions are as published, 0 things are wrong\n"
    );
    operator
}

/// Changes something below the folder of the store.
type Change = fn(&Path);

/// What is done to the store, and what is then said; each text stands in a line of its own.
#[expect(clippy::too_many_lines, reason = "a table")]
fn tampering() -> Vec<(&'static str, Change, &'static [&'static str])> {
    vec![
        (
            "two versions change places",
            |at| exchange(at, "policies/acme/0.1.0", "policies/acme/0.2.0"),
            &[
                "0.1.0/manifest.json` is damaged: it is that of acme 0.2.0",
                "0.2.0/manifest.json` is damaged: it is that of acme 0.1.0",
            ],
        ),
        (
            "two policies change places",
            |at| exchange(at, "policies/strict", "policies/lenient"),
            &[
                "lenient/1.0.0/manifest.json` is damaged: it is that of strict 1.0.0",
                "strict/1.0.0/manifest.json` is damaged: it is that of lenient 1.0.0",
                "lenient/journal/0000000001.json` was changed",
                "strict/journal/0000000001.json` was changed",
            ],
        ),
        (
            "two components change places",
            |at| {
                for part in ["policy.wasm", "policy.wasm.minisig"] {
                    let places = ["0.1.0", "0.2.0"].map(|it| format!("policies/acme/{it}/{part}"));
                    exchange(at, &places[0], &places[1]);
                }
            },
            &[
                "0.1.0/policy.wasm` is damaged: its digest is",
                "0.2.0/policy.wasm` is damaged: its digest is",
            ],
        ),
        (
            "a version is renamed",
            |at| rename(at, "policies/acme/0.1.0", "policies/acme/0.3.0"),
            &["0.3.0/manifest.json` is damaged: it is that of acme 0.1.0"],
        ),
        (
            "the active version is renamed",
            |at| rename(at, "policies/acme/0.2.0", "policies/acme/0.2.0+2"),
            &[
                "0.2.0+2/manifest.json` is damaged: it is that of acme 0.2.0",
                "there is no version 0.2.0 of the policy `acme`",
            ],
        ),
        (
            "a version has a name that is none",
            |at| rename(at, "policies/acme/0.1.0", "policies/acme/v0.1.0"),
            &["acme/v0.1.0` is nothing of a store"],
        ),
        (
            "an old version is stored as a new one",
            |at| stored_as(at, ("acme", "0.1.0"), ("acme", "0.3.0")),
            &["what is stored as acme 0.3.0 is the policy `acme` 0.1.0"],
        ),
        (
            "a signed policy is stored as another",
            |at| stored_as(at, ("lenient", "1.0.0"), ("strict", "2.0.0")),
            &["what is stored as strict 2.0.0 is the policy `lenient` 1.0.0"],
        ),
        (
            "a signed policy takes the place of the active one",
            |at| stored_as(at, ("lenient", "1.0.0"), ("strict", "1.0.0")),
            &[
                "what is stored as strict 1.0.0 is the policy `lenient` 1.0.0",
                "strict/1.0.0` is damaged: the component with the digest",
            ],
        ),
        (
            "a policy is renamed",
            |at| rename(at, "policies/strict", "policies/other"),
            &[
                "other/1.0.0/manifest.json` is damaged: it is that of strict 1.0.0",
                "policies/strict` is missing, though versions of it were activated",
            ],
        ),
        (
            "a policy is removed",
            |at| fs::remove_dir_all(at.join("policies/strict")).expect("it is there"),
            &["policies/strict` is missing, though versions of it were activated"],
        ),
        (
            "a summary is edited",
            |at| {
                edit(
                    at,
                    "policies/acme/0.1.0/manifest.json",
                    "customers",
                    "strangers",
                );
            },
            &["0.1.0/manifest.json` is damaged: its `summary` is not what the component says"],
        ),
        (
            "the digest of rules is edited",
            |at| {
                edit(
                    at,
                    "policies/acme/0.1.0/manifest.json",
                    "rules_digest\": \"sha256:",
                    "rules_digest\": \"sha256:0",
                );
            },
            &["0.1.0/manifest.json` is damaged: its `rules_digest` is not what the component says"],
        ),
        (
            "a name is there twice",
            |at| {
                edit(
                    at,
                    "policies/acme/0.1.0/manifest.json",
                    "{",
                    "{\"name\": \"strict\",",
                );
            },
            &["0.1.0/manifest.json` is damaged: duplicate field `name`"],
        ),
        (
            "a manifest is removed",
            |at| remove(at, "policies/acme/0.1.0/manifest.json"),
            &["0.1.0/manifest.json` is damaged: it is missing"],
        ),
        (
            "a component is removed",
            |at| remove(at, "policies/acme/0.1.0/policy.wasm"),
            &["0.1.0/policy.wasm` is damaged: it is missing"],
        ),
        (
            "a signature is another version's",
            |at| {
                copy(
                    at,
                    "policies/acme/0.2.0/policy.wasm.minisig",
                    "policies/acme/0.1.0/policy.wasm.minisig",
                );
            },
            &[
                "acme 0.1.0: the signature does not fit the component: the key `ops` signed other bytes",
            ],
        ),
        (
            "a signature is removed",
            |at| remove(at, "policies/acme/0.1.0/policy.wasm.minisig"),
            &["acme 0.1.0: the component is not signed"],
        ),
        (
            "a signature is a legacy one",
            |at| {
                edit(
                    at,
                    "policies/acme/0.1.0/policy.wasm.minisig",
                    "\nRU",
                    "\nRW",
                );
            },
            &["acme 0.1.0: the signature is a legacy one"],
        ),
        (
            "a signature is another version's, where none is asked for",
            |at| {
                edit(at, "store.json", "true", "false");
                copy(
                    at,
                    "policies/acme/0.2.0/policy.wasm.minisig",
                    "policies/acme/0.1.0/policy.wasm.minisig",
                );
            },
            &["acme 0.1.0: the signature does not fit the component"],
        ),
        (
            "cases are edited",
            |at| {
                edit(
                    at,
                    "policies/acme/0.1.0/cases.jsonl",
                    "\"allow\"",
                    "\"deny\"",
                );
            },
            &["0.1.0/cases.jsonl` is damaged: it is not what was published"],
        ),
        (
            "cases are removed",
            |at| remove(at, "policies/acme/0.1.0/cases.jsonl"),
            &["0.1.0/cases.jsonl` is damaged: it is not what was published"],
        ),
        (
            "cases are denied to have been there",
            |at| {
                let manifest = at.join("policies/acme/0.1.0/manifest.json");
                let mut text = json(&fs::read_to_string(&manifest).expect("it is there"));
                text["cases_digest"] = serde_json::Value::Null;
                fs::write(manifest, text.to_string()).expect("it is written");
            },
            &["0.1.0/cases.jsonl` is damaged: no cases were published with the version"],
        ),
        (
            "a file in capitals",
            |at| {
                rename(
                    at,
                    "policies/acme/0.1.0/policy.wasm",
                    "policies/acme/0.1.0/Policy.wasm",
                );
            },
            &[
                "0.1.0/Policy.wasm` is nothing of a store",
                "0.1.0/policy.wasm` is damaged: it is missing",
            ],
        ),
        (
            "a policy in capitals",
            |at| copy_folder(at, "policies/acme", "policies/Acme"),
            &["policies/Acme` is nothing of a store"],
        ),
        (
            "an activation in capitals",
            |at| {
                rename(
                    at,
                    "policies/acme/journal/0000000004.json",
                    "policies/acme/journal/0000000004.JSON",
                );
            },
            &[
                "journal/0000000004.JSON` is nothing of a store",
                "journal/0000000004.json` is missing: the policy was activated 4 times",
            ],
        ),
        (
            "a version is a link",
            |at| link(at, "0.1.0", "policies/acme/0.1.1"),
            &["acme/0.1.1` is a symbolic link"],
        ),
        (
            "a component is a link",
            |at| {
                rename(at, "policies/acme/0.1.0/policy.wasm", "elsewhere.wasm");
                link(
                    at,
                    "../../../elsewhere.wasm",
                    "policies/acme/0.1.0/policy.wasm",
                );
            },
            &["0.1.0/policy.wasm` is a symbolic link"],
        ),
        (
            "a policy is a link",
            |at| link(at, "acme", "policies/other"),
            &["policies/other` is a symbolic link"],
        ),
        (
            "a journal is a link",
            |at| {
                rename(at, "policies/acme/journal", "elsewhere");
                link(at, "../../elsewhere", "policies/acme/journal");
            },
            &["acme/journal` is a symbolic link"],
        ),
        (
            "hidden files",
            |at| {
                for place in [
                    "policies",
                    "policies/acme",
                    "policies/acme/0.1.0",
                    "policies/acme/journal",
                ] {
                    fs::write(at.join(place).join(".hidden"), "").expect("it is written");
                }
            },
            &[
                "policies/.hidden` is nothing of a store",
                "policies/acme/.hidden` is nothing of a store",
                "policies/acme/0.1.0/.hidden` is nothing of a store",
                "policies/acme/journal/.hidden` is nothing of a store",
            ],
        ),
        (
            "a pipe is in the place of a component",
            |at| {
                remove(at, "policies/acme/0.1.0/policy.wasm");
                pipe(at, "policies/acme/0.1.0/policy.wasm");
            },
            &["0.1.0/policy.wasm` cannot be read or written: it is no regular file"],
        ),
        (
            "a version is removed",
            |at| fs::remove_dir_all(at.join("policies/acme/0.2.0")).expect("it is there"),
            &["there is no version 0.2.0 of the policy `acme`"],
        ),
        (
            "the newest activation is removed",
            |at| remove(at, "policies/acme/journal/0000000004.json"),
            &["journal/0000000004.json` is missing: the policy was activated 4 times"],
        ),
        (
            "an activation is removed",
            |at| remove(at, "policies/acme/journal/0000000002.json"),
            &["journal/0000000002.json` is missing"],
        ),
        (
            "two activations change places",
            |at| {
                exchange(
                    at,
                    "policies/acme/journal/0000000001.json",
                    "policies/acme/journal/0000000003.json",
                );
            },
            &["journal/0000000001.json` is activation 3, not 1"],
        ),
        (
            "an activation is there twice",
            |at| {
                copy(
                    at,
                    "policies/acme/journal/0000000003.json",
                    "policies/acme/journal/0000000005.json",
                );
            },
            &["journal/0000000005.json` is activation 3, not 5"],
        ),
        (
            "the newest activation is edited",
            |at| {
                edit(
                    at,
                    "policies/acme/journal/0000000004.json",
                    "it was not",
                    "it was",
                );
            },
            &["journal/0000000004.json` was changed"],
        ),
        (
            "an activation is edited",
            |at| {
                edit(
                    at,
                    "policies/acme/journal/0000000003.json",
                    "too strict",
                    "too lenient",
                );
            },
            &["journal/0000000004.json` is not one that follows activation 3"],
        ),
        (
            "the record of the newest activation is another policy's",
            |at| copy(at, "activations/strict.json", "activations/acme.json"),
            &["journal/0000000001.json` was changed"],
        ),
        (
            "the record of the newest activation is removed",
            |at| remove(at, "activations/acme.json"),
            &["activations/acme.json` is missing"],
        ),
        (
            "the record of the newest activation is none",
            |at| fs::write(at.join("activations/acme.json"), "{}").expect("it is written"),
            &["activations/acme.json` is damaged"],
        ),
    ]
}

#[test]
fn whatever_is_done_to_the_files_of_a_store_is_found() {
    let operator = day();
    for (what, change, expected) in tampering() {
        let (_kept, store) = copied(&operator);
        change(&store);
        let run = verify(&store);
        let lines: Vec<&str> = run.stdout.lines().collect();
        assert_eq!((run.code, &*run.stderr), (1, ""), "{what}: {lines:#?}");
        let (sum, findings) = lines.split_last().expect("it says something");
        for text in expected {
            let found = findings.iter().any(|line| line.contains(text));
            assert!(found, "{what}: `{text}` is not in {findings:#?}");
        }
        assert_eq!(findings.len(), expected.len(), "{what}: {findings:#?}");
        assert!(
            sum.ends_with(&format!("{} things are wrong", expected.len())),
            "{what}: {sum}"
        );
    }
}

/// Signed, and with a manifest that says so: only what the component says of itself tells.
#[test]
fn what_is_stored_as_another_decides_nowhere() {
    let operator = day();
    let (kept, store) = copied(&operator);
    let at = store.to_str().expect("a path");
    let serving = Serving::choosing(&["--store", at]);
    stored_as(&store, ("lenient", "1.0.0"), ("strict", "2.0.0"));
    serving.says("what is stored as strict 2.0.0 is the policy `lenient` 1.0.0");
    let mut caller = Caller::new(serving.address);
    let mut request = json(&allowed());
    request.as_object_mut().expect("an object").remove("now");
    for (version, expected) in [("@1.0.0", 200), ("", 200), ("@2.0.0", 404)] {
        let path = format!("/v1/decisions?policy=strict{version}");
        let (status, answer) = caller.call("POST", &path, None, &request.to_string());
        assert_eq!(status, expected, "{version}: {answer}");
    }
    let extending = kept.path().join("extending.toml");
    let rules = "language = 1\nextends = \"strict@2.0.0\"\nname = \"own\"\nversion = \"1.0.0\"\nsummary = \"Own.\"\n";
    fs::write(&extending, rules).expect("a file");
    let extending = extending.to_str().expect("a path");
    for arguments in [
        &[
            "check",
            "tests/data/allowed.json",
            "--policy",
            "strict@2.0.0",
            "--store",
            at,
        ][..],
        &["inspect", "strict@2.0.0", "--store", at],
        &[
            "actions",
            "tests/data/allowed.json",
            "--policy",
            "strict@2.0.0",
            "--store",
            at,
        ],
        &[
            "bench",
            "tests/data/allowed.json",
            "--policy",
            "strict@2.0.0",
            "--store",
            at,
        ],
        &["policy", "activate", "strict@2.0.0", "--store", at],
        &["policy", "add", "strict@2.0.0", "--store", at],
        &["policy", "add", extending, "--store", at],
        &[
            "policy",
            "sign",
            "strict@2.0.0",
            "--key",
            &operator.path("ops.key"),
            "--store",
            at,
        ],
    ] {
        let run = scopegate(arguments, b"");
        let said = "what is stored as strict 2.0.0 is the policy `lenient` 1.0.0";
        assert_eq!(run.code, 1, "{arguments:?}: {}", run.stdout);
        assert!(run.stderr.contains(said), "{arguments:?}: {}", run.stderr);
    }
}

/// The active version is replaced by another that is signed and says the same name and version, as one from another store does.
#[test]
fn what_was_not_activated_is_not_the_active_version() {
    let operator = day();
    let (_kept, store) = copied(&operator);
    let at = store.to_str().expect("a path");
    let other = Operator::new();
    let rules = format!("{}/policy.toml", other.policy("acme", "0.2.0"));
    let text = fs::read_to_string(&rules).expect("it is there");
    fs::write(
        &rules,
        text.replace("before we scan", "before anybody scans"),
    )
    .expect("a file");
    let key = format!("{}.pub", operator.path("ops"));
    other.done(&["key", "trust", &key, "--label", "ops"]);
    other.publish_signed(&other.path("acme-0.2.0"), &operator.path("ops.key"));
    let place = store.join("policies/acme/0.2.0");
    fs::remove_dir_all(&place).expect("it is there");
    fs::rename(other.path("store/policies/acme/0.2.0"), place).expect("it is moved");
    let said = "the component with the digest";
    let run = verify(&store);
    assert!(run.code == 1 && run.stdout.contains(said), "{}", run.stdout);
    let run = scopegate(
        &[
            "check",
            "tests/data/allowed.json",
            "--policy",
            "acme",
            "--store",
            at,
        ],
        b"",
    );
    assert!(run.code == 1 && run.stderr.contains(said), "{}", run.stderr);
}

#[test]
fn what_a_change_of_keys_stops_is_asked_for() {
    let operator = day();
    let key = |name: &str| operator.path(name);
    // The same key under another label, as a file that somebody put there.
    fs::copy(key("ops.pub"), key("store/keys/second.pub")).expect("it is copied");
    for named in ["ops", "second"] {
        let said = operator.refused(&["key", "remove", named]);
        for active in ["acme 0.2.0: ", "lenient 1.0.0: ", "strict 1.0.0: "] {
            assert!(said.contains(active), "{said}");
        }
        assert!(
            !said.contains("acme 0.1.0") && said.contains("--yes"),
            "{said}"
        );
    }
    let before = operator.done(&["key", "list"]);
    assert!(!before.contains("removed"), "{before}");
    // Another key takes its place, for what is active.
    operator.done(&["key", "new", &key("next")]);
    operator.done(&["key", "trust", &key("next.pub"), "--label", "next"]);
    for policy in ["acme", "lenient@1.0.0", "strict"] {
        operator.done(&["sign", policy, "--key", &key("next.key")]);
    }
    let said = operator.done(&["key", "remove", "second"]);
    assert!(said.contains("`ops`, `second` no longer count"), "{said}");
    assert!(
        said.contains("acme 0.1.0 no longer decides: the component is signed by"),
        "{said}"
    );
    let said = operator.refused(&["sign", "acme@0.1.0", "--key", &key("ops.key")]);
    assert!(said.contains("was removed from this store"), "{said}");
    let said = operator.done(&["key", "trust", &key("ops.pub"), "--label", "ops"]);
    assert!(
        said.contains("count again: it was removed before"),
        "{said}"
    );

    operator.done(&["key", "require", "no"]);
    fs::remove_file(key("store/policies/strict/1.0.0/policy.wasm.minisig")).expect("it is there");
    let said = operator.refused(&["key", "require", "yes"]);
    assert!(
        said.contains("strict 1.0.0: the component is not signed"),
        "{said}"
    );
    let settings = fs::read_to_string(key("store/store.json")).expect("it is there");
    assert!(settings.contains("false"), "{settings}");
    let said = operator.done(&["key", "require", "yes", "--yes"]);
    assert!(
        said.contains("strict 1.0.0, which is active, no longer decides"),
        "{said}"
    );
}

fn verify(store: &Path) -> program::Run {
    let store = store.to_str().expect("a path");
    scopegate(&["policy", "--store", store, "verify"], b"")
}

/// A copy of the store, to be changed.
fn copied(operator: &Operator) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("store");
    run(
        "cp",
        &["-R".as_ref(), operator.path("store").as_ref(), &store],
    );
    (folder, store)
}

fn run(command: &str, arguments: &[&Path]) {
    let status = Command::new(command).args(arguments).status();
    assert!(
        status.expect("it runs").success(),
        "{command} {arguments:?}"
    );
}

fn rename(at: &Path, from: &str, to: &str) {
    fs::rename(at.join(from), at.join(to)).expect("it is renamed");
}

fn exchange(at: &Path, one: &str, other: &str) {
    rename(at, one, "between");
    rename(at, other, one);
    rename(at, "between", other);
}

fn remove(at: &Path, path: &str) {
    fs::remove_file(at.join(path)).expect("it is there");
}

fn copy(at: &Path, from: &str, to: &str) {
    fs::copy(at.join(from), at.join(to)).expect("it is copied");
}

fn copy_folder(at: &Path, from: &str, to: &str) {
    run("cp", &["-R".as_ref(), &at.join(from), &at.join(to)]);
}

fn link(at: &Path, to: &str, path: &str) {
    std::os::unix::fs::symlink(to, at.join(path)).expect("it is linked");
}

fn pipe(at: &Path, path: &str) {
    run("mkfifo", &[&at.join(path)]);
}

fn edit(at: &Path, path: &str, from: &str, to: &str) {
    let path = at.join(path);
    let before = fs::read_to_string(&path).expect("it is there");
    let after = before.replacen(from, to, 1);
    assert_ne!(before, after);
    fs::write(path, after).expect("it is written");
}

/// Copies a version, and edits its manifest as if it had been published there.
fn stored_as(at: &Path, from: (&str, &str), to: (&str, &str)) {
    let place = |(name, version)| format!("policies/{name}/{version}");
    let (old, new) = (place(from), place(to));
    // It appears whole, as what a store writes does.
    let (between, target) = (at.join("between"), at.join(&new));
    copy_folder(at, &old, "between");
    for (what, from, to) in [("name", from.0, to.0), ("version", from.1, to.1)] {
        if from != to {
            let text = |value| format!("\"{what}\": \"{value}\"");
            edit(&between, "manifest.json", &text(from), &text(to));
        }
    }
    if target.exists() {
        fs::remove_dir_all(&target).expect("it is removed");
    }
    rename(at, "between", &new);
}
