//! What is read and decided where everybody is answered, how many values a body may have, and what may stand before it.

use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};

use axum::http::Method;
use scopegate_server::{RecordError, Recorded, Recorder};
use serde_json::{Value, json};

use crate::support::{ask, builder, facts, post, send};

const EVALUATION: &str = "/access/v1/evaluation";
const EVALUATIONS: &str = "/access/v1/evaluations";
const SEARCH: &str = "/access/v1/search/action";

fn evaluation() -> Value {
    json!({"subject": {"type": "user", "id": "u"}, "action": {"name": "scan"}, "resource": {"type": "site", "id": "s"}})
}

/// Many values in few bytes are refused wherever they stand, also where they would be ignored.
#[tokio::test]
async fn bodies_of_too_many_values() {
    let service = builder().build();
    let junk = |many: usize| format!("[{}0]", r#"{"":0},"#.repeat((many - 2) / 2));
    for (path, text) in [
        (EVALUATION, evaluation()),
        (EVALUATIONS, evaluation()),
        (SEARCH, evaluation()),
    ] {
        let text = text.to_string();
        for (place, end) in [
            (r#""junk":"#, ""),
            (r#""page":{"a":"#, "}"),
            (r#""evaluations":[{"context":"#, "}]"),
        ] {
            let body = format!("{{{place}{}{end},{}", junk(100_000), &text[1..]);
            let answer = post(&service, path, body).await;
            let found = (answer.status.as_u16(), answer.problem());
            assert_eq!(found, (413, "too-large".to_owned()), "{path} {place}");
            assert_eq!(answer.json()["decision"], false);
        }
        let body = format!(r#"{{"junk":{},{}"#, junk(90_000), &text[1..]);
        assert_eq!(post(&service, path, body).await.status, 200, "{path}");
        let body = format!(r#"{{"junk":[{{"a":0,"a":0}}],{}"#, &text[1..]);
        assert_eq!(post(&service, path, body).await.problem(), "malformed");
    }
}

/// Tells whether what is recorded is decided on the thread that made it.
struct Inline {
    thread: ThreadId,
    all: Mutex<Vec<bool>>,
}

impl Recorder for Inline {
    fn record(&self, entries: &[Recorded<'_>]) -> Vec<Result<(), RecordError>> {
        let is_inline = thread::current().id() == self.thread;
        self.all.lock().unwrap().push(is_inline);
        vec![Ok(()); entries.len()]
    }
}

/// What is short and many is not decided where everybody is answered, and neither is anything read there that is long.
#[tokio::test]
async fn only_what_is_short_and_one_is_decided_at_once() {
    let (one, json) = (facts().to_string(), "application/json");
    let long = |text: &str| format!(r#"{{"junk":"{}",{}"#, "x".repeat(9_000), &text[1..]);
    let evaluation = evaluation().to_string();
    let lines = "application/x-ndjson";
    for (path, media, body, is_inline) in [
        ("/v1/decisions", json, one.clone(), true),
        ("/v1/decisions", json, format!("[{one}]"), false),
        (
            "/v1/decisions",
            json,
            format!(" \n[{},{one}]", ["{}"; 1_000 / 2].join(",")),
            false,
        ),
        ("/v1/explanations", json, one.clone(), true),
        ("/v1/explanations", json, format!("[{one}]"), false),
        ("/v1/decisions", lines, format!("{one}\n"), true),
        (
            "/v1/decisions",
            lines,
            format!("{one}\n{}", "{}\n".repeat(100)),
            false,
        ),
        (EVALUATION, json, evaluation.clone(), true),
        (EVALUATION, json, long(&evaluation), false),
        (EVALUATIONS, json, evaluation.clone(), false),
        (SEARCH, json, evaluation, false),
    ] {
        let inline = Arc::new(Inline {
            thread: thread::current().id(),
            all: Mutex::default(),
        });
        let recorder = Arc::clone(&inline) as Arc<dyn Recorder>;
        let service = builder().recorder(recorder).build();
        let headers = [("content-type", media)];
        let answer = send(&service, ask(Method::POST, path, &headers, body)).await;
        assert_eq!(answer.status, 200, "{path} {answer:?}");
        let all = inline.all.lock().unwrap();
        let found = all.first().copied();
        assert_eq!(found, Some(is_inline), "{path} {media}");
    }
}

/// A byte order mark makes no difference, wherever it comes.
#[tokio::test]
async fn marks_before_a_body() {
    let service = builder().build();
    let (one, json) = (facts().to_string(), "application/json");
    for (path, media, body) in [
        ("/v1/decisions", json, one.clone()),
        ("/v1/decisions", json, format!("[{one}]")),
        ("/v1/explanations", json, one.clone()),
        (
            "/v1/decisions",
            "application/x-ndjson",
            format!("{one}\n{one}"),
        ),
        (EVALUATION, json, evaluation().to_string()),
        (EVALUATIONS, json, evaluation().to_string()),
        (SEARCH, json, evaluation().to_string()),
    ] {
        let headers = [("content-type", media)];
        let ask = async |body| send(&service, ask(Method::POST, path, &headers, body)).await;
        let (plain, marked) = (
            ask(body.clone()).await,
            ask(format!("\u{feff}{body}")).await,
        );
        assert_eq!(
            (plain.status.as_u16(), marked.status.as_u16()),
            (200, 200),
            "{path}"
        );
        // Ids differ, and nothing else.
        assert_eq!(plain.body.len(), marked.body.len(), "{path}");
        assert!(!marked.text().contains("error"), "{path} {marked:?}");
    }
}
