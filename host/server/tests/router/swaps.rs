//! Policies are swapped while requests are decided, and a server stops while one is.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use scopegate_server::{Service, Shelf, serve};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::{NOW, builder, facts, post, snapshot};

/// Version 1 allows, version 2 denies: each answer is what the version it names says, and a list names one.
#[test]
fn no_answer_mixes_versions() {
    let shelf = Arc::new(Shelf::new(snapshot("1.0.0")));
    let service = Service::builder(Arc::clone(&shelf)).clock(|| NOW).build();
    let is_done = AtomicBool::new(false);
    let list = json!(vec![facts(); 5]).to_string();
    let check = |decision: &Value| {
        let expected = if decision["policy"]["version"] == "1.0.0" {
            "allow"
        } else {
            "deny"
        };
        assert_eq!(decision["decision"], expected);
    };
    std::thread::scope(|scope| {
        let asking: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    let runtime = tokio::runtime::Builder::new_current_thread()
                        .enable_time()
                        .build()
                        .unwrap();
                    runtime.block_on(async {
                        let mut seen = BTreeSet::new();
                        let mut rounds = 0;
                        // Both versions have answered, and often enough for a mixture to show.
                        while rounds < 200 || seen.len() < 2 {
                            rounds += 1;
                            check(
                                &post(&service, "/v1/decisions", facts().to_string())
                                    .await
                                    .json(),
                            );
                            let answers =
                                post(&service, "/v1/decisions", list.clone()).await.json();
                            for answer in answers.as_array().unwrap() {
                                check(answer);
                                assert_eq!(answer["policy"], answers[0]["policy"]);
                            }
                            seen.insert(answers[0]["policy"]["version"].to_string());
                        }
                    });
                })
            })
            .collect();
        let swapping = scope.spawn(|| {
            for active in ["2.0.0", "1.0.0"].iter().cycle() {
                if is_done.load(Ordering::Relaxed) {
                    break;
                }
                shelf.replace(snapshot(active));
                shelf.confirm();
                std::thread::yield_now();
            }
        });
        let asked = asking.into_iter().map(std::thread::ScopedJoinHandle::join);
        let all_well = asked.collect::<Vec<_>>().iter().all(Result::is_ok);
        is_done.store(true, Ordering::Relaxed);
        swapping.join().unwrap();
        assert!(all_well);
    });
}

/// A request that was begun is answered after shutdown was asked for; no new connection is.
#[tokio::test]
async fn a_graceful_end() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(serve(listener, builder().build(), async {
        let _ = stopped.await;
    }));
    let body = facts().to_string();
    let mut connection = tokio::net::TcpStream::connect(address).await.unwrap();
    // JSON lines: the first is answered, so the request is under way.
    let head = "POST /v1/decisions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
    connection.write_all(head.as_bytes()).await.unwrap();
    connection
        .write_all(chunk(&format!("{body}\n")).as_bytes())
        .await
        .unwrap();
    let mut answer = Vec::new();
    while !String::from_utf8_lossy(&answer).contains(r#""decision":"allow""#) {
        assert_ne!(connection.read_buf(&mut answer).await.unwrap(), 0);
    }
    stop.send(()).unwrap();
    connection.write_all(chunk(&body).as_bytes()).await.unwrap();
    connection.write_all(b"0\r\n\r\n").await.unwrap();
    connection.read_to_end(&mut answer).await.unwrap();
    let text = String::from_utf8_lossy(&answer);
    assert!(text.starts_with("HTTP/1.1 200 OK"), "{text}");
    assert_eq!(text.matches(r#""decision":"allow""#).count(), 2, "{text}");
    serving.await.unwrap();
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}
