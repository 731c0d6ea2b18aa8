//! Which host a request is for, and from which site it comes.

use axum::body::Body;
use axum::http::Method;
use scopegate_server::{Settings, Tokens};

use crate::support::{ask, builder, facts, send, with};

fn settings() -> Settings {
    Settings {
        public_url: Some("https://pdp.example.com/a".parse().unwrap()),
        allowed_hosts: vec!["Gate.internal".to_owned()],
        ..Settings::default()
    }
}

#[tokio::test]
async fn without_tokens_only_our_own_names_are_answered() {
    let service = with(settings());
    let table = [
        ("localhost", 200),
        ("LOCALHOST:8080", 200),
        ("localhost.:8080", 200),
        ("gate.localhost", 200),
        ("127.0.0.1:8080", 200),
        ("127.8.8.8", 200),
        ("[::1]:8080", 200),
        ("[::ffff:127.0.0.1]", 200),
        ("pdp.example.com", 200),
        ("pdp.example.com:8443", 200),
        ("gate.internal:1", 200),
        ("evil.example", 403),
        ("evil.example:8080", 403),
        ("localhost.evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("evil-localhost", 403),
        ("localhost@evil.example", 403),
        ("evil.example@localhost", 403),
        ("pdp.example.com.evil.example", 403),
        ("10.0.0.1", 403),
        ("0.0.0.0", 403),
        ("[::]", 403),
        ("2130706433", 403),
        ("", 403),
        ("a b", 403),
        (",", 403),
        ("localhost:", 403),
        ("localhost:x", 403),
        ("localhost:99999", 403),
        ("[::1]x", 403),
    ];
    for (host, status) in table {
        let headers = [("host", host), ("content-type", "application/json")];
        for (method, path, body) in [
            (Method::POST, "/v1/decisions", facts().to_string()),
            (Method::GET, "/v1/policies", String::new()),
            (Method::GET, "/metrics", String::new()),
        ] {
            let answer = send(&service, ask(method, path, &headers, body)).await;
            assert_eq!(answer.status, status, "{host} {path} {answer:?}");
            if status == 403 {
                assert_eq!(answer.problem(), "host");
            }
        }
        // What learns nothing may ask under any name.
        let answer = send(&service, ask(Method::GET, "/healthz", &headers, "")).await;
        assert_eq!(answer.status, 200);
    }
    // One of several, and one in the request's line.
    let two = [("host", "localhost"), ("host", "evil.example")];
    let answer = send(&service, ask(Method::GET, "/v1/policies", &two, "")).await;
    assert_eq!(answer.problem(), "host");
    let path = "http://evil.example/v1/policies";
    let answer = send(&service, ask(Method::GET, path, &two[..1], "")).await;
    assert_eq!(answer.problem(), "host");
}

#[tokio::test]
async fn without_tokens_pages_of_other_sites_are_not_answered() {
    let service = with(settings());
    let table = [
        ("http://localhost:8080", 200),
        ("https://pdp.example.com", 200),
        ("https://gate.internal", 200),
        ("http://localhost:3000", 403),
        ("http://localhost", 403),
        ("https://evil.example", 403),
        ("https://pdp.example.com.evil.example", 403),
        ("null", 403),
        ("", 403),
    ];
    for (origin, status) in table {
        let headers = [
            ("host", "localhost:8080"),
            ("origin", origin),
            ("content-type", "application/json"),
        ];
        let request = ask(Method::POST, "/v1/decisions", &headers, facts().to_string());
        let answer = send(&service, request).await;
        assert_eq!(answer.status, status, "{origin} {answer:?}");
        let request = ask(Method::POST, "/access/v1/evaluation", &headers, "{}");
        let answer = send(&service, request).await;
        if status == 403 {
            assert_eq!(answer.json()["decision"], false, "{origin}");
        }
    }
}

/// A page has no token, so that names and sites say nothing where there are tokens.
#[tokio::test]
async fn with_tokens_a_token_is_what_counts() {
    let line = format!("app decide {}", Tokens::digest("secret"));
    let settings = Settings {
        metrics_need_token: true,
        ..Settings::default()
    };
    let service = builder().settings(settings);
    let service = service.tokens(Tokens::parse(&line).unwrap()).build();
    let table = [
        ("/v1/policies", "Bearer secret", 200),
        ("/v1/policies", "", 401),
        ("/metrics", "Bearer secret", 200),
        ("/metrics", "Bearer other", 401),
        ("/metrics", "", 401),
        ("/healthz", "", 200),
        ("/readyz", "", 200),
        ("/openapi.json", "", 200),
    ];
    for (path, authorization, status) in table {
        let headers = [("host", "gate.example"), ("authorization", authorization)];
        let answer = send(&service, ask(Method::GET, path, &headers, Body::empty())).await;
        assert_eq!(answer.status, status, "{path} {authorization}");
    }
    let line = format!("app decide {}", Tokens::digest("secret"));
    let open = builder().tokens(Tokens::parse(&line).unwrap()).build();
    let answer = send(&open, ask(Method::GET, "/metrics", &[], "")).await;
    assert_eq!(answer.status, 200);
}
