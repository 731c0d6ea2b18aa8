//! What a connection reads from and writes to.
//!
//! Always true here: a peer that does not read is waited for no longer than its [pace](Pace) allows.

use std::io::{self, IoSlice};
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use super::{Connection, Connections, Ended, Pace};

/// The socket of a connection.
pub(crate) struct Socket<I> {
    io: I,
    connection: Arc<Connection>,
    connections: Arc<Connections>,
    pace: Pace,
    /// Goes off when the peer was waited for long enough. There once it was waited for.
    alarm: Option<Pin<Box<Sleep>>>,
    /// Bytes that were written since everything had been.
    written: u64,
}

impl<I> Socket<I> {
    /// `io`, whose peer may be waited for as `pace` says.
    pub(crate) fn new(
        io: I,
        connection: Arc<Connection>,
        connections: Arc<Connections>,
        pace: Pace,
    ) -> Self {
        Self {
            io,
            connection,
            connections,
            pace,
            alarm: None,
            written: 0,
        }
    }

    /// What has to be said of a write that gave `polled`.
    fn wrote(
        &mut self,
        polled: Poll<io::Result<usize>>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        match &polled {
            Poll::Ready(Ok(bytes)) => {
                self.pace.moved(*bytes);
                self.written += *bytes as u64;
            }
            Poll::Ready(Err(_)) => {}
            Poll::Pending => {
                let until = self.pace.waits(Instant::now());
                ready!(alarm(&mut self.alarm, until).poll(cx));
                self.connections.count(Ended::UNREAD);
                return Poll::Ready(Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    "the peer does not read",
                )));
            }
        }
        polled
    }
}

/// The alarm, set to `until`.
fn alarm(alarm: &mut Option<Pin<Box<Sleep>>>, until: Instant) -> Pin<&mut Sleep> {
    let alarm = alarm.get_or_insert_with(|| Box::pin(sleep_until(until)));
    if alarm.deadline() != until {
        alarm.as_mut().reset(until);
    }
    alarm.as_mut()
}

impl<I: AsyncRead + Unpin> AsyncRead for Socket<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let polled = Pin::new(&mut self.io).poll_read(cx, into);
        let read = into.filled().len() - before;
        if read > 0 {
            self.connections.received.inc_by(read as u64);
        }
        polled
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Socket<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.io).poll_write(cx, bytes);
        self.wrote(polled, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.io).poll_write_vectored(cx, bytes);
        self.wrote(polled, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    /// Whoever flushes has written everything.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let written = mem::take(&mut self.written);
        if written > 0 {
            self.connections.sent.inc_by(written);
            self.connection.has_sent();
        }
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
