//! What every request goes through: a slot, a time limit, a log line; and a panic is a problem like others.
//!
//! Always true here: every request is answered, within the limits, with the `X-Request-ID` it came with.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use hyper::body::{Frame, SizeHint};
use tokio::sync::OwnedSemaphorePermit;
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use crate::alarms::Alarms;
use crate::hosts;
use crate::problem::{Kind, Problem};
use crate::service::Service;
use crate::settings::Settings;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What must answer however busy the server is.
const ALWAYS: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

pub(crate) async fn guard(
    State(service): State<Service>,
    request: Request,
    next: Next,
) -> Response {
    let begin = Instant::now();
    let id = request.headers().get(REQUEST_ID).cloned();
    let matched = request.extensions().get::<MatchedPath>();
    let route = matched.map_or("other", MatchedPath::as_str).to_owned();
    let method = request.method().clone();
    let span = span(&method, &route, id.as_ref());
    service.join(&span, request.headers());
    let mut response = answer(&service, &route, request, next)
        .instrument(span.clone())
        .await;
    if let Some(id) = id {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    let (status, elapsed) = (response.status().as_u16(), begin.elapsed());
    service.metrics().answered(&route, status, elapsed);
    span.record("status", i64::from(status));
    span.in_scope(|| tracing::info!(elapsed_us = elapsed.as_micros(), "answered"));
    response
}

/// The span of a request: what it asks for, and what became of it. It has no facts, no tokens, and no text of the caller's but the id
/// that the caller gave the request.
fn span(method: &Method, route: &str, id: Option<&HeaderValue>) -> Span {
    tracing::info_span!(
        "request",
        %method,
        route,
        id = ?id,
        status = Empty,
        policy = Empty,
        version = Empty,
        outcome = Empty,
    )
}

async fn answer(service: &Service, route: &str, request: Request, next: Next) -> Response {
    let permit = if ALWAYS.contains(&route) {
        None
    } else if let Ok(permit) = service.slots().clone().try_acquire_owned() {
        Some(permit)
    } else {
        let most = service.settings().concurrent_requests;
        let detail = format!("{most} requests are being answered already: come again");
        return refused(route, Problem::new(Kind::Busy, detail));
    };
    let settings = service.settings();
    if service.tokens().is_none()
        && let Err(problem) = hosts::check(settings, route, &request)
    {
        return refused(route, problem);
    }
    if let Err(problem) = check_head(settings, &request) {
        return refused(route, problem);
    }
    let time = settings.body_time + settings.answer_time;
    let alarms = Alarms::of(&request);
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind();
    match alarms.within(time, answer).await {
        Some(Ok(response)) => holding(permit, as_problem(response)),
        Some(Err(_)) => {
            tracing::error!("an answer panicked");
            let detail = "the server failed, so nothing is allowed: its log tells how";
            refused(route, Problem::new(Kind::Internal, detail))
        }
        None => {
            let detail = format!("the answer took longer than {time:?}: ask for less at once");
            refused(route, Problem::new(Kind::TimedOut, detail))
        }
    }
}

/// Checks how large the head is, and that the body is sent as it is.
fn check_head(settings: &Settings, request: &Request) -> Result<(), Problem> {
    let headers = request.headers();
    let lines = headers.iter();
    let bytes: usize = lines
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum();
    let uri = request.uri();
    let line = uri.path().len() + uri.query().map_or(0, str::len);
    if bytes + line > settings.head_bytes {
        let most = settings.head_bytes;
        let detail = format!("the path and the headers have more than {most} bytes: send fewer");
        return Err(Problem::new(Kind::HeadTooLarge, detail));
    }
    let mut encodings = headers.get_all(header::CONTENT_ENCODING).iter();
    if encodings.any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        let detail = "the body is encoded: send it as it is, without the header `content-encoding`";
        return Err(Problem::new(Kind::MediaType, detail));
    }
    Ok(())
}

/// A problem, as those who ask at `route` read it.
fn refused(route: &str, problem: Problem) -> Response {
    if route.starts_with("/access/") {
        problem.in_authzen().into_response()
    } else {
        problem.into_response()
    }
}

/// What the router itself refuses, such as a path that is not UTF-8, is a problem document too.
fn as_problem(response: Response) -> Response {
    let kind = response.headers().get(header::CONTENT_TYPE);
    let is_problem = kind.is_some_and(|kind| kind == "application/problem+json");
    if !response.status().is_client_error() && !response.status().is_server_error() || is_problem {
        return response;
    }
    let detail = "the path or a header cannot be read: `/openapi.json` tells what there is";
    let mut problem = Problem::new(Kind::Malformed, detail);
    problem.status = response.status();
    problem.into_response()
}

/// The slot is taken until the last byte is sent.
fn holding(permit: Option<OwnedSemaphorePermit>, response: Response) -> Response {
    let Some(permit) = permit else {
        return response;
    };
    response.map(|body| {
        Body::new(Holding {
            body,
            _permit: permit,
        })
    })
}

/// A body that takes a slot as long as it is there. It tells its size, so that an answer that is complete has a `content-length`.
struct Holding {
    body: Body,
    _permit: OwnedSemaphorePermit,
}

impl HttpBody for Holding {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
