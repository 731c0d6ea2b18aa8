//! Policies, requests and answers of the tests.

use std::sync::{Arc, LazyLock};

use axum::body::{Body, HttpBody as _};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use scopegate::{Engine, Policy};
use scopegate_server::{Peer, Service, ServiceBuilder, Settings, Shelf, Shelved, Snapshot};
use serde_json::Value;
use tower::ServiceExt as _;

/// 2026-11-25T00:00:00Z: the server's clock in all tests.
pub(crate) const NOW: i64 = 1_795_564_800;

pub(crate) static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::new().expect("an engine"));

/// A policy of two actions: who pays may look; in version 1 somebody who is named may scan, in version 2 nobody who is.
pub(crate) fn acme(version: &str) -> Policy {
    load(&rules(version))
}

pub(crate) fn rules(version: &str) -> String {
    let must = if version.starts_with('1') {
        r#"request.actor.id != """#
    } else {
        r#"request.actor.id == """#
    };
    format!(
        r#"
language = 1
name = "acme"
version = "{version}"
summary = "Who may scan."
actions = ["look", "scan"]

[codes]
ACTOR_REQUIRED = "responsibility_blocked"
TIME_REQUIRED = "responsibility_blocked"

[attributes.cost_center]
type = "text"
summary = "Who pays."

[[requirement]]
id = "actor-known"
for = "scan"
must = '{must}'
code = "ACTOR_REQUIRED"
message = "Nobody who may scan asks for it."
remedy = "Sign in as somebody who may scan."
source = "Example, step 1"

[[requirement]]
id = "paid"
for = "look"
must = 'has(request.attributes.cost_center) && request.attributes.cost_center != ""'
code = "ACTOR_REQUIRED"
message = "Nobody pays."
remedy = "Say who pays."
source = "Example, step 2"
"#
    )
}

pub(crate) fn load(rules: &str) -> Policy {
    let policy = ENGINE.load(&component(rules));
    policy.expect("the component is right")
}

pub(crate) fn component(rules: &str) -> Vec<u8> {
    let compiled = scopegate_compiler::compile(rules);
    compiled.expect("the rules are right").component
}

/// A request of which acme 1 allows `scan`, and acme 2 does not.
pub(crate) fn facts() -> Value {
    let mut facts: Value = serde_json::from_str(include_str!(
        "../../../../policies/webriskops/1.1.0/examples/scan.json"
    ))
    .expect("an example");
    facts.as_object_mut().expect("an object").remove("now");
    facts
}

pub(crate) fn shelf() -> Arc<Shelf> {
    Arc::new(Shelf::new(snapshot("1.0.0")))
}

/// Both versions of acme, of which `active` is.
pub(crate) fn snapshot(active: &str) -> Snapshot {
    static BOTH: LazyLock<[Policy; 2]> = LazyLock::new(|| [acme("1.0.0"), acme("2.0.0")]);
    let versions = BOTH.iter().cloned();
    let shelved = Shelved {
        active: Some(active.to_owned()),
        versions: versions
            .map(|policy| (policy.id().version.clone(), policy))
            .collect(),
        last_failure: None,
    };
    Snapshot::new([("acme".to_owned(), shelved)])
}

pub(crate) fn builder() -> ServiceBuilder {
    Service::builder(shelf()).clock(|| NOW)
}

pub(crate) fn with(settings: Settings) -> Service {
    builder().settings(settings).build()
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| {
            panic!("{error}: {}", String::from_utf8_lossy(&self.body));
        })
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("UTF-8")
    }

    /// The kind of problem it is; it must be one.
    pub(crate) fn problem(&self) -> String {
        assert_eq!(
            self.headers["content-type"], "application/problem+json",
            "{self:?}"
        );
        let problem = self.json();
        assert_eq!(problem["status"], self.status.as_u16(), "{problem}");
        assert!(
            problem["detail"].as_str().is_some_and(|it| !it.is_empty()),
            "{problem}"
        );
        assert!(problem["title"].is_string(), "{problem}");
        assert_ne!(problem["decision"], true, "{problem}");
        let kind = problem["type"].as_str().expect("a type");
        kind.strip_prefix("urn:scopegate:problem:")
            .expect("our type")
            .to_owned()
    }
}

/// A request to the service from this machine.
pub(crate) fn ask(
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let peer = Peer(([127, 0, 0, 1], 40_000).into());
    request
        .extension(peer)
        .body(body.into())
        .expect("a request")
}

/// What the service answers. Unless that is made as it is sent, it says how long it is.
pub(crate) async fn send(service: &Service, request: Request<Body>) -> Answer {
    let answer = service.router().oneshot(request).await;
    let (head, body) = answer.unwrap_or_else(|never| match never {}).into_parts();
    let kind = head.headers.get("content-type");
    let is_stream = kind.is_some_and(|kind| kind == "application/x-ndjson")
        || head.headers.contains_key("content-encoding");
    let said = body.size_hint().exact();
    let body = body.collect().await.expect("a body").to_bytes();
    if !is_stream {
        assert_eq!(said, Some(body.len() as u64), "{head:?}");
    }
    Answer {
        status: head.status,
        headers: head.headers,
        body: body.to_vec(),
    }
}

pub(crate) async fn get(service: &Service, path: &str) -> Answer {
    send(service, ask(Method::GET, path, &[], Body::empty())).await
}

pub(crate) async fn post(service: &Service, path: &str, body: impl Into<Body>) -> Answer {
    let headers = [("content-type", "application/json")];
    send(service, ask(Method::POST, path, &headers, body)).await
}

pub(crate) async fn lines(service: &Service, body: impl Into<Body>) -> Answer {
    let headers = [("content-type", "application/x-ndjson")];
    send(service, ask(Method::POST, "/v1/decisions", &headers, body)).await
}
