//! `/v1/policies`: which policies decide here, and, for administrators, which should.
//!
//! Always true here: what a caller is told of a policy is what is on the shelf; `stored` alone is what the store says.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use scopegate::{Excerpt, Origin, Policy};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::administration::{
    Activated, Administration, AdministrationError, Event, Stored, Uploaded,
};
use crate::body;
use crate::caller::{Administrator, Caller};
use crate::problem::{Kind, Problem};
use crate::service::Service;
use crate::shelf::{Shelved, Snapshot};
use crate::sitting::blocking;
use crate::tokens::Role;
use crate::upload::{Component, Parts, Upload};

/// The policies that decide here.
#[derive(Serialize, ToSchema)]
pub(crate) struct Listing {
    /// The one that decides where none is asked for.
    default: Option<String>,
    policies: Vec<Standing>,
    /// For administrators: what the store holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    stored: Option<Vec<Stored>>,
}

/// A policy that decides here.
#[derive(Serialize, ToSchema)]
pub(crate) struct Standing {
    name: String,
    /// The version that decides where none is asked for.
    active: Option<String>,
    /// The loaded versions and the digests of their components.
    versions: BTreeMap<String, String>,
    /// Why the last activation, or what was handed in last, failed, if it did.
    last_failure: Option<String>,
}

/// A policy that decides here, and what the store says of it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Shown {
    #[serde(flatten)]
    standing: Standing,
    /// For administrators: what the store holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    stored: Option<Stored>,
    /// For administrators: what was done to it, oldest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<Vec<Event>>,
}

/// Which version to activate, and why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Activation {
    version: String,
    /// Whether it may be older than the active one.
    #[serde(default)]
    allow_downgrade: bool,
    /// Why, for the history: at most 1,000 bytes.
    reason: Option<String>,
}

/// Why to go back.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rollback {
    /// Why, for the history: at most 1,000 bytes.
    reason: Option<String>,
}

/// The most bytes of a reason.
const REASON_BYTES: usize = 1_000;

impl Standing {
    fn new(name: &str, shelved: &Shelved) -> Self {
        let versions = shelved.versions.iter();
        Self {
            name: name.to_owned(),
            active: shelved.active.clone(),
            versions: versions
                .map(|(version, policy)| (version.clone(), policy.id().digest.clone()))
                .collect(),
            last_failure: shelved.last_failure.clone(),
        }
    }
}

/// Which policies decide here.
#[utoipa::path(get, path = "/v1/policies", tag = "policies", responses(
    (status = 200, description = "The policies.", body = Listing),
    (status = "4XX", description = "Who asks may not.", body = crate::openapi::ProblemDocument, content_type = "application/problem+json"),
))]
pub(crate) async fn list(
    State(service): State<Service>,
    caller: Caller,
) -> Result<Json<Listing>, Problem> {
    let snapshot = service.shelf().snapshot();
    let stored = stored(&service, &caller, |store| store.list()).await?;
    let policies = snapshot.policies.iter();
    Ok(Json(Listing {
        default: snapshot.default.clone(),
        policies: policies
            .map(|(name, shelved)| Standing::new(name, shelved))
            .collect(),
        stored,
    }))
}

/// Which versions of a policy there are.
#[utoipa::path(get, path = "/v1/policies/{name}", tag = "policies", params(("name" = String, Path)), responses(
    (status = 200, description = "The policy.", body = Shown),
    (status = "4XX", description = "There is none, or who asks may not.", body = crate::openapi::ProblemDocument, content_type = "application/problem+json"),
))]
pub(crate) async fn show(
    State(service): State<Service>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Json<Shown>, Problem> {
    let snapshot = service.shelf().snapshot();
    let asked = name.clone();
    let stored = stored(&service, &caller, move |store| {
        Ok((store.show(&asked)?, store.history(&asked)?))
    });
    // What is not on the shelf yet may be in the store.
    let (stored, history) = match stored.await {
        Ok(stored) => stored.unzip(),
        Err(problem) if problem.kind == Kind::NotFound => (None, None),
        Err(problem) => return Err(problem),
    };
    let standing = match snapshot.policies.get(&name) {
        Some(shelved) => Standing::new(&name, shelved),
        None if stored.is_some() => Standing::new(&name, &Shelved::default()),
        None => return Err(no_policy(&name)),
    };
    Ok(Json(Shown {
        standing,
        stored,
        history,
    }))
}

/// What a version says it is: its manifest.
#[utoipa::path(get, path = "/v1/policies/{name}/{version}", tag = "policies",
    params(("name" = String, Path), ("version" = String, Path)),
    responses(
        (status = 200, description = "Its name, version, digest, origin and manifest.", body = Object),
        (status = "4XX", description = "There is none, or who asks may not.", body = crate::openapi::ProblemDocument, content_type = "application/problem+json"),
    ))]
pub(crate) async fn describe(
    State(service): State<Service>,
    _: Caller,
    Path((name, version)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let snapshot = service.shelf().snapshot();
    let policy = find(&snapshot, &name, &version)?;
    let origin = match policy.origin() {
        Origin::Compiled => "compiled",
        Origin::Recorded => "recorded",
        Origin::Foreign => "foreign",
    };
    let active = snapshot.policies[&name].active.as_deref() == Some(&version);
    let described = serde_json::json!({
        "policy": policy.id(), "active": active, "origin": origin, "manifest": policy.manifest(),
    });
    Ok(Json(described).into_response())
}

/// Stores a component as a version of a policy, alone or with its signature and cases; it decides once it is activated.
#[utoipa::path(put, path = "/v1/policies/{name}/{version}", tag = "administration",
    params(("name" = String, Path), ("version" = String, Path)),
    request_body(content((Component = "application/wasm"), (Parts = "multipart/form-data")), description = "The component; with what belongs to it in parts."),
    responses(
        (status = 201, description = "It is stored.", body = Uploaded),
        (status = 200, description = "It was stored before, the same bytes.", body = Uploaded),
        (status = "4XX", description = "It is not stored.", body = crate::openapi::ProblemDocument, content_type = "application/problem+json"),
    ))]
pub(crate) async fn upload(
    State(service): State<Service>,
    Administrator(caller): Administrator,
    Path((name, version)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let upload = Upload::read(request, service.settings()).await?;
    let uploaded = administer(&service, move |store| {
        store.upload(&name, &version, upload, &caller.name)
    });
    let uploaded = uploaded.await?;
    let status = if uploaded.created {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, Json(uploaded)).into_response())
}

/// Makes a stored version the one that decides.
#[utoipa::path(post, path = "/v1/policies/{name}/activate", tag = "administration",
    params(("name" = String, Path)), request_body = Activation,
    responses(
        (status = 200, description = "It decides now.", body = Activated),
        (status = "4XX", description = "Nothing changed.", body = crate::openapi::ProblemDocument, content_type = "application/problem+json"),
    ))]
pub(crate) async fn activate(
    State(service): State<Service>,
    Administrator(caller): Administrator,
    Path(name): Path<String>,
    request: Request,
) -> Result<Json<Activated>, Problem> {
    json_only(request.headers())?;
    let settings = service.settings();
    let body = body::read_text(request, settings.body_bytes, settings.body_time).await?;
    let Activation {
        version,
        allow_downgrade,
        reason,
    } = serde_json::from_slice(&body).map_err(|error| Problem::malformed(&error))?;
    check_reason(reason.as_deref())?;
    let activated = administer(&service, move |store| {
        let (by, reason) = (&caller.name, reason.as_deref());
        store.activate(&name, &version, allow_downgrade, by, reason)
    });
    Ok(Json(activated.await?))
}

/// Makes the version that decided before decide again.
#[utoipa::path(post, path = "/v1/policies/{name}/rollback", tag = "administration",
    params(("name" = String, Path)), request_body = Rollback,
    responses(
        (status = 200, description = "It decides again.", body = Activated),
        (status = "4XX", description = "Nothing changed.", body = crate::openapi::ProblemDocument, content_type = "application/problem+json"),
    ))]
pub(crate) async fn rollback(
    State(service): State<Service>,
    Administrator(caller): Administrator,
    Path(name): Path<String>,
    request: Request,
) -> Result<Json<Activated>, Problem> {
    let is_json = json_only(request.headers());
    let settings = service.settings();
    let body = body::read_text(request, settings.body_bytes, settings.body_time).await?;
    let Rollback { reason } = if body.is_empty() {
        Rollback::default()
    } else {
        is_json?;
        serde_json::from_slice(&body).map_err(|error| Problem::malformed(&error))?
    };
    check_reason(reason.as_deref())?;
    let activated = administer(&service, move |store| {
        store.rollback(&name, &caller.name, reason.as_deref())
    });
    Ok(Json(activated.await?))
}

fn find<'s>(snapshot: &'s Snapshot, name: &str, version: &str) -> Result<&'s Policy, Problem> {
    let shelved = snapshot.policies.get(name);
    let shelved = shelved.ok_or_else(|| no_policy(name))?;
    shelved.versions.get(version).ok_or_else(|| {
        let version = Excerpt(version);
        let detail = format!(
            "the policy `{name}` has no version `{version}`: `GET /v1/policies/{name}` tells which there are"
        );
        Problem::new(Kind::NotFound, detail)
    })
}

fn no_policy(name: &str) -> Problem {
    let name = Excerpt(name);
    let detail = format!("there is no policy `{name}`: `GET /v1/policies` tells which there are");
    Problem::new(Kind::NotFound, detail)
}

fn check_reason(reason: Option<&str>) -> Result<(), Problem> {
    if reason.is_none_or(|reason| reason.len() <= REASON_BYTES) {
        return Ok(());
    }
    let detail = format!("`reason` has more than {REASON_BYTES} bytes: say it in fewer");
    Err(Problem::new(Kind::Malformed, detail).at("reason"))
}

fn json_only(headers: &HeaderMap) -> Result<(), Problem> {
    if body::media_type(headers).as_deref() == Some("application/json") {
        return Ok(());
    }
    let detail = "the content type does not fit: send `application/json`";
    Err(Problem::new(Kind::MediaType, detail))
}

/// What the store says to an administrator.
async fn stored<T: Send + 'static>(
    service: &Service,
    caller: &Caller,
    ask: impl FnOnce(&dyn Administration) -> Result<T, AdministrationError> + Send + 'static,
) -> Result<Option<T>, Problem> {
    if caller.role < Role::Administer || service.administration().is_none() {
        return Ok(None);
    }
    administer(service, ask).await.map(Some)
}

/// Has the store do `work`, on a thread that may take its time.
async fn administer<T: Send + 'static>(
    service: &Service,
    work: impl FnOnce(&dyn Administration) -> Result<T, AdministrationError> + Send + 'static,
) -> Result<T, Problem> {
    let Some(store) = service.administration().map(Arc::clone) else {
        return Err(Problem::new(
            Kind::Internal,
            "there is no store of policies",
        ));
    };
    Ok(blocking(move || work(&*store)).await??)
}
