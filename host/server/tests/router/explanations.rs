//! `POST /v1/explanations`.

use std::sync::{Arc, Mutex};

use axum::http::Method;
use scopegate_server::{RecordError, Recorded, Recorder, Settings};
use serde_json::{Value, json};

use crate::support::{NOW, ask, builder, facts, post, send, with};

const PATH: &str = "/v1/explanations";

/// Keeps the ids of what is recorded.
#[derive(Default)]
struct Ids(Mutex<Vec<String>>);

impl Recorder for Ids {
    fn record(&self, entries: &[Recorded<'_>]) -> Vec<Result<(), RecordError>> {
        let mut ids = self.0.lock().unwrap();
        for entry in entries {
            assert_eq!(entry.request.now, NOW);
            ids.push(entry.id.to_owned());
        }
        vec![Ok(()); entries.len()]
    }
}

fn changed(change: impl FnOnce(&mut Value)) -> Value {
    let mut facts = facts();
    change(&mut facts);
    facts
}

/// A request, its status, and what is explained.
fn table() -> Vec<(Value, u16, Value)> {
    vec![
        (facts(), 200, json!([])),
        (
            changed(|facts| facts["actor"]["id"] = json!("")),
            200,
            json!([{"requirement": "actor-known", "facts": [{"path": "actor.id", "value": ""}]}]),
        ),
        (
            changed(|facts| facts["action"] = json!("look")),
            200,
            json!([{"requirement": "paid", "facts": [{"path": "attributes.cost_center", "value": null}]}]),
        ),
        (
            changed(|facts| facts["action"] = json!("fly")),
            200,
            json!([]),
        ),
        (
            changed(|facts| facts["color"] = json!("red")),
            422,
            json!("color"),
        ),
        (
            changed(|facts| facts["attributes"] = json!({"cost_center": 7})),
            400,
            json!("attributes.cost_center"),
        ),
        (
            changed(|facts| facts["now"] = json!("2026-11-23T12:00:00Z")),
            400,
            json!("now"),
        ),
    ]
}

/// What is explained is the decision that `/v1/decisions` gives, with the facts besides.
#[tokio::test]
async fn what_decided() {
    let recorder = Arc::new(Ids::default());
    let service = builder()
        .recorder(Arc::clone(&recorder) as Arc<dyn Recorder>)
        .build();
    for (body, status, expected) in table() {
        let answer = post(&service, PATH, body.to_string()).await;
        assert_eq!(answer.status.as_u16(), status, "{body} {answer:?}");
        let mut explained = answer.json();
        if status != 200 {
            answer.problem();
            assert_eq!(explained["path"], expected, "{body}");
            continue;
        }
        let id = answer.headers["scopegate-decision-id"].to_str().unwrap();
        assert_eq!(recorder.0.lock().unwrap().last().unwrap(), id);
        let explanations = explained.as_object_mut().unwrap().remove("explanations");
        assert_eq!(explanations, Some(expected), "{body}");
        let decided = post(&service, "/v1/decisions", body.to_string()).await;
        assert_eq!(explained, decided.json(), "{body}");
    }
}

#[tokio::test]
async fn a_list_in_order() {
    let service = builder().build();
    let list: Vec<_> = table().into_iter().map(|(body, ..)| body).collect();
    let answers = post(&service, PATH, json!(list).to_string()).await.json();
    for (answer, (body, status, expected)) in answers.as_array().unwrap().iter().zip(table()) {
        match answer.get("error") {
            None => assert_eq!(
                (status, &answer["explanations"]),
                (200, &expected),
                "{body}"
            ),
            Some(error) => {
                assert_eq!(
                    (&error["status"], &error["path"]),
                    (&json!(status), &expected),
                    "{body}"
                );
            }
        }
    }
    assert_eq!(answers.as_array().unwrap().len(), table().len());
}

#[tokio::test]
async fn limits() {
    let one = facts().to_string();
    let service = with(Settings {
        body_bytes: one.len() + 2,
        batch: 2,
        ..Settings::default()
    });
    for (body, status, kind) in [
        (format!("{one}   "), 413, "too-large"),
        ("[1,2,3]".to_owned(), 413, "too-large"),
        ("[]".to_owned(), 422, "invalid"),
        ("{".to_owned(), 400, "malformed"),
    ] {
        let answer = post(&service, PATH, body.clone()).await;
        assert_eq!(
            (answer.status.as_u16(), &*answer.problem()),
            (status, kind),
            "{body}"
        );
    }
    let lines = [("content-type", "application/x-ndjson")];
    let answer = send(&service, ask(Method::POST, PATH, &lines, one)).await;
    assert_eq!(
        (answer.status.as_u16(), &*answer.problem()),
        (415, "media-type")
    );
    let answer = send(&service, ask(Method::GET, PATH, &[], "")).await;
    assert_eq!(answer.status, 405);
}

/// Every answer is as the document describes it.
#[tokio::test]
async fn the_document_describes_it() {
    let service = builder().build();
    let document: Value = serde_json::from_str(&scopegate_server::openapi()).unwrap();
    let mut schema = document.clone();
    schema["$ref"] = json!("#/components/schemas/Explanations");
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    let list: Vec<_> = table().into_iter().map(|(body, ..)| body).collect();
    for body in [list[0].clone(), list[1].clone(), json!(list)] {
        let answer = post(&service, PATH, body.to_string()).await.json();
        assert!(schema.is_valid(&answer), "{answer}");
    }
    let decided = post(&service, "/v1/decisions", list[0].to_string()).await;
    assert!(!schema.is_valid(&decided.json()));
}
