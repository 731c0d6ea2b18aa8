//! Limits hold at every place of the contract, whatever a policy reads: over one there is an error with the place's path, at one a decision.

mod places;

use std::sync::LazyLock;

use places::{LISTS, TEXTS, TIMES, attribute, full};
use scopegate::{AttributeValue, Engine, EvaluateError, Policy, Problem, Request};
use scopegate_contract::{LAST_INSTANT, TEXT_BYTES, list_limit};
use scopegate_tests::{by_hand, cases};

/// A policy that reads next to nothing, the default policy, one that declares the attributes; and the default policy written by hand, if
/// it is built.
static POLICIES: LazyLock<Vec<Policy>> = LazyLock::new(|| {
    let engine = Engine::new().expect("an engine");
    let small = |attributes: &str, must: &str| {
        cases::compile(&format!(
            "language = 1\nname = \"small\"\nversion = \"1.0.0\"\nsummary = \"-\"\nactions = [\"open_pull_request\"]\n[codes]\nUNMET = \"unmet\"\n{attributes}\n[[requirement]]\nid = \"r\"\nfor = \"every\"\nmust = '{must}'\ncode = \"UNMET\"\nmessage = \"-\"\nremedy = \"-\"\nsource = \"-\"\n"
        ))
    };
    let declared = "[attributes]\ntext = { type = \"text\", summary = \"-\" }\ntexts = { type = \"texts\", summary = \"-\" }\nnumber = { type = \"number\", summary = \"-\" }\ntruth = { type = \"truth\", summary = \"-\" }";
    let reads = "(!has(request.attributes.text) || request.attributes.text == \"\") && (!has(request.attributes.texts) || size(request.attributes.texts) > 0) && (!has(request.attributes.number) || request.attributes.number < 0) && (!has(request.attributes.truth) || request.attributes.truth)";
    let mut components = vec![
        small("", "true"),
        cases::component(),
        small(declared, reads),
    ];
    components.extend(by_hand::component_if_built());
    let load = |component: &Vec<u8>| engine.load(component).expect("it fits");
    components.iter().map(load).collect()
});

/// The path and problem of the error, or nothing if there is a decision.
fn problem(policy: &Policy, request: &Request) -> Option<(String, Problem)> {
    let found = match policy.evaluate(request) {
        Ok(_) => None,
        Err(EvaluateError::Unjudged { path, problem, .. }) => Some((path, problem)),
        Err(other) => panic!("{other:?}"),
    };
    let explained = policy.explain(request);
    assert_eq!(
        explained.is_err(),
        found.is_some(),
        "evaluate and explain differ: {found:?}, {explained:?}"
    );
    found
}

fn check(request: &Request, expected: Option<(&str, Problem)>) {
    for policy in &*POLICIES {
        let found = problem(policy, request);
        let found = found.as_ref().map(|(path, problem)| (&**path, *problem));
        assert_eq!(found, expected, "{:?}", policy.id().name);
        assert_eq!(
            problem(policy, &full()),
            None,
            "the next decision is unharmed"
        );
    }
}

#[test]
fn a_text_at_every_place() {
    for (path, place) in TEXTS {
        for (bytes, expected) in [
            (TEXT_BYTES, None),
            (TEXT_BYTES + 1, Some((*path, Problem::TooLarge))),
        ] {
            let mut request = full();
            *place(&mut request) = "x".repeat(bytes as usize);
            check(&request, expected);
        }
        // Bytes count, not characters.
        let mut request = full();
        *place(&mut request) = "é".repeat(TEXT_BYTES as usize / 2 + 1);
        check(&request, Some((path, Problem::TooLarge)));
    }
}

#[test]
fn a_time_at_every_place() {
    for (path, place) in TIMES {
        let wrong = Some((*path, Problem::OutOfRange));
        for (time, expected) in [
            (0, None),
            (LAST_INSTANT, None),
            (-1, wrong),
            (LAST_INSTANT + 1, wrong),
            (i64::MIN, wrong),
            (i64::MAX, wrong),
        ] {
            let mut request = full();
            *place(&mut request) = time;
            check(&request, expected);
        }
    }
}

#[test]
fn a_list_at_every_place() {
    for (path, lengthen) in LISTS {
        let limit = list_limit(path) as usize;
        for (length, expected) in [
            (0, None),
            (limit, None),
            (limit + 1, Some((*path, Problem::TooLarge))),
        ] {
            let mut request = full();
            lengthen(&mut request, length);
            check(&request, expected);
        }
    }
}

#[test]
fn names_of_attributes() {
    let mut request = full();
    request
        .attributes
        .push(attribute("text", AttributeValue::Truth(true)));
    check(&request, Some(("attributes.text", Problem::Repeated)));
    let mut request = full();
    request.attributes.push(attribute(
        &"n".repeat(TEXT_BYTES as usize),
        AttributeValue::Truth(true),
    ));
    check(&request, None);
    let long = "n".repeat(TEXT_BYTES as usize + 1);
    request
        .attributes
        .push(attribute(&long, AttributeValue::Truth(true)));
    for policy in &*POLICIES {
        let (path, problem) = problem(policy, &request).expect("the name is too long");
        assert!(
            path.starts_with("attributes") && problem == Problem::TooLarge,
            "{path}: {problem:?}"
        );
    }
}

#[test]
fn declared_attributes_have_their_type() {
    let values = || {
        [
            ("text", AttributeValue::Text("x".to_owned())),
            ("texts", AttributeValue::Texts(vec!["x".to_owned()])),
            ("number", AttributeValue::Number(7)),
            ("truth", AttributeValue::Truth(false)),
        ]
    };
    for (name, _) in values() {
        for (of, value) in values() {
            let mut request = full();
            request.attributes = vec![
                attribute("other", AttributeValue::Number(1)),
                attribute(name, value),
            ];
            let path = format!("attributes.{name}");
            let expected = (name != of).then_some((path, Problem::WrongType));
            assert_eq!(
                problem(&POLICIES[2], &request),
                expected,
                "{name} given as {of}"
            );
            // Who does not declare it does not judge it.
            assert_eq!(problem(&POLICIES[0], &request), None);
        }
    }
}

#[test]
fn of_a_batch_only_the_wrong_ones_are_refused() {
    for policy in &*POLICIES {
        let mut requests = vec![full(); 9];
        requests[2].now = -1;
        requests[7].actor.id = "x".repeat(TEXT_BYTES as usize + 1);
        let alone = policy.evaluate(&full()).expect("a decision");
        for (index, found) in policy.evaluate_batch(&requests).into_iter().enumerate() {
            match (index, found) {
                (2, Err(EvaluateError::Unjudged { path, .. })) => assert_eq!(path, "now"),
                (7, Err(EvaluateError::Unjudged { path, .. })) => assert_eq!(path, "actor.id"),
                (_, Ok(decision)) => assert_eq!(decision, alone),
                (_, Err(other)) => panic!("{other:?}"),
            }
        }
    }
}
