//! OpenID AuthZEN Authorization API 1.0, on top of the same decisions.
//!
//! Always true here: an evaluation is [mapped](mapping) to one request and decided as any other; whatever fails is not allowed.

mod batch;
mod context;
mod discovery;
mod given;
mod mapping;
mod search;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Request, State};
use scopegate::{Decision, Finding, PolicyId, UniqueJson};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

pub(crate) use batch::{__path_evaluations, evaluations};
pub(crate) use discovery::{__path_configuration, configuration};
pub(crate) use search::{__path_search_action, search_action};

use self::context::Context;
use self::given::{Given, Object};
use crate::body;
use crate::caller::{Asked, Caller};
use crate::problem::{Kind, Problem};
use crate::service::Service;
use crate::sitting::Sitting;

/// The most JSON values of a body: each takes memory, however short its text is.
const VALUES: usize = 100_000;

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
        let body = read(&service, request).await?;
        let sitting = Sitting::open(&service, asked.policy.as_deref(), caller)?;
        let answer = sitting.run(body.len(), move |sitting| alone(sitting, &parse(&body)?));
        answer.await?
    };
    answer.await.map(Json).map_err(Problem::in_authzen)
}

/// Decides an evaluation that is none of a batch.
fn alone(sitting: &Sitting, given: &Object) -> Result<Answer, Problem> {
    let mut context = Context::new(given.get("context"))?;
    evaluate(sitting, Given::alone(given), &mut context, &sitting.id)
}

/// Decides one evaluation in its `context`.
fn evaluate(
    sitting: &Sitting,
    given: Given<'_>,
    context: &mut Context<'_>,
    id: &str,
) -> Result<Answer, Problem> {
    let said = mapping::said(given, context, None)?;
    context.with(sitting, &said, |request| {
        said.check(sitting.policy(request)?)?;
        Answer::new(&sitting.decide(request, id)?, id)
    })
}

/// Refuses a batch or a search that is decided over more than `bytes` of JSON.
fn check_bytes(service: &Service, bytes: usize) -> Result<(), Problem> {
    let limit = service.settings().batch_bytes;
    if bytes <= limit {
        return Ok(());
    }
    let detail = format!(
        "the evaluations with what they share, counted for each, or the search for each action, have more than {limit} bytes: send less at once"
    );
    Err(Problem::new(Kind::TooLarge, detail))
}

/// The body.
async fn read(service: &Service, request: Request) -> Result<Bytes, Problem> {
    if body::media_type(request.headers()).as_deref() != Some("application/json") {
        let detail = "the content type does not fit: send `application/json`";
        return Err(Problem::new(Kind::MediaType, detail));
    }
    let settings = service.settings();
    body::read_text(request, settings.body_bytes, settings.body_time).await
}

/// The object that the body must be.
fn parse(body: &[u8]) -> Result<Object, Problem> {
    match UniqueJson::read(body, VALUES) {
        Ok(Some(UniqueJson(Value::Object(object)))) => Ok(object),
        Ok(None) => {
            let detail = format!(
                "the body has more than {VALUES} JSON values, those that are ignored counted: send less at once"
            );
            Err(Problem::new(Kind::TooLarge, detail))
        }
        Ok(Some(_)) => Err(Problem::new(Kind::Invalid, "the body: expected an object").at("$")),
        Err(error) => Err(Problem::malformed(&error)),
    }
}
