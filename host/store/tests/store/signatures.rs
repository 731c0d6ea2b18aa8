//! Whose signatures count.

use std::fs;

use scopegate_store::{Added, Candidate, Folder, KeyPair, StoreError, TrustChange, sign};

use crate::support::{component, engine, store, version};

#[test]
fn only_signatures_of_trusted_keys_count() {
    let (_kept, store) = store();
    let [ours, others] = [(); 2].map(|()| KeyPair::generate().expect("keys"));
    store.trust("ours", &ours.public).expect("it is a key");
    store.require_signature(true).expect("it is required");
    let bytes = component("1.0.0", "");
    let add = |signature: Option<String>| {
        let folder = Folder {
            component: bytes.clone(),
            signature: signature.map(String::into_bytes),
            cases: None,
        };
        store.add(&Candidate::new(&engine(), folder, None)?, "tests")
    };
    let error = add(None).expect_err("it is unsigned");
    assert!(matches!(error, StoreError::Unsigned), "{error}");
    let by_others = sign(&bytes, &others.secret).expect("signed");
    let error = add(Some(by_others)).expect_err("signed by a stranger");
    assert!(matches!(error, StoreError::UnknownKey { .. }), "{error}");
    let of_other_bytes = sign(&component("1.0.1", ""), &ours.secret).expect("signed");
    let error = add(Some(of_other_bytes)).expect_err("signed for other bytes");
    assert!(
        matches!(error, StoreError::WrongSignature { .. }),
        "{error}"
    );
    for text in ["", "untrusted comment: x\n", "\u{0}"] {
        let error = add(Some(text.to_owned())).expect_err("no signature");
        assert!(
            matches!(error, StoreError::WrongSignature { .. }),
            "{error}"
        );
    }
    let good = sign(&bytes, &ours.secret).expect("signed");
    assert!(matches!(add(Some(good.clone())), Ok(Added::Published(_))));
    assert!(matches!(add(Some(good)), Ok(Added::There(_))));
    store
        .activate("acme", &version("1.0.0"), "tests", "")
        .expect("its signature counts");

    store.distrust("ours").expect("it is removed");
    let error = store
        .component("acme", &version("1.0.0"))
        .expect_err("its key was removed");
    assert!(matches!(error, StoreError::RemovedKey { .. }), "{error}");
    assert!(store.distrust("ours").is_err());
    let again = sign(&bytes, &others.secret).expect("signed");
    store.trust("others", &others.public).expect("it is a key");
    assert!(matches!(add(Some(again)), Ok(Added::Signed(_))));
    store
        .component("acme", &version("1.0.0"))
        .expect("its new signature counts");
}

#[test]
fn a_key_is_known_by_its_id() {
    let pair = KeyPair::generate().expect("keys");
    let bytes = component("1.0.0", "");
    for named in ["ops", "second", "the id"] {
        let (_kept, store) = store();
        store.require_signature(true).expect("it is required");
        let first = store.trust("ops", &pair.public).expect("it is a key");
        assert!(!first.was_removed && first.other_labels.is_empty());
        let second = store.trust("second", &pair.public).expect("it is a key");
        assert_eq!(second.other_labels, ["ops"]);
        let signature = sign(&bytes, &pair.secret).expect("signed");
        let folder = Folder {
            component: bytes.clone(),
            signature: Some(signature.into_bytes()),
            cases: None,
        };
        let candidate = Candidate::new(&engine(), folder, None).expect("it loads");
        store.add(&candidate, "tests").expect("it is signed");
        let named = if named == "the id" {
            &first.key.id
        } else {
            named
        };

        let change = TrustChange::Remove(named);
        let stopped = store.would_stop(change).expect("there is such a key");
        assert_eq!(stopped.len(), 1, "{named}");
        let removed = store.distrust(named).expect("there is such a key");
        let labels: Vec<&str> = removed.iter().map(|key| &*key.label).collect();
        assert_eq!(labels, ["ops", "second"], "{named}");
        let load = || store.component("acme", &version("1.0.0"));
        let error = load().expect_err("its key was removed");
        assert!(matches!(error, StoreError::RemovedKey { .. }), "{error}");
        assert!(store.would_stop(change).is_err(), "it is removed already");

        let again = store.trust("third", &pair.public).expect("it is a key");
        assert!(again.was_removed);
        load().expect("its key counts again");
        let keys = store.keys().expect("readable");
        assert!(
            keys.iter()
                .all(|key| !key.is_removed && key.label == "third")
        );
    }
}

/// Two keys may have one id only if somebody made it so.
#[test]
fn another_key_with_the_id_of_one_is_refused() {
    let (_kept, store) = store();
    let pair = KeyPair::generate().expect("keys");
    let id = store
        .trust("ops", &pair.public)
        .expect("it is a key")
        .key
        .id;
    let line = |text: &str| text.lines().nth(1).expect("the key").to_owned();
    let ours = line(&pair.public);
    loop {
        // Its first bytes are the id, but for two bits that chance decides.
        let other = KeyPair::generate().expect("keys");
        let others = line(&other.public);
        // The same key with another id is none either.
        let same = format!("untrusted comment: x\n{}{}\n", &others[..8], &ours[8..]);
        let error = store.trust("same", &same).expect_err("it is ours");
        assert!(
            error.to_string().contains("`ops` is the same key"),
            "{error}"
        );
        let line = format!("{}{}", &ours[..13], &others[13..]);
        let text = format!("untrusted comment: x\n{line}\n");
        let error = match store.trust("other", &text) {
            Err(error) => error.to_string(),
            Ok(trusted) => {
                assert_ne!(trusted.key.id, id);
                store.distrust("other").expect("it is there");
                fs::remove_file(store.folder().join("keys/removed/other.pub"))
                    .expect("it is there");
                continue;
            }
        };
        assert!(error.contains("or another key with that id"), "{error}");
        break;
    }
}

#[test]
fn a_legacy_signature_is_called_one() {
    let (_kept, store) = store();
    let pair = KeyPair::generate().expect("keys");
    store.trust("ops", &pair.public).expect("it is a key");
    let bytes = component("1.0.0", "");
    let signature = sign(&bytes, &pair.secret).expect("signed");
    // `Ed` where hashed signatures have `ED`.
    let legacy = signature.replacen("\nRU", "\nRW", 1);
    assert_ne!(legacy, signature);
    let folder = Folder {
        component: bytes,
        signature: Some(legacy.into_bytes()),
        cases: None,
    };
    let candidate = Candidate::new(&engine(), folder, None).expect("it loads");
    let error = store
        .add(&candidate, "tests")
        .expect_err("it does not count");
    assert!(matches!(error, StoreError::LegacySignature) && error.is_distrust());
    let said = error.to_string();
    assert!(
        said.contains("legacy") && !said.contains("changed"),
        "{said}"
    );
}

#[test]
fn keys_that_are_none_are_refused() {
    let (_kept, store) = store();
    let pair = KeyPair::generate().expect("keys");
    for text in ["", "RWQ", &pair.secret, "untrusted comment: x\nnot base64"] {
        let error = store.trust("x", text).expect_err("it is no key");
        assert!(matches!(error, StoreError::Key { .. }), "{error}");
    }
    assert!(sign(b"", &pair.public).is_err());
    store.trust("x", &pair.public).expect("it is a key");
    let other = KeyPair::generate().expect("keys");
    let error = store
        .trust("x", &other.public)
        .expect_err("the label is taken");
    assert!(error.to_string().contains("`x`"), "{error}");
    fs::write(store.folder().join("keys/y.pub"), "nothing").expect("it is written");
    assert!(matches!(store.keys(), Err(StoreError::Damaged { .. })));
}
