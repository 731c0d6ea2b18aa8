//! HTTP by hand.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

/// The head of a request for `path` with a body of so many bytes.
pub(super) fn head(path: &str, media: &str, length: usize) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: {media}\r\ncontent-length: {length}\r\n\r\n"
    )
}

/// A whole request.
pub(super) fn post(path: &str, body: &str) -> Vec<u8> {
    (head(path, "application/json", body.len()) + body).into_bytes()
}

/// A connection that is asked one thing after another, and reads what is answered.
pub(super) struct Caller {
    stream: BufReader<TcpStream>,
    body: Vec<u8>,
}

impl Caller {
    pub(super) async fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: BufReader::with_capacity(1 << 16, stream),
            body: Vec::new(),
        })
    }

    /// The status and the body that are answered to `message`.
    pub(super) async fn ask(&mut self, message: &[u8]) -> io::Result<(u16, &[u8])> {
        self.stream.get_mut().write_all(message).await?;
        let mut line = String::new();
        let (mut status, mut length) = (None, 0);
        loop {
            line.clear();
            if self.stream.read_line(&mut line).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let text = line.trim_end();
            if text.is_empty() {
                break;
            }
            if status.is_none() {
                status = text
                    .split(' ')
                    .nth(1)
                    .and_then(|status| status.parse().ok());
            } else if let Some(value) = text.strip_prefix("content-length: ") {
                length = value.parse().map_err(|_| io::ErrorKind::InvalidData)?;
            }
        }
        self.body.resize(length, 0);
        self.stream.read_exact(&mut self.body).await?;
        Ok((status.unwrap_or_default(), &self.body))
    }
}
