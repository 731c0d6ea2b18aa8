//! The journal of activations: what is gone back to, and what is found of what somebody did to its files.

use std::fs;
use std::path::PathBuf;

use scopegate_store::{Direction, Store, StoreError};
use tempfile::TempDir;

use crate::support::{engine, publish, store, version};

fn published() -> (TempDir, Store) {
    let (kept, store) = store();
    for text in ["1.0.0", "1.1.0", "1.2.0"] {
        publish(&store, text, "").expect("it is published");
    }
    (kept, store)
}

fn activate(store: &Store, text: &str) {
    store
        .activate_toward(Direction::Any, "acme", &version(text), "tests", "")
        .expect("it becomes active");
}

fn entry(store: &Store, number: u64) -> PathBuf {
    let journal = store.folder().join("policies/acme/journal");
    journal.join(format!("{number:010}.json"))
}

/// What is active after each step: a version is activated, `<` goes back.
#[test]
fn going_back_never_comes_back_to_what_was_gone_back_from() {
    for (steps, expected) in [
        ("1.0.0 1.1.0 < <", "1.0.0 1.1.0 1.0.0 -"),
        ("1.0.0 1.1.0 1.2.0 < < <", "1.0.0 1.1.0 1.2.0 1.1.0 1.0.0 -"),
        ("1.0.0 1.1.0 < 1.2.0 < <", "1.0.0 1.1.0 1.0.0 1.2.0 1.0.0 -"),
        ("1.2.0 1.0.0 <", "1.2.0 1.0.0 1.2.0"),
        ("1.2.0 1.0.0 1.2.0 < <", "1.2.0 1.0.0 1.2.0 1.0.0 1.2.0"),
        ("1.0.0 1.1.0 < 1.1.0 < <", "1.0.0 1.1.0 1.0.0 1.1.0 1.0.0 -"),
        ("<", "-"),
        ("1.0.0 <", "1.0.0 -"),
    ] {
        let (_kept, store) = published();
        let mut found = Vec::new();
        for step in steps.split(' ') {
            found.push(match step {
                "<" => match store.rollback("acme", "tests", "") {
                    Ok(activation) => activation.version.to_string(),
                    Err(error) => {
                        assert!(matches!(error, StoreError::NothingBefore { .. }), "{error}");
                        "-".to_owned()
                    }
                },
                text => {
                    activate(&store, text);
                    text.to_owned()
                }
            });
        }
        assert_eq!(found.join(" "), expected, "{steps}");
        let verified = store.verify(&engine()).expect("readable");
        assert!(
            verified.findings.is_empty(),
            "{steps}: {:?}",
            verified.findings
        );
    }
}

/// A journal as stores wrote it before they told activations from rollbacks.
#[test]
fn a_journal_that_does_not_tell_is_gone_on_with() {
    let (_kept, store) = published();
    for (number, text, from) in [
        (1, "1.0.0", None),
        (2, "1.1.0", Some("1.0.0")),
        (3, "1.0.0", Some("1.1.0")),
    ] {
        let digest = store
            .manifest("acme", &version(text))
            .expect("it is there")
            .digest;
        let entry_text = serde_json::json!({
            "number": number, "version": text, "digest": digest, "from": from,
            "at": "2026-11-01T00:00:00Z", "by": "tests", "why": "",
        });
        let path = entry(&store, number);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, entry_text.to_string()).expect("it is written");
    }
    let error = store
        .rollback("acme", "tests", "")
        .expect_err("it went back once");
    assert!(matches!(error, StoreError::NothingBefore { .. }), "{error}");
    activate(&store, "1.2.0");
    assert_eq!(store.before("acme").expect("one was"), version("1.0.0"));
    let verified = store.verify(&engine()).expect("readable");
    assert!(verified.findings.is_empty(), "{:?}", verified.findings);
}

/// What was replaced since it was active is not what is gone back to.
#[test]
fn a_version_that_was_replaced_is_not_gone_back_to() {
    let (_kept, store) = published();
    for text in ["1.0.0", "1.1.0", "1.2.0"] {
        activate(&store, text);
    }
    store
        .remove("acme", &version("1.1.0"))
        .expect("it is removed");
    publish(&store, "1.1.0", "Otherwise.").expect("it is published");
    assert_eq!(store.before("acme").expect("one was"), version("1.0.0"));
}

/// Each change of the journal's files, and whether the active version is still known.
#[test]
fn what_was_done_to_the_journal_is_found() {
    type Change = fn(&Store);
    let changes: [(&str, Change, &str, bool); 11] = [
        (
            "the newest is removed",
            |store| fs::remove_file(entry(store, 3)).expect("it is there"),
            "0000000003.json` is missing: the policy was activated 3 times",
            false,
        ),
        (
            "the newest two are removed",
            |store| {
                for number in [2, 3] {
                    fs::remove_file(entry(store, number)).expect("it is there");
                }
            },
            "0000000003.json` is missing",
            false,
        ),
        (
            "all are removed",
            |store| {
                fs::remove_dir_all(store.folder().join("policies/acme/journal"))
                    .expect("it is there");
            },
            "0000000003.json` is missing",
            false,
        ),
        (
            "the newest is removed, and its record",
            |store| {
                fs::remove_file(entry(store, 3)).expect("it is there");
                fs::remove_file(store.folder().join("activations/acme.json")).expect("it is there");
            },
            "activations/acme.json` is missing",
            true,
        ),
        (
            "one between is removed",
            |store| fs::remove_file(entry(store, 2)).expect("it is there"),
            "0000000002.json` is missing",
            true,
        ),
        (
            "two are exchanged",
            |store| exchange(store, 1, 2),
            "0000000001.json` is activation 2, not 1",
            true,
        ),
        (
            "the newest is changed",
            |store| edit(store, 3, |text| text.replace("1.2.0", "1.0.0")),
            "0000000003.json` was changed",
            false,
        ),
        (
            "one between is changed",
            |store| edit(store, 2, |text| text.replace("tests", "nobody")),
            "0000000003.json` is not one that follows activation 2",
            true,
        ),
        (
            "one is there twice",
            |store| {
                let text = fs::read_to_string(entry(store, 1)).expect("it is there");
                fs::write(entry(store, 4), text).expect("it is written");
            },
            "0000000004.json` is activation 1, not 4",
            false,
        ),
        (
            "one is there twice, with the next number",
            |store| {
                let text = fs::read_to_string(entry(store, 1)).expect("it is there");
                let text = text.replace("\"number\": 1", "\"number\": 4");
                fs::write(entry(store, 4), text).expect("it is written");
            },
            "0000000004.json` is not one that follows activation 3",
            false,
        ),
        (
            "a file of another name",
            |store| {
                fs::write(entry(store, 3).with_file_name("4.json"), "{}").expect("it is written");
            },
            "4.json` is nothing of a store",
            true,
        ),
    ];
    for (what, change, expected, is_known) in changes {
        let (_kept, store) = published();
        for text in ["1.0.0", "1.1.0", "1.2.0"] {
            activate(&store, text);
        }
        change(&store);
        let findings = store.verify(&engine()).expect("readable").findings;
        let said: Vec<String> = findings.iter().map(|it| it.error.to_string()).collect();
        assert_eq!(said.len(), 1, "{what}: {said:?}");
        assert!(said[0].contains(expected), "{what}: {said:?}");
        assert_eq!(store.active("acme").is_ok(), is_known, "{what}");
    }
}

/// What the message says to do is enough, where there is no backup.
#[test]
fn a_lost_activation_is_left_behind_as_the_message_says() {
    let (_kept, store) = published();
    for text in ["1.0.0", "1.1.0"] {
        activate(&store, text);
    }
    fs::remove_file(entry(&store, 2)).expect("it is there");
    let forward = |text| store.activate("acme", &version(text), "tests", "");
    let said = forward("1.1.0").expect_err("one is lost").to_string();
    let record = store.folder().join("activations/acme.json");
    assert!(
        said.contains(&format!("remove `{}` and activate", record.display())),
        "{said}"
    );
    fs::remove_file(record).expect("it is there");
    assert_eq!(forward("1.1.0").expect("it becomes active").number, 2);
    let verified = store.verify(&engine()).expect("readable");
    assert!(verified.findings.is_empty(), "{:?}", verified.findings);
}

fn exchange(store: &Store, one: u64, other: u64) {
    let texts = [one, other].map(|number| fs::read(entry(store, number)).expect("it is there"));
    fs::write(entry(store, one), &texts[1]).expect("it is written");
    fs::write(entry(store, other), &texts[0]).expect("it is written");
}

fn edit(store: &Store, number: u64, change: impl Fn(String) -> String) {
    let path = entry(store, number);
    let before = fs::read_to_string(&path).expect("it is there");
    let after = change(before.clone());
    assert_ne!(before, after);
    fs::write(path, after).expect("it is written");
}
