//! Publishing, activating, going back, removing, and damage.

use std::fs;

use scopegate_store::{Added, Candidate, Folder, Store, StoreError};

use crate::support::{component, engine, file, folder, publish, rules, store, version};

#[test]
fn a_published_version_never_changes() {
    let (_kept, store) = store();
    let engine = engine();
    let add = |component: Vec<u8>, build| {
        let candidate = Candidate::new(&engine, folder(component), build)?;
        store.add(&candidate, "tests")
    };
    let first = component("1.0.0", "");
    assert!(matches!(add(first.clone(), None), Ok(Added::Published(_))));
    assert!(matches!(add(first.clone(), None), Ok(Added::There(_))));
    let error = add(component("1.0.0", "Otherwise."), None).expect_err("it is published");
    assert!(matches!(error, StoreError::Published { .. }), "{error}");

    // The same bytes are another build, for whoever wants one.
    assert!(matches!(
        add(first.clone(), Some(2)),
        Ok(Added::Published(_))
    ));
    let versions: Vec<String> = store
        .policy("acme")
        .expect("it is there")
        .versions
        .iter()
        .map(|manifest| manifest.version.to_string())
        .collect();
    assert_eq!(versions, ["1.0.0", "1.0.0+2"]);
    assert_eq!(
        store
            .component("acme", &version("1.0.0"))
            .expect("it is there"),
        first
    );
}

#[test]
fn activations_are_remembered_and_gone_back_on() {
    let (_kept, store) = store();
    for text in ["1.0.0", "1.1.0", "2.0.0-beta.1"] {
        publish(&store, text, "").expect("it is published");
    }
    assert_eq!(store.active("acme").expect("readable"), None);
    let error = store
        .rollback("acme", "tests", "")
        .expect_err("nothing was active");
    assert!(matches!(error, StoreError::NothingBefore { .. }), "{error}");
    let activate = |text| store.activate("acme", &version(text), "tests", "to see");
    let error = activate("3.0.0").expect_err("there is no such version");
    assert!(
        matches!(error, StoreError::UnknownVersion { .. }),
        "{error}"
    );
    activate("1.0.0").expect("it becomes active");
    activate("1.1.0").expect("it becomes active");
    let back = store.rollback("acme", "tests", "too strict").expect("back");
    assert_eq!(back.version, version("1.0.0"));
    assert_eq!(back.from, Some(version("1.1.0")));
    let history = store.history("acme").expect("readable");
    let numbers: Vec<(u64, String)> = history
        .iter()
        .map(|activation| (activation.number, activation.version.to_string()))
        .collect();
    assert_eq!(
        numbers,
        [
            (1, "1.0.0".into()),
            (2, "1.1.0".into()),
            (3, "1.0.0".into())
        ]
    );
    assert_eq!(history[2].why, "too strict");

    let error = store
        .remove("acme", &version("1.0.0"))
        .expect_err("it is active");
    assert!(matches!(error, StoreError::Active { .. }), "{error}");
    store
        .remove("acme", &version("1.1.0"))
        .expect("it is removed");
    let error = store
        .remove("acme", &version("1.1.0"))
        .expect_err("it is gone");
    assert!(
        matches!(error, StoreError::UnknownVersion { .. }),
        "{error}"
    );
    let error = store.rollback("acme", "tests", "").expect_err("it is gone");
    assert!(matches!(error, StoreError::NothingBefore { .. }), "{error}");
}

#[test]
fn a_changed_byte_is_found() {
    let (_kept, store) = store();
    publish(&store, "1.0.0", "").expect("it is published");
    assert!(
        store
            .verify(&engine())
            .expect("readable")
            .findings
            .is_empty()
    );
    let path = file(&store, "1.0.0");
    let bytes = fs::read(&path).expect("it is there");
    let step = bytes.len() / 50;
    for at in (0..bytes.len()).step_by(step) {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        fs::write(&path, &changed).expect("it is written");
        let error = store
            .component("acme", &version("1.0.0"))
            .expect_err("it is changed");
        assert!(matches!(error, StoreError::Damaged { .. }), "{at}: {error}");
        let error = store
            .activate("acme", &version("1.0.0"), "tests", "")
            .expect_err("it is changed");
        assert!(matches!(error, StoreError::Damaged { .. }), "{at}: {error}");
        assert_eq!(store.verify(&engine()).expect("readable").findings.len(), 1);
    }
    assert_eq!(store.active("acme").expect("readable"), None);
}

#[test]
fn files_of_the_store_that_make_no_sense_are_named() {
    let (_kept, store) = store();
    publish(&store, "1.0.0", "").expect("it is published");
    store
        .activate("acme", &version("1.0.0"), "tests", "")
        .expect("it becomes active");
    for (path, damage) in [
        ("policies/acme/1.0.0/manifest.json", "{}"),
        ("policies/acme/journal/0000000001.json", "[1"),
        ("store.json", r#"{"layout": 9, "require_signature": false}"#),
    ] {
        let path = store.folder().join(path);
        let before = fs::read(&path).expect("it is there");
        fs::write(&path, damage).expect("it is written");
        let error = store
            .settings()
            .map(|_| ())
            .and_then(|()| store.policy("acme").map(|_| ()))
            .expect_err("it is damaged");
        let said = error.to_string();
        assert!(said.contains(&path.display().to_string()), "{said}");
        fs::write(&path, before).expect("it is written");
    }
    assert!(store.policy("acme").is_ok());
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    let (_kept, store) = store();
    for name in [
        "",
        "..",
        ".",
        "../acme",
        "a/b",
        "Acme",
        ".new-x",
        "a\0b",
        "journal/x",
    ] {
        let error = store.policy(name).expect_err("it is no name");
        assert!(
            matches!(
                error,
                StoreError::Unnameable { .. } | StoreError::UnknownPolicy { .. }
            ),
            "{name:?}: {error}"
        );
    }
    for text in ["", "1", "1.0", "../1.0.0", "1.0.0/..", "01.0.0"] {
        assert!(
            text.parse::<scopegate_store::Version>().is_err(),
            "{text:?}"
        );
    }
    assert!(Store::open(store.folder().join("nowhere")).is_err());
}

#[test]
fn what_fails_its_cases_is_not_published() {
    let (_kept, store) = store();
    let request = r#"{"action": "scan", "now": "2026-11-23T12:00:00Z"}"#;
    let full = include_str!("../../../runtime/tests/runtime/full.json");
    let mut base: serde_json::Value = serde_json::from_str(full).expect("it is JSON");
    base["action"] = "scan".into();
    let bases = serde_json::json!({"full": base}).to_string();
    let case = |decision: &str| {
        format!(
            r#"{{"name": "someone scans", "base": "full", "expect": {{"decision": "{decision}"}}}}"#
        )
    };
    let candidate = |cases: String| {
        let folder = Folder {
            component: component("1.0.0", ""),
            signature: None,
            cases: Some((cases, Some(bases.clone()))),
        };
        Candidate::new(&engine(), folder, None)
    };
    let good = candidate(case("allow")).expect("it passes");
    let error = candidate(case("deny")).expect_err("it fails");
    assert!(error.to_string().contains("someone scans"), "{error}");
    let error =
        candidate(format!(r#"{{"name": "x", "request": {request}}}"#)).expect_err("no case");
    assert!(matches!(error, StoreError::Cases { .. }), "{error}");
    store.add(&good, "tests").expect("it is published");
    let path = store.folder().join("policies/acme/1.0.0/cases.jsonl");
    fs::write(&path, case("deny")).expect("it is written");
    let error = store
        .candidate(&engine(), "acme", &version("1.0.0"))
        .expect_err("its cases were changed");
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    assert_eq!(store.verify(&engine()).expect("readable").findings.len(), 1);
}

#[test]
fn what_is_no_policy_is_not_published() {
    for bytes in [
        b"".to_vec(),
        b"\0asm\x01\0\0\0".to_vec(),
        rules("1.0.0", "").into_bytes(),
    ] {
        let error = Candidate::new(&engine(), folder(bytes), None).expect_err("it is no policy");
        assert!(matches!(error, StoreError::Unloadable { .. }), "{error}");
    }
}
