//! Requests from JSON: what is read, what is refused, and where.

use scopegate::{AttributeValue, InputError, Request};
use serde_json::Value;

/// A request with every fact there is.
pub(crate) const FULL: &str = include_str!("full.json");

fn read(text: &str) -> Result<Request, InputError> {
    Request::from_json(text.as_bytes(), || 7)
}

/// `FULL` with one place changed.
fn changed(from: &str, to: &str) -> String {
    assert!(FULL.contains(from), "`{from}` is not in the request");
    FULL.replacen(from, to, 1)
}

fn refused(text: &str) -> (String, String) {
    let error = read(text).expect_err("the request is wrong");
    assert!(error.line > 0, "{error}");
    (error.path, error.message)
}

#[test]
fn what_is_wrong_is_named() {
    let lines: Vec<&str> = include_str!("wrong.txt").lines().skip(2).collect();
    for case in lines.chunks(5) {
        let [from, to, path, message, ..] = case[..] else {
            panic!("four lines are expected: {case:?}")
        };
        let expected = (path.to_owned(), message.to_owned());
        assert_eq!(refused(&changed(from, to)), expected, "{from} -> {to}");
    }
}

#[test]
fn what_is_wrong_with_the_whole_is_at_the_root() {
    for (text, message) in [
        ("", "the JSON text ends too early"),
        ("  \n", "the JSON text ends too early"),
        ("{", "the JSON text ends too early"),
        ("[]", "expected an object, found a list"),
        ("null", "expected an object, found `null`"),
        ("\"scan\"", "expected an object, found the text `scan`"),
        ("1", "expected an object, found the number `1`"),
        ("\u{feff}{}", "this is not JSON: expected value"),
        ("{1: 2}", "this is not JSON: key must be a string"),
    ] {
        assert_eq!(
            read(text).map_err(|error| (error.path, error.message)),
            Err(("$".to_owned(), message.to_owned())),
            "{text}"
        );
    }
    for after in ["{}", " x", ",", "]", "\0"] {
        let text = format!("{FULL}{after}");
        assert_eq!(
            refused(&text),
            (
                "$".to_owned(),
                "this is not JSON: trailing characters".to_owned()
            )
        );
    }
    assert_eq!(read("{}").unwrap_err().path, "action");
}

#[test]
fn the_first_of_several_errors_is_named() {
    // A missing name is seen where its object ends, so a wrong one before that comes first.
    for (text, path) in [
        (r#"{"actor": {"id": 1}, "actor": 2}"#, "actor.id"),
        (
            r#"{"actor": {"account": "a", "nonsense": 1}}"#,
            "actor.nonsense",
        ),
        (r#"{"actor": {"account": "a"}, "nonsense": 1}"#, "actor.id"),
        (
            r#"{"scan": {"targets": [{"url": "u"}, 5]}}"#,
            "scan.targets[0].kind",
        ),
        (
            r#"{"scan": {"targets": [{"url": "u", "kind": "public"}, 5]}}"#,
            "scan.targets[1]",
        ),
        (r#"{"attributes": {"a": [1, "#, "attributes.a"),
        (r#"{"now": "yesterday", "action": "#, "now"),
    ] {
        assert_eq!(read(text).unwrap_err().path, path, "{text}");
    }
}

#[test]
fn invalid_utf8_is_refused_where_it_is() {
    for (before, path) in [
        ("\"acme", "access.provider_account"),
        ("\"ops", "attributes.teams"),
        ("\"ticket\": ", "attributes.ticket"),
        ("\"urg", "attributes"),
        ("\"sca", "$"),
    ] {
        let at = FULL.find(before).expect("it is in the request") + before.len();
        let mut bytes = FULL.as_bytes().to_vec();
        bytes.insert(at, 0xff);
        let error = Request::from_json(&bytes, || 7).unwrap_err();
        assert!(
            error.path == path || error.path == format!("{path}[0]"),
            "{error}"
        );
    }
}

#[test]
fn limits_hold_to_the_element() {
    let texts = |count: usize| format!("[{}]", vec!["\"x\""; count].join(","));
    let modes = |count: usize| format!("[{}]", vec!["\"read_only\""; count].join(","));
    let targets = |count: usize| {
        format!(
            "[{}]",
            vec![r#"{"url":"u","kind":"public"}"#; count].join(",")
        )
    };
    let attributes = |count: usize| {
        let each: Vec<String> = (0..count)
            .map(|index| format!("\"a{index}\": {index}"))
            .collect();
        format!("{{{}}}", each.join(","))
    };
    let old_targets = &FULL
        [FULL.find("[\n      { \"url\"").unwrap()..FULL.find(",\n    \"accepted\": [").unwrap()];
    let old_attributes = &FULL[FULL.find("{\n    \"ticket\"").unwrap()..FULL.rfind("\n}").unwrap()];
    for (from, to, limit, path) in [
        (
            old_targets,
            &targets as &dyn Fn(usize) -> String,
            10_000,
            "scan.targets",
        ),
        (
            "[\"https://shop.example/\"]",
            &texts,
            1_000,
            "scan.accepted",
        ),
        ("[\"/account\"]", &texts, 1_000, "scan.excluded"),
        (
            "[\"shop.example\", \"www.shop.example\"]",
            &texts,
            1_000,
            "responsibility.authorized_for.hosts",
        ),
        (
            "[\"ticket_only\", \"connected_repository\"]",
            &modes,
            256,
            "task.sufficient_modes",
        ),
        (
            "[\"contents:read\", \"contents:write\"]",
            &texts,
            256,
            "task.needed_scopes",
        ),
        ("[\"ops\", \"legal\"]", &texts, 256, "attributes.teams"),
        (old_attributes, &attributes, 256, "attributes"),
    ] {
        assert!(
            read(&changed(from, &to(limit))).is_ok(),
            "{limit} at {path}"
        );
        let (at, message) = refused(&changed(from, &to(limit + 1)));
        assert_eq!(at, path);
        assert!(
            message.contains(&format!("more than {limit} ")),
            "{message}"
        );
    }
    // The element beyond is not looked at.
    let beyond = texts(256).replace(']', ", 5, nonsense]");
    assert_eq!(
        refused(&changed(
            "[\"ops\", \"legal\"]",
            &texts(257).replace(']', ",5]")
        ))
        .0,
        "attributes.teams"
    );
    assert_eq!(
        refused(&changed("[\"contents:read\", \"contents:write\"]", &beyond)).0,
        "task.needed_scopes"
    );
}

#[test]
fn texts_are_limited_in_bytes() {
    for (text, fits) in [
        ("x".repeat(8_192), true),
        ("x".repeat(8_193), false),
        ("é".repeat(4_096), true),
        ("é".repeat(4_097), false),
    ] {
        for (from, path) in [
            ("user-17", "actor.id"),
            ("OPS-7", "attributes.ticket"),
            ("legal", "attributes.teams[1]"),
            ("apply_change", "action"),
        ] {
            let result = read(&changed(from, &text)).map_err(|error| error.path);
            assert_eq!(result.is_ok(), fits, "{path}");
            assert!(fits || result == Err(path.to_owned()));
        }
        // A name is a text, too.
        let result =
            read(&changed("\"ticket\"", &format!("\"{text}\""))).map_err(|error| error.path);
        assert!(if fits {
            result.is_ok()
        } else {
            result == Err(format!("attributes.{text}"))
        });
    }
    // Escapes count as what they stand for.
    assert!(read(&changed("user-17", &"\\u00e9".repeat(4_096))).is_ok());
    let (_, message) = refused(&changed(
        "\"developer\"",
        &format!("\"{}\"", "x".repeat(100_000)),
    ));
    assert!(message.len() < 300, "{message}");
}

#[test]
fn null_means_absent_where_something_may_be_absent() {
    let mut facts: Value = serde_json::from_str(FULL).unwrap();
    let mut without = facts.clone();
    let optional = [
        "scan",
        "task",
        "access",
        "approved_scope",
        "remediation_approval",
        "attributes",
        "now",
    ];
    for name in optional {
        facts[name] = Value::Null;
        without.as_object_mut().unwrap().remove(name);
    }
    facts["responsibility"]["authorized_for"] = Value::Null;
    without["responsibility"]
        .as_object_mut()
        .unwrap()
        .remove("authorized_for");
    let with_nulls = read(&facts.to_string()).unwrap();
    assert_eq!(with_nulls, read(&without.to_string()).unwrap());
    assert_eq!(with_nulls.now, 7, "the host's clock fills in `now`");
    assert!(with_nulls.attributes.is_empty() && with_nulls.scan.is_none());
    assert_eq!(with_nulls.responsibility.authorized_for, None);
    // What is absent is left out when it is written.
    without["now"] = "1970-01-01T00:00:07Z".into();
    assert_eq!(serde_json::to_value(&with_nulls).unwrap(), without);
}

#[test]
fn the_clock_is_asked_only_when_it_is_needed() {
    let asked = std::cell::Cell::new(false);
    let clock = || {
        asked.set(true);
        7
    };
    assert_eq!(
        Request::from_json(FULL.as_bytes(), clock).unwrap().now,
        1_795_435_200
    );
    assert!(!asked.get());
}

#[test]
fn whole_numbers_are_exact() {
    for (written, number) in [
        ("-0", 0),
        ("0", 0),
        ("9223372036854775807", i64::MAX),
        ("-9223372036854775808", i64::MIN),
        ("9007199254740993", 9_007_199_254_740_993),
    ] {
        let request = read(&changed("-9223372036854775808", written)).unwrap();
        assert_eq!(request.attributes[1].value, AttributeValue::Number(number));
    }
    assert_eq!(
        read(&changed("\"page_limit\": 50", "\"page_limit\": -0"))
            .unwrap()
            .scan
            .unwrap()
            .page_limit,
        0
    );
}

#[test]
fn what_is_written_is_read_again() {
    let request = read(FULL).unwrap();
    let text = serde_json::to_string(&request).unwrap();
    assert_eq!(read(&text).unwrap(), request);
    // Nothing is lost: what is written is the very value that was read, in the contract's order.
    assert_eq!(
        serde_json::from_str::<Value>(&text).unwrap(),
        serde_json::from_str::<Value>(FULL).unwrap()
    );
    assert!(text.starts_with(r#"{"action":"apply_change","now":"2026-11-23T12:00:00Z","deployment":"self_hosted","actor":{"id":"#));
}

#[test]
fn serde_reads_as_strictly() {
    let request = read(FULL).unwrap();
    assert_eq!(serde_json::from_str::<Request>(FULL).unwrap(), request);
    assert_eq!(
        serde_json::from_reader::<_, Request>(FULL.as_bytes()).unwrap(),
        request
    );
    let value = serde_json::to_value(&request).unwrap();
    let mut of_value = serde_json::from_value::<Request>(value).unwrap();
    // A `Value` sorts its names.
    of_value.attributes.sort_by_key(|attribute| {
        request
            .attributes
            .iter()
            .position(|other| other == attribute)
    });
    assert_eq!(of_value, request);
    assert_eq!(
        serde_json::from_str::<Vec<Request>>(&format!("[{FULL}, {FULL}]"))
            .unwrap()
            .len(),
        2
    );
    let wrong = changed("\"page_limit\": 50", "\"page_limit\": 50.0");
    let error = serde_json::from_str::<Request>(&wrong).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`scan.page_limit`: expected a whole number, found `50.0`, which has a fraction or an exponent at line 36 column 22"
    );
}

#[test]
fn deep_nesting_does_no_harm() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = format!("{}1{}", open.repeat(200_000), close.repeat(200_000));
        for place in ["-9223372036854775808", "50,", "\"OPS-7\"", "\"user-17\""] {
            let end = if place.ends_with(',') { "," } else { "" };
            assert!(read(&changed(place, &format!("{deep}{end}"))).is_err());
        }
        assert!(read(&deep).is_err());
    }
}

#[test]
fn the_request_is_sized_with_all_it_holds() {
    let empty = read(FULL).unwrap().bytes();
    assert_eq!(
        read(&changed("user-17", &"x".repeat(1_007)))
            .unwrap()
            .bytes(),
        empty + 1_000
    );
    assert_eq!(
        read(&changed("OPS-7", &"x".repeat(1_005))).unwrap().bytes(),
        empty + 1_000
    );
    assert!(
        read(&changed("\"ops\",", "\"ops\",\"ops\","))
            .unwrap()
            .bytes()
            > empty + "ops".len()
    );
}

/// A hundred thousand texts that were requests once.
#[test]
fn mutated_texts_are_read_or_refused() {
    let seed = std::env::var("SCOPEGATE_SEED").map_or_else(
        |_| fastrand::u64(..),
        |seed| seed.parse().expect("a number"),
    );
    println!("SCOPEGATE_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let compact = serde_json::from_str::<Value>(FULL)
        .unwrap()
        .to_string()
        .into_bytes();
    let pieces: Vec<&[u8]> = [
        "null",
        "true",
        "\"\"",
        "[]",
        "{}",
        "-0",
        "1e9",
        "\\ud800",
        "\\u0000",
        "\"now\":",
        ",",
        ":",
        "}",
        "]",
        "\"",
        "\\",
        "99999999999999999999",
        "[[[[[[",
        "\"a\":1,",
    ]
    .map(str::as_bytes)
    .to_vec();
    let mut read_well = 0;
    for _ in 0..100_000 {
        let mut text = compact.clone();
        for _ in 0..random.usize(1..4) {
            let at = random.usize(..text.len());
            let end = (at + random.usize(..24)).min(text.len());
            match random.u8(..6) {
                0 => text[at] = random.u8(..),
                1 => drop(text.drain(at..end)),
                2 => text.truncate(at + 1),
                3 => drop(text.splice(at..at, random.choice(&pieces).unwrap().iter().copied())),
                4 => {
                    let copied = text[at..end].to_vec();
                    let to = random.usize(..text.len());
                    drop(text.splice(to..to, copied));
                }
                _ => text[at] = text[random.usize(..text.len())],
            }
            if text.is_empty() {
                break;
            }
        }
        match Request::from_json(&text, || 7) {
            Ok(request) => {
                read_well += 1;
                // What was taken for a request is one: written and read again it is the same.
                let written = serde_json::to_vec(&request).unwrap();
                assert_eq!(Request::from_json(&written, || 7).unwrap(), request);
            }
            Err(error) => assert!(!error.path.is_empty() && !error.message.is_empty()),
        }
    }
    assert!(
        read_well > 1_000,
        "mutations should leave some requests whole, {read_well} were"
    );
}
