//! Whether the server lives, whether it can decide, and what it has done.
//!
//! Always true here: what is ready can decide.

use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};

use crate::caller::Caller;
use crate::problem::{Kind, Problem};
use crate::recorder::Recorder;
use crate::service::Service;

/// The server lives.
#[utoipa::path(get, path = "/healthz", tag = "operation", responses((status = 200, description = "It lives.", body = String)))]
pub(crate) async fn alive() -> &'static str {
    "alive\n"
}

/// The server can decide.
#[utoipa::path(get, path = "/readyz", tag = "operation", responses(
    (status = 200, description = "It can decide.", body = String),
    (status = 503, description = "It cannot, and says why.", body = crate::openapi::ProblemDocument, content_type = "application/problem+json"),
))]
pub(crate) async fn ready(State(service): State<Service>) -> Result<&'static str, Problem> {
    let snapshot = service.shelf().snapshot();
    if let Some(problem) = service.stale(&snapshot) {
        return Err(problem);
    }
    if let Some(reason) = service.recorder().and_then(Recorder::trouble) {
        let detail = format!("no decision can be recorded, so nothing is allowed: {reason}");
        return Err(Problem::new(Kind::NotRecorded, detail));
    }
    let is_ready = match &snapshot.default {
        Some(name) => snapshot
            .policies
            .get(name)
            .is_some_and(|it| it.active.is_some()),
        None => snapshot.policies.values().any(|it| it.active.is_some()),
    };
    if !is_ready {
        let detail = "no policy is active: hand one in and activate it";
        return Err(Problem::new(Kind::NoPolicy, detail));
    }
    Ok("ready\n")
}

/// What the server has done, for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "operation", responses(
    (status = 200, description = "The OpenMetrics text format.", body = String, content_type = "application/openmetrics-text"),
    (status = "4XX", description = "Who asks may not.", body = crate::openapi::ProblemDocument, content_type = "application/problem+json"),
))]
pub(crate) async fn metrics(
    State(service): State<Service>,
    request: Request,
) -> Result<Response, Problem> {
    if service.settings().metrics_need_token {
        Caller::from_request_parts(&mut request.into_parts().0, &service).await?;
    }
    let recorded = service.recorder().map(Recorder::counters);
    let text = service
        .metrics()
        .text(&service, recorded.unwrap_or_default());
    let text = text.map_err(|_| Problem::new(Kind::Internal, "the metrics cannot be written"))?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}
