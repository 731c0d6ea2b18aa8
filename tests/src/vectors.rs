//! Requests and what is decided, texts that are no requests and where: what every host has to say alike.
//!
//! Always true here: the same compiler makes the same vectors.

use scopegate::{Engine, Policy, Request};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cases;
use crate::edition::Edition;
use crate::random::{Requests, spelled as spelled_requests};

/// The random requests among the vectors, and their seed.
const RANDOM: usize = 5_000;
const SEED: u64 = 20_261_125;

/// Of later editions, so many more whose names may print as nothing.
const SPELLED: usize = 2_000;

/// A request with every fact in it.
const FULL: &str = include_str!("../../host/runtime/tests/runtime/full.json");

/// Stands for JSON that cannot be made of a value.
const RAW: &str = "@@raw@@";

/// A request, as text, and the text of the decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decided {
    /// The request.
    pub request: String,
    /// The decision.
    pub decision: String,
}

/// A text that is no request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invalid {
    /// What is wrong with it.
    pub name: String,
    /// The text.
    pub text: String,
    /// Where it is wrong.
    pub path: String,
}

/// Every case of an edition of the default policy, and random requests: decided.
pub fn decided(edition: Edition) -> Vec<Decided> {
    let engine = Engine::new().expect("an engine");
    let policy = engine
        .load(&cases::component_of(edition))
        .expect("the default policy");
    let cases = cases::of(edition).into_iter().map(|(_, request)| request);
    // What the first edition decides stays as it is.
    let spelled = match edition {
        Edition::First => 0,
        Edition::Spelled => SPELLED,
    };
    let requests = cases
        .chain(Requests::new(SEED).take(RANDOM))
        .chain(spelled_requests(SEED).take(spelled));
    requests
        .filter_map(|request| of(&policy, &request))
        .chain(times().iter().filter_map(|text| decided_of(&policy, text)))
        .collect()
}

/// Requests with times that are written in other ways than the usual one.
fn times() -> Vec<String> {
    let mut full: Value = serde_json::from_str(FULL).expect("it is JSON");
    // JavaScript takes these as values too, and its numbers are exact only so far.
    full["attributes"]["risk"] = 7.into();
    let mut places = Vec::new();
    walk(&full, "", &mut places);
    let is_time = |value: &Value| {
        let text = value.as_str().unwrap_or_default();
        text.len() >= 20 && text.ends_with('Z') && text.contains('T')
    };
    places.retain(|(_, value)| is_time(value));
    let mut texts = Vec::new();
    for (place, _) in &places {
        for time in [
            "2026-11-23T12:00:00.0Z",
            "2026-11-23T12:00:00.000Z",
            "2026-11-23t12:00:00.000000000z",
            "2026-11-23T13:30:00.000+01:30",
            "2026-11-23T12:00:00.000000000000000000000000Z",
        ] {
            texts.push(replaced(&full, place, &Value::from(time).to_string()));
        }
    }
    texts
}

/// None if the request cannot be written or judged: random ones may be over a limit.
fn of(policy: &Policy, request: &Request) -> Option<Decided> {
    decided_of(policy, &serde_json::to_string(request).ok()?)
}

fn decided_of(policy: &Policy, text: &str) -> Option<Decided> {
    let decided = policy.evaluate_json(text.as_bytes(), || 0).ok()?;
    let mut decision = Vec::new();
    decided.write_json(&mut decision);
    Some(Decided {
        request: text.to_owned(),
        decision: String::from_utf8(decision).expect("JSON is UTF-8"),
    })
}

/// Texts that are no requests, each wrong in one way, and some in several.
pub fn invalid() -> Vec<Invalid> {
    let full: Value = serde_json::from_str(FULL).expect("it is JSON");
    let mut places = Vec::new();
    walk(&full, "", &mut places);
    let mut texts = Vec::new();
    for (place, found) in &places {
        at(&full, place, found, &mut texts);
    }
    whole(&full, &mut texts);
    texts
        .into_iter()
        .filter_map(|(name, text)| {
            let error = Request::from_json(text.as_bytes(), || 0).err()?;
            Some(Invalid {
                name,
                text,
                path: error.path,
            })
        })
        .collect()
}

/// Every value of `value`, with the JSON pointer to it.
fn walk(value: &Value, place: &str, places: &mut Vec<(String, Value)>) {
    places.push((place.to_owned(), value.clone()));
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                walk(value, &format!("{place}/{name}"), places);
            }
        }
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                walk(value, &format!("{place}/{index}"), places);
            }
        }
        _ => {}
    }
}

/// What can be wrong with the value `found` at `place`.
fn at(full: &Value, place: &str, found: &Value, texts: &mut Vec<(String, String)>) {
    let mut with = |what: &str, raw: &str| {
        texts.push((format!("{what} at `{place}`"), replaced(full, place, raw)));
    };
    match found {
        Value::Object(object) => {
            let inner = |more: &str| {
                let text = found.to_string();
                format!(
                    "{}{}{more}}}",
                    &text[..text.len() - 1],
                    if object.is_empty() { "" } else { "," }
                )
            };
            with("an unknown name", &inner(r#""made_up":1"#));
            if let Some((name, value)) = object.iter().next_back() {
                with(
                    "a name given twice",
                    &inner(&format!("{}:{value}", Value::from(name.as_str()))),
                );
            }
            with("a list for an object", "[]");
            for name in object.keys() {
                let mut less = object.clone();
                less.remove(name);
                let raw = Value::Object(less).to_string();
                with(&format!("without `{name}`"), &raw);
            }
        }
        Value::Array(_) => {
            with("an object for a list", "{}");
            let many = vec![r#""x""#; 10_001].join(",");
            with("too many elements", &format!("[{many}]"));
        }
        Value::String(text) if text.len() >= 20 && text.ends_with('Z') && text.contains('T') => {
            for time in [
                "2026-11-23T12:00:00.5Z",
                "2026-11-23T12:00:00",
                "2026-02-29T12:00:00Z",
                "1969-12-31T23:59:59Z",
                "2026-11-23 12:00:00Z",
            ] {
                with("a time that is none", &Value::from(time).to_string());
            }
            with("seconds for a time", "1795435200");
        }
        Value::String(_) => {
            with("a number for a text", "7");
            with("a lone surrogate", r#""a\ud800b""#);
            with("a lone low surrogate", r#""\udc00""#);
            with(
                "a text over the limit",
                &format!("\"{}\"", "x".repeat(8_193)),
            );
            with("a control character", "\"a\u{1}b\"");
        }
        Value::Number(_) => {
            for number in [
                "1.0",
                "1e3",
                "9007199254740993",
                "-1",
                "\"5\"",
                "4294967296",
                "true",
                "5e",
                "5.",
                "01",
                "-01",
                "5true",
            ] {
                with("a number that is none here", number);
            }
        }
        Value::Bool(_) => {
            with("a text for a truth", "\"true\"");
            with("a number for a truth", "1");
            for truth in ["true0", "truex", "falsefalse"] {
                with("a truth that goes on", truth);
            }
        }
        Value::Null => {}
    }
}

/// What can be wrong with the whole.
#[expect(clippy::too_many_lines, reason = "a list of texts")]
fn whole(full: &Value, texts: &mut Vec<(String, String)>) {
    let text = full.to_string();
    let mut push = |name: &str, text: String| texts.push((name.to_owned(), text));
    push("nothing", String::new());
    push("blanks", " \n\t".to_owned());
    push("a mark before the text", format!("\u{feff}{text}"));
    push("something behind it", format!("{text}x"));
    push("another behind it", format!("{text}{text}"));
    push("a comma behind it", format!("{text},"));
    push("a list", format!("[{text}]"));
    push("null", "null".to_owned());
    push("a number", "7".to_owned());
    push(
        "a comma before its end",
        format!("{},}}", &text[..text.len() - 1]),
    );
    push("a comment", format!("/* */{text}"));
    push("single quotes", text.replace('"', "'"));
    push("NaN", replaced(full, "/now", "NaN"));
    push(
        "a number with a zero before it",
        replaced(full, "/now", "007"),
    );
    for place in ["/task", "/now", "/attributes"] {
        push(
            &format!("a null that goes on at `{place}`"),
            replaced(full, place, "nullx"),
        );
    }
    push(
        "an escape that is none",
        replaced(full, "/action", r#""\x41""#),
    );
    push("half an escape", replaced(full, "/action", r#""\u12""#));
    push(
        "nested deeply",
        replaced(
            full,
            "/attributes",
            &format!("{}{}", "[".repeat(200), "]".repeat(200)),
        ),
    );
    for cut in [1, text.len() / 4, text.len() / 2, text.len() - 1] {
        let cut = text.ceil_char_boundary(cut);
        push(
            &format!("cut off after {cut} bytes"),
            text[..cut].to_owned(),
        );
    }
    // The first thing wrong counts, also where the text breaks later.
    push(
        "a wrong type, and then no JSON",
        replaced(full, "/access", "7").replace("\"tenancy\"", "tenancy"),
    );
    push(
        "an unknown name, and then no end",
        replaced(full, "/access", "{\"made_up\":"),
    );
    for (what, attribute) in [
        ("a fraction", "0.5"),
        ("an exponent", "1e2"),
        ("more than 64 bits", "9223372036854775808"),
        ("an object", "{}"),
        ("null", "null"),
        ("a list of numbers", "[1]"),
        ("a list of lists", "[[]]"),
        ("a list with a truth", "[\"a\",true]"),
        ("a number that breaks off", "5e"),
        ("a zero before a number", "01"),
        ("a truth that goes on", "truex"),
    ] {
        let raw = format!("{{\"custom\":{attribute}}}");
        push(
            &format!("{what} for an attribute"),
            replaced(full, "/attributes", &raw),
        );
    }
    push(
        "an attribute given twice",
        replaced(full, "/attributes", r#"{"a":1,"a":1}"#),
    );
    for time in [
        "2026-11-23T12:00:00.Z",
        "2026-11-23T12:00:00.001Z",
        "2026-11-23T12:00:00.0000000000000001Z",
        "2026-11-23T12:00:00,0Z",
        "2026-11-23T12:00:00.0",
        "2026-11-23T12:00:00.0 Z",
        "2026-11-23T12:00:00.0.0Z",
        "2026-11-23T12:00.0Z",
        "2026-11-23T12:00:60.000Z",
        "2026-11-23T12:00:00.\u{0660}Z",
    ] {
        let raw = Value::from(time).to_string();
        push(
            "a fraction that is not only zeros",
            replaced(full, "/now", &raw),
        );
    }
    let many: Vec<_> = (0..257).map(|number| format!("\"a{number}\":1")).collect();
    push(
        "too many attributes",
        replaced(full, "/attributes", &format!("{{{}}}", many.join(","))),
    );
}

/// The text of `full` with `raw` at `place`.
fn replaced(full: &Value, place: &str, raw: &str) -> String {
    let mut value = full.clone();
    match value.pointer_mut(place) {
        Some(found) => *found = Value::from(RAW),
        None => panic!("there is nothing at {place}"),
    }
    value.to_string().replace(&format!("\"{RAW}\""), raw)
}
