//! The schema of a line that `check --format json` prints.

use scopegate::AccessMode;
use serde_json::{Value, json};

use super::DIALECT;

/// The schema of a decision, or of the error that stands in its place.
pub(crate) fn decision() -> Value {
    let modes: Vec<&str> = AccessMode::ALL.iter().map(|mode| mode.name()).collect();
    let text = |description: &str| json!({ "description": description, "type": "string" });
    let texts = |description: &str| json!({ "description": description, "type": "array", "items": { "type": "string" }, "uniqueItems": true });
    json!({
        "$schema": DIALECT,
        "title": "What `scopegate check --format json` prints for a request",
        "oneOf": [{ "$ref": "#/$defs/decision" }, { "$ref": "#/$defs/no_decision" }],
        "$defs": {
            "decision": object("Whether an action may proceed, and what stands in its way.", &json!({
                "decision": { "description": "Whether the action may proceed.", "enum": ["allow", "deny"] },
                "codes": texts("The codes of the unmet requirements, each once, in the order of the findings; `ACTION_NOT_GOVERNED` alone if no requirement names the action."),
                "findings": { "description": "One for each unmet requirement, in the order of the policy.", "type": "array", "items": { "$ref": "#/$defs/finding" } },
                "ready": texts("The ready states that hold, in the order of the policy."),
                "blocked": texts("The states of the findings, each once, in their order."),
                "fallbacks": { "description": "The modes that stay open for the task, least first.", "type": "array", "items": { "enum": modes }, "uniqueItems": true },
                "policy": { "$ref": "#/$defs/policy" },
                "explanations": { "description": "With `--explain`, and from `/v1/explanations`: what decided each unmet requirement.", "type": "array", "items": { "$ref": "#/$defs/explanation" } },
            }), &["explanations"]),
            "finding": object("A requirement that applies and does not hold.", &json!({
                "requirement": text("The requirement's id."),
                "code": text("The code of the denial."),
                "state": text("The blocked state."),
                "message": text("What is wrong."),
                "remedy": text("What the customer does next."),
                "source": text("The document and step it comes from."),
            }), &[]),
            "policy": object("The policy that decided.", &json!({
                "name": text("Its name."),
                "version": text("Its semantic version."),
                "digest": { "description": "The SHA-256 of the component's bytes.", "type": "string", "pattern": "^sha256:[0-9a-f]{64}$" },
            }), &[]),
            "explanation": object("What decided an unmet requirement.", &json!({
                "requirement": text("The requirement's id."),
                "facts": { "description": "The facts that decided it, each once.", "type": "array", "items": { "$ref": "#/$defs/fact" } },
            }), &[]),
            "fact": object("A fact of the request.", &json!({
                "path": text("Where it is, such as `scan.targets[3].url`."),
                "value": { "description": "What it is, as the request has it; `null` if it is absent." },
            }), &[]),
            "no_decision": object("There is no decision: the request is invalid, or the policy cannot judge it.", &json!({
                "error": { "$ref": "#/$defs/error" },
            }), &[]),
            "error": object("Why there is no decision.", &json!({
                "path": text("The fact that is wrong, such as `scan.targets[3].url`; `$` for the whole request."),
                "message": text("What is wrong with it, for a person."),
                "others": { "description": "What else is wrong with the request, in its order.", "type": "array", "minItems": 1, "items": { "$ref": "#/$defs/fault" } },
            }), &["others"]),
            "fault": object("One thing that is wrong with a request.", &json!({
                "path": text("The fact that is wrong, at most 80 bytes of its path."),
                "message": text("What is wrong with it, for a person."),
            }), &[]),
        },
    })
}

/// An object that has these properties and no others, all but `optional` required.
fn object(description: &str, properties: &Value, optional: &[&str]) -> Value {
    let names = properties
        .as_object()
        .into_iter()
        .flat_map(serde_json::Map::keys);
    let required: Vec<&String> = names
        .filter(|name| !optional.contains(&name.as_str()))
        .collect();
    json!({ "description": description, "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}
