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
    Ok(listed(&answers(sitting, &requests, 0, b',')))
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
        Some((written(decided, b','), tally))
    });
    let (answers, tallies): (Vec<_>, Vec<_>) = chunks.into_iter().collect::<Option<_>>()?;
    let mut all = Tally::default();
    for tally in tallies {
        all.add(tally);
    }
    sitting.count(&all);
    Some(listed(&answers))
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

/// The list of the answers in `chunks`, each of which has a comma behind it.
fn listed(chunks: &[Vec<u8>]) -> Vec<u8> {
    let bytes: usize = chunks.iter().map(Vec::len).sum();
    let mut list = Vec::with_capacity(1 + bytes);
    list.push(b'[');
    for chunk in chunks {
        list.extend_from_slice(chunk);
    }
    list.pop();
    list.push(b']');
    list
}

/// In chunks the decision of each of `requests`, or what is wrong with it, and `end` behind it. They are decided on all cores, and
/// `first` is the index of the first.
pub(crate) fn answers(sitting: &Sitting, requests: &[&[u8]], first: u64, end: u8) -> Vec<Vec<u8>> {
    in_chunks(requests, first, |requests, first| {
        written(sitting.decide_all(requests, first), end)
    })
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

/// Each decision, or what is wrong, and `end` behind it.
fn written(decided: Vec<Result<Decision<'_>, Problem>>, end: u8) -> Vec<u8> {
    let mut out = Vec::with_capacity(512 * decided.len());
    for decided in decided {
        match decided {
            Ok(decision) => decision.write_json(&mut out),
            Err(problem) => error(&problem, &mut out),
        }
        out.push(end);
    }
    out
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
