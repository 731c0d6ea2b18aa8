//! The certification scenario of OpenID AuthZEN 1.0, row by row, under the scenario's own ids: levels Basic, Batch and Discovery, and of
//! Search what concerns actions. Every answer fits its schema in our OpenAPI document.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use axum::http::Method;
use scopegate_server::{Service, Settings, Shelf, Shelved, Snapshot};
use serde_json::{Value, json};

use crate::support::{Answer, NOW, ask, get, load, post, send};

const EVALUATION: &str = "/access/v1/evaluation";
const EVALUATIONS: &str = "/access/v1/evaluations";
const ACTIONS: &str = "/access/v1/search/action";
const ENDPOINTS: [&str; 3] = [EVALUATION, EVALUATIONS, ACTIONS];

/// The scenario's ids that no row has, because Scopegate keeps neither subjects nor resources; `docs/authzen.md` says so of each.
const UNMAPPED: [&str; 10] = [
    "c-4-2-1", "c-4-2-2", "c-4-2-3", "c-4-2-4", "c-4-3-1", "c-4-3-2", "c-4-3-3", "c-4-5-1",
    "c-4-5-2", "c-4-6-2",
];

/// The ids that have no row of their own: they ask something of every answer, or of what `ours` and the loops below ask.
const OF_ALL: [&str; 12] = [
    "c-2-3-1", "c-2-3-2", "c-2-4-3", "c-2-5-1", "c-2-5-2", "c-2-6", "c-3-3-1", "c-3-3-2",
    "c-3-3-3", "c-3-3-4", "c-4-5-3", "c-4-5-4",
];

/// Every id that the scenario has for a test.
const SCENARIO: &str = "\
c-2-2-1 c-2-2-2 c-2-2-3 c-2-2-4 c-2-2-5 c-2-2-6 c-2-2-7 c-2-2-8 c-2-2-9 c-2-3-1 c-2-3-2 c-2-4-1 c-2-4-2 \
c-2-4-3 c-2-4-4 c-2-4-5 c-2-4-6 c-2-5-1 c-2-5-2 c-2-6 c-3-2-1 c-3-2-2 c-3-2-3 c-3-2-4 c-3-2-5 c-3-2-6 \
c-3-2-7 c-3-3-1 c-3-3-2 c-3-3-3 c-3-3-4 c-3-4-1 c-3-4-2 c-3-4-3 c-4-2-1 c-4-2-2 c-4-2-3 c-4-2-4 c-4-3-1 \
c-4-3-2 c-4-3-3 c-4-4-1 c-4-4-2 c-4-4-3 c-4-5-1 c-4-5-2 c-4-5-3 c-4-5-4 c-4-6-1 c-4-6-2 c-4-7-1 c-4-7-2 c-6";

/// The scenario's policy, its eight rules.
const RECORDS: &str = r#"
language = 1
name = "records"
version = "1.0.0"
summary = "The policy of the certification scenario."
actions = ["read", "write", "delete"]

[codes]
UNKNOWN = "unknown"
NOT_WRITABLE = "not_writable"

[attributes.resource_status]
type = "text"
summary = "The record's status."

[attributes.action_soft]
type = "truth"
summary = "Whether it can be undone."

[[requirement]]
id = "known"
for = "every"
must = 'request.actor.id == "alice" || request.actor.id == "bob"'
code = "UNKNOWN"
message = "Nobody knows who asks."
remedy = "Sign in."
source = "Scenario, fixture"

[[requirement]]
id = "writer"
for = "write"
must = 'request.actor.id == "alice" || request.actor.role == "admin"'
code = "NOT_WRITABLE"
message = "Only alice and admins write."
remedy = "Ask an admin."
source = "Scenario, rules 2 and 4"

[[requirement]]
id = "not-archived"
for = "write"
given = 'has(request.attributes.resource_status) && request.attributes.resource_status == "archived"'
must = 'request.actor.role == "admin"'
code = "NOT_WRITABLE"
message = "An archived record is not written."
remedy = "Ask an admin."
source = "Scenario, rules 5 and 6"

[[requirement]]
id = "soft"
for = "delete"
must = 'has(request.attributes.action_soft) && request.attributes.action_soft'
code = "NOT_WRITABLE"
message = "What is deleted for good is gone."
remedy = "Delete softly."
source = "Scenario, rules 7 and 8"
"#;

/// A service with the scenario's policy.
pub(crate) fn records() -> Service {
    static POLICY: LazyLock<scopegate::Policy> = LazyLock::new(|| load(RECORDS));
    let snapshot = Snapshot::new([("records".to_owned(), Shelved::active(POLICY.clone()))]);
    Service::builder(Arc::new(Shelf::new(snapshot)))
        .clock(|| NOW)
        .settings(Settings {
            public_url: Some("https://pdp.example.com".parse().unwrap()),
            batch: 5,
            ..Settings::default()
        })
        .build()
}

pub(crate) fn user(id: &str) -> Value {
    json!({"type": "user", "id": id})
}

pub(crate) fn record(id: &str) -> Value {
    json!({"type": "record", "id": id})
}

pub(crate) fn admin() -> Value {
    json!({"type": "user", "id": "bob", "properties": {"role": "admin"}})
}

pub(crate) fn with_status(id: &str, status: &str) -> Value {
    json!({"type": "record", "id": id, "properties": {"status": status}})
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a table reads better without `&` everywhere"
)]
pub(crate) fn evaluation(subject: Value, action: &str, resource: Value) -> Value {
    json!({"subject": subject, "action": {"name": action}, "resource": resource})
}

/// What has to be answered.
enum Expected {
    Decision(bool),
    /// Of each evaluation, where the scenario says it.
    Decisions(Vec<Option<bool>>),
    /// The actions found.
    Actions(Vec<&'static str>),
    Refused,
}

use Expected::{Actions, Decision, Decisions, Refused};

type Row = (&'static str, &'static str, String, Expected);

fn row(id: &'static str, path: &'static str, body: &Value, expected: Expected) -> Row {
    (id, path, body.to_string(), expected)
}

/// An evaluation of the scenario that is allowed, with another value under `name`; without it for `Value::Null`.
fn with(name: &str, value: Value) -> Value {
    let mut body = evaluation(user("alice"), "read", record("record-1"));
    if value.is_null() {
        body.as_object_mut().unwrap().remove(name);
    } else {
        body[name] = value;
    }
    body
}

fn basic() -> Vec<Row> {
    let soft = |soft: bool| json!({"subject": user("alice"), "action": {"name": "delete", "properties": {"soft": soft}}, "resource": record("record-1")});
    let archived = with_status("record-2", "archived");
    let table = [
        (
            "c-2-2-1",
            with("action", json!({"name": "read"})),
            Decision(true),
        ),
        (
            "c-2-2-1",
            evaluation(user("alice"), "write", record("record-1")),
            Decision(true),
        ),
        (
            "c-2-2-1",
            evaluation(user("bob"), "read", record("record-1")),
            Decision(true),
        ),
        (
            "c-2-2-2",
            evaluation(user("bob"), "write", record("record-1")),
            Decision(false),
        ),
        (
            "c-2-2-3",
            with(
                "context",
                json!({"time": "2025-06-27T18:03-07:00", "ip": "192.168.1.1"}),
            ),
            Decision(true),
        ),
        (
            "c-2-2-4",
            evaluation(user("alice"), "write", archived.clone()),
            Decision(false),
        ),
        (
            "c-2-2-5",
            evaluation(admin(), "write", archived),
            Decision(true),
        ),
        ("c-2-2-6", soft(true), Decision(true)),
        ("c-2-2-7", soft(false), Decision(false)),
        (
            "c-2-2-8",
            json!({
                "subject": {"type": "user", "id": "alice", "properties": {"department": "Sales", "role": "manager"}},
                "action": {"name": "read", "properties": {"method": "GET"}},
                "resource": {"type": "record", "id": "record-1", "properties": {"status": "active", "owner": "bob"}}
            }),
            Decision(true),
        ),
        ("c-2-2-9", with("foo", json!("bar")), Decision(true)),
        (
            "c-2-2-9",
            with("futureField", json!({"nested": true})),
            Decision(true),
        ),
        ("c-2-4-1", with("subject", Value::Null), Refused),
        ("c-2-4-1", with("action", Value::Null), Refused),
        ("c-2-4-1", with("resource", Value::Null), Refused),
        ("c-2-4-2", with("subject", json!({"id": "alice"})), Refused),
        ("c-2-4-2", with("subject", json!({"type": "user"})), Refused),
        ("c-2-4-2", with("action", json!({})), Refused),
        (
            "c-2-4-2",
            with("resource", json!({"id": "record-1"})),
            Refused,
        ),
        (
            "c-2-4-2",
            with("resource", json!({"type": "record"})),
            Refused,
        ),
        ("c-2-4-6", with("subject", json!("alice")), Refused),
        ("c-2-4-6", with("action", json!({"name": 123})), Refused),
    ];
    let mut rows: Vec<_> = table
        .into_iter()
        .map(|(id, body, expected)| row(id, EVALUATION, &body, expected))
        .collect();
    for path in ENDPOINTS {
        rows.push(("c-2-4-4", path, "{".to_owned(), Refused));
        rows.push(("c-2-4-5", path, String::new(), Refused));
    }
    rows
}

fn batch() -> Vec<Row> {
    let one = |name: &str, value: Value| json!({ name: value });
    let both = |first, second| Decisions(vec![Some(first), Some(second)]);
    let table = [
        (
            "c-3-2-1",
            json!({"subject": user("alice"), "action": {"name": "read"}}),
            json!([
                one("resource", record("record-1")),
                one("resource", record("record-2"))
            ]),
            Decisions(vec![None, None]),
        ),
        (
            "c-3-2-2",
            json!({"subject": user("bob"), "resource": record("record-1")}),
            json!([
                one("action", json!({"name": "read"})),
                one("action", json!({"name": "write"}))
            ]),
            both(true, false),
        ),
        (
            "c-3-2-3",
            json!({"subject": user("alice"), "action": {"name": "write"}}),
            json!([
                one("resource", with_status("record-1", "active")),
                one("resource", with_status("record-2", "archived"))
            ]),
            both(true, false),
        ),
        (
            "c-3-2-4",
            json!({"action": {"name": "write"}, "resource": with_status("record-2", "archived")}),
            json!([one("subject", user("alice")), one("subject", admin())]),
            both(false, true),
        ),
        (
            "c-3-2-5",
            json!({}),
            json!([
                evaluation(user("alice"), "read", record("record-1")),
                evaluation(user("bob"), "write", record("record-1"))
            ]),
            both(true, false),
        ),
        (
            "c-3-2-6",
            json!({"subject": user("alice"), "action": {"name": "read"}, "context": {"time": "2025-06-27T18:03-07:00"}}),
            json!([
                one("resource", record("record-1")),
                {"resource": record("record-2"), "context": {"time": "2025-06-27T19:00-07:00", "source": "batch-override"}}
            ]),
            Decisions(vec![None, None]),
        ),
        // Only the type is still the default's.
        (
            "c-3-2-7",
            json!({"subject": user("alice"), "action": {"name": "write"}, "resource": {"type": "record"}}),
            json!([
                one(
                    "resource",
                    json!({"id": "record-1", "properties": {"status": "active"}})
                ),
                one("resource", with_status("record-2", "archived"))
            ]),
            both(true, false),
        ),
        (
            "c-3-4-1",
            json!({"subject": user("alice"), "action": {"name": "read"}}),
            json!([one("resource", record("record-1")), {}]),
            both(true, false),
        ),
        (
            "c-3-4-2",
            with("action", json!({"name": "read"})),
            Value::Null,
            Decision(true),
        ),
        (
            "c-3-4-3",
            with("action", json!({"name": "read"})),
            json!([]),
            Decision(true),
        ),
    ];
    let row = |(id, mut body, evaluations, expected): (_, Value, Value, _)| {
        if !evaluations.is_null() {
            body["evaluations"] = evaluations;
        }
        row(id, EVALUATIONS, &body, expected)
    };
    table.into_iter().map(row).collect()
}

fn search() -> Vec<Row> {
    let search = |subject, resource| json!({"subject": subject, "resource": resource});
    let with_context =
        json!({"subject": user("alice"), "resource": record("record-1"), "context": {"ip": "::1"}});
    let table = [
        (
            "c-4-4-1",
            search(user("alice"), record("record-1")),
            Actions(vec!["read", "write"]),
        ),
        ("c-4-4-2", with_context, Actions(vec!["read", "write"])),
        (
            "c-4-4-3",
            search(admin(), with_status("record-2", "archived")),
            Actions(vec!["read", "write"]),
        ),
        (
            "c-4-6-1",
            search(user("nonexistent-user"), record("record-1")),
            Actions(vec![]),
        ),
        ("c-4-7-1", json!({"subject": user("alice")}), Refused),
        ("c-4-7-1", json!({"resource": record("record-1")}), Refused),
        (
            "c-4-7-2",
            search(json!({"type": "user"}), record("record-1")),
            Refused,
        ),
        (
            "c-4-7-2",
            search(user("alice"), json!({"type": "record"})),
            Refused,
        ),
    ];
    let row = |(id, body, expected): (_, Value, _)| row(id, ACTIONS, &body, expected);
    table.into_iter().map(row).collect()
}

fn decision(answer: &Value) -> bool {
    answer["decision"].as_bool().expect("a truth value")
}

/// Whether the answer fits what our own document says of it.
fn fits(document: &Value, path: &str, answer: &Answer) {
    let (status, kind) = match answer.status.as_u16() {
        200 => ("200", "application/json"),
        _ => ("4XX", "application/problem+json"),
    };
    assert_eq!(answer.headers["content-type"], kind, "{answer:?}");
    let schema = &document["paths"][path]["post"]["responses"][status]["content"][kind]["schema"];
    assert!(schema.is_object(), "{path} {status}");
    let schema = json!({"components": document["components"], "allOf": [schema]});
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let body = answer.json();
    let wrong: Vec<_> = validator
        .iter_errors(&body)
        .map(|it| it.to_string())
        .collect();
    assert!(wrong.is_empty(), "{path}: {wrong:?}\n{body}");
}

#[tokio::test]
async fn the_scenario_row_by_row() {
    let service = records();
    let document = get(&service, "/openapi.json").await.json();
    let rows: Vec<Row> = basic().into_iter().chain(batch()).chain(search()).collect();
    for (id, path, body, expected) in &rows {
        // c-2-6: the same answer each time; c-2-5: with the id of the request, if it has one.
        for request_id in [None, Some("bfe9eb29"), Some("bfe9eb29")] {
            let mut headers = vec![("content-type", "application/json")];
            headers.extend(request_id.map(|id| ("x-request-id", id)));
            let answer = send(&service, ask(Method::POST, path, &headers, body.clone())).await;
            let echoed = answer.headers.get("x-request-id");
            assert_eq!(echoed.map(|id| id.to_str().unwrap()), request_id, "{id}");
            fits(&document, path, &answer);
            if matches!(expected, Refused) {
                assert_eq!(answer.status, 400, "{id} {body} {answer:?}");
                continue;
            }
            assert_eq!(answer.status, 200, "{id} {body} {answer:?}");
            let answer = answer.json();
            match expected {
                Decision(expected) => {
                    assert_eq!(decision(&answer), *expected, "{id} {body}");
                    assert!(answer["context"].is_object(), "{id}");
                }
                Decisions(expected) => {
                    let found = answer["evaluations"].as_array().expect("a list");
                    assert_eq!(found.len(), expected.len(), "{id}");
                    for (found, expected) in found.iter().zip(expected) {
                        let found = decision(found);
                        assert_eq!(found, expected.unwrap_or(found), "{id} {body}");
                    }
                    assert!(answer.get("decision").is_none(), "{id}");
                }
                Actions(expected) => assert_eq!(actions(&answer), *expected, "{id} {body}"),
                Refused => unreachable!("it was looked at above"),
            }
        }
    }
    let with_rows: BTreeSet<_> = rows.iter().map(|(id, ..)| *id).collect();
    let covered: BTreeSet<_> = with_rows
        .into_iter()
        .chain(OF_ALL)
        .chain(UNMAPPED)
        .chain(["c-6"])
        .collect();
    assert_eq!(covered, SCENARIO.split_whitespace().collect());
}

/// The actions that a search found.
pub(crate) fn actions(answer: &Value) -> Vec<&str> {
    let results = answer["results"].as_array().expect("a list").iter();
    results
        .map(|result| result["name"].as_str().expect("a name"))
        .collect()
}

/// c-2-4-3, on every endpoint: a content type that does not fit is 400; parameters do no harm.
#[tokio::test]
async fn content_types() {
    let service = records();
    let body = evaluation(user("alice"), "read", record("record-1")).to_string();
    for path in ENDPOINTS {
        for (kind, status) in [
            (Some("application/json"), 200),
            (Some("application/json; charset=utf-8"), 200),
            (Some("text/plain"), 400),
            (Some("application/xml"), 400),
            (None, 400),
        ] {
            let headers: Vec<_> = kind
                .map(|kind| ("content-type", kind))
                .into_iter()
                .collect();
            let answer = send(&service, ask(Method::POST, path, &headers, body.clone())).await;
            assert_eq!(answer.status, status, "{path} {kind:?}");
            if status == 400 {
                assert_eq!(answer.problem(), "media-type");
                assert_eq!(answer.json()["decision"], false);
            }
        }
    }
}

/// c-4-5, for the one search there is: pages that end, and tokens that say where to go on.
#[tokio::test]
async fn pages() {
    let service = records();
    let mut body =
        json!({"subject": user("alice"), "resource": record("record-1"), "page": {"limit": 1}});
    let first = post(&service, ACTIONS, body.to_string()).await.json();
    assert_eq!(actions(&first), ["read"]);
    let token = first["page"]["next_token"].as_str().expect("a text");
    assert!(!token.is_empty());
    body["page"] = json!({"token": token});
    let second = post(&service, ACTIONS, body.to_string()).await.json();
    assert_eq!(actions(&second), ["write"]);
    assert_eq!(second["page"]["next_token"], "");
}

/// c-6: where everything is, under https and the base that was asked; searches that are not there are not named.
#[tokio::test]
async fn discovery() {
    let answer = get(&records(), "/.well-known/authzen-configuration").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["content-type"], "application/json");
    assert_eq!(
        answer.json(),
        json!({
            "policy_decision_point": "https://pdp.example.com",
            "access_evaluation_endpoint": "https://pdp.example.com/access/v1/evaluation",
            "access_evaluations_endpoint": "https://pdp.example.com/access/v1/evaluations",
            "search_action_endpoint": "https://pdp.example.com/access/v1/search/action",
        })
    );
    let without = crate::support::builder().build();
    let answer = get(&without, "/.well-known/authzen-configuration").await;
    assert_eq!(answer.problem(), "not-found");
}

/// The document names each id that has no test, with the reason.
#[test]
fn what_does_not_map_is_documented() {
    let document = include_str!("../../../../docs/authzen.md");
    for id in UNMAPPED {
        assert!(document.contains(&format!("`{id}`")), "{id}");
    }
}
