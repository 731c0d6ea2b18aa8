//! `POST /access/v1/search/action`: what a subject may do with a resource.
//!
//! Always true here: an action is found only if it was decided, on the same facts at the same time, and allowed.

use axum::Json;
use axum::extract::{Request, State};
use scopegate::Policy;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::context::Context;
use super::given::{Given, bytes, invalid};
use super::{check_bytes, mapping, parse, read};
use crate::caller::{Asked, Caller};
use crate::problem::Problem;
use crate::service::Service;
use crate::sitting::Sitting;

/// The actions that are allowed.
#[derive(Serialize, ToSchema)]
pub(crate) struct Found {
    results: Vec<Action>,
    page: Page,
}

#[derive(Serialize, ToSchema)]
struct Action {
    name: String,
}

/// Where the results go on.
#[derive(Serialize, ToSchema)]
struct Page {
    /// Asks for more; empty if there is none.
    next_token: String,
    count: usize,
    total: usize,
}

/// AuthZEN: which actions the policy governs and would allow.
#[utoipa::path(post, path = "/access/v1/search/action", tag = "authzen", request_body = crate::openapi::ActionSearch, responses(
    (status = 200, description = "The allowed actions, in the policy's order.", body = Found),
    (status = "4XX", description = "Nothing is decided: the request is not one.", body = crate::openapi::ProblemDocument, content_type = "application/problem+json"),
    (status = "5XX", description = "Nothing is decided: the policy or the server failed.", body = crate::openapi::ProblemDocument, content_type = "application/problem+json"),
))]
pub(crate) async fn search_action(
    State(service): State<Service>,
    caller: Caller,
    asked: Asked,
    request: Request,
) -> Result<Json<Found>, Problem> {
    let found = async {
        let body = read(&service, request).await?;
        let sitting = Sitting::open(&service, asked.policy.as_deref(), caller)?;
        // Every action is asked about, so it may take its time.
        let found = sitting.run(usize::MAX, move |sitting| {
            search(&service, sitting, &parse(&body)?)
        });
        found.await?.map(Json)
    };
    found.await.map_err(Problem::in_authzen)
}

fn search(
    service: &Service,
    sitting: &Sitting,
    given: &Map<String, Value>,
) -> Result<Found, Problem> {
    let mut facts = given.clone();
    // The context may have a whole request; its action is what is searched for.
    if let Some(Value::Object(request)) = facts
        .get_mut("context")
        .and_then(|context| context.get_mut("request"))
    {
        request.remove("action");
    }
    let mut context = Context::new(facts.get("context"))?;
    let said = mapping::said(Given::alone(&facts), &context, Some(""))?;
    context.with(sitting, &said, |request| {
        let policy = sitting.policy(request)?;
        said.check(policy)?;
        let actions = policy.manifest().actions.len();
        check_bytes(service, bytes(given).saturating_mul(actions))?;
        let (skipped, limit) = page(given, policy)?;
        Ok(found(
            policy,
            allowed(sitting, policy, request)?,
            skipped,
            limit,
        ))
    })
}

/// What of the `allowed` actions is on a page.
fn found(policy: &Policy, allowed: Vec<String>, skipped: usize, limit: usize) -> Found {
    let total = allowed.len();
    let rest = allowed.into_iter().skip(skipped).take(limit);
    let results: Vec<_> = rest.map(|name| Action { name }).collect();
    let (count, end) = (results.len(), skipped.saturating_add(results.len()));
    let next_token = if end < total && count > 0 {
        token(end, policy)
    } else {
        String::new()
    };
    let page = Page {
        next_token,
        count,
        total,
    };
    Found { results, page }
}

/// The actions of `policy` that would be allowed.
fn allowed(
    sitting: &Sitting,
    policy: &Policy,
    request: &mut scopegate::Request,
) -> Result<Vec<String>, Problem> {
    let mut allowed = Vec::new();
    for (index, action) in policy.manifest().actions.iter().enumerate() {
        request.action.clone_from(action);
        let id = format!("{}/{index}", sitting.id);
        if sitting.decide(request, &id)?.is_allowed() {
            allowed.push(action.clone());
        }
    }
    Ok(allowed)
}

/// How many results were given before, and how many are asked for now.
fn page(given: &Map<String, Value>, policy: &Policy) -> Result<(usize, usize), Problem> {
    let page = match given.get("page") {
        None => return Ok((0, usize::MAX)),
        Some(Value::Object(page)) => page,
        Some(_) => return Err(invalid("page", "expected an object")),
    };
    let limit = match page.get("limit") {
        None => usize::MAX,
        Some(limit) => match limit.as_u64().filter(|limit| *limit > 0) {
            Some(limit) => usize::try_from(limit).unwrap_or(usize::MAX),
            None => return Err(invalid("page.limit", "expected a number above 0")),
        },
    };
    let skipped = match page.get("token") {
        None => 0,
        Some(Value::String(token)) if token.is_empty() => 0,
        Some(Value::String(given)) => {
            let skipped = given
                .split('.')
                .next()
                .and_then(|skipped| skipped.parse().ok());
            let what = "not a token of this policy: begin again without one";
            skipped
                .filter(|skipped| *given == token(*skipped, policy))
                .ok_or_else(|| invalid("page.token", what))?
        }
        Some(_) => return Err(invalid("page.token", "expected a text")),
    };
    Ok((skipped, limit))
}

/// Goes on behind `skipped` results, with the same policy only.
fn token(skipped: usize, policy: &Policy) -> String {
    let digest = &policy.id().digest;
    let digest = digest.strip_prefix("sha256:").unwrap_or(digest);
    format!("{skipped}.{}", digest.get(..16).unwrap_or(digest))
}
