//! What is masked is not in the log.

use scopegate::{Attribute, AttributeValue};

use super::{append, config, files, policy, read, request};
use crate::{Config, Log, Masks, replay};

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
