//! From JSON to decisions, one request and many, with a policy of our compiler and with another.

use std::cell::Cell;
use std::ops::ControlFlow;

use scopegate::{Engine, InputError, JsonError, Policy, Request};

use crate::compiled;
use crate::guest::Guest;

const FULL: &str = include_str!("full.json");

fn policies() -> [Policy; 2] {
    let engine = Engine::new().expect("the engine starts");
    [compiled::component(), Guest::default().component()]
        .map(|component| engine.load(&component).expect("it loads"))
}

/// The request, as it is changed, on one line and without attributes unless they are put there.
fn text(change: impl FnOnce(&mut serde_json::Value)) -> String {
    let mut value: serde_json::Value = serde_json::from_str(FULL).expect("JSON");
    let facts = value.as_object_mut().expect("an object");
    facts.remove("attributes");
    facts["action"] = "scan".into();
    change(&mut value);
    value.to_string()
}

/// What each request of the sequence came to, in words, and what was wrong at last.
fn told(policy: &Policy, json: &str) -> (Vec<String>, Result<(), InputError>) {
    let mut told = Vec::new();
    let end = policy.evaluate_json_sequence(
        json.as_bytes(),
        || 7,
        |decision| {
            told.push(format!("{decision:?}"));
            ControlFlow::Continue(())
        },
    );
    (told, end)
}

#[test]
fn a_sequence_is_decided_as_each_of_it() {
    let texts = [
        text(|_| ()),
        text(|value| value["actor"]["id"] = "".into()),
        text(|value| value["action"] = "fly".into()),
        text(|value| value["attributes"] = serde_json::json!({"ticket": "T-1"})),
        text(|value| value["attributes"] = serde_json::json!({"ticket": 7})),
        text(|_| ()).replacen("user-17", "user\\u002d17", 1),
        FULL.to_owned(),
        text(|value| drop(value.as_object_mut().expect("an object").remove("now"))),
        text(|_| ()),
    ];
    for policy in policies() {
        let each = texts.iter().map(|text| {
            let request = Request::from_json(text.as_bytes(), || 7).expect("a request");
            let expected = policy.evaluate(&request);
            let decided = policy.evaluate_json(text.as_bytes(), || 7);
            let expected_of_json = policy.evaluate(&request).map_err(JsonError::Evaluate);
            assert_eq!(format!("{decided:?}"), format!("{expected_of_json:?}"));
            format!("{expected:?}")
        });
        let each: Vec<String> = each.collect();
        for between in [",", " ,\n\t"] {
            let (told, end) = told(&policy, &texts.join(between));
            assert_eq!(told, each);
            assert_eq!(end, Ok(()));
        }
    }
}

#[test]
fn what_is_no_sequence_is_refused_where_it_ends() {
    let good = text(|_| ());
    let columns = good.len();
    for policy in policies() {
        for (json, decided, line, column, message) in [
            (String::new(), 0, 1, 0, "the JSON text ends too early"),
            (
                format!("{good},"),
                1,
                1,
                columns + 1,
                "the JSON text ends too early",
            ),
            (
                format!("{good};"),
                1,
                1,
                columns + 1,
                "expected `,` behind a request",
            ),
            (
                format!("{good}{good}"),
                1,
                1,
                columns + 1,
                "expected `,` behind a request",
            ),
            (
                format!("{good},\n 7"),
                1,
                2,
                2,
                "expected an object, found the number `7`",
            ),
            (
                format!("{good},\n {{\"action\": 7}}"),
                1,
                2,
                13,
                "expected a text, found the number `7`",
            ),
            (
                format!("{good},\u{c}{good}"),
                1,
                1,
                columns + 2,
                "this is not JSON: expected value",
            ),
            (
                format!("[{good}]"),
                0,
                1,
                1,
                "expected an object, found a list",
            ),
        ] {
            let (told, end) = told(&policy, &json);
            let end = end.expect_err("it is none");
            assert_eq!(told.len(), decided, "{json}");
            assert_eq!(end.message, message, "{json}");
            assert_eq!((end.line, end.column), (line, column), "{json}");
        }
    }
}

#[test]
fn it_ends_where_it_is_broken_off() {
    for policy in policies() {
        let asked = Cell::new(0);
        let without_time =
            text(|value| drop(value.as_object_mut().expect("an object").remove("now")));
        let json = format!("{without_time},{without_time},nonsense");
        let mut left = 2;
        let end = policy.evaluate_json_sequence(
            json.as_bytes(),
            || {
                asked.set(asked.get() + 1);
                7
            },
            |_| {
                left -= 1;
                assert!(asked.take() > 0, "each has the time of its own");
                if left == 0 {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            },
        );
        assert_eq!((end, left), (Ok(()), 0));
    }
}
