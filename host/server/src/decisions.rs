//! `POST /v1/decisions`: a request, a list of them, or JSON lines.
//!
//! Always true here: a decision is the domain's JSON, unchanged; its id stands in a header.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};

use crate::body;
use crate::caller::{Asked, Caller};
use crate::connections::Connection;
use crate::lines;
use crate::list;
use crate::problem::{Kind, Problem};
use crate::service::Service;
use crate::sitting::Sitting;

pub(crate) const DECISION_ID: HeaderName = HeaderName::from_static("scopegate-decision-id");

/// Decides requests: one object, a list of objects, or JSON lines (`application/x-ndjson`), which are answered as they come.
///
/// A list is answered by a list and each line by a line, in order: a decision, or `{"error": problem}`. The header
/// `scopegate-decision-id` has the decision's id; those of a list or stream are that id, `/` and the request's index from 0. A list or
/// stream is decided by one version throughout: begin a new one to be decided by what is active now.
#[utoipa::path(
    post, path = "/v1/decisions", tag = "decisions",
    params(("policy" = Option<String>, Query, description = "`name` or `name@version`, where callers may choose; what is configured without")),
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
            let body = body::read_text(request, settings.body_bytes, settings.body_time).await?;
            // Only now, so that a slow body does not hold on to policies that were swapped for others.
            let sitting = open()?;
            let id = sitting.id.clone();
            let (bytes, limit) = (list::bytes_of(&body), settings.batch);
            let answer = sitting.run(bytes, move |sitting| {
                if list::is_list(&body) {
                    list::decide(sitting, &body, limit)
                } else {
                    one(sitting, &body)
                }
            });
            let answer = answer.await?;
            ("application/json", id, Body::from(answer?))
        }
        Some("application/x-ndjson" | "application/jsonl" | "application/jsonlines") => {
            let connection = request.extensions().get::<Arc<Connection>>().cloned();
            let places = service.streams();
            let place = places.take(service.connections(), connection.as_ref());
            let place = place.await.ok_or_else(|| {
                let most = places.most();
                let detail = format!(
                    "{most} streams are being answered already: come again, or send a list"
                );
                Problem::new(Kind::Busy, detail)
            })?;
            let sitting = open()?;
            let id = sitting.id.clone();
            let body = request.into_body();
            let answer = lines::answer(sitting, body, settings, connection, place);
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
    sitting.decide_text(text)?.write_json(&mut out);
    Ok(out)
}
