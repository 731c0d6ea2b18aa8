//! OpenID AuthZEN 1.0 beyond what its certification scenario asks: see `certification.rs` for that.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Method;
use scopegate_server::{Service, Shelf, Shelved, Snapshot};
use serde_json::{Value, json};

use crate::certification::{actions, evaluation, record, records, user, with_status};
use crate::support::{Answer, NOW, ask, builder, facts, load, post, rules, send};

async fn single(service: &Service, body: &Value) -> Answer {
    post(service, "/access/v1/evaluation", body.to_string()).await
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
async fn what_is_no_evaluation() {
    let service = records();
    let with = |name: &str, value: Value| {
        let mut body = evaluation(user("alice"), "read", record("record-1"));
        body[name] = value;
        body.to_string()
    };
    let table = [
        with("subject", Value::Null),
        with("context", json!("now")),
        with("context", json!({"request": 7})),
        with("subject", json!({"type": "user", "id": "alice", "properties": []})),
        // A declared fact of another type cannot be judged.
        with("resource", json!({"type": "record", "id": "record-1", "properties": {"status": true}})),
        r#"{"subject": {"type": "user", "id": "alice", "id": "bob"}, "action": {"name": "read"}, "resource": {"type": "record", "id": "record-1"}}"#.to_owned(),
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
async fn methods() {
    let service = records();
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
    // Top-level values, evaluations, decisions.
    let table = [
        // An item's value replaces all of the default's: the status is gone.
        (
            json!({"subject": user("alice"), "action": {"name": "write"}, "resource": with_status("record-1", "archived")}),
            json!([{}, one("resource", record("record-1"))]),
            vec![false, true],
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
async fn batches_that_are_none() {
    let service = records();
    let mut body = evaluation(user("alice"), "read", record("record-1"));
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
            json!({"subject": user("alice"), "action": {"name": "read"}, "resource": record("record-1")}),
            vec!["read", "write"],
        ),
        (
            json!({"subject": user("alice"), "resource": with_status("record-2", "archived")}),
            vec!["read"],
        ),
    ];
    for (body, expected) in table {
        let answer = post(&service, "/access/v1/search/action", body.to_string()).await;
        assert_eq!(answer.status, 200, "{body} {answer:?}");
        assert_eq!(actions(&answer.json()), expected, "{body}");
    }

    let bad = [
        json!({"subject": user("alice"), "resource": record("record-1"), "page": {"token": "1.other"}}),
        json!({"subject": user("alice"), "resource": record("record-1"), "page": {"limit": 0}}),
        json!({"subject": user("alice"), "resource": record("record-1"), "page": 7}),
    ];
    for body in bad {
        let answer = post(&service, "/access/v1/search/action", body.to_string()).await;
        assert_eq!(answer.status, 400, "{body} {answer:?}");
    }
}

/// The batch's context is each item's that brings none of its own, and no part of it is if one does.
#[tokio::test]
async fn contexts_of_a_batch() {
    let service = builder().build();
    let mut request = facts();
    for name in ["action", "actor"] {
        request.as_object_mut().unwrap().remove(name);
    }
    let mut other = request.clone();
    other["color"] = json!("red");
    let body = json!({
        "subject": {"type": "user", "id": "user-17", "properties": {"account": "acct-1", "role": "developer"}},
        "action": {"name": "scan"},
        "resource": {"type": "project", "id": "proj-1"},
        "context": {"request": request},
        "evaluations": [{}, {"context": {"request": other}}, {"context": {"ip": "::1"}}],
    });
    let answer = post(&service, "/access/v1/evaluations", body.to_string())
        .await
        .json();
    let items = &answer["evaluations"];
    assert_eq!(items[0]["decision"], true, "{answer}");
    let message = items[1]["context"]["error"]["message"].as_str().unwrap();
    assert!(
        message.starts_with("`color`: this name is not known"),
        "{message}"
    );
    // Without the facts of the batch's context nobody has confirmed anything; acme asks only who it is.
    assert_eq!(items[2]["decision"], true, "{answer}");
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

/// All that is missing is said at once.
#[tokio::test]
async fn all_that_is_missing_is_said() {
    for (body, expected) in [
        (json!({}), vec!["subject", "resource", "action"]),
        (
            json!({"subject": {}, "action": {}, "resource": {"properties": 3}}),
            vec![
                "subject.id",
                "subject.type",
                "resource.id",
                "resource.type",
                "resource.properties",
                "action.name",
            ],
        ),
        (
            json!({"subject": {"id": "u"}, "action": {"name": ""}, "resource": 7}),
            vec!["subject.type", "resource", "action.name"],
        ),
    ] {
        let problem = single(&records(), &body).await.json();
        let others = problem["others"].as_array().cloned().unwrap_or_default();
        let all = [problem["path"].clone()].into_iter();
        let all = all.chain(others.into_iter().map(|other| other["path"].clone()));
        assert_eq!(all.collect::<Vec<_>>(), expected, "{problem}");
    }
}

/// What is said of the action is judged for each that is searched for.
#[tokio::test]
async fn properties_of_a_searched_action() {
    let rules = rules("1.0.0").replace("cost_center", "action_force");
    let snapshot = Snapshot::new([("acme".to_owned(), Shelved::active(load(&rules)))]);
    let service = Service::builder(Arc::new(Shelf::new(snapshot)))
        .clock(|| NOW)
        .build();
    for (action, expected) in [
        (json!({}), vec!["scan"]),
        (
            json!({"properties": {"force": "yes"}}),
            vec!["look", "scan"],
        ),
        (
            json!({"name": "look", "properties": {"force": "yes"}}),
            vec!["look", "scan"],
        ),
        (json!({"properties": {"other": "yes"}}), vec!["scan"]),
    ] {
        let body =
            json!({"subject": user("alice"), "resource": record("record-1"), "action": action});
        let answer = post(&service, "/access/v1/search/action", body.to_string()).await;
        assert_eq!(actions(&answer.json()), expected, "{action}");
    }
}
