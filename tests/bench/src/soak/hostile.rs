//! Callers that mean harm: each is within every limit that it can know of.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::http::{Caller, head, post};
use crate::requests;

/// How many there are of each kind.
const UNREAD_STATIC: usize = 1_024;
const UNREAD_LISTS: usize = 100;
const UNREAD_LINES: usize = 128;
const SLOW_BODIES: usize = 100;
const SLOW_LINES: usize = 64;
const HALF_HEADS: usize = 100;
const HEAVY: usize = 16;
const BATCHES: usize = 8;

/// How long one waits that was ended, before it comes again.
const AGAIN: Duration = Duration::from_secs(1);

/// Targets of each scan of a batch, so that a batch has nearly as many bytes as it may.
const BATCH_TARGETS: usize = 150;

/// Hostile callers, until this is dropped.
pub struct Hostile {
    _callers: JoinSet<()>,
}

/// What one does on a connection of its own.
#[derive(Clone)]
enum Harm {
    /// Sends all of it, and reads nothing.
    Unread(Arc<Vec<u8>>),
    /// Sends the beginning, then this again and again, so many milliseconds apart, and reads nothing.
    Slow(Arc<Vec<u8>>, &'static [u8], u64),
    /// Asks again as soon as it is answered.
    Eager(Arc<Vec<u8>>),
}

impl Hostile {
    /// Callers of the service at `address`.
    pub fn start(address: SocketAddr) -> Self {
        let one = requests::varied(1).remove(0);
        let list = format!("[{}]", requests::varied(1_000).join(","));
        let lines = (one.clone() + "\n").repeat(2_000);
        let described = "GET /openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n";
        let (decisions, ndjson) = ("/v1/decisions", "application/x-ndjson");
        let scan: Value =
            serde_json::from_str(&requests::heavy(BATCH_TARGETS, 10)).expect("it is JSON");
        let batch = json!({
            "subject": {"type": "user", "id": scan["actor"]["id"]},
            "action": {"name": "scan"},
            "resource": {"type": "site", "id": "shop"},
            "context": {"request": scan},
            "evaluations": vec![json!({}); 1_000],
        });
        let whole = |text: String| Arc::new(text.into_bytes());
        let slow_line = format!(
            "POST {decisions} HTTP/1.1\r\nhost: localhost\r\ncontent-type: {ndjson}\r\ntransfer-encoding: chunked\r\n\r\n"
        );
        let harms = [
            (UNREAD_STATIC, Harm::Unread(whole(described.repeat(200)))),
            (UNREAD_LISTS, Harm::Unread(Arc::new(post(decisions, &list)))),
            (
                UNREAD_LINES,
                Harm::Unread(whole(head(decisions, ndjson, lines.len()) + &lines)),
            ),
            (
                SLOW_BODIES,
                Harm::Slow(
                    whole(head(decisions, "application/json", 1 << 20)),
                    b" ",
                    1_000,
                ),
            ),
            (
                SLOW_LINES,
                Harm::Slow(whole(slow_line), b"1\r\n\n\r\n", 500),
            ),
            (
                HALF_HEADS,
                Harm::Slow(whole(described[..40].to_owned()), b"x", 1_000),
            ),
            (
                HEAVY,
                Harm::Eager(Arc::new(post(decisions, &requests::heavy(10_000, 1_000)))),
            ),
            (
                BATCHES,
                Harm::Eager(Arc::new(post("/access/v1/evaluations", &batch.to_string()))),
            ),
        ];
        let mut callers = JoinSet::new();
        for (many, harm) in harms {
            for _ in 0..many {
                callers.spawn(again(address, harm.clone()));
            }
        }
        Self { _callers: callers }
    }
}

/// Does that on one connection after another.
async fn again(address: SocketAddr, harm: Harm) {
    loop {
        // However it ends, it begins anew.
        let _ = once(address, &harm).await;
        sleep(AGAIN).await;
    }
}

async fn once(address: SocketAddr, harm: &Harm) -> io::Result<()> {
    match harm {
        Harm::Unread(text) => {
            let mut stream = TcpStream::connect(address).await?;
            stream.write_all(text).await?;
            until_ended(&stream).await
        }
        Harm::Slow(begin, piece, milliseconds) => {
            let mut stream = TcpStream::connect(address).await?;
            stream.write_all(begin).await?;
            loop {
                sleep(Duration::from_millis(*milliseconds)).await;
                stream.write_all(piece).await?;
            }
        }
        Harm::Eager(text) => {
            let mut caller = Caller::connect(address).await?;
            loop {
                caller.ask(text).await?;
            }
        }
    }
}

/// Waits until the service has ended the connection, without reading from it.
async fn until_ended(stream: &TcpStream) -> io::Result<()> {
    loop {
        sleep(AGAIN).await;
        // A connection that was reset says so to whoever writes.
        stream.writable().await?;
        match stream.try_write(b"\r\n") {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            written => _ = written?,
        }
        if let Some(error) = stream.take_error()? {
            return Err(error);
        }
    }
}
