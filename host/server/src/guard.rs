//! What every request goes through: a slot, a time limit, a log line; and a panic is a problem like others.
//!
//! Always true here: every request is answered, within the limits, with the `X-Request-ID` it came with, unless that is too long; and if the answer is that there is
//! no decision, that is counted here.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::Route;
use futures_util::FutureExt as _;
use hyper::body::{Frame, SizeHint};
use scopegate::Excerpt;
use tower::Layer;
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use crate::connections::{Connection, SMALL, Unsent};
use crate::hosts::{self, PROBES};
use crate::message;
use crate::problem::{Kind, Problem};
use crate::service::Service;
use crate::settings::Settings;
use crate::slots;
use crate::within::within;

/// The header with the id that the caller gave the request.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The most bytes of an id: it stands in every record of what is decided.
const ID_BYTES: usize = 128;

/// A place among the requests that are answered at once, free when the last who holds it is done.
pub(crate) type Slot = Arc<slots::Slot>;

tokio::task_local! {
    /// The slot of the request that is being answered: work that goes on without whoever asked for it keeps the slot.
    static SLOT: Option<Slot>;
}

/// The slot of the request that is being answered, if it needs one.
pub(crate) fn slot() -> Option<Slot> {
    SLOT.try_with(Clone::clone).ok().flatten()
}

/// What must answer however busy the server is.
const ALWAYS: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// Has the requests of every route go through a [`Guarded`] service.
#[derive(Clone)]
pub(crate) struct Guard(pub(crate) Service);

impl Layer<Route> for Guard {
    type Service = Guarded;

    fn layer(&self, inner: Route) -> Guarded {
        let service = self.0.clone();
        Guarded { service, inner }
    }
}

/// What a route answers, within the limits.
#[derive(Clone)]
pub(crate) struct Guarded {
    service: Service,
    inner: Route,
}

impl tower::Service<Request> for Guarded {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        tower::Service::<Request>::poll_ready(&mut self.inner, cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let service = self.service.clone();
        let id = request.headers().get(REQUEST_ID).cloned();
        let checked_id = check_id(id.as_ref());
        let id = id.filter(|_| checked_id.is_ok());
        let matched = request.extensions().get::<MatchedPath>().cloned();
        let route = route_of(matched.as_ref());
        let span = span(request.method(), route, id.as_ref());
        service.join(&span, request.headers());
        let connection = request.extensions().get::<Arc<Connection>>().cloned();
        let checked = check(&service, route, &request).and(checked_id);
        let answer = self.inner.call(request);
        // Nothing is taken or begun before it is asked for: the answers before this one may not be sent yet.
        Box::pin(async move {
            let begin = Instant::now();
            let route = route_of(matched.as_ref());
            let connection = connection.as_ref();
            let answer = async {
                checked?;
                let slot = admit(&service, route, connection).await?.map(Arc::new);
                let answer = SLOT.scope(slot.clone(), answer);
                let answer = limited(service.settings(), begin, answer).await?;
                check_answer(service.settings(), route, &answer)?;
                sendable(&service, route, slot, connection, as_problem(answer))
            };
            let answer = answer.instrument(span.clone()).await;
            let mut response = answer.unwrap_or_else(|problem| refused(route, problem));
            if let Some(kind) = response.extensions().get::<Kind>()
                && is_asked_to_decide(route)
            {
                service.metrics().failed(*kind);
            }
            if let Some(id) = id {
                response.headers_mut().insert(REQUEST_ID, id);
            }
            let (status, elapsed) = (response.status().as_u16(), begin.elapsed());
            service.metrics().answered(route, status, elapsed);
            span.record("status", i64::from(status));
            let elapsed_us = elapsed.as_micros();
            span.in_scope(|| {
                // Anybody may ask for these as often as they like, and probes do.
                if PROBES.contains(&route) && response.status().is_success() {
                    tracing::debug!(elapsed_us, "answered");
                } else {
                    tracing::info!(elapsed_us, "answered");
                }
            });
            Ok(response)
        })
    }
}

/// What logs and metrics call the path that was asked for: never what a caller made up.
fn route_of(matched: Option<&MatchedPath>) -> &str {
    matched.map_or("other", MatchedPath::as_str)
}

/// Whether who asks at `route` asks for a decision.
fn is_asked_to_decide(route: &str) -> bool {
    ["/v1/decisions", "/v1/explanations"].contains(&route) || route.starts_with("/access/")
}

/// The span of a request: what it asks for, and what became of it. It has no facts, no tokens, and no text of the caller's but the method and
/// the id that the caller gave the request, both cut.
fn span(method: &Method, route: &str, id: Option<&HeaderValue>) -> Span {
    let method = Excerpt(method.as_str());
    let id = id.map(|id| String::from_utf8_lossy(id.as_bytes()));
    tracing::info_span!(
        "request",
        %method,
        route,
        id = id.map(|id| Excerpt(&id).to_string()),
        status = Empty,
        policy = Empty,
        version = Empty,
        outcome = Empty,
    )
}

/// Checks whether `request` may be answered at all.
fn check(service: &Service, route: &str, request: &Request) -> Result<(), Problem> {
    let settings = service.settings();
    if request.extensions().get::<Arc<Connection>>().is_some() {
        message::check(request)?;
    }
    if service.tokens().is_none() {
        hosts::check(settings, route, request)?;
    }
    check_head(settings, request)
}

/// Checks the id that the caller gave the request.
fn check_id(id: Option<&HeaderValue>) -> Result<(), Problem> {
    if id.is_some_and(|id| id.len() > ID_BYTES) {
        let detail =
            format!("`x-request-id`: it has more than {ID_BYTES} bytes: send a shorter one");
        return Err(Problem::new(Kind::Malformed, detail));
    }
    Ok(())
}

/// A slot for a request that comes over `connection`, if it needs one.
async fn admit(
    service: &Service,
    route: &str,
    connection: Option<&Arc<Connection>>,
) -> Result<Option<slots::Slot>, Problem> {
    if ALWAYS.contains(&route) {
        return Ok(None);
    }
    let connections = service.connections();
    if let Some(connection) = connection
        && connection.is_for_health()
        && !connections.promote(connection)
    {
        let most = service.settings().connections;
        let detail = format!("{most} connections are open already: come again");
        return Err(Problem::new(Kind::Busy, detail));
    }
    let slots = service.slots();
    let slot = slots.take(connections, connection).await;
    if slot.is_some() {
        return Ok(slot);
    }
    let most = slots.most();
    let detail = format!("{most} requests are being answered already: come again");
    Err(Problem::new(Kind::Busy, detail))
}

/// The answer that comes in time, without a panic.
async fn limited(
    settings: &Settings,
    begin: Instant,
    answer: impl Future<Output = Result<Response, Infallible>>,
) -> Result<Response, Problem> {
    let time = settings.body_time.saturating_add(settings.answer_time);
    let answer = AssertUnwindSafe(answer).catch_unwind();
    match within(time, begin, answer).await {
        Some(Ok(answer)) => Ok(answer.unwrap_or_else(|never| match never {})),
        Some(Err(_)) => {
            tracing::error!("an answer panicked");
            let detail = "the server failed, so nothing is allowed: its log tells how";
            Err(Problem::new(Kind::Internal, detail))
        }
        None => {
            let detail = format!("the answer took longer than {time:?}: ask for less at once");
            Err(Problem::new(Kind::TimedOut, detail))
        }
    }
}

/// Checks how large an answer with decisions is, if that is known before it is sent.
fn check_answer(settings: &Settings, route: &str, answer: &Response) -> Result<(), Problem> {
    let limit = settings.answer_bytes;
    match answer.body().size_hint().exact() {
        Some(bytes) if is_asked_to_decide(route) && bytes > limit as u64 => {
            Err(Problem::answer_too_large(limit))
        }
        _ => Ok(()),
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

/// The answer as it is sent. One that is complete has no need of its slot, and its memory is counted if it is large; one that is made as it
/// is sent takes the slot until its last byte.
fn sendable(
    service: &Service,
    route: &str,
    slot: Option<Slot>,
    connection: Option<&Arc<Connection>>,
    response: Response,
) -> Result<Response, Problem> {
    let bytes = response.body().size_hint().exact();
    let bytes = bytes.map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
    let connections = service.connections();
    match bytes {
        Some(..=SMALL) => return Ok(response),
        Some(bytes) if !ALWAYS.contains(&route) && !connections.make_room(bytes) => {
            let detail = "too many large answers are not read yet, so this one is dropped: read them, and come again";
            return Err(Problem::new(Kind::Busy, detail));
        }
        _ => {}
    }
    let sending = |body| Sending {
        body,
        unsent: connections.unsent.clone(),
        connection: connection.cloned(),
        _slot: slot.filter(|_| bytes.is_none()),
    };
    Ok(response.map(|body| Body::new(sending(body))))
}

/// A body whose large pieces are counted until they are sent. It tells its size, so that an answer that is complete has a `content-length`.
struct Sending {
    body: Body,
    unsent: Unsent,
    connection: Option<Arc<Connection>>,
    _slot: Option<Slot>,
}

impl HttpBody for Sending {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        let frame = ready!(Pin::new(&mut this.body).poll_frame(cx));
        let count = |bytes| this.unsent.counted(bytes, this.connection.as_ref());
        Poll::Ready(frame.map(|frame| frame.map(|frame| frame.map_data(count))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
