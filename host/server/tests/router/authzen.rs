//! OpenID AuthZEN 1.0, as its certification scenario asks: levels Basic, Batch and Discovery, and action search.

use std::sync::{Arc, LazyLock};

use axum::body::Body;
use axum::http::Method;
use scopegate_server::{Service, Settings, Shelf, Shelved, Snapshot};
use serde_json::{Value, json};

use crate::support::{Answer, NOW, ask, builder, facts, get, load, post, send};

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

fn records() -> Service {
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

fn user(id: &str) -> Value {
    json!({"type": "user", "id": id})
}

fn record(id: &str) -> Value {
    json!({"type": "record", "id": id})
}

fn admin() -> Value {
    json!({"type": "user", "id": "bob", "properties": {"role": "admin"}})
}

fn with_status(id: &str, status: &str) -> Value {
    json!({"type": "record", "id": id, "properties": {"status": status}})
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a table reads better without `&` everywhere"
)]
fn evaluation(subject: Value, action: &str, resource: Value) -> Value {
    json!({"subject": subject, "action": {"name": action}, "resource": resource})
}

async fn single(service: &Service, body: &Value) -> Answer {
    post(service, "/access/v1/evaluation", body.to_string()).await
}

#[tokio::test]
async fn basic_decisions() {
    let service = records();
    let soft = |soft: bool| json!({"subject": user("alice"), "action": {"name": "delete", "properties": {"soft": soft}}, "resource": record("record-1")});
    let with = |name: &str, value: Value| {
        let mut body = evaluation(user("alice"), "read", record("record-1"));
        body[name] = value;
        body
    };
    let table = [
        (evaluation(user("alice"), "read", record("record-1")), true),
        (evaluation(user("alice"), "write", record("record-1")), true),
        (evaluation(user("bob"), "read", record("record-1")), true),
        (evaluation(user("bob"), "write", record("record-1")), false),
        (
            evaluation(user("alice"), "write", with_status("record-2", "archived")),
            false,
        ),
        (
            evaluation(admin(), "write", with_status("record-2", "archived")),
            true,
        ),
        (soft(true), true),
        (soft(false), false),
        (
            with(
                "context",
                json!({"time": "2025-06-27T18:03-07:00", "ip": "192.168.1.1"}),
            ),
            true,
        ),
        (with("foo", json!("bar")), true),
        (with("futureField", json!({"nested": true})), true),
        (
            with(
                "subject",
                json!({"type": "user", "id": "alice", "properties": {"department": "Sales", "role": "manager"}}),
            ),
            true,
        ),
        (
            with(
                "action",
                json!({"name": "read", "properties": {"method": "GET"}}),
            ),
            true,
        ),
        (
            with(
                "resource",
                json!({"type": "record", "id": "record-1", "properties": {"status": "active", "owner": "bob"}}),
            ),
            true,
        ),
        (evaluation(user("carol"), "read", record("record-1")), false),
        (evaluation(user("alice"), "fly", record("record-1")), false),
    ];
    for (body, decision) in table {
        // The same answer each time.
        for _ in 0..3 {
            let answer = single(&service, &body).await;
            assert_eq!(answer.status, 200, "{body} {answer:?}");
            assert_eq!(answer.headers["content-type"], "application/json");
            assert_eq!(answer.json()["decision"], decision, "{body}");
            assert!(answer.json()["context"].is_object());
        }
    }
}

#[tokio::test]
async fn a_denial_says_why() {
    let answer = single(
        &records(),
        &evaluation(user("bob"), "write", record("record-1")),
    )
    .await;
    let context = &answer.json()["context"];
    assert_eq!(context["codes"], json!(["NOT_WRITABLE"]));
    assert_eq!(context["findings"][0]["requirement"], "writer");
    assert_eq!(context["findings"][0]["remedy"], "Ask an admin.");
    assert_eq!(context["policy"]["name"], "records");
    assert!(context["fallbacks"].is_array() && context["decision_id"].is_string());
}

#[tokio::test]
async fn basic_errors() {
    let service = records();
    let without = |name: &str| {
        let mut body = evaluation(user("alice"), "read", record("record-1"));
        body.as_object_mut().unwrap().remove(name);
        body.to_string()
    };
    let with = |name: &str, value: Value| {
        let mut body = evaluation(user("alice"), "read", record("record-1"));
        body[name] = value;
        body.to_string()
    };
    let table = [
        without("subject"),
        without("action"),
        without("resource"),
        with("subject", json!({"id": "alice"})),
        with("subject", json!({"type": "user"})),
        with("action", json!({})),
        with("resource", json!({"id": "record-1"})),
        with("resource", json!({"type": "record"})),
        with("subject", json!("alice")),
        with("subject", Value::Null),
        with("action", json!({"name": 123})),
        with("context", json!("now")),
        with("context", json!({"request": 7})),
        with("subject", json!({"type": "user", "id": "alice", "properties": []})),
        // A declared fact of another type cannot be judged.
        with("resource", json!({"type": "record", "id": "record-1", "properties": {"status": true}})),
        r#"{"subject": {"type": "user", "id": "alice", "id": "bob"}, "action": {"name": "read"}, "resource": {"type": "record", "id": "record-1"}}"#.to_owned(),
        "{".to_owned(),
        String::new(),
        "[]".to_owned(),
    ];
    for body in table {
        let answer = post(&service, "/access/v1/evaluation", body.clone()).await;
        assert_eq!(answer.status, 400, "{body} {answer:?}");
        answer.problem();
        assert_eq!(answer.json()["decision"], false);
        assert_eq!(answer.json()["context"]["error"]["status"], 400);
    }
}

#[tokio::test]
async fn headers_and_methods() {
    let service = records();
    let body = evaluation(user("alice"), "read", record("record-1")).to_string();
    for (kind, status) in [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ("text/plain", 400),
        ("application/xml", 400),
    ] {
        let headers = [("content-type", kind), ("x-request-id", "bfe9eb29")];
        let request = ask(
            Method::POST,
            "/access/v1/evaluation",
            &headers,
            body.clone(),
        );
        let answer = send(&service, request).await;
        assert_eq!(answer.status, status, "{kind}");
        assert_eq!(answer.headers["x-request-id"], "bfe9eb29");
    }
    let answer = single(
        &service,
        &evaluation(user("alice"), "read", record("record-1")),
    )
    .await;
    assert!(!answer.headers.contains_key("x-request-id"));
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let answer = send(
            &service,
            ask(method, "/access/v1/evaluation", &[], Body::empty()),
        )
        .await;
        assert_eq!(
            (answer.status.as_u16(), answer.problem().as_str()),
            (405, "method")
        );
        assert_eq!(answer.headers["allow"], "POST");
    }
}

#[tokio::test]
async fn batches() {
    let service = records();
    let one = |name: &str, value: Value| json!({ name: value });
    let alice_reads = json!({"subject": user("alice"), "action": {"name": "read"}});
    let bob_on_one = json!({"subject": user("bob"), "resource": record("record-1")});
    let full = |id: &str, action: &str| evaluation(user(id), action, record("record-1"));
    // Top-level values, evaluations, decisions.
    let table = [
        (
            alice_reads.clone(),
            json!([
                one("resource", record("record-1")),
                one("resource", record("record-2"))
            ]),
            vec![true, true],
        ),
        (
            bob_on_one,
            json!([
                one("action", json!({"name": "read"})),
                one("action", json!({"name": "write"}))
            ]),
            vec![true, false],
        ),
        (
            json!({"subject": user("alice"), "action": {"name": "write"}}),
            json!([
                one("resource", with_status("record-1", "active")),
                one("resource", with_status("record-2", "archived"))
            ]),
            vec![true, false],
        ),
        (
            json!({"action": {"name": "write"}, "resource": with_status("record-2", "archived")}),
            json!([one("subject", user("alice")), one("subject", admin())]),
            vec![false, true],
        ),
        (
            json!({}),
            json!([full("alice", "read"), full("bob", "write")]),
            vec![true, false],
        ),
        // An item's value replaces all of the default's: the status is gone.
        (
            json!({"subject": user("alice"), "action": {"name": "write"}, "resource": with_status("record-1", "archived")}),
            json!([{}, one("resource", record("record-1"))]),
            vec![false, true],
        ),
        // Only the type is still the default's.
        (
            json!({"subject": user("alice"), "action": {"name": "write"}, "resource": {"type": "record"}}),
            json!([
                one(
                    "resource",
                    json!({"id": "record-1", "properties": {"status": "active"}})
                ),
                one("resource", with_status("record-2", "archived"))
            ]),
            vec![true, false],
        ),
        // One that fails leaves the others unharmed.
        (
            alice_reads.clone(),
            json!([
                one("resource", record("record-1")),
                {},
                7,
                one("resource", record("record-1"))
            ]),
            vec![true, false, false, true],
        ),
    ];
    for (mut body, evaluations, decisions) in table {
        body["evaluations"] = evaluations;
        let answer = post(&service, "/access/v1/evaluations", body.to_string()).await;
        assert_eq!(answer.status, 200, "{body} {answer:?}");
        let answer = answer.json();
        let found: Vec<_> = answer["evaluations"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["decision"].as_bool().unwrap())
            .collect();
        assert_eq!(found, decisions, "{body}");
        assert!(answer.get("decision").is_none());
    }
    let mut body = alice_reads;
    body["evaluations"] = json!([{}]);
    let answer = post(&service, "/access/v1/evaluations", body.to_string())
        .await
        .json();
    let error = &answer["evaluations"][0]["context"]["error"];
    assert_eq!(error["status"], 400);
    assert_eq!(error["message"], "`resource`: missing");
}

#[tokio::test]
async fn where_batches_end() {
    let service = records();
    let actions = ["write", "read", "write", "read"];
    let evaluations: Vec<_> = actions
        .iter()
        .map(|name| json!({"action": {"name": name}}))
        .collect();
    let table = [
        (None, Some(vec![false, true, false, true])),
        (Some(json!({})), Some(vec![false, true, false, true])),
        (
            Some(json!({"evaluations_semantic": "execute_all"})),
            Some(vec![false, true, false, true]),
        ),
        (
            Some(json!({"evaluations_semantic": "deny_on_first_deny"})),
            Some(vec![false]),
        ),
        (
            Some(json!({"evaluations_semantic": "permit_on_first_permit"})),
            Some(vec![false, true]),
        ),
        (Some(json!({"evaluations_semantic": "sometimes"})), None),
        (Some(json!({"evaluations_semantic": 7})), None),
        (Some(json!("execute_all")), None),
    ];
    for (options, decisions) in table {
        let mut body = json!({"subject": user("bob"), "resource": record("record-1"), "evaluations": evaluations});
        if let Some(options) = &options {
            body["options"] = options.clone();
        }
        let answer = post(&service, "/access/v1/evaluations", body.to_string()).await;
        let Some(decisions) = decisions else {
            assert_eq!(answer.status, 400, "{options:?}");
            continue;
        };
        let answer = answer.json();
        let found: Vec<_> = answer["evaluations"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["decision"].as_bool().unwrap())
            .collect();
        assert_eq!(found, decisions, "{options:?}");
    }
}

#[tokio::test]
async fn batches_without_evaluations_and_too_large_ones() {
    let service = records();
    let mut body = evaluation(user("alice"), "read", record("record-1"));
    for evaluations in [None, Some(json!([]))] {
        if let Some(evaluations) = evaluations {
            body["evaluations"] = evaluations;
        }
        let answer = post(&service, "/access/v1/evaluations", body.to_string()).await;
        assert_eq!(answer.json()["decision"], true);
    }
    body["evaluations"] = json!([{}, {}, {}, {}, {}, {}]);
    let answer = post(&service, "/access/v1/evaluations", body.to_string()).await;
    assert_eq!(
        (answer.status.as_u16(), answer.json()["decision"].clone()),
        (413, json!(false))
    );
    body["evaluations"] = json!({});
    assert_eq!(
        post(&service, "/access/v1/evaluations", body.to_string())
            .await
            .status,
        400
    );
}

#[tokio::test]
async fn action_search() {
    let service = records();
    let table = [
        (
            json!({"subject": user("alice"), "resource": record("record-1")}),
            vec!["read", "write"],
        ),
        (
            json!({"subject": user("alice"), "resource": record("record-1"), "context": {"ip": "::1"}}),
            vec!["read", "write"],
        ),
        (
            json!({"subject": user("alice"), "action": {"name": "read"}, "resource": record("record-1")}),
            vec!["read", "write"],
        ),
        (
            json!({"subject": admin(), "resource": with_status("record-2", "archived")}),
            vec!["read", "write"],
        ),
        (
            json!({"subject": user("alice"), "resource": with_status("record-2", "archived")}),
            vec!["read"],
        ),
        (
            json!({"subject": user("nonexistent-user"), "resource": record("record-1")}),
            vec![],
        ),
        (
            json!({"subject": user("alice"), "resource": record("record-1"), "page": {"limit": 1}}),
            vec!["read"],
        ),
    ];
    let names = |answer: &Value| -> Vec<String> {
        let results = answer["results"].as_array().unwrap().iter();
        results
            .map(|result| result["name"].as_str().unwrap().to_owned())
            .collect()
    };
    for (body, expected) in table {
        let answer = post(&service, "/access/v1/search/action", body.to_string()).await;
        assert_eq!(answer.status, 200, "{body} {answer:?}");
        assert_eq!(names(&answer.json()), expected, "{body}");
    }

    let mut body =
        json!({"subject": user("alice"), "resource": record("record-1"), "page": {"limit": 1}});
    let first = post(&service, "/access/v1/search/action", body.to_string())
        .await
        .json();
    body["page"] = json!({"token": first["page"]["next_token"]});
    let second = post(&service, "/access/v1/search/action", body.to_string())
        .await
        .json();
    assert_eq!(names(&second), ["write"]);
    assert_eq!(second["page"]["next_token"], "");

    let bad = [
        json!({"subject": user("alice")}),
        json!({"resource": record("record-1")}),
        json!({"subject": {"type": "user"}, "resource": record("record-1")}),
        json!({"subject": user("alice"), "resource": record("record-1"), "page": {"token": "1.other"}}),
        json!({"subject": user("alice"), "resource": record("record-1"), "page": {"limit": 0}}),
        json!({"subject": user("alice"), "resource": record("record-1"), "page": 7}),
    ];
    for body in bad {
        let answer = post(&service, "/access/v1/search/action", body.to_string()).await;
        assert_eq!(answer.status, 400, "{body} {answer:?}");
    }
}

#[tokio::test]
async fn discovery() {
    let answer = get(&records(), "/.well-known/authzen-configuration").await;
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
    let without = builder().build();
    assert_eq!(
        get(&without, "/.well-known/authzen-configuration")
            .await
            .problem(),
        "not-found"
    );
}

type Change<'c> = &'c dyn Fn(&mut Value);

/// With the request in the context, AuthZEN decides as `/v1/decisions` does.
#[tokio::test]
async fn a_whole_request_in_the_context() {
    let service = builder().build();
    let ask = |change: &dyn Fn(&mut Value)| {
        let mut request = facts();
        for name in ["action", "actor"] {
            request.as_object_mut().unwrap().remove(name);
        }
        let mut body = json!({
            "subject": {"type": "user", "id": "user-17", "properties": {"account": "acct-1", "role": "developer"}},
            "action": {"name": "scan"},
            "resource": {"type": "project", "id": "proj-1"},
            "context": {"request": request},
        });
        change(&mut body);
        body
    };
    let table: [(Change<'_>, u16); 8] = [
        (&|_| (), 200),
        (
            &|body| body["context"]["request"]["actor"] = json!({"id": "user-17"}),
            200,
        ),
        // Two places disagree.
        (
            &|body| body["context"]["request"]["actor"] = json!({"id": "user-18"}),
            400,
        ),
        (&|body| body["resource"]["id"] = json!("proj-2"), 400),
        (
            &|body| body["context"]["request"]["action"] = json!("look"),
            400,
        ),
        // What is not known, missing, or not the caller's to say.
        (
            &|body| body["context"]["request"]["color"] = json!("red"),
            400,
        ),
        (&|body| body["subject"]["properties"] = json!({}), 400),
        (
            &|body| body["context"]["request"]["now"] = json!("2026-11-23T12:00:00Z"),
            400,
        ),
    ];
    for (change, status) in table {
        let body = ask(change);
        let answer = single(&service, &body).await;
        assert_eq!(answer.status, status, "{body} {answer:?}");
        assert_eq!(answer.json()["decision"], status == 200, "{body}");
    }
}
