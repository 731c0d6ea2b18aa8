//! `holds`: groups, single requirements, other actions, guards, conditional sets.

use super::{load, request};

const RULES: &str = r#"
language = 1
name = "holds"
version = "1.0.0"
summary = "What holds."
actions = ["scan", "retest", "share_report", "forget"]

[codes]
UNMET = "unmet"

[sets]
with_access = { of = ["retest"], when = "has(request.access)" }
with_task = { of = ["share_report"], when = "has(request.task)" }
"#;

/// Requirements as id, for, given, must, groups.
const REQUIREMENTS: [(&str, &str, &str, &str, &str); 8] = [
    ("met", r#""every""#, "true", "true", r#"["good", "mixed"]"#),
    (
        "unmet",
        r#"["scan"]"#,
        "true",
        "false",
        r#"["bad", "mixed"]"#,
    ),
    (
        "guarded",
        r#""every""#,
        "has(request.access)",
        "request.access.private_network",
        r#"["good"]"#,
    ),
    (
        "of-scan",
        r#"["scan", "retest"]"#,
        "true",
        r#"request.action == "scan""#,
        r#"["by-action"]"#,
    ),
    (
        "of-set",
        r#"["scan", "share_report"]"#,
        "true",
        r#"request.action in ["scan", "retest"]"#,
        r#"["by-set"]"#,
    ),
    (
        "sometimes",
        r#""with_access""#,
        "true",
        "false",
        r#"["conditional"]"#,
    ),
    (
        "often",
        r#""with_task""#,
        "true",
        "false",
        r#"["conditional"]"#,
    ),
    (
        "nested",
        r#""every""#,
        "true",
        r#"holds("of-scan") && holds("met")"#,
        r#"["nests"]"#,
    ),
];

const HOLDS: [(&str, bool); 24] = [
    (r#"holds("good")"#, true),
    (r#"holds("met")"#, true),
    (r#"holds("bad")"#, false),
    (r#"holds("mixed")"#, false),
    (r#"!holds("mixed")"#, true),
    // The requirement is not for these actions, and counts as holding.
    (r#"holds("bad", "retest")"#, true),
    (r#"holds("mixed", "share_report")"#, true),
    (r#"holds("bad", "scan")"#, false),
    // Its guard does not hold.
    (r#"holds("guarded")"#, true),
    (r#"holds("guarded", "retest")"#, true),
    // As if the action were that one.
    (r#"holds("of-scan")"#, true),
    (r#"holds("of-scan", "scan")"#, true),
    (r#"holds("of-scan", "retest")"#, false),
    (r#"holds("by-action", "share_report")"#, true),
    (r#"holds("by-set", "scan")"#, true),
    (r#"holds("by-set", "share_report")"#, false),
    // A member only where the set's condition holds.
    (r#"holds("sometimes", "retest")"#, true),
    (r#"holds("conditional", "retest")"#, true),
    (r#"holds("often", "share_report")"#, false),
    (r#"holds("conditional", "share_report")"#, false),
    (r#"holds("conditional")"#, true),
    // The action goes on inwards.
    (r#"holds("nested")"#, true),
    (r#"holds("nests", "retest")"#, false),
    (
        r#"holds("good") ? holds("nested", "scan") : holds("bad")"#,
        true,
    ),
];

#[test]
fn what_holds() {
    let mut rules = String::from(RULES);
    for (id, actions, given, must, groups) in REQUIREMENTS {
        rules += &format!(
            "[[requirement]]\nid = \"{id}\"\nfor = {actions}\ngiven = '{given}'\nmust = '{must}'\ncode = \"UNMET\"\nmessage = \"No.\"\nremedy = \"Yes.\"\nsource = \"here\"\ngroups = {groups}\n"
        );
    }
    for (index, (condition, _)) in HOLDS.iter().enumerate() {
        rules += &format!("[[ready]]\nstate = \"c{index}\"\nwhen = '{condition}'\n");
    }
    let policy = load(&rules);
    let decision = policy.evaluate(&request()).expect("a decision");
    for (index, (condition, expected)) in HOLDS.iter().enumerate() {
        let holds = decision.ready().any(|state| state == format!("c{index}"));
        assert_eq!(holds, *expected, "{condition}");
    }
}

#[test]
fn of_an_action_that_the_rule_set_does_not_list_everything_holds() {
    let (id, actions, given, must, _) = REQUIREMENTS[1];
    let rules = format!(
        "{RULES}[[requirement]]\nid = \"{id}\"\nfor = {actions}\ngiven = '{given}'\nmust = '{must}'\ncode = \"UNMET\"\nmessage = \"No.\"\nremedy = \"Yes.\"\nsource = \"here\"\n[[ready]]\nstate = \"ready\"\nwhen = 'holds(\"unmet\")'\n"
    );
    let policy = load(&rules);
    let mut request = request();
    let decision = policy.evaluate(&request).expect("a decision");
    assert_eq!(decision.ready().len(), 0);
    request.action = "delete_everything".to_owned();
    let decision = policy.evaluate(&request).expect("a decision");
    assert!(decision.ready().eq(["ready"]));
}
