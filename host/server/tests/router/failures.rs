//! Whatever fails, nothing is allowed.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::Method;
use scopegate_server::{
    Activated, Administration, AdministrationError, Event, RecordError, Recorded, Recorder,
    Service, Settings, Shelf, Shelved, Snapshot, Stored, Tokens, Uploaded,
};
use serde_json::{Value, json};

use crate::support::{
    NOW, ask, builder, component, facts, get, lines, post, rules, send, snapshot,
};

fn evaluation() -> Value {
    json!({
        "subject": {"type": "user", "id": "user-17"}, "action": {"name": "scan"}, "resource": {"type": "site", "id": "shop"},
    })
}

#[tokio::test]
async fn policies_that_are_too_old() {
    let shelf = Arc::new(Shelf::new(Snapshot {
        confirmed_at: Instant::now()
            .checked_sub(Duration::from_secs(100))
            .unwrap(),
        ..snapshot("1.0.0")
    }));
    let service = Service::builder(Arc::clone(&shelf))
        .clock(|| NOW)
        .settings(Settings {
            max_policy_age: Some(Duration::from_mins(1)),
            ..Settings::default()
        })
        .build();
    refuses(&service, "stale").await;
    assert_eq!(get(&service, "/readyz").await.problem(), "stale");
    assert_eq!(get(&service, "/healthz").await.status, 200);
    shelf.confirm();
    assert_eq!(get(&service, "/readyz").await.status, 200);
    let answer = post(&service, "/v1/decisions", facts().to_string()).await;
    assert_eq!(answer.json()["decision"], "allow");
}

/// Every endpoint that decides says 503 and why.
async fn refuses(service: &Service, kind: &str) {
    let bodies = [
        ("/v1/decisions", facts()),
        ("/v1/explanations", facts()),
        ("/access/v1/evaluation", evaluation()),
        ("/access/v1/evaluations", evaluation()),
        ("/access/v1/search/action", evaluation()),
    ];
    for (path, body) in bodies {
        let answer = post(service, path, body.to_string()).await;
        assert_eq!(
            (answer.status.as_u16(), answer.problem().as_str()),
            (503, kind),
            "{path}"
        );
        if path.starts_with("/access") {
            assert_eq!(answer.json()["decision"], false);
            assert_eq!(answer.json()["context"]["error"]["status"], 503);
        }
    }
}

/// Records the first decisions only.
struct Few(AtomicUsize);

impl Recorder for Few {
    fn record(&self, entries: &[Recorded<'_>]) -> Vec<Result<(), RecordError>> {
        let one = |entry: &Recorded<'_>| {
            assert_eq!(entry.by, "anonymous");
            assert_eq!(entry.request.now, NOW);
            let less = |left: usize| left.checked_sub(1);
            let left = self
                .0
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, less);
            let reason = "the disk is full at /secret/place".to_owned();
            left.map(|_| ()).map_err(|_| RecordError { reason })
        };
        entries.iter().map(one).collect()
    }
}

#[tokio::test]
async fn decisions_that_are_not_recorded() {
    let full = builder()
        .recorder(Arc::new(Few(AtomicUsize::new(0))))
        .build();
    refuses(&full, "not-recorded").await;
    let answer = post(&full, "/v1/decisions", facts().to_string()).await;
    assert!(!answer.text().contains("secret"));

    // In a list, each by itself.
    let service = builder()
        .recorder(Arc::new(Few(AtomicUsize::new(1))))
        .build();
    let answer = post(
        &service,
        "/v1/decisions",
        json!([facts(), facts()]).to_string(),
    )
    .await
    .json();
    assert_eq!(answer[0]["decision"], "allow");
    assert_eq!(answer[1]["error"]["status"], 503);
    assert!(answer[1].get("decision").is_none());

    let service = builder()
        .recorder(Arc::new(Few(AtomicUsize::new(1))))
        .build();
    let answer = lines(&service, format!("{}\n{}", facts(), facts())).await;
    assert!(answer.text().lines().last().unwrap().contains(":503"));

    let service = builder()
        .recorder(Arc::new(Few(AtomicUsize::new(1))))
        .build();
    let mut body = evaluation();
    body["evaluations"] = json!([{}, {}]);
    let answer = post(&service, "/access/v1/evaluations", body.to_string())
        .await
        .json();
    assert_eq!(answer["evaluations"][0]["decision"], true);
    assert_eq!(answer["evaluations"][1]["decision"], false);
    assert_eq!(answer["evaluations"][1]["context"]["error"]["status"], 503);
}

/// Says nothing of what it was given.
struct Mute;

impl Recorder for Mute {
    fn record(&self, _: &[Recorded<'_>]) -> Vec<Result<(), RecordError>> {
        Vec::new()
    }
}

#[tokio::test]
async fn a_recorder_that_says_nothing() {
    refuses(&builder().recorder(Arc::new(Mute)).build(), "not-recorded").await;
}

/// Keeps the errors.
#[derive(Default)]
struct Errors(Mutex<Vec<String>>);

impl Recorder for Errors {
    fn record(&self, entries: &[Recorded<'_>]) -> Vec<Result<(), RecordError>> {
        let errors = entries.iter().filter_map(|entry| {
            let error = entry.outcome.err()?;
            Some(format!("{}: {error}", entry.policy.name))
        });
        self.0.lock().unwrap().extend(errors);
        vec![Ok(()); entries.len()]
    }
}

/// What a policy cannot judge is recorded too.
#[tokio::test]
async fn failures_are_recorded() {
    let errors = Arc::new(Errors::default());
    let service = builder()
        .recorder(Arc::clone(&errors) as Arc<dyn Recorder>)
        .build();
    let mut wrong = facts();
    wrong["attributes"] = json!({"cost_center": 7});
    post(&service, "/v1/decisions", wrong.to_string()).await;
    post(
        &service,
        "/v1/decisions",
        json!([facts(), wrong]).to_string(),
    )
    .await;
    let errors = errors.0.lock().unwrap();
    assert_eq!(errors.len(), 2);
    assert!(
        errors
            .iter()
            .all(|error| error.starts_with("acme: ") && error.contains("cost_center")),
        "{errors:?}"
    );
}

/// Panics.
struct Panics;

impl Recorder for Panics {
    fn record(&self, _: &[Recorded<'_>]) -> Vec<Result<(), RecordError>> {
        panic!("on purpose")
    }
}

#[tokio::test]
async fn a_panic_is_a_problem() {
    let service = builder().recorder(Arc::new(Panics)).build();
    let answer = post(&service, "/v1/decisions", facts().to_string()).await;
    assert_eq!(
        (answer.status.as_u16(), answer.problem().as_str()),
        (500, "internal")
    );
    let many: Vec<_> = (0..100).map(|_| facts()).collect();
    let answer = post(&service, "/v1/decisions", json!(many).to_string()).await;
    assert_eq!(
        (answer.status.as_u16(), answer.problem().as_str()),
        (500, "internal")
    );
}

/// A policy without the memory for a request fails to decide: no answer is an allow, and the next request is decided.
#[tokio::test]
async fn a_policy_that_fails() {
    let limits = scopegate::Limits {
        memory_bytes: 128 << 10,
        ..scopegate::Limits::default()
    };
    let engine = scopegate::Engine::builder().limits(limits).build().unwrap();
    let policy = engine.load(&component(&rules("1.0.0"))).unwrap();
    let snapshot = Snapshot::new([("acme".to_owned(), Shelved::active(policy))]);
    let service = Service::builder(Arc::new(Shelf::new(snapshot)))
        .clock(|| NOW)
        .build();
    let mut huge = facts();
    let target =
        json!({"url": format!("https://shop.example/{}", "a".repeat(100)), "kind": "public"});
    huge["scan"]["targets"] = json!(vec![target; 5_000]);
    huge["attributes"] = json!({"cost_center": "7"});

    let answer = post(&service, "/v1/decisions", huge.to_string()).await;
    assert_eq!(
        (answer.status.as_u16(), answer.problem().as_str()),
        (500, "fault")
    );
    let answer = post(
        &service,
        "/v1/decisions",
        json!([facts(), huge]).to_string(),
    )
    .await
    .json();
    assert_eq!(answer[0]["decision"], "allow");
    assert_eq!(answer[1]["error"]["status"], 500);
    let mut body = evaluation();
    huge["access"] = json!(null);
    huge["actor"] = json!({"id": "user-17", "account": "acct-1", "role": "developer"});
    body["context"] = json!({"request": huge});
    let answer = post(&service, "/access/v1/evaluation", body.to_string()).await;
    assert_eq!(
        (answer.status.as_u16(), answer.problem().as_str()),
        (500, "fault")
    );
    body["evaluations"] = json!([{}]);
    let answer = post(&service, "/access/v1/evaluations", body.to_string()).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["evaluations"][0]["decision"], false);
    assert_eq!(
        answer.json()["evaluations"][0]["context"]["error"]["status"],
        500
    );
    let answer = post(&service, "/v1/decisions", facts().to_string()).await;
    assert_eq!(answer.json()["decision"], "allow");
}

#[tokio::test]
async fn without_policies() {
    let service = Service::builder(Arc::new(Shelf::new(Snapshot::new([])))).build();
    refuses(&service, "no-policy").await;
    assert_eq!(get(&service, "/readyz").await.problem(), "no-policy");
}

#[tokio::test]
async fn a_body_that_never_ends() {
    let service = builder()
        .settings(Settings {
            body_time: Duration::from_millis(10),
            ..Settings::default()
        })
        .build();
    let never = || {
        Body::from_stream(futures_util::stream::pending::<
            Result<Vec<u8>, std::io::Error>,
        >())
    };
    let answer = post(&service, "/v1/decisions", never()).await;
    assert_eq!(
        (answer.status.as_u16(), answer.problem().as_str()),
        (408, "slow")
    );
    let answer = lines(&service, never()).await;
    assert!(answer.text().contains(":408"), "{answer:?}");
}

/// What is not decided in time is refused, each by itself.
#[tokio::test]
async fn answers_that_take_too_long() {
    let service = builder()
        .settings(Settings {
            answer_time: Duration::ZERO,
            ..Settings::default()
        })
        .build();
    refuses(&service, "timed-out").await;
    let answer = post(&service, "/v1/decisions", json!([facts()]).to_string()).await;
    assert_eq!(answer.json()[0]["error"]["status"], 503);
}

/// A store that hangs until the other end is gone.
struct Hangs(Mutex<Receiver<()>>);

impl Hangs {
    fn hang<T>(&self) -> Result<T, AdministrationError> {
        let _ = self.0.lock().unwrap().recv();
        let reason = "it hung".to_owned();
        Err(AdministrationError::Failed { reason })
    }
}

impl Administration for Hangs {
    fn upload(
        &self,
        _: &str,
        _: &str,
        _: scopegate_server::Upload,
        _: &str,
    ) -> Result<Uploaded, AdministrationError> {
        self.hang()
    }

    fn activate(
        &self,
        _: &str,
        _: &str,
        _: bool,
        _: &str,
        _: Option<&str>,
    ) -> Result<Activated, AdministrationError> {
        self.hang()
    }

    fn rollback(
        &self,
        _: &str,
        _: &str,
        _: Option<&str>,
    ) -> Result<Activated, AdministrationError> {
        self.hang()
    }

    fn list(&self) -> Result<Vec<Stored>, AdministrationError> {
        self.hang()
    }

    fn show(&self, _: &str) -> Result<Stored, AdministrationError> {
        self.hang()
    }

    fn history(&self, _: &str) -> Result<Vec<Event>, AdministrationError> {
        self.hang()
    }
}

#[tokio::test]
async fn a_store_that_hangs() {
    let (hold, held) = channel();
    let store = Hangs(Mutex::new(held));
    let tokens = Tokens::parse(&format!("ops administer {}", Tokens::digest("secret"))).unwrap();
    let service = builder()
        .administration(Arc::new(store))
        .tokens(tokens)
        .settings(Settings {
            body_time: Duration::from_millis(10),
            answer_time: Duration::from_millis(10),
            ..Settings::default()
        })
        .build();
    let headers = [("authorization", "Bearer secret")];
    let rollback = || {
        ask(
            Method::POST,
            "/v1/policies/acme/rollback",
            &headers,
            Body::empty(),
        )
    };
    let answer = send(&service, rollback()).await;
    drop(hold);
    assert_eq!(
        (answer.status.as_u16(), answer.problem().as_str()),
        (503, "timed-out")
    );
}

/// Takes until the policies are too old.
struct Ages(Arc<Shelf>);

/// How old policies may become in the test of it.
const AGE: Duration = Duration::from_millis(500);

impl Recorder for Ages {
    fn record(&self, entries: &[Recorded<'_>]) -> Vec<Result<(), RecordError>> {
        while self.0.snapshot().age() <= AGE {
            std::thread::yield_now();
        }
        vec![Ok(()); entries.len()]
    }
}

/// Policies that become too old while evaluations are decided do not decide the rest of it.
#[tokio::test]
async fn policies_that_become_too_old() {
    let shelf = Arc::new(Shelf::new(snapshot("1.0.0")));
    let service = Service::builder(Arc::clone(&shelf))
        .clock(|| NOW)
        .recorder(Arc::new(Ages(Arc::clone(&shelf))))
        .settings(Settings {
            max_policy_age: Some(AGE),
            ..Settings::default()
        })
        .build();
    shelf.confirm();
    let mut body = evaluation();
    body["evaluations"] = json!([{}, {}]);
    let answer = post(&service, "/access/v1/evaluations", body.to_string()).await;
    let answer = &answer.json()["evaluations"];
    assert_eq!(answer[0]["decision"], true);
    assert_eq!(answer[1]["decision"], false);
    let message = answer[1]["context"]["error"]["message"].as_str().unwrap();
    assert!(message.contains("confirmed"), "{message}");
}
