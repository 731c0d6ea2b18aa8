//! What an answer may repeat, how large it may be, and what it may cost.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::http::Method;
use scopegate_server::{RecordError, Recorded, Recorder, Settings, Tokens};
use serde_json::{Value, json};

use crate::support::{Answer, ask, builder, facts, lines, post, send, with};

const EVALUATION: &str = "/access/v1/evaluation";
const EVALUATIONS: &str = "/access/v1/evaluations";
const SEARCH: &str = "/access/v1/search/action";

fn evaluation() -> Value {
    json!({"subject": {"type": "user", "id": "u"}, "action": {"name": "scan"}, "resource": {"type": "site", "id": "s"}})
}

/// An evaluation with `facts()` in its context.
fn in_context(change: impl FnOnce(&mut Value)) -> Value {
    let mut evaluation = evaluation();
    let mut request = facts();
    for name in ["action", "actor"] {
        request.as_object_mut().unwrap().remove(name);
    }
    request["actor"] = json!({"account": "a", "role": "owner"});
    request["access"] = Value::Null;
    evaluation["context"] = json!({"request": request});
    change(&mut evaluation);
    evaluation
}

/// How many `x` the answer has in a row at most.
fn repeated(answer: &Answer) -> usize {
    let runs = answer.body.split(|byte| *byte != b'x');
    runs.map(<[u8]>::len).max().unwrap_or_default()
}

/// AuthZEN bodies that say `long` where a message may repeat it.
fn evaluations_that_say(long: &str) -> Vec<(&'static str, Value)> {
    let mut bodies = Vec::new();
    let mut doubled = Value::Null;
    for change in [
        json!({"subject": {"type": "user", "id": "u", "properties": {long: 1}}, "context": {"request": {"attributes": {format!("subject_{long}"): 2}}}}),
        json!({"subject": {"type": "user", "id": "u", "properties": {"role": [long]}}}),
        json!({"subject": {"type": "user", "id": "u", "properties": {"account": [long]}}}),
        json!({"resource": {"type": "s", "id": "r", "properties": {"scan": long}}}),
        json!({"resource": {"type": "s", "id": "r", "properties": {"scan": {long: 1}}}}),
        json!({"resource": {"type": "s", "id": "r", "properties": {long: "1"}}}),
        json!({"resource": {"type": "s", "id": long}}),
        json!({"action": {"name": [long]}}),
        json!({"context": long}),
        json!({"context": {"request": long}}),
    ] {
        let mut body = evaluation();
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        bodies.push((EVALUATION, body.clone()));
        bodies.push((SEARCH, body.clone()));
        body["evaluations"] = json!(vec![json!({}); 40]);
        bodies.push((EVALUATIONS, body.clone()));
        doubled = body;
    }
    doubled["options"] = json!({"evaluations_semantic": long});
    bodies.push((EVALUATIONS, doubled));
    bodies
}

/// Whatever a caller says, a message repeats at most 80 bytes of it.
#[tokio::test]
async fn what_is_repeated_is_cut() {
    let tokens = Tokens::parse(&format!("ops administer {}", Tokens::digest("a"))).expect("tokens");
    let service = builder().tokens(tokens).build();
    let long = "x".repeat(100_000);
    let short = "x".repeat(2_000);
    let with = |name: &str, value: Value| {
        let mut facts = facts();
        facts[name] = value;
        facts
    };
    let named = |name: &str| json!({ name: 1 });
    let mut bodies = vec![
        ("/v1/decisions", with(&long, json!(1))),
        ("/v1/decisions", with("action", named(&long))),
        ("/v1/decisions", with("deployment", json!(long))),
        ("/v1/decisions", with("tenancy", json!(long))),
        ("/v1/decisions", with("agency_account", json!([long]))),
        ("/v1/decisions", with("attributes", json!({ &long: 1 }))),
        ("/v1/decisions", with("attributes", json!({ &short: null }))),
        ("/v1/decisions", with("scan", json!({ &long: 1 }))),
        ("/v1/decisions", with("now", json!(long))),
        ("/v1/decisions", json!(long)),
    ];
    for (_, body) in bodies.clone() {
        bodies.push(("/v1/explanations", body.clone()));
        if body.is_object() {
            let mut context = body;
            context.as_object_mut().unwrap().remove("action");
            bodies.push((
                EVALUATION,
                in_context(|it| it["context"] = json!({"request": context})),
            ));
        }
    }
    bodies.extend(evaluations_that_say(&long));
    for body in [
        json!({ &long: 1 }),
        json!({"version": {&long: 1}}),
        json!({"reason": [long]}),
        json!(long),
    ] {
        bodies.push(("/v1/policies/acme/activate", body.clone()));
        bodies.push(("/v1/policies/acme/rollback", body));
    }
    let mut bodies: Vec<_> = (bodies.into_iter())
        .map(|(path, body)| (path.to_owned(), body.to_string()))
        .collect();
    bodies.push((
        EVALUATION.to_owned(),
        format!(r#"{{"{long}": 1, "{long}": 2}}"#),
    ));
    let name = "x".repeat(5_000);
    for path in [
        format!("/{name}"),
        format!("/v1/policies/{name}"),
        format!("/v1/policies/acme/{name}"),
        format!("/v1/decisions?{name}=1"),
        format!("/v1/decisions?policy={name}"),
        format!("/v1/decisions?policy=acme@{name}"),
        format!("/preview/{name}"),
    ] {
        bodies.push((path, facts().to_string()));
    }
    for (path, body) in bodies {
        for method in [Method::POST, Method::GET] {
            let headers = [
                ("content-type", "application/json"),
                ("authorization", "Bearer a"),
            ];
            let answer = send(&service, ask(method, &path, &headers, body.clone())).await;
            let place = format!(
                "{} {}",
                &path[..path.len().min(60)],
                &body[..body.len().min(200)]
            );
            assert!(
                repeated(&answer) <= 80,
                "{place}: {} bytes",
                repeated(&answer)
            );
            assert!(
                answer.body.len() < 60_000,
                "{place}: {} bytes",
                answer.body.len()
            );
        }
    }
}

fn limited(answer_bytes: usize) -> Settings {
    Settings {
        answer_bytes,
        ..Settings::default()
    }
}

/// An answer that would be too large is a problem of its own, and as large as allowed is none.
#[tokio::test]
async fn answers_that_are_too_large() {
    let many = |item: Value| json!(vec![item; 100]);
    let mut batch = evaluation();
    batch["evaluations"] = many(json!({}));
    for (path, body) in [
        ("/v1/decisions", facts()),
        ("/v1/decisions", many(facts())),
        ("/v1/decisions", many(json!({}))),
        ("/v1/explanations", facts()),
        ("/v1/explanations", many(facts())),
        (EVALUATION, evaluation()),
        (EVALUATIONS, batch.clone()),
    ] {
        // Of the decisions' ids nothing is known but how long they are.
        let whole = post(&builder().build(), path, body.to_string()).await;
        assert_eq!(whole.status, 200);
        let bytes = whole.body.len();
        let answer = post(&with(limited(bytes)), path, body.to_string()).await;
        assert_eq!(
            (answer.status.as_u16(), answer.body.len()),
            (200, bytes),
            "{path}"
        );
        for less in [bytes - 1, bytes / 2, 1] {
            for recorder in [None, Some(Arc::new(Counts::default()))] {
                let mut service = builder().settings(limited(less));
                if let Some(recorder) = &recorder {
                    service = service.recorder(Arc::clone(recorder) as Arc<dyn Recorder>);
                }
                let answer = post(&service.build(), path, body.to_string()).await;
                assert_eq!(
                    (answer.status.as_u16(), &*answer.problem()),
                    (413, "answer-too-large"),
                    "{path}"
                );
            }
        }
    }
    // A stream ends there.
    let text = format!("{}\n", facts()).repeat(100);
    let answer = lines(&with(limited(10_000)), text).await;
    let last = answer.text().lines().last().unwrap();
    assert!(last.contains("answer-too-large"), "{last}");
}

/// Counts what is recorded.
#[derive(Default)]
struct Counts(AtomicUsize);

impl Recorder for Counts {
    fn record(&self, entries: &[Recorded<'_>]) -> Vec<Result<(), RecordError>> {
        self.0.fetch_add(entries.len(), Ordering::SeqCst);
        vec![Ok(()); entries.len()]
    }
}

/// What evaluations share is counted for each of them; what is too much is not begun.
#[tokio::test]
async fn batches_that_cost_too_much() {
    let mut shared = in_context(|_| ());
    let bytes = shared.to_string().len();
    shared["evaluations"] = json!(vec![json!({}); 10]);
    let mut own = evaluation();
    own["evaluations"] = json!(vec![in_context(|_| ()); 10]);
    // Body, path, and what it is decided over: each item, or the search for each of the two actions.
    let without = bytes - evaluation().to_string().len();
    let table = [
        (EVALUATIONS, shared, 10 * (bytes - 60)),
        (EVALUATIONS, own, 10 * without),
        (SEARCH, in_context(|_| ()), 2 * (bytes - 60)),
    ];
    for (path, body, least) in table {
        let ask = async |batch_bytes| {
            let counts = Arc::new(Counts::default());
            let settings = Settings {
                batch_bytes,
                ..Settings::default()
            };
            let service = builder()
                .settings(settings)
                .recorder(Arc::clone(&counts) as Arc<dyn Recorder>)
                .build();
            let answer = post(&service, path, body.to_string()).await;
            (answer, counts.0.load(Ordering::SeqCst))
        };
        let (answer, recorded) = ask(least).await;
        assert_eq!(
            (answer.status.as_u16(), &*answer.problem()),
            (413, "too-large"),
            "{path}"
        );
        assert_eq!((recorded, &answer.json()["decision"]), (0, &json!(false)));
        let (answer, recorded) = ask(11 * bytes).await;
        assert_eq!(answer.status, 200, "{path} {answer:?}");
        assert!(recorded > 0);
    }
}

/// What fails looks at the time as well as what is decided.
#[tokio::test]
async fn what_fails_takes_no_time_that_is_over() {
    let late = Settings {
        answer_time: Duration::ZERO,
        ..Settings::default()
    };
    let recorder = || Arc::new(Counts::default()) as Arc<dyn Recorder>;
    for service in [
        with(late.clone()),
        builder().settings(late).recorder(recorder()).build(),
    ] {
        for (path, items) in [
            ("/v1/decisions", "/"),
            ("/v1/explanations", "/"),
            (EVALUATIONS, "/evaluations"),
        ] {
            let wrong = json!([7, {}, {"action": 7}, {"context": 7}]);
            let body = if path == EVALUATIONS {
                json!({"evaluations": wrong})
            } else {
                wrong
            };
            let answer = post(&service, path, body.to_string()).await.json();
            let answers = answer
                .pointer(items)
                .unwrap_or(&answer)
                .as_array()
                .unwrap()
                .clone();
            assert_eq!(answers.len(), 4);
            for answer in answers {
                let error = answer.pointer("/context/error").unwrap_or(&answer["error"]);
                assert_eq!(error["status"], 503, "{path} {answer}");
            }
        }
    }
}

/// Says that it was asked, and waits until it may go on.
struct Waits {
    asked: std::sync::mpsc::Sender<()>,
    go_on: Mutex<Receiver<()>>,
    counts: Counts,
}

impl Recorder for Waits {
    fn record(&self, entries: &[Recorded<'_>]) -> Vec<Result<(), RecordError>> {
        self.asked.send(()).unwrap();
        let _ = self.go_on.lock().unwrap().recv();
        self.counts.record(entries)
    }
}

/// Work for somebody who is gone, or was told that it took too long, ends with what is under way, and keeps its slot until then.
#[tokio::test]
async fn nobody_is_worked_for_who_does_not_wait() {
    for is_gone in [true, false] {
        let ((asked, was_asked), (go_on, wait)) = (channel(), channel());
        let recorder = Arc::new(Waits {
            asked,
            go_on: Mutex::new(wait),
            counts: Counts::default(),
        });
        let time = Duration::from_millis(if is_gone { 60_000 } else { 500 });
        let service = builder()
            .recorder(Arc::clone(&recorder) as Arc<dyn Recorder>)
            .settings(Settings {
                concurrent_requests: 1,
                // For one who is not gone the answer takes too long.
                body_time: Duration::ZERO,
                answer_time: time,
                ..Settings::default()
            })
            .build();
        // So large that it is decided on a thread of its own.
        let mut body = evaluation();
        body["context"] = json!({"padding": "x".repeat(100_000)});
        body["evaluations"] = json!([{}, {}, {}]);
        let answer = tokio::spawn({
            let service = service.clone();
            async move { post(&service, EVALUATIONS, body.to_string()).await }
        });
        if is_gone {
            let begun = tokio::task::spawn_blocking(move || was_asked.recv().is_ok());
            assert!(begun.await.unwrap());
            answer.abort();
            assert!(answer.await.unwrap_err().is_cancelled());
        } else {
            let answer = answer.await.unwrap();
            assert_eq!(
                (answer.status.as_u16(), &*answer.problem()),
                (503, "timed-out")
            );
            if was_asked.try_recv().is_err() {
                // The machine was so slow that nothing was begun in time.
                continue;
            }
        }
        let busy = post(&service, "/v1/decisions", "{}").await;
        assert_eq!(
            busy.problem(),
            "busy",
            "its slot is free while there is work for it"
        );
        drop(go_on);
        while post(&service, "/v1/decisions", "{}").await.problem() == "busy" {
            tokio::task::yield_now().await;
        }
        assert_eq!(
            recorder.counts.0.load(Ordering::SeqCst),
            1,
            "is gone: {is_gone}"
        );
    }
}
