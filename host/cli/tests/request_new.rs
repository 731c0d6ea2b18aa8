//! `scopegate request new`: what it prints is a request, for every action.

mod program;

use program::{json, scopegate};

#[test]
fn what_is_printed_is_read_and_judged() {
    for policy in ["webriskops", "tests/data/acme"] {
        let described = scopegate(&["inspect", policy, "--format", "json"], b"");
        let described = json(&described.stdout);
        let actions = described["actions"].as_array().expect("actions");
        let mut requests = String::new();
        for action in actions {
            let action = action.as_str().expect("a name");
            let run = scopegate(&["request", "new", action, "--policy", policy], b"");
            assert_eq!(run.code, 0, "{}", run.stderr);
            assert_eq!(json(&run.stdout)["action"], action);
            assert!(run.stderr.contains("actor.role  "), "{}", run.stderr);
            assert!(
                run.stderr.contains("owner, admin, developer"),
                "{}",
                run.stderr
            );
            requests += &run.stdout;
        }
        let run = scopegate(
            &["check", "--format", "json", "--policy", policy],
            requests.as_bytes(),
        );
        assert_eq!((run.code, &*run.stderr), (2, ""), "{}", run.stdout);
        assert_eq!(run.stdout.lines().count(), actions.len());
        // Nothing is confirmed, so nothing is allowed.
        assert!(!run.stdout.contains("\"allow\""), "{}", run.stdout);
    }
}

#[test]
fn it_has_what_the_action_misses_and_no_more() {
    for (action, there, left_out) in [
        (
            "scan",
            &["scan"][..],
            &["access", "task", "approved_scope"][..],
        ),
        ("share_report", &[], &["scan", "access", "task"]),
        (
            "apply_change",
            &["access", "task", "approved_scope"],
            &["scan"],
        ),
    ] {
        let run = scopegate(&["request", "new", action], b"");
        let request = json(&run.stdout);
        for name in there {
            assert!(request[name].is_object(), "{action}: {name}");
        }
        for name in left_out.iter().chain(&["now", "attributes"]) {
            assert_eq!(request.get(name), None, "{action}: {name}");
        }
    }
    let scan = json(&scopegate(&["request", "new", "scan"], b"").stdout);
    assert_eq!(
        scan["scan"]["targets"],
        serde_json::json!([{"url": "", "kind": "public"}])
    );
    let own = scopegate(
        &["request", "new", "scan", "--policy", "tests/data/acme"],
        b"",
    );
    assert_eq!(json(&own.stdout)["attributes"]["seats"], 0);
}

#[test]
fn an_action_that_is_not_known_is_refused_with_those_that_are() {
    let run = scopegate(&["request", "new", "fly\u{1b}"], b"");
    assert_eq!((run.code, &*run.stdout), (1, ""));
    assert!(
        run.stderr.contains("no action `fly\\u{1b}`"),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains("scan, retest"), "{}", run.stderr);
}
