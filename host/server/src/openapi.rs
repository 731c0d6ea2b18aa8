//! The OpenAPI 3.1 document, from the handlers themselves.
//!
//! Always true here: requests and decisions are described by the schemas that `scopegate schema` prints.

use std::sync::LazyLock;

use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Map, Value, json};
use utoipa::{OpenApi, ToSchema};

use crate::{authzen, decisions, explanations, health, policies};

const REQUEST: &str = include_str!("../../cli/schemas/request.schema.json");
const DECISION: &str = include_str!("../../cli/schemas/decision.schema.json");

/// A problem document (RFC 9457).
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what `Problem` writes")]
pub(crate) struct ProblemDocument {
    /// What kind of problem it is: `urn:scopegate:problem:<kind>`.
    r#type: String,
    /// The same for people.
    title: String,
    /// The status.
    status: u16,
    /// What is wrong, where, and what to do.
    detail: String,
    /// The fact that is wrong, such as `scan.targets[3].url`.
    path: Option<String>,
    /// What else is wrong with a request, in its order; absent if nothing is.
    others: Option<Vec<OtherFault>>,
}

/// One more thing that is wrong with a request.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what a problem lists")]
pub(crate) struct OtherFault {
    /// The fact that is wrong, at most 80 bytes of its path.
    path: String,
    /// What is wrong with it.
    message: String,
}

/// A request, or a list of them. Their schema is put in its place.
#[derive(ToSchema)]
pub(crate) struct Requests;

/// A decision, or a list of decisions and errors. Their schema is put in its place.
#[derive(ToSchema)]
pub(crate) struct Decisions;

/// A decision with explanations, or a list of these and errors. Their schema is put in its place.
#[derive(ToSchema)]
pub(crate) struct Explanations;

/// One evaluation. Its schema is put in its place.
#[derive(ToSchema)]
pub(crate) struct Evaluation;

/// Several evaluations, with what they have in common. Its schema is put in its place.
#[derive(ToSchema)]
pub(crate) struct Evaluations;

/// A search for actions. Its schema is put in its place.
#[derive(ToSchema)]
pub(crate) struct ActionSearch;

#[derive(OpenApi)]
#[openapi(
    info(title = "Scopegate", description = "May this action proceed now?"),
    paths(
        decisions::decide,
        explanations::explain,
        policies::list,
        policies::show,
        policies::describe,
        policies::upload,
        policies::activate,
        policies::rollback,
        authzen::evaluation,
        authzen::evaluations,
        authzen::search_action,
        authzen::configuration,
        health::alive,
        health::ready,
        health::metrics,
        document,
    ),
    components(schemas(
        ProblemDocument,
        Requests,
        Decisions,
        Explanations,
        Evaluation,
        Evaluations,
        ActionSearch
    ))
)]
struct Api;

/// The OpenAPI document of the service, as JSON.
pub fn openapi() -> String {
    let mut api = serde_json::to_value(Api::openapi()).unwrap_or_default();
    let schemas = &mut api["components"]["schemas"];
    let request = lift(REQUEST, "Request", schemas);
    let decision = lift(DECISION, "Decision", schemas);
    let error = json!({
        "type": "object", "required": ["error"],
        "properties": {"error": {"$ref": "#/components/schemas/ProblemDocument"}},
    });
    let item = json!({
        "description": "A request; what is none is answered by an error in its place.",
        "anyOf": [request, {}],
    });
    schemas["Requests"] =
        json!({"anyOf": [request, {"type": "array", "minItems": 1, "items": item}]});
    for (name, schema) in authzen_bodies() {
        schemas[name] = schema;
    }
    let explained = json!({"allOf": [decision, {"required": ["explanations"]}]});
    schemas["Explanations"] =
        json!({"anyOf": [explained, {"type": "array", "items": {"anyOf": [explained, error]}}]});
    schemas["Decisions"] =
        json!({"anyOf": [decision, {"type": "array", "items": {"anyOf": [decision, error]}}]});
    api["components"]["securitySchemes"] = json!({"token": {"type": "http", "scheme": "bearer"}});
    api["security"] = json!([{"token": []}, {}]);
    api.to_string()
}

/// What AuthZEN's requests look like. What they have besides is ignored.
fn authzen_bodies() -> [(&'static str, Value); 3] {
    let entity = |names: &[&str]| {
        let mut properties: Map<String, Value> = names
            .iter()
            .map(|name| ((*name).to_owned(), json!({"type": "string"})))
            .collect();
        properties.insert("properties".to_owned(), json!({"type": ["object", "null"]}));
        json!({"type": "object", "required": names, "properties": properties})
    };
    let subject = entity(&["type", "id"]);
    let resource = entity(&["type", "id"]);
    let action = entity(&["name"]);
    let context = json!({"type": ["object", "null"]});
    let evaluation = json!({
        "type": "object", "required": ["subject", "action", "resource"],
        "properties": {"subject": subject, "action": action, "resource": resource, "context": context},
    });
    let semantics = [
        "execute_all",
        "deny_on_first_deny",
        "permit_on_first_permit",
    ];
    let evaluations = json!({
        "type": "object",
        "properties": {
            "subject": {}, "action": {}, "resource": {}, "context": {},
            "evaluations": {
                "type": "array",
                "items": {"description": "An evaluation, or what of it is not common to all; what is none is answered by an error in its place."},
            },
            "options": {"type": "object", "properties": {"evaluations_semantic": {"type": "string", "enum": semantics}}},
        },
    });
    let search = json!({
        "type": "object", "required": ["subject", "resource"],
        "properties": {
            "subject": subject, "resource": resource, "context": context,
            "page": {"type": "object", "properties": {"token": {"type": "string"}, "limit": {"type": "integer", "minimum": 1}}},
        },
    });
    [
        ("Evaluation", evaluation),
        ("Evaluations", evaluations),
        ("ActionSearch", search),
    ]
}

/// Puts a JSON Schema and its definitions among `schemas`; gives the reference to it.
fn lift(text: &str, name: &str, schemas: &mut Value) -> Value {
    let text = text.replace("#/$defs/", &format!("#/components/schemas/{name}."));
    let mut schema: Map<String, Value> = serde_json::from_str(&text).unwrap_or_default();
    schema.remove("$schema");
    if let Some(Value::Object(definitions)) = schema.remove("$defs") {
        for (definition, value) in definitions {
            schemas[format!("{name}.{definition}")] = value;
        }
    }
    schemas[name] = Value::Object(schema);
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "operation", responses((status = 200, description = "OpenAPI 3.1.", body = Object)))]
pub(crate) async fn document() -> Response {
    static DOCUMENT: LazyLock<String> = LazyLock::new(openapi);
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (kind, DOCUMENT.as_str()).into_response()
}
