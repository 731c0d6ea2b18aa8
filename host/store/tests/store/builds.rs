//! Builds of one version have the same rules, as is shown and not as they say.

use std::fs;

use scopegate_store::{Added, Candidate, KeyPair, Store, StoreError};

use crate::support::{component, engine, folder, publish, rules, store, version};

fn add(store: &Store, component: Vec<u8>, build: Option<u64>) -> Result<Added, StoreError> {
    let candidate = Candidate::new(&engine(), folder(component), build)?;
    store.add(&candidate, "tests")
}

/// A component of other bytes that says that it has the same rules: nothing shows whether it has.
fn claiming(component: &[u8]) -> Vec<u8> {
    let section = [0, 5, 4, b'n', b'o', b't', b'e'];
    [component, &section].concat()
}

/// The same, for a component that says that it has its rules and decides by others: the bytes of its condition differ.
fn forged() -> Vec<u8> {
    let honest = component("1.0.0", "");
    let other = scopegate_compiler::compile(&rules("1.0.0", "").replace("!= \"\"", "!= \"x\""));
    let mut other = other.expect("the rules are right").component;
    let digest = |bytes: &[u8]| {
        let policy = engine().load(bytes).expect("it loads");
        policy.manifest().rules_digest.clone()
    };
    let (from, to) = (digest(&other), digest(&honest));
    let at = other
        .windows(from.len())
        .position(|window| window == from.as_bytes())
        .expect("the digest stands in it");
    other[at..at + to.len()].copy_from_slice(to.as_bytes());
    assert_eq!(digest(&other), to);
    other
}

#[test]
fn a_build_has_the_rules_of_the_others_or_is_refused() {
    let first = component("1.0.0", "");
    let other = component("1.0.0", "Otherwise.");
    let own_build = component("1.0.0+7", "Otherwise.");
    for (what, published, added, build, expected) in [
        (
            "other rules",
            &first,
            &other,
            Some(7),
            "has other rules than acme 1.0.0",
        ),
        (
            "a build of its own",
            &first,
            &own_build,
            None,
            "has other rules than acme 1.0.0",
        ),
        (
            "before",
            &own_build,
            &first,
            None,
            "has other rules than acme 1.0.0+7",
        ),
        (
            "a claim",
            &first,
            &claiming(&first),
            Some(7),
            "nothing shows that this one has",
        ),
        (
            "a forged digest",
            &first,
            &forged(),
            Some(7),
            "nothing shows that this one has",
        ),
        (
            "a claim there",
            &claiming(&first),
            &first,
            Some(7),
            "nothing shows that the published one has",
        ),
        (
            "other bytes",
            &first,
            &other,
            None,
            "is published with other rules",
        ),
        (
            "a claim, as the same",
            &first,
            &claiming(&first),
            None,
            "nothing shows that this one has",
        ),
        (
            "a forged digest, as the same",
            &first,
            &forged(),
            None,
            "nothing shows that this one has",
        ),
    ] {
        let (_kept, store) = store();
        add(&store, published.clone(), None).expect("it is published");
        let error = add(&store, added.clone(), build).expect_err(what);
        let said = error.to_string();
        assert!(
            said.contains(expected) && !said.contains("with the same rules"),
            "{what}: {said}"
        );
        let versions = store.policy("acme").expect("readable").versions;
        assert_eq!(versions.len(), 1, "{what}");
    }
}

/// What the store saw when it was added counts, whichever compiler makes the same rules now.
#[test]
fn a_recorded_version_has_other_builds() {
    let (_kept, store) = store();
    let first = component("1.0.0", "");
    add(&store, claiming(&first), None).expect("it is published");
    let manifest = store.folder().join("policies/acme/1.0.0/manifest.json");
    let text = fs::read_to_string(&manifest).expect("it is there");
    let mut known: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    known["proof"] =
        serde_json::json!({"component": known["digest"], "compiler": scopegate_compiler::COMPILER});
    fs::write(manifest, known.to_string()).expect("it is written");
    let error = add(&store, first.clone(), None).expect_err("it is published");
    assert!(
        matches!(error, StoreError::OtherBuild { free: 2, .. }),
        "{error}"
    );
    assert!(error.to_string().contains("--build 2"), "{error}");
    let other = component("1.0.0", "Otherwise.");
    let error = add(&store, other, Some(2)).expect_err("its rules are others");
    assert!(matches!(error, StoreError::OtherRules { .. }), "{error}");
    let added = add(&store, first, Some(2)).expect("its rules are the same");
    assert!(matches!(added, Added::Published(_)));
}

#[test]
fn the_same_bytes_are_a_build_whoever_made_them() {
    let (_kept, store) = store();
    let first = claiming(&component("1.0.0", ""));
    for build in [None, Some(2), Some(7)] {
        let added = add(&store, first.clone(), build).expect("it is published");
        assert!(matches!(added, Added::Published(_)));
    }
}

/// What is put beside a version by hand has its rules or decides nothing, whatever its manifest says.
#[test]
fn a_build_put_there_by_hand_has_the_rules_of_the_others_or_is_refused() {
    let other = component("1.0.0", "Otherwise.");
    let same = component("1.0.0", "");
    let plain = version("1.0.0");
    let build = version("1.0.0+9");
    for (what, component, rules_digest, expected) in [
        (
            "other rules",
            &other,
            None,
            "has other rules than acme 1.0.0",
        ),
        (
            "a claim",
            &claiming(&same),
            None,
            "nothing shows that this one has",
        ),
        (
            "a wrong digest",
            &same,
            Some("sha256:00"),
            "its `rules_digest` is not what the component says",
        ),
    ] {
        let (_kept, store) = store();
        publish(&store, "1.0.0", "").expect("it is published");
        let policies = store.folder().join("policies/acme");
        let policy = engine().load(component).expect("it loads");
        let text = fs::read_to_string(policies.join("1.0.0/manifest.json")).expect("it is there");
        let mut manifest: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
        manifest["version"] = "1.0.0+9".into();
        manifest["summary"] = policy.manifest().summary.clone().into();
        manifest["digest"] = policy.id().digest.clone().into();
        manifest["rules_digest"] = rules_digest
            .unwrap_or(&policy.manifest().rules_digest)
            .into();
        let folder = policies.join("1.0.0+9");
        fs::create_dir(&folder).expect("a folder");
        fs::write(folder.join("policy.wasm"), component).expect("it is written");
        fs::write(folder.join("manifest.json"), manifest.to_string()).expect("it is written");
        let pair = KeyPair::generate().expect("keys");
        store.trust("key", &pair.public).expect("it is trusted");
        let loaded = store.load(&engine(), "acme", &build).map(|_| ());
        let signed = store.sign(&engine(), "acme", &build, &pair.secret);
        for error in [loaded.expect_err(what), signed.expect_err(what)] {
            assert!(error.to_string().contains(expected), "{what}: {error}");
        }
        let verified = store.verify(&engine()).expect("readable");
        let [finding] = &*verified.findings else {
            panic!("{what}: {verified:?}")
        };
        assert_eq!(finding.version.as_ref(), Some(&build), "{what}");
        // What was published goes on.
        store.load(&engine(), "acme", &plain).expect(what);
    }
}
