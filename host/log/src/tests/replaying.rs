//! Another policy changes exactly what it changes.

use scopegate::{Attribute, AttributeValue};

use super::{RULES, append_as, config, policy, request};
use crate::{Change, Id, Log, Replay, replay};

/// Logs requests with these seats and actions; gives their ids.
fn logged(of: &[(&str, i64)]) -> (tempfile::TempDir, Vec<String>) {
    let folder = tempfile::TempDir::new().expect("a folder");
    let (log, policy) = (
        Log::open(config(folder.path())).expect("a log"),
        policy(RULES),
    );
    let ids = of.iter().map(|(action, seats)| {
        let mut request = request();
        (*action).clone_into(&mut request.action);
        request.attributes = vec![Attribute {
            name: "seats".to_owned(),
            value: AttributeValue::Number(*seats),
        }];
        let id = Id::new();
        append_as(id, &log, &policy, &request).expect("it is written");
        id.to_string()
    });
    let ids = ids.collect();
    drop(log);
    (folder, ids)
}

fn replayed(folder: &tempfile::TempDir, rules: &str) -> Replay {
    replay(&[folder.path().to_owned()], &policy(rules), &mut |_, _| {}).expect("a chain")
}

#[test]
fn the_same_policy_changes_nothing() {
    let (folder, _) = logged(&[
        ("scan", 5),
        ("retest", 0),
        ("share_report", 7),
        ("dance", 1),
    ]);
    let replayed = replayed(&folder, RULES);
    assert_eq!(
        (replayed.records, replayed.same, replayed.changed),
        (4, 4, 0)
    );
    assert_eq!(replayed.groups, []);
}

/// A text for seats cannot be judged: what got no decision may get one, and what got one may get none.
#[test]
fn what_had_no_decision_is_counted_by_what_it_gets() {
    let (folder, log_policy) = (tempfile::TempDir::new().expect("a folder"), policy(RULES));
    let log = Log::open(config(folder.path())).expect("a log");
    let ids: Vec<String> = [Some("many"), Some("few"), None]
        .iter()
        .map(|seats| {
            let mut request = request();
            request.attributes = vec![Attribute {
                name: "seats".to_owned(),
                value: match seats {
                    Some(text) => AttributeValue::Text((*text).to_owned()),
                    None => AttributeValue::Number(5),
                },
            }];
            let id = Id::new();
            append_as(id, &log, &log_policy, &request).expect("it is written");
            id.to_string()
        })
        .collect();
    drop(log);
    // Seats become a text, and only the one with many is allowed.
    let rules = RULES
        .replace("type = \"number\"", "type = \"text\"")
        .replace(
            "request.attributes.seats > 0 && request.attributes.seats < 100",
            "request.attributes.seats == \\\"many\\\"",
        )
        .replace("request.attributes.seats > 9", "true");
    assert_ne!(rules, RULES);
    let again = replayed(&folder, RULES);
    assert_eq!((again.same, again.changed), (3, 0));
    let again = replayed(&folder, &rules);
    assert_eq!(
        (again.now_allowed, again.now_denied, again.now_undecided),
        (1, 1, 1)
    );
    assert_eq!((again.same, again.changed), (0, 3));
    let groups: Vec<_> = again
        .groups
        .iter()
        .map(|group| (group.change, group.requirement.as_deref(), &*group.examples))
        .collect();
    assert_eq!(
        groups,
        [
            (Change::Undecided, None, &ids[2..]),
            (Change::Allowed, None, &ids[..1]),
            (Change::Denied, Some("enough-seats"), &ids[1..2]),
        ]
    );
}

#[test]
fn what_changes_is_found_and_grouped() {
    let actions = ["scan", "retest", "share_report", "dance"];
    let all: Vec<_> = actions.into_iter().cycle().zip(0..200).collect();
    let (folder, ids) = logged(&all);
    // From 1 to 99 seats become 50 to 149.
    let rules = RULES.replace(
        "request.attributes.seats > 0 && request.attributes.seats < 100",
        "request.attributes.seats >= 50 && request.attributes.seats < 150",
    );
    assert_ne!(rules, RULES);
    let replayed = replayed(&folder, &rules);
    let asked = |(action, _): &&(&str, i64)| matches!(*action, "scan" | "retest");
    let count = |from: i64, to: i64| {
        all.iter()
            .filter(asked)
            .filter(|(_, seats)| (from..to).contains(seats))
            .count() as u64
    };
    assert_eq!(replayed.now_denied, count(1, 50));
    assert_eq!(replayed.now_allowed, count(100, 150));
    assert_eq!(replayed.changed, replayed.now_denied + replayed.now_allowed);
    assert_eq!(replayed.same + replayed.changed, 200);
    let groups: Vec<_> = replayed
        .groups
        .iter()
        .map(|group| (&*group.action, group.change, group.requirement.as_deref()))
        .collect();
    let seats = Some("enough-seats");
    assert_eq!(
        groups,
        [
            ("retest", Change::NewlyUnmet, seats),
            ("retest", Change::NewlyMet, seats),
            ("scan", Change::NewlyUnmet, seats),
            ("scan", Change::NewlyMet, seats),
        ]
    );
    assert_eq!(replayed.groups[0].examples, [&*ids[1], &ids[5], &ids[9]]);
    let grouped: u64 = replayed.groups.iter().map(|group| group.count).sum();
    assert_eq!(grouped, replayed.changed);
}
