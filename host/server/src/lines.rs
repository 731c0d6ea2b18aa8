//! JSON lines: requests come as a stream and decisions go as one.
//!
//! Always true here: each line that is not blank is answered by one line, in order. At most one line and what came with it is in memory, and
//! the answers to a piece of that; nothing more is decided until the piece is sent. Whoever sends too slowly on the whole is not waited for.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use futures_util::stream::unfold;
use memchr::memchr_iter;
use scopegate::trim_json;
use tokio::time::Instant;

use crate::body;
use crate::connections::{Connection, Pace, Working};
use crate::list::{answers, error};
use crate::problem::{Kind, Problem};
use crate::settings::Settings;
use crate::sitting::Sitting;
use crate::slots::Slot;

/// Lines that are decided before their answers are sent.
const PIECE: usize = 256;

/// The least bytes that a line counts as: what is done for it does not depend on its bytes alone.
const LINE_BYTES: usize = 256;

/// The stream of one request.
struct Lines {
    sitting: Arc<Sitting>,
    body: Body,
    /// What came.
    text: Vec<u8>,
    /// The bytes of it that are answered, and the bytes that are known to end no other line.
    answered: usize,
    searched: usize,
    /// Whether the first line was there, before which marks may stand.
    is_begun: bool,
    /// The index of the next request.
    next: u64,
    line_bytes: usize,
    pace: Pace,
    /// What is said of a caller that is too slow.
    too_slow: String,
    is_done: bool,
    connection: Option<Arc<Connection>>,
    _place: Slot,
}

/// The answers to the lines of `body`, each as soon as its line is there. They take `place` as long as they come.
pub(crate) fn answer(
    sitting: Arc<Sitting>,
    body: Body,
    settings: &Settings,
    connection: Option<Arc<Connection>>,
    place: Slot,
) -> Body {
    let (time, rate) = (settings.body_time, settings.stream_rate);
    let lines = Lines {
        sitting,
        body,
        text: Vec::new(),
        answered: 0,
        searched: 0,
        is_begun: false,
        next: 0,
        line_bytes: settings.body_bytes,
        pace: Pace::new(time, rate),
        too_slow: format!(
            "the lines came more slowly than {rate} bytes a second and were waited for longer than {time:?}: send them faster, or end the stream between them"
        ),
        is_done: false,
        connection,
        _place: place,
    };
    Body::from_stream(unfold(lines, |mut lines| async {
        let answers = lines.answers().await?;
        Some((Ok::<_, Infallible>(Bytes::from(answers)), lines))
    }))
}

impl Lines {
    /// The answers to the next lines.
    async fn answers(&mut self) -> Option<Vec<u8>> {
        loop {
            let out = match self.piece() {
                Some(text) => self.decide(text).await,
                None if self.is_done => return None,
                None => match self.read().await {
                    Ok(()) => continue,
                    Err(problem) => self.end(&problem),
                },
            };
            if !out.is_empty() {
                return Some(out);
            }
        }
    }

    /// The next lines of what came.
    fn piece(&mut self) -> Option<Vec<u8>> {
        let ends = memchr_iter(b'\n', &self.text[self.searched..]);
        let end = match ends.take(PIECE).last() {
            Some(last) => self.searched + last + 1,
            // The last line may have no end.
            None if self.is_done && self.answered < self.text.len() => self.text.len(),
            None => {
                self.searched = self.text.len();
                return None;
            }
        };
        let mut piece = &self.text[self.answered..end];
        if !self.is_begun {
            piece = body::without_marks(piece);
        }
        let piece = piece.to_vec();
        self.is_begun = true;
        (self.answered, self.searched) = (end, end);
        Some(piece)
    }

    /// Waits until more has come, or all.
    async fn read(&mut self) -> Result<(), Problem> {
        self.text.drain(..self.answered);
        (self.answered, self.searched) = (0, self.text.len());
        if self.text.len() > self.line_bytes {
            return Err(too_long(self.line_bytes));
        }
        let until = self.pace.waits(Instant::now());
        let next = tokio::time::timeout_at(until, body::next(&mut self.body));
        // What was cut off is no request, even if it looks like one.
        match next.await {
            Ok(next) => match next? {
                Some(bytes) => {
                    self.pace.moved(bytes.len());
                    self.text.extend_from_slice(&bytes);
                }
                None => self.is_done = true,
            },
            Err(_) => return Err(Problem::new(Kind::Slow, self.too_slow.clone())),
        }
        Ok(())
    }

    /// The answers to the lines of `text`.
    async fn decide(&mut self, text: Vec<u8>) -> Vec<u8> {
        let _working = self.connection.as_ref().map(Working::new);
        let first = self.next;
        let bytes = text
            .len()
            .max(LINE_BYTES * memchr_iter(b'\n', &text).count());
        let decided = self.sitting.run(bytes, move |sitting| {
            let lines: Vec<_> = lines_of(&text).collect();
            let out = answers(sitting, &lines, first, b'\n')?.concat();
            Ok((out, lines.len() as u64))
        });
        match decided.await.flatten() {
            Ok((out, many)) => {
                self.next += many;
                out
            }
            Err(problem) => self.end(&problem),
        }
    }

    /// The last line: nothing after it is answered.
    fn end(&mut self, problem: &Problem) -> Vec<u8> {
        self.is_done = true;
        self.text.clear();
        (self.answered, self.searched) = (0, 0);
        self.sitting.failed(problem);
        let mut out = Vec::new();
        error(problem, &mut out);
        out.push(b'\n');
        out
    }
}

/// The lines that are not blank.
fn lines_of(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let lines = text.split(|byte| *byte == b'\n').map(trim_json);
    lines.filter(|line| !line.is_empty())
}

/// A line has more than `line_bytes`.
pub(crate) fn too_long(line_bytes: usize) -> Problem {
    let detail = format!("the line has more than {line_bytes} bytes: send less in it");
    Problem::new(Kind::TooLarge, detail)
}
