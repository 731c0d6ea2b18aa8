//! `POST /v1/explanations`: decisions with the facts that decided.
//!
//! Always true here: what is explained was decided, recorded and counted as any other decision; without that nothing is explained.

use std::time::Instant;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use scopegate::{Decision, Explanation};
use serde::Serialize;

use crate::body;
use crate::caller::{Asked, Caller};
use crate::decisions::DECISION_ID;
use crate::list;
use crate::problem::{Kind, Problem};
use crate::service::Service;
use crate::sitting::Sitting;

/// A decision, and what decided each requirement that is not met.
#[derive(Serialize)]
struct Explained<'d> {
    #[serde(flatten)]
    decision: &'d Decision<'d>,
    explanations: &'d [Explanation<'d>],
}

/// Decides a request, or each of a list, and tells which facts decided, with their values.
///
/// It is as `/v1/decisions`, under the same limits and recorded alike, and takes about twice as long. `explanations` has one for each
/// finding, in their order, and is empty where the action is allowed. A fact that is absent has the value `null`.
#[utoipa::path(
    post, path = "/v1/explanations", tag = "decisions",
    params(("policy" = Option<String>, Query, description = "`name` or `name@version`, where callers may choose; what is configured without")),
    request_body = crate::openapi::Requests,
    responses(
        (status = 200, description = "Allowed or denied, and why.", body = crate::openapi::Explanations),
        (status = "4XX", description = "Not decided: the request is not one.", body = crate::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = "5XX", description = "Not decided: the policy or the server failed.", body = crate::openapi::ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn explain(
    State(service): State<Service>,
    caller: Caller,
    asked: Asked,
    request: Request,
) -> Result<Response, Problem> {
    if body::media_type(request.headers()).as_deref() != Some("application/json") {
        let detail = "the content type does not fit: send `application/json`";
        return Err(Problem::new(Kind::MediaType, detail));
    }
    let settings = service.settings();
    let body = body::read_text(request, settings.body_bytes, settings.body_time).await?;
    let sitting = Sitting::open(&service, asked.policy.as_deref(), caller)?;
    let (id, limit) = (sitting.id.clone(), settings.batch);
    let answer = sitting.run(list::bytes_of(&body), move |sitting| {
        if list::is_list(&body) {
            each(sitting, &list::split(&body, limit)?)
        } else {
            one(sitting, &body, &sitting.id)
        }
    });
    let answer = Body::from(answer.await??);
    let kind = HeaderValue::from_static("application/json");
    let mut response = ([(header::CONTENT_TYPE, kind)], answer).into_response();
    if let Ok(id) = HeaderValue::try_from(id) {
        response.headers_mut().insert(DECISION_ID, id);
    }
    Ok(response)
}

/// Explains each of `requests` by itself; one that fails leaves the others unharmed.
fn each(sitting: &Sitting, requests: &[&[u8]]) -> Result<Vec<u8>, Problem> {
    let mut out = vec![b'['];
    for (index, request) in requests.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        let begin = out.len();
        match one(sitting, request, &format!("{}/{index}", sitting.id)) {
            Ok(explained) => out.extend_from_slice(&explained),
            Err(problem) => {
                sitting.failed(&problem);
                list::error(&problem, &mut out);
            }
        }
        sitting.take_answer_bytes(out.len() - begin)?;
    }
    out.push(b']');
    Ok(out)
}

fn one(sitting: &Sitting, text: &[u8], id: &str) -> Result<Vec<u8>, Problem> {
    let request = sitting.read(text)?;
    let decision = sitting.decide(&request, id)?;
    let explanations = if decision.is_allowed() {
        Vec::new()
    } else {
        sitting.check_time(Instant::now())?;
        sitting.policy(&request)?.explain(&request)?
    };
    let explained = Explained {
        decision: &decision,
        explanations: &explanations,
    };
    serde_json::to_vec(&explained)
        .map_err(|_| Problem::new(Kind::Internal, "the explanation cannot be written"))
}
