//! Tokens and roles.

use axum::body::Body;
use axum::http::{Method, Request};
use scopegate_server::{Peer, Tokens};

use crate::administration::Memory;
use crate::support::{ask, builder, facts, send};

fn tokens(lines: &[(&str, &str, &str)]) -> Tokens {
    let lines: Vec<_> = lines
        .iter()
        .map(|(name, role, token)| format!("{name} {role} {}", Tokens::digest(token)))
        .collect();
    Tokens::parse(&lines.join("\n")).expect("tokens")
}

#[tokio::test]
async fn roles() {
    let service = builder()
        .administration(Memory::new())
        .tokens(tokens(&[
            ("app", "decide", "secret-a"),
            ("ops", "administer", "secret-b"),
        ]))
        .build();
    let paths = [
        (Method::POST, "/v1/decisions", facts().to_string()),
        (Method::GET, "/v1/policies", String::new()),
        (Method::POST, "/v1/policies/acme/rollback", String::new()),
    ];
    // For each of the paths.
    let table = [
        ("Bearer secret-a", [200, 200, 403]),
        ("bearer secret-a", [200, 200, 403]),
        ("Bearer secret-b", [200, 200, 409]),
        ("Bearer secret-c", [401, 401, 401]),
        ("Bearer ", [401, 401, 401]),
        ("Bearer", [401, 401, 401]),
        ("secret-a", [401, 401, 401]),
        ("Basic secret-a", [401, 401, 401]),
        ("", [401, 401, 401]),
    ];
    for (authorization, statuses) in table {
        for ((method, path, body), status) in paths.iter().zip(statuses) {
            let headers = [
                ("authorization", authorization),
                ("content-type", "application/json"),
            ];
            let answer = send(&service, ask(method.clone(), path, &headers, body.clone())).await;
            assert_eq!(answer.status, status, "{authorization} {path} {answer:?}");
            if status == 401 {
                assert_eq!(answer.problem(), "unauthenticated");
                assert_eq!(answer.headers["www-authenticate"], "Bearer");
                assert!(!answer.text().contains("secret"));
            }
        }
    }

    service.replace_tokens(tokens(&[("app", "decide", "secret-d")]));
    for (token, status) in [("secret-a", 401), ("secret-b", 401), ("secret-d", 200)] {
        let authorization = format!("Bearer {token}");
        let headers = [("authorization", authorization.as_str())];
        let answer = send(
            &service,
            ask(Method::GET, "/v1/policies", &headers, Body::empty()),
        )
        .await;
        assert_eq!(answer.status, status, "{token}");
    }
}

#[tokio::test]
async fn without_tokens() {
    let service = builder().administration(Memory::new()).build();
    let peers = [
        (Some("127.0.0.1:1"), 200),
        (Some("[::1]:1"), 200),
        (Some("[::ffff:127.0.0.1]:1"), 200),
        (Some("10.0.0.1:1"), 403),
        (None, 403),
    ];
    for (peer, status) in peers {
        let mut request = Request::post("/v1/decisions").header("content-type", "application/json");
        if let Some(peer) = peer {
            request = request.extension(Peer(peer.parse().unwrap()));
        }
        let answer = send(&service, request.body(facts().to_string().into()).unwrap()).await;
        assert_eq!(answer.status, status, "{peer:?}");
    }
    let request = ask(
        Method::POST,
        "/v1/policies/acme/rollback",
        &[],
        Body::empty(),
    );
    assert_eq!(send(&service, request).await.problem(), "forbidden");
}

#[test]
fn marks_and_line_ends_make_no_difference() {
    let lines = format!(
        "a decide {}\nb administer {}\n",
        Tokens::digest("x"),
        Tokens::digest("y")
    );
    let plain = format!("{:?}", Tokens::parse(&lines).unwrap());
    for text in [
        format!("\u{feff}{lines}"),
        lines.replace('\n', "\r\n"),
        format!("\u{feff}# all of them\r\n{}", lines.replace('\n', "\r\n")),
    ] {
        let read = Tokens::parse(&text).map(|tokens| format!("{tokens:?}"));
        assert_eq!(read.as_deref(), Ok(&*plain), "{text:?}");
    }
}

#[test]
fn what_is_no_token() {
    let good = Tokens::digest("x");
    let table = [
        (
            format!("a decide {good} more"),
            1,
            "expected a name, a role and a digest, found 4 words",
        ),
        (
            format!("\n# no\na rule {good}"),
            3,
            "the role of `a` is unknown: expected `decide` or `administer`",
        ),
        (
            "a decide sha256:12".to_owned(),
            1,
            "the digest of `a` is not `sha256:` and 64 hexadecimal digits",
        ),
        (
            format!("a decide {good}\nb decide {good}"),
            2,
            "`b` has the same token as `a`: give each its own",
        ),
        (
            format!("a decide {good}\na decide {}", Tokens::digest("y")),
            2,
            "the name `a` is there twice: give each token its own",
        ),
    ];
    let names = ["a\u{202e}b", "a\u{200b}", "\u{2060}a"].map(|name| {
        let shown = name.escape_debug();
        let reason =
            format!("the name `{shown}` has characters that nobody sees: write it without them");
        (format!("{name} decide {good}"), 1, reason)
    });
    for (text, line, reason) in &names {
        let error = Tokens::parse(text).unwrap_err();
        assert_eq!((error.line, &error.reason), (*line, reason));
    }
    assert!(Tokens::parse(&format!("Zürich-\u{65e5}`\"\\ decide {good}")).is_ok());
    for (text, line, reason) in table {
        let error = Tokens::parse(&text).unwrap_err();
        assert_eq!(
            (error.line, error.reason.as_str()),
            (line, reason),
            "{text}"
        );
    }
    assert!(!format!("{:?}", tokens(&[("a", "decide", "x")])).contains(&good[7..]));
}

/// An id stands in each record, so it is short.
#[tokio::test]
async fn ids_of_requests_are_short() {
    let service = builder().build();
    for (bytes, status) in [(1, 200), (128, 200), (129, 400), (10_000, 400)] {
        let id = "x".repeat(bytes);
        let headers = [("content-type", "application/json"), ("x-request-id", &*id)];
        let request = ask(Method::POST, "/v1/decisions", &headers, facts().to_string());
        let answer = send(&service, request).await;
        assert_eq!(answer.status, status, "{bytes}");
        let said = answer.headers.get("x-request-id");
        let said = said.map(|said| said.to_str().unwrap());
        assert_eq!(said, (status == 200).then_some(&*id), "{bytes}");
        if status != 200 {
            assert!(answer.text().contains("`x-request-id`"), "{answer:?}");
        }
    }
}
