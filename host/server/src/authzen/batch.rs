//! `POST /access/v1/evaluations`: several evaluations with defaults in common.
//!
//! Always true here: answers stand in the order of their evaluations, and one that fails is `false` and leaves the others unharmed.

use std::time::Instant;

use axum::Json;
use axum::extract::{Request, State};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use utoipa::ToSchema;

use super::context::Context;
use super::given::{Given, Object, bytes_of_batch, invalid};
use super::{Answer, alone, check_bytes, evaluate, parse, read};
use crate::caller::{Asked, Caller};
use crate::problem::{Kind, Problem};
use crate::service::Service;
use crate::sitting::Sitting;

/// The answers to several evaluations.
#[derive(Serialize, ToSchema)]
pub(crate) struct Answers {
    #[schema(value_type = Vec<Answer>)]
    evaluations: Vec<Box<RawValue>>,
}

/// What several evaluations, or none, are answered by.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Answered {
    /// The answers to all of them.
    Each(Answers),
    /// Without `evaluations`: the answer to the one that the defaults are.
    One(Answer),
}

/// When the answers end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Until {
    /// With the last evaluation.
    Last,
    /// With the first of this decision.
    First(bool),
}

/// AuthZEN: several evaluations; without `evaluations` one, as `/access/v1/evaluation`.
#[utoipa::path(post, path = "/access/v1/evaluations", tag = "authzen", request_body = crate::openapi::Evaluations, responses(
    (status = 200, description = "An answer to each, in order.", body = Answered),
    (status = "4XX", description = "Nothing is decided, so nothing allowed: the request is not one.", body = crate::openapi::ProblemDocument, content_type = "application/problem+json"),
    (status = "5XX", description = "Nothing is decided, so nothing allowed: the server failed.", body = crate::openapi::ProblemDocument, content_type = "application/problem+json"),
))]
pub(crate) async fn evaluations(
    State(service): State<Service>,
    caller: Caller,
    asked: Asked,
    request: Request,
) -> Result<Json<Answered>, Problem> {
    let answer = async {
        let body = read(&service, request).await?;
        let sitting = Sitting::open(&service, asked.policy.as_deref(), caller)?;
        // A short text may have many evaluations, so it may take its time.
        let answered = sitting.run(usize::MAX, move |sitting| {
            answered(&service, sitting, &parse(&body)?)
        });
        answered.await?
    };
    answer.await.map(Json).map_err(Problem::in_authzen)
}

fn answered(service: &Service, sitting: &Sitting, given: &Object) -> Result<Answered, Problem> {
    let until = until(given)?;
    let items: &[Value] = match given.get("evaluations") {
        None => &[],
        Some(Value::Array(list)) => list,
        Some(_) => return Err(invalid("evaluations", "expected a list")),
    };
    let limit = service.settings().batch;
    if items.len() > limit {
        let detail = format!("`evaluations` has more than {limit} elements: send less at once");
        return Err(Problem::new(Kind::TooLarge, detail));
    }
    if items.is_empty() {
        return alone(sitting, given).map(Answered::One);
    }
    check_bytes(service, bytes_of_batch(items, given))?;
    answers(sitting, given, items, until).map(Answered::Each)
}

fn answers(
    sitting: &Sitting,
    given: &Object,
    items: &[Value],
    until: Until,
) -> Result<Answers, Problem> {
    let mut shared = Context::new(given.get("context"));
    let mut evaluations = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let id = format!("{}/{index}", sitting.id);
        let answer = one(sitting, item, given, &mut shared, &id)
            .inspect_err(|problem| sitting.failed(problem))
            .unwrap_or_else(Answer::failed);
        let decision = answer.decision;
        let answer = to_raw_value(&answer)
            .map_err(|_| Problem::new(Kind::Internal, "the decision cannot be written"))?;
        sitting.take_answer_bytes(answer.get().len())?;
        evaluations.push(answer);
        if until == Until::First(decision) {
            break;
        }
    }
    Ok(Answers { evaluations })
}

/// Decides one of the evaluations, in its own context or the `shared` one.
fn one(
    sitting: &Sitting,
    item: &Value,
    defaults: &Object,
    shared: &mut Result<Context<'_>, Problem>,
    id: &str,
) -> Result<Answer, Problem> {
    sitting.check_time(Instant::now())?;
    let given = Given::in_batch(item, defaults)?;
    match (given.own_context(), shared) {
        (Some(own), _) => evaluate(sitting, given, &mut Context::new(Some(own))?, id),
        (None, Ok(shared)) => evaluate(sitting, given, shared, id),
        (None, Err(problem)) => Err(problem.clone()),
    }
}

fn until(given: &Object) -> Result<Until, Problem> {
    let options = match given.get("options") {
        None => return Ok(Until::Last),
        Some(Value::Object(options)) => options,
        Some(_) => return Err(invalid("options", "expected an object")),
    };
    let at = "options.evaluations_semantic";
    match options.get("evaluations_semantic") {
        None => Ok(Until::Last),
        Some(Value::String(semantic)) => match semantic.as_str() {
            "execute_all" => Ok(Until::Last),
            "deny_on_first_deny" => Ok(Until::First(false)),
            "permit_on_first_permit" => Ok(Until::First(true)),
            _ => Err(invalid(
                at,
                "unknown: expected `execute_all`, `deny_on_first_deny` or `permit_on_first_permit`",
            )),
        },
        Some(_) => Err(invalid(at, "expected a text")),
    }
}
