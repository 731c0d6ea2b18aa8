//! What is stored under a name and version is the policy of that name and version, whatever folders and manifests say.

use std::fs;
use std::path::PathBuf;

use scopegate_store::{Candidate, Direction, Folder, KeyPair, Store, StoreError, sign};
use tempfile::TempDir;

use crate::support::{engine, publish, rules, store, version};

/// `lenient` 1.0.0 and `strict` 1.0.0, signed by a key that the store trusts, in a store that asks for signatures.
fn signed() -> (TempDir, Store) {
    let (kept, store) = store();
    let pair = KeyPair::generate().expect("keys");
    store.trust("ours", &pair.public).expect("it is a key");
    store.require_signature(true).expect("it is required");
    for name in ["lenient", "strict"] {
        let rules = rules("1.0.0", name).replace("\"acme\"", &format!("\"{name}\""));
        let compiled = scopegate_compiler::compile(&rules).expect("the rules are right");
        let signature = sign(&compiled.component, &pair.secret).expect("signed");
        let folder = Folder {
            component: compiled.component,
            signature: Some(signature.into_bytes()),
            cases: None,
        };
        let candidate = Candidate::new(&engine(), folder, None).expect("it loads");
        store.add(&candidate, "tests").expect("it is added");
        store
            .activate(name, &version("1.0.0"), "tests", "")
            .expect("it becomes active");
    }
    (kept, store)
}

fn place(store: &Store, name: &str, version: &str) -> PathBuf {
    store.folder().join("policies").join(name).join(version)
}

/// Copies a version to another name and version, and edits its manifest so that it says so.
fn copy(store: &Store, from: (&str, &str), to: (&str, &str)) {
    let (old, new) = (place(store, from.0, from.1), place(store, to.0, to.1));
    fs::create_dir_all(&new).expect("a folder");
    for entry in fs::read_dir(old).expect("readable") {
        let entry = entry.expect("readable");
        fs::copy(entry.path(), new.join(entry.file_name())).expect("it is copied");
    }
    let manifest = new.join("manifest.json");
    let text = fs::read_to_string(&manifest).expect("it is there");
    let text = text
        .replace(
            &format!("\"name\": \"{}\"", from.0),
            &format!("\"name\": \"{}\"", to.0),
        )
        .replace(
            &format!("\"version\": \"{}\"", from.1),
            &format!("\"version\": \"{}\"", to.1),
        );
    fs::write(manifest, text).expect("it is written");
}

#[test]
fn a_signed_component_is_no_other_policy_and_no_other_version() {
    for (from, to) in [
        (("lenient", "1.0.0"), ("strict", "2.0.0")),
        (("lenient", "1.0.0"), ("strict", "1.0.0")),
        (("lenient", "1.0.0"), ("strict", "1.0.0+2")),
        (("strict", "1.0.0"), ("strict", "2.0.0")),
        (("strict", "1.0.0"), ("strict", "1.0.0-rc.1")),
        (("strict", "1.0.0"), ("strict", "1.0.1+2")),
        (("strict", "1.0.0"), ("other", "1.0.0")),
    ] {
        let (_kept, store) = signed();
        copy(&store, from, to);
        let at = version(to.1);
        let is_other = |error: StoreError| {
            let said = error.to_string();
            assert!(
                matches!(error, StoreError::OtherPolicy { .. })
                    && said.contains(&format!("{} {}", to.0, to.1))
                    && said.contains(&format!("`{}` {}", from.0, from.1)),
                "{to:?}: {said}"
            );
        };
        // It is signed, and its bytes are those of its manifest: only what it says of itself tells.
        store.component(to.0, &at).expect("its signature counts");
        is_other(store.candidate(&engine(), to.0, &at).expect_err("another"));
        is_other(store.load(&engine(), to.0, &at).expect_err("another"));
        let findings = store.verify(&engine()).expect("readable").findings;
        let found = findings
            .into_iter()
            .find(|finding| finding.name == to.0 && finding.version.as_ref() == Some(&at));
        is_other(found.expect("it is found").error);
    }
}

#[test]
fn a_build_is_the_version_that_it_is_a_build_of() {
    let (_kept, store) = signed();
    copy(&store, ("strict", "1.0.0"), ("strict", "1.0.0+2"));
    store
        .candidate(&engine(), "strict", &version("1.0.0+2"))
        .expect("the same bytes, as a build");
}

#[test]
fn an_older_version_becomes_active_only_if_that_is_asked_for() {
    let (_kept, store) = store();
    for text in ["1.0.0", "1.1.0", "1.2.0-rc.1", "1.2.0"] {
        publish(&store, text, "").expect("it is published");
    }
    let toward = |direction, text: &str| {
        store.activate_toward(direction, "acme", &version(text), "tests", "")
    };
    toward(Direction::Forward, "1.1.0").expect("nothing was active");
    for (active, older) in [
        ("1.1.0", "1.0.0"),
        ("1.2.0", "1.2.0-rc.1"),
        ("1.2.0", "1.1.0"),
    ] {
        toward(Direction::Forward, active).expect("it is newer, or active already");
        let error = toward(Direction::Forward, older).expect_err("it is older");
        let said = error.to_string();
        assert!(
            matches!(error, StoreError::Older { .. })
                && said.contains(&format!("acme {older} is older than {active}"))
                && said.contains("--allow-downgrade"),
            "{said}"
        );
        let still = store.active("acme").expect("readable").expect("one is");
        assert_eq!(still.version, version(active));
    }
    toward(Direction::Any, "1.0.0").expect("it was asked for");
    // What leads back is the version before, and no other.
    let error = toward(Direction::Back, "1.1.0").expect_err("it is not the one before");
    assert!(matches!(error, StoreError::Overtaken { .. }), "{error}");
    toward(Direction::Back, "1.2.0").expect("it is the one before");
}
