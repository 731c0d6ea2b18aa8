//! Heads of requests that come late, or never.

use std::time::Duration;

use scopegate_server::{Settings, serve};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::support::with;

/// A connection that never says what it wants is closed, and makes room for the next.
#[tokio::test]
async fn a_head_that_never_ends() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = with(Settings {
        head_time: Duration::from_millis(10),
        connections: 1,
        ..Settings::default()
    });
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(serve(listener, service, async {
        let _ = stopped.await;
    }));
    // Of a caller that is known, whose connection stays.
    let head = "GET /v1/policies HTTP/1.1\r\nhost: localhost\r\n";
    // The first head, and the one behind two that were answered.
    for answered in [0, 2] {
        let mut silent = TcpStream::connect(address).await.unwrap();
        let begin = format!("{head}\r\n").repeat(answered) + head;
        silent.write_all(begin.as_bytes()).await.unwrap();
        let mut next = TcpStream::connect(address).await.unwrap();
        let last = crate::wire::get("/healthz", true);
        next.write_all(last.as_bytes()).await.unwrap();
        let mut answer = String::new();
        next.read_to_string(&mut answer).await.unwrap();
        assert!(answer.ends_with("alive\n"), "{answer}");
        let mut said = String::new();
        silent.read_to_string(&mut said).await.unwrap();
        assert_eq!(said.matches("200 OK").count(), answered, "{said}");
    }
    stop.send(()).unwrap();
    serving.await.unwrap();
}

/// The time of a head begins when it may come, however long the answer before it took.
#[tokio::test]
async fn a_head_behind_a_slow_body() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let head_time = Duration::from_millis(200);
    let service = with(Settings {
        head_time,
        ..Settings::default()
    });
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(serve(listener, service, async {
        let _ = stopped.await;
    }));
    let mut connection = TcpStream::connect(address).await.unwrap();
    let head = "POST /v1/decisions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n";
    let mut said = Vec::new();
    for _ in 0..2 {
        connection.write_all(head.as_bytes()).await.unwrap();
        // The timer of the head that has come ends while nobody waits with it.
        tokio::time::sleep(2 * head_time).await;
        connection.write_all(b"{}").await.unwrap();
        while !said.ends_with(b"}") {
            assert_ne!(connection.read_buf(&mut said).await.unwrap(), 0);
        }
        assert!(said.starts_with(b"HTTP/1.1 422 "));
        said.clear();
    }
    connection.write_all(&head.as_bytes()[..40]).await.unwrap();
    connection.read_to_end(&mut said).await.unwrap();
    assert!(said.is_empty());
    stop.send(()).unwrap();
    serving.await.unwrap();
}
