//! `POST /access/v1/evaluations`: several evaluations with defaults in common.
//!
//! Always true here: answers stand in the order of their evaluations, and one that fails is `false` and leaves the others unharmed.

use axum::Json;
use axum::extract::{Request, State};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::mapping::invalid;
use super::{Answer, evaluate, read};
use crate::caller::{Asked, Caller};
use crate::problem::{Kind, Problem};
use crate::service::Service;
use crate::sitting::Sitting;

type Object = Map<String, Value>;

/// The answers to several evaluations.
#[derive(Serialize, ToSchema)]
pub(crate) struct Answers {
    evaluations: Vec<Answer>,
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
        let (given, bytes) = read(&service, request).await?;
        let sitting = Sitting::open(&service, asked.policy.as_deref(), caller)?;
        let until = until(&given)?;
        let many = match given.get("evaluations") {
            None => 0,
            Some(Value::Array(list)) => list.len(),
            Some(_) => return Err(invalid("evaluations", "expected a list")),
        };
        let limit = service.settings().batch;
        if many > limit {
            let detail = format!("`evaluations` has more than {limit} elements: send less at once");
            return Err(Problem::new(Kind::TooLarge, detail));
        }
        if many == 0 {
            let answer = sitting.run(bytes, move |sitting| evaluate(sitting, &given, &sitting.id));
            return Ok(Answered::One(answer.await??));
        }
        // Each may have all the defaults.
        let bytes = bytes.saturating_mul(many);
        let answers = sitting.run(bytes, move |sitting| answers(sitting, given, until));
        Ok(Answered::Each(answers.await?))
    };
    answer.await.map(Json).map_err(Problem::in_authzen)
}

fn answers(sitting: &Sitting, mut given: Object, until: Until) -> Answers {
    let Some(Value::Array(list)) = given.remove("evaluations") else {
        return Answers {
            evaluations: Vec::new(),
        };
    };
    let mut evaluations = Vec::with_capacity(list.len());
    for (index, item) in list.into_iter().enumerate() {
        let id = format!("{}/{index}", sitting.id);
        let answer = with_defaults(item, &given)
            .and_then(|evaluation| evaluate(sitting, &evaluation, &id))
            .inspect_err(|problem| sitting.failed(problem))
            .unwrap_or_else(Answer::failed);
        let decision = answer.decision;
        evaluations.push(answer);
        if until == Until::First(decision) {
            break;
        }
    }
    Answers { evaluations }
}

/// The evaluation `item`, with what it lacks from `defaults`.
///
/// What an item has replaces the whole default; only a `type`, `id` or `name` that its entity lacks is still the default's.
fn with_defaults(item: Value, defaults: &Object) -> Result<Object, Problem> {
    let Value::Object(mut item) = item else {
        return Err(invalid("evaluations[]", "expected an object"));
    };
    for name in ["subject", "action", "resource", "context"] {
        let Some(default) = defaults.get(name) else {
            continue;
        };
        match (item.get_mut(name), default) {
            (None, default) => {
                item.insert(name.to_owned(), default.clone());
            }
            (Some(Value::Object(entity)), Value::Object(default)) if name != "context" => {
                for needed in ["type", "id", "name"] {
                    if let (None, Some(value)) = (entity.get(needed), default.get(needed)) {
                        entity.insert(needed.to_owned(), value.clone());
                    }
                }
            }
            _ => {}
        }
    }
    Ok(item)
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
