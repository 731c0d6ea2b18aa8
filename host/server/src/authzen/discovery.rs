//! `GET /.well-known/authzen-configuration`: where the endpoints are.
//!
//! Always true here: only what is there is named, under the identifier that the operator chose.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::{Kind, Problem};
use crate::service::Service;

/// The metadata of this decision point.
#[derive(Serialize, ToSchema)]
pub(crate) struct Configuration {
    policy_decision_point: String,
    access_evaluation_endpoint: String,
    access_evaluations_endpoint: String,
    search_action_endpoint: String,
}

/// AuthZEN: where the endpoints are.
#[utoipa::path(get, path = "/.well-known/authzen-configuration", tag = "authzen", responses(
    (status = 200, description = "The metadata.", body = Configuration),
    (status = 404, description = "No public URL is configured.", body = crate::openapi::ProblemDocument, content_type = "application/problem+json"),
))]
pub(crate) async fn configuration(
    State(service): State<Service>,
) -> Result<Json<Configuration>, Problem> {
    let Some(url) = &service.settings().public_url else {
        let detail = "there is no metadata: configure the public URL of this decision point";
        return Err(Problem::new(Kind::NotFound, detail));
    };
    let base = url.as_str().trim_end_matches('/');
    Ok(Json(Configuration {
        policy_decision_point: url.as_str().to_owned(),
        access_evaluation_endpoint: format!("{base}/access/v1/evaluation"),
        access_evaluations_endpoint: format!("{base}/access/v1/evaluations"),
        search_action_endpoint: format!("{base}/access/v1/search/action"),
    }))
}
