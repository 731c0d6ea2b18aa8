//! JSON lines: requests come as a stream and decisions go as one.
//!
//! Always true here: each line that is not blank is answered by one line, in order, and at most one line and what came with it is in memory.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures_util::stream::unfold;

use crate::body;
use crate::list::{answers, error};
use crate::problem::{Kind, Problem};
use crate::settings::Settings;
use crate::sitting::Sitting;

struct Lines {
    sitting: Arc<Sitting>,
    body: Body,
    /// What came and is not answered.
    rest: Vec<u8>,
    /// The index of the next request.
    next: u64,
    line_bytes: usize,
    time: Duration,
    is_done: bool,
}

/// The answers to the lines of `body`, each as soon as its line is there.
pub(crate) fn answer(sitting: Arc<Sitting>, body: Body, settings: &Settings) -> Body {
    let lines = Lines {
        sitting,
        body,
        rest: Vec::new(),
        next: 0,
        line_bytes: settings.body_bytes,
        time: settings.body_time,
        is_done: false,
    };
    Body::from_stream(unfold(lines, |mut lines| async {
        let answers = lines.answers().await?;
        Some((Ok::<_, Infallible>(Bytes::from(answers)), lines))
    }))
}

impl Lines {
    /// The answers to the next lines.
    async fn answers(&mut self) -> Option<Vec<u8>> {
        while !self.is_done {
            let next = tokio::time::timeout(self.time, body::next(&mut self.body)).await;
            let text = match next {
                Ok(Ok(Some(bytes))) => {
                    let seen = self.rest.len();
                    self.rest.extend_from_slice(&bytes);
                    match self.rest[seen..].iter().rposition(|byte| *byte == b'\n') {
                        Some(end) => {
                            let rest = self.rest.split_off(seen + end + 1);
                            std::mem::replace(&mut self.rest, rest)
                        }
                        None => Vec::new(),
                    }
                }
                Ok(Ok(None)) => {
                    self.is_done = true;
                    std::mem::take(&mut self.rest)
                }
                // What was cut off is no request, even if it looks like one.
                Ok(Err(problem)) => return Some(self.end(&problem)),
                Err(_) => return Some(self.end(&body::slow(self.time))),
            };
            let mut out = self.decide(text).await;
            if self.rest.len() > self.line_bytes {
                out.extend(self.end(&too_long(self.line_bytes)));
            }
            if !out.is_empty() {
                return Some(out);
            }
        }
        None
    }

    /// The answers to the lines of `text`.
    async fn decide(&mut self, text: Vec<u8>) -> Vec<u8> {
        let first = self.next;
        let decided = self.sitting.run(text.len(), move |sitting| {
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
        self.sitting.failed(problem);
        let mut out = Vec::new();
        error(problem, &mut out);
        out.push(b'\n');
        out
    }
}

/// The lines that are not blank.
fn lines_of(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    lines.filter(|line| !line.is_empty())
}

/// A line has more than `line_bytes`.
pub(crate) fn too_long(line_bytes: usize) -> Problem {
    let detail = format!("the line has more than {line_bytes} bytes: send less in it");
    Problem::new(Kind::TooLarge, detail)
}
