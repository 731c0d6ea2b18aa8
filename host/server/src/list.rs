//! Many requests at once.
//!
//! Always true here: answers stand in the order of their requests; what is decided of a list that turns out to be none is answered to nobody,
//! recorded nowhere and not counted.

use std::sync::atomic::{AtomicBool, Ordering};

use memchr::memchr;
use memchr::memmem::Finder;
use scopegate::{Decision, Policy, trim_json, trim_json_end};
use serde::de::{Deserializer as _, Error as _, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::problem::{Kind, Problem};
use crate::sitting::Sitting;
use crate::tally::Tally;

/// Requests that one core decides before it looks for more.
const CHUNK: usize = 64;

/// The same where they are not counted before: the bytes of a part of a list, but for what is left of its last request.
const PART_BYTES: usize = 128 << 10;

/// The most bytes before the colon of the first name of a list's first request.
const BEGINNING_BYTES: usize = 256;

/// Whether `text` is one, if it is JSON.
pub(crate) fn is_list(text: &[u8]) -> bool {
    trim_json(text).starts_with(b"[")
}

/// How many bytes of requests `text` counts as, where few may be decided at once: a list may have many that are short.
pub(crate) fn bytes_of(text: &[u8]) -> usize {
    if is_list(text) {
        usize::MAX
    } else {
        text.len()
    }
}

/// Decides the requests of the JSON list `text`, of which there may be `limit`, and gives the list of the answers.
pub(crate) fn decide(sitting: &Sitting, text: &[u8], limit: usize) -> Result<Vec<u8>, Problem> {
    if let Some(policy) = sitting.untold()
        && let Some(answers) = at_once(sitting, policy, text, limit)
    {
        return Ok(answers);
    }
    let requests = split(text, limit)?;
    Ok(listed(&answers(sitting, &requests, 0, b',')?))
}

/// The same without going through all of `text` before anything is decided: where its parts are sequences of requests, it is the list of
/// these. What is decided is recorded nowhere and counted only when that is known.
fn at_once(sitting: &Sitting, policy: &Policy, text: &[u8], limit: usize) -> Option<Vec<u8>> {
    let parts = parts(text)?;
    let is_over = AtomicBool::new(false);
    let decide = |part: &&[u8]| {
        let decided = sitting.decide_untold(policy, part, limit, &is_over);
        is_over.fetch_or(decided.is_none(), Ordering::Relaxed);
        decided
    };
    let decided: Option<Vec<_>> = match &*parts {
        [part] => decide(part).map(|decided| vec![decided]),
        parts => {
            let decided = sitting.deciders().each(parts, decide);
            decided.into_iter().collect()
        }
    };
    let (answers, tallies): (Vec<_>, Vec<_>) = decided?.into_iter().unzip();
    let mut all = Tally::default();
    for tally in tallies {
        all.add(tally);
    }
    let bytes: usize = answers.iter().map(Vec::len).sum();
    if all.many() > limit || bytes > sitting.answer_bytes() {
        return None;
    }
    sitting.count(&all);
    Some(listed(&answers))
}

/// Parts of what stands between the brackets of `text`, with a comma between each two. Where that likely stands between two requests is
/// told by what the first one begins with, so a part may turn out to be anything.
fn parts(text: &[u8]) -> Option<Vec<&[u8]>> {
    let mut rest = trim_json(text).strip_prefix(b"[")?.strip_suffix(b"]")?;
    let first = trim_json(rest);
    if !first.starts_with(b"{") {
        return None;
    }
    let name = memchr(b':', &first[..first.len().min(BEGINNING_BYTES)])?;
    let beginning = Finder::new(&first[..name]);
    let mut parts = Vec::with_capacity(1 + rest.len() / PART_BYTES);
    while let Some(far) = rest.get(PART_BYTES..)
        && let Some(comma) = beginning
            .find_iter(far)
            .find_map(|at| comma_before(rest, PART_BYTES + at))
    {
        parts.push(&rest[..comma]);
        rest = &rest[comma + 1..];
    }
    parts.push(rest);
    Some(parts)
}

/// Where a comma stands before `at`, if nothing but spaces is between.
fn comma_before(text: &[u8], at: usize) -> Option<usize> {
    let comma = trim_json_end(&text[..at]).len().checked_sub(1)?;
    (text[comma] == b',').then_some(comma)
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

/// In chunks the decision of each of `requests`, or what is wrong with it, and `end` behind it. They are decided on the cores that have
/// nothing else to decide, and `first` is the index of the first. There are none if they have more bytes than an answer may.
pub(crate) fn answers(
    sitting: &Sitting,
    requests: &[&[u8]],
    first: u64,
    end: u8,
) -> Result<Vec<Vec<u8>>, Problem> {
    let chunks: Vec<_> = (first..)
        .step_by(CHUNK)
        .zip(requests.chunks(CHUNK))
        .collect();
    let decide = |(first, requests): &(u64, &[&[u8]])| {
        // Nothing more is decided for an answer that is too large already.
        sitting.take_answer_bytes(requests.len())?;
        written(sitting, sitting.decide_all(requests, *first), end)
    };
    sitting
        .deciders()
        .each(&chunks, decide)
        .into_iter()
        .collect()
}

/// Each decision, or what is wrong, and `end` behind it, the bytes of which are taken already.
fn written(
    sitting: &Sitting,
    decided: Vec<Result<Decision<'_>, Problem>>,
    end: u8,
) -> Result<Vec<u8>, Problem> {
    let mut out = Vec::with_capacity(512 * decided.len());
    for decided in decided {
        let begin = out.len();
        match decided {
            Ok(decision) => decision.write_json(&mut out),
            Err(problem) => error(&problem, &mut out),
        }
        sitting.take_answer_bytes(out.len() - begin)?;
        out.push(end);
    }
    Ok(out)
}

/// Writes what stands for a decision that there is not.
pub(crate) fn error(problem: &Problem, out: &mut Vec<u8>) {
    let error = serde_json::json!({ "error": problem });
    out.extend_from_slice(error.to_string().as_bytes());
}

/// The elements of the list, if it is one and has any.
pub(crate) fn split(text: &[u8], limit: usize) -> Result<Vec<&[u8]>, Problem> {
    let too_many =
        || format!("the list has more than {limit} requests: send less at once, or JSON lines");
    let mut from = serde_json::Deserializer::from_slice(text);
    let list = from.deserialize_seq(Elements { limit });
    let list = list.and_then(|list| from.end().map(|()| list));
    match list {
        Ok(list) if list.is_empty() => {
            let detail = "there is no request: the list is empty";
            Err(Problem::new(Kind::Invalid, detail))
        }
        Ok(list) => Ok(list),
        Err(error) if error.to_string().starts_with(TOO_MANY) => {
            Err(Problem::new(Kind::TooLarge, too_many()))
        }
        Err(error) => Err(Problem::malformed(&error)),
    }
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
