//! Connections to the service without a network: their time is that of the test.

use std::io;
use std::net::SocketAddr;

use axum::serve::Listener;
use scopegate_server::{Service, serve};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::{JoinHandle, yield_now};

/// Bytes that wait to be read, in either direction: as the system's buffers do.
const BUFFER: usize = 16 << 10;

/// Where connections come from.
struct Ends(UnboundedReceiver<DuplexStream>);

impl Listener for Ends {
    type Io = DuplexStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (DuplexStream, SocketAddr) {
        match self.0.recv().await {
            Some(end) => (end, ([127, 0, 0, 1], 40_000).into()),
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(([127, 0, 0, 1], 80).into())
    }
}

/// A service that listens until this is dropped.
pub(crate) struct Wire {
    ends: UnboundedSender<DuplexStream>,
}

impl Wire {
    pub(crate) fn new(service: &Service) -> Self {
        let (ends, come) = unbounded_channel();
        tokio::spawn(serve(Ends(come), service.clone(), std::future::pending()));
        Self { ends }
    }

    /// A connection.
    pub(crate) fn connect(&self) -> DuplexStream {
        let (ours, theirs) = duplex(BUFFER);
        self.ends.send(theirs).expect("it listens");
        ours
    }

    /// A connection over which `text` was sent.
    pub(crate) async fn say(&self, text: &str) -> DuplexStream {
        let mut connection = self.connect();
        connection
            .write_all(text.as_bytes())
            .await
            .expect("it is sent");
        connection
    }

    /// All that is answered to `text` on a connection of its own.
    pub(crate) async fn ask(&self, text: &str) -> String {
        read(&mut self.say(text).await).await
    }
}

/// As long as this is there the paused clock of a test stands still: it knows nothing of the threads that decide lists, and would go on
/// while nothing but them is at work.
pub(crate) struct Still(JoinHandle<()>);

impl Still {
    pub(crate) fn new() -> Self {
        Self(tokio::spawn(async {
            loop {
                yield_now().await;
            }
        }))
    }
}

impl Drop for Still {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// All that is left to read of `connection`.
pub(crate) async fn read(connection: &mut DuplexStream) -> String {
    let mut said = Vec::new();
    // One that is broken off ends as well.
    let _ = connection.read_to_end(&mut said).await;
    String::from_utf8_lossy(&said).into_owned()
}

/// A request for `path`, the last one of its connection if it is so.
pub(crate) fn get(path: &str, is_last: bool) -> String {
    let close = if is_last { "connection: close\r\n" } else { "" };
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n{close}\r\n")
}

/// A request for a decision.
pub(crate) fn post(media: &str, body: &str, is_last: bool) -> String {
    let (close, length) = (
        if is_last { "connection: close\r\n" } else { "" },
        body.len(),
    );
    format!(
        "POST /v1/decisions HTTP/1.1\r\nhost: localhost\r\ncontent-type: {media}\r\ncontent-length: {length}\r\n{close}\r\n{body}"
    )
}
