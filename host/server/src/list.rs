//! Many requests at once.
//!
//! Always true here: answers stand in the order of their requests; what is decided of a list that turns out to be none is answered to nobody,
//! recorded nowhere and not counted.

use std::sync::atomic::{AtomicBool, Ordering};

use memchr::memchr2_iter;
use rayon::prelude::*;
use scopegate::Decision;
use serde::de::{Deserializer as _, Error as _, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::problem::{Kind, Problem};
use crate::sitting::Sitting;
use crate::tally::Tally;

/// Requests that one core decides before it looks for more.
const CHUNK: usize = 64;

/// Decides the requests of the JSON list `text`, of which there may be `limit`, and gives the list of the answers.
pub(crate) fn decide(sitting: &Sitting, text: &[u8], limit: usize) -> Result<Vec<u8>, Problem> {
    if sitting.may_decide_untold()
        && let Some(answers) = at_once(sitting, text, limit)
    {
        return Ok(answers);
    }
    let requests = split(text, limit)?;
    if requests.is_empty() {
        let detail = "there is no request: the list is empty";
        return Err(Problem::new(Kind::Invalid, detail));
    }
    let mut out = vec![b'['];
    answers(sitting, &requests, 0, b',', &mut out);
    out.pop();
    out.push(b']');
    Ok(out)
}

/// The same without going through all of `text` before anything is decided, if all that seems to be a request is one: then `text` is the
/// list that it seems to be. What is decided is recorded nowhere and counted only when that is known.
fn at_once(sitting: &Sitting, text: &[u8], limit: usize) -> Option<Vec<u8>> {
    let requests = seeming(text, limit)?;
    let is_over = AtomicBool::new(false);
    let chunks = in_chunks(&requests, 0, |requests, first| {
        let Some((decided, tally)) = sitting.decide_untold(requests, first, &is_over) else {
            is_over.store(true, Ordering::Relaxed);
            return None;
        };
        let mut out = Vec::with_capacity(512 * requests.len());
        write(decided, b',', &mut out);
        Some((out, tally))
    });
    let chunks: Vec<_> = chunks.into_iter().collect::<Option<_>>()?;
    let bytes: usize = chunks.iter().map(|(out, _)| out.len()).sum();
    let mut all = Vec::with_capacity(1 + bytes);
    all.push(b'[');
    let mut tally = Tally::default();
    for (out, of_chunk) in chunks {
        tally.add(of_chunk);
        all.extend_from_slice(&out);
    }
    sitting.count(&tally);
    all.pop();
    all.push(b']');
    Some(all)
}

/// Where the objects of the list `text` seem to be, if there are at most `limit` and nothing but commas between them. It is told by braces
/// alone, of which texts may have some, so an object may turn out to be none.
fn seeming(text: &[u8], limit: usize) -> Option<Vec<&[u8]>> {
    let mut objects = Vec::new();
    let (mut depth, mut begin, mut end) = (0_usize, 0, 0);
    for at in memchr2_iter(b'{', b'}', text) {
        if text[at] == b'{' {
            if depth == 0 {
                let before = if objects.is_empty() { b'[' } else { b',' };
                if objects.len() == limit || !is_only(before, &text[end..at]) {
                    return None;
                }
                begin = at;
            }
            depth += 1;
        } else {
            depth = depth.checked_sub(1)?;
            if depth == 0 {
                end = at + 1;
                objects.push(&text[begin..end]);
            }
        }
    }
    (depth == 0 && is_only(b']', &text[end..])).then_some(objects)
}

/// Whether `text` is `byte`, with spaces around it as JSON allows them.
fn is_only(byte: u8, text: &[u8]) -> bool {
    let is_space = |byte: &&u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
    text.iter().filter(|byte| !is_space(byte)).eq([&byte])
}

/// Writes the decision of each of `requests`, or what is wrong with it, and `end` behind it. They are decided on all cores, and
/// `first` is the index of the first.
pub(crate) fn answers(
    sitting: &Sitting,
    requests: &[&[u8]],
    first: u64,
    end: u8,
    out: &mut Vec<u8>,
) {
    let chunks = in_chunks(requests, first, |requests, first| {
        let mut out = Vec::with_capacity(512 * requests.len());
        write(sitting.decide_all(requests, first), end, &mut out);
        out
    });
    out.reserve(chunks.iter().map(Vec::len).sum::<usize>() + 1);
    for chunk in chunks {
        out.extend_from_slice(&chunk);
    }
}

/// What `decide` makes of each chunk of `requests`, on all cores; it is told the index of the chunk's first request.
fn in_chunks<T: Send>(
    requests: &[&[u8]],
    first: u64,
    decide: impl Fn(&[&[u8]], u64) -> T + Sync,
) -> Vec<T> {
    if requests.len() <= CHUNK {
        return vec![decide(requests, first)];
    }
    requests
        .par_chunks(CHUNK)
        .enumerate()
        .map(|(chunk, requests)| decide(requests, first + (chunk * CHUNK) as u64))
        .collect()
}

/// Writes each decision, or what is wrong, and `end` behind it.
fn write(decided: Vec<Result<Decision<'_>, Problem>>, end: u8, out: &mut Vec<u8>) {
    for decided in decided {
        match decided {
            Ok(decision) => decision.write_json(out),
            Err(problem) => error(&problem, out),
        }
        out.push(end);
    }
}

/// Writes what stands for a decision that there is not.
pub(crate) fn error(problem: &Problem, out: &mut Vec<u8>) {
    let error = serde_json::json!({ "error": problem });
    out.extend_from_slice(error.to_string().as_bytes());
}

/// The elements of the list, if it is one.
fn split(text: &[u8], limit: usize) -> Result<Vec<&[u8]>, Problem> {
    let too_many =
        || format!("the list has more than {limit} requests: send less at once, or JSON lines");
    let mut from = serde_json::Deserializer::from_slice(text);
    let list = from.deserialize_seq(Elements { limit });
    let list = list.and_then(|list| from.end().map(|()| list));
    list.map_err(|error| {
        if error.to_string().starts_with(TOO_MANY) {
            Problem::new(Kind::TooLarge, too_many())
        } else {
            Problem::malformed(&error)
        }
    })
}

const TOO_MANY: &str = "too many elements";

struct Elements {
    limit: usize,
}

impl<'de> Visitor<'de> for Elements {
    type Value = Vec<&'de [u8]>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list of requests")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Self::Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = from.next_element::<&RawValue>()? {
            if elements.len() == self.limit {
                return Err(A::Error::custom(TOO_MANY));
            }
            elements.push(element.get().as_bytes());
        }
        Ok(elements)
    }
}
