//! Whose signatures count.

use std::fs;

use scopegate_store::{Added, Candidate, Folder, KeyPair, StoreError, sign};

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
