//! Health, metrics, the OpenAPI document, and what is nowhere.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Method;
use scopegate_server::{Service, Settings};
use serde_json::json;
use tower::ServiceExt as _;

use crate::support::{ask, builder, facts, get, lines, post, send, shelf, snapshot, with};

/// Settings under which a caller may choose the policy.
fn choosing() -> Settings {
    Settings {
        allow_policy_choice: true,
        ..Settings::default()
    }
}

#[tokio::test]
async fn metrics_count() {
    let service = with(choosing());
    let mut other = facts();
    other["action"] = json!("made-up-by-the-caller");
    for body in [facts(), facts(), other, json!({})] {
        post(&service, "/v1/decisions", body.to_string()).await;
    }
    let denied = post(
        &service,
        "/v1/decisions?policy=acme@2.0.0",
        facts().to_string(),
    )
    .await;
    assert_eq!(denied.json()["decision"], "deny");
    let text = get(&service, "/metrics").await;
    let text = text.text();
    for line in [
        r#"scopegate_decisions_total{policy="acme",version="1.0.0",action="scan",outcome="allow"} 2"#,
        r#"scopegate_decisions_total{policy="acme",version="1.0.0",action="other",outcome="deny"} 1"#,
        r#"scopegate_denial_codes_total{policy="acme",version="2.0.0",action="scan",code="ACTOR_REQUIRED"} 1"#,
        r#"scopegate_denial_codes_total{policy="acme",version="1.0.0",action="other",code="ACTION_NOT_GOVERNED"} 1"#,
        r#"scopegate_failures_total{kind="invalid"} 1"#,
        r#"scopegate_answers_total{route="/v1/decisions",status="200"} 4"#,
        "scopegate_decision_seconds_count 4",
        "scopegate_swaps_total 0",
        r#"scopegate_activation_failed{policy="acme"} 0"#,
        r#"scopegate_instances_dropped_total{policy="acme",version="1.0.0"} 0"#,
        "scopegate_log_dropped_total 0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    // As many as threads have come by.
    assert!(text.contains(r#"scopegate_instances_idle{policy="acme",version="2.0.0"} "#));
    assert!(!text.contains("made-up"));
}

/// What is asked for and not decided is counted once, whether it is the answer or stands within one.
#[tokio::test]
async fn failures_count() {
    let (json, lines) = ("application/json", "application/x-ndjson");
    let three = r#"{"subject": {"type": "user", "id": "a"}, "evaluations": [{}, {}, {}]}"#;
    let (decisions, evaluation) = ("/v1/decisions", "/access/v1/evaluation");
    for (path, media, body, kind, times) in [
        (decisions, json, "{", "malformed", 1),
        (decisions, json, "{}", "invalid", 1),
        (decisions, json, "[]", "invalid", 1),
        (decisions, json, "[{},{}]", "invalid", 2),
        (decisions, json, "[{},", "malformed", 1),
        (decisions, "text/html", "{}", "media-type", 1),
        (decisions, lines, "{}\n{}\n", "invalid", 2),
        ("/v1/decisions?policy=no", json, "{}", "not-found", 1),
        ("/v1/explanations", json, "[{},{}]", "invalid", 2),
        ("/v1/explanations", lines, "{}", "media-type", 1),
        ("/v1/decisions?color=red", json, "{}", "query", 1),
        (evaluation, json, "[]", "invalid", 1),
        (evaluation, json, three, "invalid", 1),
        ("/access/v1/evaluations", json, three, "invalid", 3),
        ("/access/v1/search/action", json, "{}", "invalid", 1),
    ] {
        let service = with(choosing());
        let headers = [("content-type", media)];
        send(&service, ask(Method::POST, path, &headers, body)).await;
        let metrics = get(&service, "/metrics").await;
        let text = metrics.text();
        let counts = text
            .lines()
            .filter(|line| line.starts_with("scopegate_failures_total{"));
        let expected = format!(r#"scopegate_failures_total{{kind="{kind}"}} {times}"#);
        assert!(counts.eq([expected]), "{path} {body}\n{text}");
    }
    // What does not ask for a decision is none that failed.
    let service = builder().build();
    assert_eq!(get(&service, "/v1/policies/no").await.status, 404);
    let metrics = get(&service, "/metrics").await;
    assert!(!metrics.text().contains("scopegate_failures_total{"));
}

#[tokio::test]
async fn the_document_names_every_route() {
    let service = builder().build();
    let document = get(&service, "/openapi.json").await.json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    for (path, methods) in document["paths"].as_object().unwrap() {
        let path = path.replace("{name}", "acme").replace("{version}", "1.0.0");
        for method in methods.as_object().unwrap().keys() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let answer = send(&service, ask(method, &path, &[], Body::empty())).await;
            assert_ne!(answer.status, 405, "{path}");
        }
    }
    assert_eq!(document["paths"].as_object().unwrap().len(), 15);
    // Every reference leads somewhere.
    let text = document.to_string();
    for reference in text.split(r##""$ref":"#"##).skip(1) {
        let pointer = reference.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
    assert_eq!(
        document["components"]["schemas"]["Request"]["required"][0],
        "action"
    );
}

#[tokio::test]
async fn what_is_nowhere() {
    let service = builder().build();
    for path in [
        "/",
        "/v1",
        "/v2/decisions",
        "/access/v1/search/subject",
        "/v1/decisions/",
    ] {
        assert_eq!(get(&service, path).await.problem(), "not-found", "{path}");
    }
    let answer = get(&service, "/v1/decisions").await;
    assert_eq!(
        (answer.status.as_u16(), answer.problem().as_str()),
        (405, "method")
    );
    assert_eq!(answer.headers["allow"], "POST");
}

/// A slot is taken until the last byte of its answer is sent.
#[tokio::test]
async fn a_busy_server() {
    let service = with(Settings {
        concurrent_requests: 1,
        ..Settings::default()
    });
    let headers = [("content-type", "application/x-ndjson")];
    let never = futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>();
    let request = ask(
        Method::POST,
        "/v1/decisions",
        &headers,
        Body::from_stream(never),
    );
    let streaming = service.router().oneshot(request).await.unwrap();
    let answer = post(&service, "/v1/decisions", facts().to_string()).await;
    assert_eq!(
        (answer.status.as_u16(), answer.problem().as_str()),
        (503, "busy")
    );
    assert_eq!(answer.headers["retry-after"], "1");
    assert_eq!(get(&service, "/healthz").await.status, 200);
    drop(streaming);
    assert_eq!(
        post(&service, "/v1/decisions", facts().to_string())
            .await
            .status,
        200
    );
    assert_eq!(lines(&service, facts().to_string()).await.status, 200);
}

#[tokio::test]
async fn versions_that_fail_are_counted_and_shown_until_something_changes() {
    let shelf = shelf();
    let service = Service::builder(Arc::clone(&shelf)).build();
    let says = async |name: &str, counted: u64, failing: u64| {
        let text = get(&service, "/metrics").await;
        let count = format!(r#"scopegate_activation_failures_total{{policy="{name}"}} {counted}"#);
        let gauge = format!(r#"scopegate_activation_failed{{policy="acme"}} {failing}"#);
        for line in [count, gauge] {
            assert!(
                text.text().lines().any(|found| found == line),
                "{line}\n{}",
                text.text()
            );
        }
    };
    let failing = |reason: &str| {
        let mut snapshot = snapshot("1.0.0");
        let policies = Arc::make_mut(&mut snapshot.policies);
        policies.get_mut("acme").unwrap().last_failure = Some(reason.to_owned());
        snapshot
    };
    shelf.replace(failing("2.0.0: damaged"));
    says("acme", 1, 1).await;
    // Nothing new.
    shelf.replace(failing("2.0.0: damaged"));
    shelf.confirm();
    says("acme", 1, 1).await;
    shelf.replace(failing("3.0.0: a case fails"));
    says("acme", 2, 1).await;
    shelf.replace(snapshot("1.0.0"));
    says("acme", 2, 0).await;
    shelf.failed("acme", "4.0.0: a case fails");
    says("acme", 3, 1).await;
    let shown = get(&service, "/v1/policies/acme").await.json();
    assert_eq!(shown["last_failure"], "4.0.0: a case fails");
    assert_eq!(shown["active"], "1.0.0");
    shelf.failed("made-up", "no component");
    says("other", 1, 1).await;
    assert!(!get(&service, "/metrics").await.text().contains("made-up"));
}
