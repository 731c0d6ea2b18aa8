//! OpenID AuthZEN Authorization API 1.0, on top of the same decisions.
//!
//! Always true here: an evaluation is [mapped](mapping) to one request and decided as any other; whatever fails is not allowed.

mod batch;
mod discovery;
mod mapping;
mod search;
mod unique;

use axum::Json;
use axum::extract::{Request, State};
use scopegate::{Decision, Finding, PolicyId};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

pub(crate) use batch::{__path_evaluations, evaluations};
pub(crate) use discovery::{__path_configuration, configuration};
pub(crate) use search::{__path_search_action, search_action};

use crate::body;
use crate::caller::{Asked, Caller};
use crate::problem::{Kind, Problem};
use crate::service::Service;
use crate::sitting::Sitting;

/// The answer to an evaluation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Answer {
    /// Whether the action may proceed.
    pub(crate) decision: bool,
    /// Why: the decision's id, policy, codes, findings and fallbacks, or `error`.
    #[schema(value_type = Object)]
    pub(crate) context: Value,
}

/// Why something is allowed or denied.
#[derive(Serialize)]
struct Reasons<'a> {
    decision_id: &'a str,
    policy: &'a PolicyId,
    codes: Vec<&'a str>,
    findings: Vec<Finding<'a>>,
    ready: Vec<&'a str>,
    blocked: Vec<&'a str>,
    fallbacks: Vec<scopegate::AccessMode>,
}

impl Answer {
    fn new(decision: &Decision<'_>, id: &str) -> Result<Self, Problem> {
        let context = serde_json::to_value(Reasons {
            decision_id: id,
            policy: decision.policy(),
            codes: decision.codes().collect(),
            findings: decision.findings().collect(),
            ready: decision.ready().collect(),
            blocked: decision.blocked().collect(),
            fallbacks: decision.fallbacks().collect(),
        });
        Ok(Self {
            decision: decision.is_allowed(),
            context: context
                .map_err(|_| Problem::new(Kind::Internal, "the decision cannot be written"))?,
        })
    }

    /// What stands for an evaluation that failed.
    fn failed(problem: Problem) -> Self {
        let problem = problem.in_authzen();
        let (status, message) = (problem.status.as_u16(), &problem.detail);
        Self {
            decision: false,
            context: serde_json::json!({"error": {"status": status, "message": message}}),
        }
    }
}

/// AuthZEN: may this subject take this action on this resource?
#[utoipa::path(post, path = "/access/v1/evaluation", tag = "authzen", request_body = crate::openapi::Evaluation, responses(
    (status = 200, description = "Allowed or denied.", body = Answer),
    (status = "4XX", description = "Not decided, so not allowed: the request is not one.", body = crate::openapi::ProblemDocument, content_type = "application/problem+json"),
    (status = "5XX", description = "Not decided, so not allowed: the policy or the server failed.", body = crate::openapi::ProblemDocument, content_type = "application/problem+json"),
))]
pub(crate) async fn evaluation(
    State(service): State<Service>,
    caller: Caller,
    asked: Asked,
    request: Request,
) -> Result<Json<Answer>, Problem> {
    let answer = async {
        let (given, bytes) = read(&service, request).await?;
        let sitting = Sitting::open(&service, asked.policy.as_deref(), caller)?;
        let answer = sitting.run(bytes, move |sitting| evaluate(sitting, &given, &sitting.id));
        answer.await?
    };
    answer.await.map(Json).map_err(Problem::in_authzen)
}

/// Decides one evaluation.
fn evaluate(sitting: &Sitting, given: &Map<String, Value>, id: &str) -> Result<Answer, Problem> {
    let text = mapping::request(given, None)?;
    let request = sitting.read(&text)?;
    Answer::new(&sitting.decide(&request, id)?, id)
}

/// The object that the body must be, and the bytes of it.
async fn read(service: &Service, request: Request) -> Result<(Map<String, Value>, usize), Problem> {
    if body::media_type(request.headers()).as_deref() != Some("application/json") {
        let detail = "the content type does not fit: send `application/json`";
        return Err(Problem::new(Kind::MediaType, detail));
    }
    let settings = service.settings();
    let body = body::read(request, settings.body_bytes, settings.body_time).await?;
    match unique::read(&body) {
        Ok(Value::Object(object)) => Ok((object, body.len())),
        Ok(_) => Err(Problem::new(Kind::Invalid, "the body: expected an object").at("$")),
        Err(error) => Err(Problem::malformed(&error)),
    }
}
