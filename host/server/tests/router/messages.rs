//! What HTTP asks of a request beside its body: whom it is for, and how its end is found.

use crate::support::{builder, facts};
use crate::wire::{Wire, get};

#[tokio::test(start_paused = true)]
async fn hosts_and_codings() {
    let service = builder().build();
    let wire = Wire::new(&service);
    let body = facts().to_string();
    let length = format!("content-length: {}", body.len());
    let chunked = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    let (host, coding) = ("host: localhost", "transfer-encoding: chunked");
    for (status, version, headers, body) in [
        (200, "1.1", vec![host, &length], &body),
        (200, "1.1", vec!["host: localhost:8080", &length], &body),
        (200, "1.1", vec!["Host: [::1]:80", &length], &body),
        (200, "1.0", vec![&length], &body),
        (200, "1.0", vec![host, &length], &body),
        (400, "1.1", vec![&length], &body),
        (400, "1.1", vec!["host:", &length], &body),
        (400, "1.1", vec!["host: ", &length], &body),
        (400, "1.1", vec!["host: :80", &length], &body),
        (400, "1.1", vec!["host: a b", &length], &body),
        (400, "1.1", vec!["host: ,", &length], &body),
        (400, "1.1", vec!["host: localhost:", &length], &body),
        (400, "1.1", vec!["host: localhost:x", &length], &body),
        (400, "1.1", vec!["host: localhost:+1", &length], &body),
        (400, "1.1", vec!["host: localhost:99999", &length], &body),
        (400, "1.1", vec!["host: [::1", &length], &body),
        (400, "1.1", vec!["host: [::1]x", &length], &body),
        (400, "1.1", vec!["host: [x]:80", &length], &body),
        (400, "1.1", vec!["host: me@localhost", &length], &body),
        (400, "1.1", vec!["host: localhost/", &length], &body),
        (400, "1.1", vec!["host: http://localhost", &length], &body),
        (400, "1.1", vec![host, host, &length], &body),
        (400, "1.1", vec![host, "host: other", &length], &body),
        (400, "1.0", vec![host, "host: other", &length], &body),
        (200, "1.1", vec![host, coding], &chunked),
        (
            200,
            "1.1",
            vec![host, "Transfer-Encoding: Chunked"],
            &chunked,
        ),
        (
            501,
            "1.1",
            vec![host, "transfer-encoding: gzip, chunked"],
            &chunked,
        ),
        (
            501,
            "1.1",
            vec![host, "transfer-encoding: gzip", coding],
            &chunked,
        ),
        (
            501,
            "1.1",
            vec![host, "transfer-encoding: identity, chunked"],
            &chunked,
        ),
        (
            501,
            "1.1",
            vec![host, "transfer-encoding: chunked, chunked"],
            &chunked,
        ),
        (501, "1.1", vec![host, coding, coding], &chunked),
        (
            501,
            "1.1",
            vec![host, "transfer-encoding: x, chunked"],
            &chunked,
        ),
    ] {
        let headers = headers.join("\r\n");
        let asked = format!(
            "POST /v1/decisions HTTP/{version}\r\n{headers}\r\ncontent-type: application/json\r\n\r\n{body}"
        );
        // What is refused ends the connection: nobody knows what the rest of it is.
        let next = if status == 200 {
            get("/healthz", true)
        } else {
            get("/healthz", false)
        };
        let answer = wire.ask(&(asked + &next)).await;
        let many = answer.matches("HTTP/1.").count();
        let stays = status == 200 && version == "1.1";
        assert_eq!(many, 1 + usize::from(stays), "{headers}: {answer}");
        assert!(
            answer.starts_with(&format!("HTTP/{version} {status} ")),
            "{headers}: {answer}"
        );
        if status != 200 {
            assert!(
                answer.contains("urn:scopegate:problem:malformed"),
                "{headers}: {answer}"
            );
            assert!(!answer.contains(r#""allow""#), "{headers}: {answer}");
        }
    }
    // Everywhere alike.
    for path in ["/healthz", "/metrics", "/openapi.json", "/nothing"] {
        let answer = wire.ask(&format!("GET {path} HTTP/1.1\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{path}: {answer}");
    }
}
