//! `POST /v1/decisions`: a request, a list of them, or JSON lines.
//!
//! Always true here: a decision is the domain's JSON, unchanged; its id stands in a header.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use rayon::prelude::*;
use serde::de::{Deserializer as _, Error as _, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::body;
use crate::caller::{Asked, Caller};
use crate::lines;
use crate::problem::{Kind, Problem};
use crate::service::Service;
use crate::sitting::Sitting;

/// Requests that one core decides before it looks for more.
const CHUNK: usize = 64;

const DECISION_ID: HeaderName = HeaderName::from_static("scopegate-decision-id");

/// Decides requests: one object, a list of objects, or JSON lines (`application/x-ndjson`), which are answered as they come.
///
/// A list is answered by a list and each line by a line, in order: a decision, or `{"error": problem}`. The header
/// `scopegate-decision-id` has the decision's id; those of a list or stream are that id, `/` and the request's index from 0. A list or
/// stream is decided by one version throughout: begin a new one to be decided by what is active now.
#[utoipa::path(
    post, path = "/v1/decisions", tag = "decisions",
    params(("policy" = Option<String>, Query, description = "`name` or `name@version`; the default policy's active version without")),
    request_body(content((crate::openapi::Requests = "application/json"), (String = "application/x-ndjson"))),
    responses(
        (status = 200, description = "Allowed or denied.", body = crate::openapi::Decisions),
        (status = "4XX", description = "Not decided: the request is not one.", body = crate::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = "5XX", description = "Not decided: the policy or the server failed.", body = crate::openapi::ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn decide(
    State(service): State<Service>,
    caller: Caller,
    asked: Asked,
    request: Request,
) -> Result<Response, Problem> {
    let settings = service.settings();
    let open = || Sitting::open(&service, asked.policy.as_deref(), caller);
    let media = body::media_type(request.headers());
    let (kind, id, answer) = match media.as_deref() {
        Some("application/json") => {
            let body = body::read(request.into_body(), settings.body_bytes, settings.body_time);
            let body = body.await?;
            // Only now, so that a slow body does not hold on to policies that were swapped for others.
            let sitting = open()?;
            let id = sitting.id.clone();
            let (bytes, limit) = (body.len(), settings.batch);
            let answer = sitting.run(bytes, move |sitting| {
                if body.trim_ascii_start().starts_with(b"[") {
                    list(sitting, &body, limit)
                } else {
                    one(sitting, &body)
                }
            });
            let answer = answer.await?;
            ("application/json", id, Body::from(answer?))
        }
        Some("application/x-ndjson" | "application/jsonl" | "application/jsonlines") => {
            let sitting = open()?;
            let id = sitting.id.clone();
            let answer = lines::answer(sitting, request.into_body(), settings);
            ("application/x-ndjson", id, answer)
        }
        _ => {
            return Err(Problem::new(
                Kind::MediaType,
                "the content type does not fit: send `application/json` or `application/x-ndjson`",
            ));
        }
    };
    let kind = HeaderValue::from_static(kind);
    let mut response = ([(header::CONTENT_TYPE, kind)], answer).into_response();
    if let Ok(id) = HeaderValue::try_from(id) {
        response.headers_mut().insert(DECISION_ID, id);
    }
    Ok(response)
}

fn one(sitting: &Sitting, text: &[u8]) -> Result<Vec<u8>, Problem> {
    let mut out = Vec::with_capacity(512);
    let request = sitting.read(text)?;
    sitting.decide(&request, &sitting.id)?.write_json(&mut out);
    Ok(out)
}

fn list(sitting: &Sitting, text: &[u8], limit: usize) -> Result<Vec<u8>, Problem> {
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

/// Writes the decision of each of `requests`, or what is wrong with it, and `end` behind it. They are decided on all cores, and
/// `first` is the index of the first.
pub(crate) fn answers(
    sitting: &Sitting,
    requests: &[&[u8]],
    first: u64,
    end: u8,
    out: &mut Vec<u8>,
) {
    if requests.len() <= CHUNK {
        return together(sitting, requests, first, end, out);
    }
    let chunks: Vec<_> = requests
        .par_chunks(CHUNK)
        .enumerate()
        .map(|(chunk, requests)| {
            let mut out = Vec::with_capacity(512 * requests.len());
            let first = first + (chunk * CHUNK) as u64;
            together(sitting, requests, first, end, &mut out);
            out
        })
        .collect();
    out.reserve(chunks.iter().map(Vec::len).sum::<usize>() + 1);
    for chunk in chunks {
        out.extend_from_slice(&chunk);
    }
}

/// The same, on this thread.
fn together(sitting: &Sitting, requests: &[&[u8]], first: u64, end: u8, out: &mut Vec<u8>) {
    for decided in sitting.decide_all(requests, first) {
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

/// The elements of the list.
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
