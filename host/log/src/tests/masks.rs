//! What is masked is not in the log.

use scopegate::{Attribute, AttributeValue};

use super::{append, config, files, policy, read, request};
use crate::{Config, Log, Masks, replay, replay_reading};

#[test]
fn a_mask_names_facts() {
    for path in [
        "actor.id",
        "actor",
        "access.revoke_reason",
        "scan.targets[].url",
        "scan.targets[]",
        "scan.targets",
        "scan.accepted[]",
        "attributes.*",
        "attributes.a.b c",
        "attributes",
        "responsibility.authorized_for.tenancy.account",
        "now",
    ] {
        Masks::new([path]).unwrap_or_else(|error| panic!("{path}: {error}"));
    }
    for path in [
        "",
        ".",
        "actor.",
        "actor.name",
        "scan.targets.url",
        "scan.targets[3].url",
        "actor[]",
        "attributes.",
        "attributes[]",
        "action",
        "revoke-reason",
        "access.revoke-reason",
        "*",
    ] {
        let error = Masks::new([path]).expect_err("it is no fact").to_string();
        assert!(error.starts_with(&format!("`{path}`")), "{error}");
    }
}

#[test]
fn what_is_masked_is_not_there_and_not_decided_again() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let masks = Masks::new(["actor.id", "attributes.*", "scan.targets[].url"]).expect("facts");
    let config = Config {
        masks,
        ..config(folder.path())
    };
    let (log, policy) = (Log::open(config).expect("a log"), policy(super::RULES));
    let mut request = request();
    request.actor.id = "secret-person".to_owned();
    // The policy wants a number, so it says what is wrong with this.
    request.attributes = vec![Attribute {
        name: "seats".to_owned(),
        value: AttributeValue::Text("secret-seats".to_owned()),
    }];
    append(&log, &policy, &request).expect("it is written");
    drop(log);
    let text = read(&files(folder.path())[0]);
    assert!(!text.contains("secret"), "{text}");
    assert!(
        text.contains(r#""masked":["actor.id","attributes.*"],"error":{"message":"[masked]","path":"attributes.seats"}"#),
        "{text}"
    );
    let replayed = replay(&[folder.path().to_owned()], &policy, &mut |_, _| {}).expect("a chain");
    assert_eq!(
        (
            replayed.records,
            replayed.masked,
            replayed.same,
            replayed.changed
        ),
        (1, 1, 0, 0)
    );
}

/// A request that was an AuthZEN evaluation has facts twice; so may a message about one of the two.
#[test]
fn a_mask_covers_copies() {
    let attribute = |name: &str, value: &str| Attribute {
        name: name.to_owned(),
        value: AttributeValue::Text(value.to_owned()),
    };
    let mut request = request();
    request.actor.account = "secret-account".to_owned();
    request.tenancy.account = "secret-owner".to_owned();
    request.tenancy.project = "secret-project".to_owned();
    request.attributes = vec![
        attribute("subject_account", "secret-account"),
        attribute("resource_account", "secret-owner"),
        attribute("resource_project", "secret-project"),
        attribute("resource_id", "secret-project"),
        attribute("resource_type", "project"),
        attribute("subject_role", "king"),
    ];
    // The masks, what they hide, what they leave.
    let table: [(&[&str], &[&str], &[&str]); 9] = [
        (
            &["actor.account"],
            &["secret-account"],
            &["secret-owner", "king"],
        ),
        // No role of the domain: the fact is another, and the text is still what was said of it.
        (&["actor"], &["secret-account", "king"], &["secret-owner"]),
        (&["actor.role"], &["king"], &["secret-account"]),
        (&["attributes.subject_role"], &["king"], &["secret-account"]),
        (
            &["tenancy.account"],
            &["secret-owner"],
            &["secret-account", "secret-project"],
        ),
        (&["tenancy.project"], &["secret-project"], &["secret-owner"]),
        (
            &["tenancy"],
            &["secret-owner", "secret-project"],
            &["secret-account"],
        ),
        // By the name of the copy.
        (&["attributes.resource_id"], &[], &["secret-owner"]),
        // Whoever masks all custom facts wants those of the domain.
        (&["attributes.*"], &["king"], &["secret-account"]),
    ];
    for (paths, hidden, left) in table {
        let masks = Masks::new(paths).expect("facts");
        let mut written = serde_json::to_value(&request).expect("JSON");
        let masked: Vec<_> = masks
            .apply(&mut written)
            .into_iter()
            .map(str::to_owned)
            .collect();
        let text = written.to_string();
        for hidden in hidden {
            assert!(!text.contains(hidden), "{paths:?} {text}");
        }
        for left in left {
            assert!(text.contains(left), "{paths:?} {text}");
        }
        // What was hidden can be read again as masks.
        Masks::new(&masked).unwrap_or_else(|error| panic!("{masked:?}: {error}"));
    }
    let masks = Masks::new(["attributes.resource_id"]).expect("a fact");
    let mut written = serde_json::to_value(&request).expect("JSON");
    assert_eq!(
        masks.apply(&mut written),
        ["attributes.resource_id", "tenancy.project"]
    );
    assert_eq!(written["tenancy"]["project"], "[masked]");

    let masks = Masks::new(["tenancy.project", "actor.role"]).expect("facts");
    for covered in [
        "attributes.resource_id",
        "attributes.resource_project",
        "attributes.subject_role",
    ] {
        assert!(masks.covers(covered), "{covered}");
    }
    assert!(!masks.covers("attributes.resource_account"));
}

#[test]
fn masked_facts_that_are_not_read_do_not_matter() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let masks = Masks::new(["actor.id", "responsibility.authorized_for"]).expect("facts");
    let config = Config {
        masks,
        ..config(folder.path())
    };
    let (log, policy) = (Log::open(config).expect("a log"), policy(super::RULES));
    append(&log, &policy, &request()).expect("it is written");
    drop(log);
    for (read, same, masked) in [
        ("tenancy.account", 1, 0),
        ("actor.id", 0, 1),
        ("responsibility.authorized_for", 0, 1),
    ] {
        let paths = [folder.path().to_owned()];
        let reads = |path: &str| path == read;
        let replayed =
            replay_reading(&paths, None, &policy, &reads, &mut |_, _| {}).expect("a chain");
        assert_eq!((replayed.same, replayed.masked), (same, masked), "{read}");
        assert_eq!(replayed.conclusive, masked == 0, "{read}");
    }
}
