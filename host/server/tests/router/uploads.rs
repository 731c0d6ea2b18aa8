//! Components that are handed in with what belongs to them.

use axum::body::Body;
use axum::http::Method;
use scopegate_server::{Service, Settings, Tokens, Upload};

use crate::administration::Memory;
use crate::support::{Answer, ask, builder, send};

const MULTIPART: &str = "multipart/form-data; boundary=edge";

fn part(name: &str, value: &str) -> String {
    format!("--edge\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
}

fn body(parts: &[(&str, &str)]) -> String {
    let parts: String = parts
        .iter()
        .map(|(name, value)| part(name, value))
        .collect();
    parts + "--edge--\r\n"
}

async fn put(service: &Service, kind: &str, body: impl Into<Body>) -> Answer {
    let headers = [("authorization", "Bearer secret"), ("content-type", kind)];
    let path = "/v1/policies/new/1.0.0";
    send(service, ask(Method::PUT, path, &headers, body)).await
}

#[tokio::test]
async fn what_is_handed_in_arrives_or_is_refused() {
    let line = format!("ops administer {}", Tokens::digest("secret"));
    let memory = Memory::new();
    let service = builder()
        .administration(memory.clone())
        .tokens(Tokens::parse(&line).unwrap())
        .settings(Settings {
            component_bytes: 1_000,
            ..Settings::default()
        })
        .build();
    let (component, cases) = (("component", "bytes"), ("cases", "{}\n"));
    let all = body(&[component, ("signature", "signed"), cases, ("bases", "[]")]);
    let answer = put(&service, MULTIPART, all).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let expected = Upload {
        component: b"bytes".to_vec(),
        signature: Some(b"signed".to_vec()),
        cases: Some("{}\n".to_owned()),
        bases: Some("[]".to_owned()),
    };
    assert_eq!(memory.last(), expected);
    // The same bytes alone.
    assert_eq!(put(&service, "application/wasm", "bytes").await.status, 200);
    assert_eq!(
        memory.last(),
        Upload {
            component: b"bytes".to_vec(),
            ..Upload::default()
        }
    );

    let long = "x".repeat(1_000);
    let (broken, whole) = (part("component", "bytes"), body(&[component]));
    let table = [
        (MULTIPART, body(&[cases]), 400, "no part `component`"),
        (MULTIPART, body(&[]), 400, "no part `component`"),
        (MULTIPART, body(&[component, component]), 400, "twice"),
        (MULTIPART, body(&[component, cases, cases]), 400, "twice"),
        (MULTIPART, body(&[component, ("why", "")]), 400, "`why`"),
        (MULTIPART, body(&[component, ("", "")]), 400, "not known"),
        (
            MULTIPART,
            body(&[component, ("bases", "{}")]),
            400,
            "without `cases`",
        ),
        (
            MULTIPART,
            body(&[component, ("cases", &long)]),
            413,
            "more than 1000 bytes",
        ),
        (MULTIPART, broken, 400, "cannot be read"),
        (MULTIPART, String::new(), 400, "cannot be read"),
        (MULTIPART, "nonsense".to_owned(), 400, "cannot be read"),
        ("multipart/form-data", whole.clone(), 415, "no boundary"),
        (
            "multipart/form-data; boundary=other",
            whole.clone(),
            400,
            "cannot be read",
        ),
        ("multipart/mixed; boundary=edge", whole, 415, "does not fit"),
    ];
    for (kind, body, status, detail) in table {
        let answer = put(&service, kind, body.clone()).await;
        assert_eq!(answer.status, status, "{kind} {body} {answer:?}");
        answer.problem();
        let said = answer.json()["detail"].to_string();
        assert!(said.contains(detail), "{body}: {said}");
    }
    let mut bytes = part("component", "bytes").into_bytes();
    bytes.extend(
        part("cases", "?")
            .into_bytes()
            .iter()
            .map(|byte| match byte {
                b'?' => 0xff,
                byte => *byte,
            }),
    );
    bytes.extend(b"--edge--\r\n");
    let answer = put(&service, MULTIPART, bytes).await;
    assert!(answer.text().contains("not UTF-8"), "{answer:?}");
}
