//! Explanations: the facts that decided, with their values.
//!
//! Always true here: an explanation names requirements and facts that exist, and is no larger than a result may be.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;

use crate::contract::{Problem, RawExplanation};
use crate::error::EvaluateError;
use crate::facts::Request;
use crate::fault::Fault;
use crate::limits::Limits;
use crate::manifest::Manifest;

/// What decided an unmet requirement.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation<'p> {
    /// The requirement's id.
    pub requirement: Cow<'p, str>,
    /// The facts that decided it, each once.
    pub facts: Vec<Fact>,
}

/// A fact of a request.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fact {
    /// Where it is, such as `scan.targets[3].url`.
    pub path: String,
    /// What it is, as the request's JSON has it; `null` if it is absent.
    pub value: Value,
}

impl Explanation<'_> {
    /// The same explanation with a text of its own.
    pub fn into_owned(self) -> Explanation<'static> {
        Explanation {
            requirement: Cow::Owned(self.requirement.into_owned()),
            facts: self.facts,
        }
    }
}

/// Joins what the policy said about `request` with its manifest and the facts' values, unless it contradicts itself.
pub(crate) fn join<'p>(
    raw: Vec<RawExplanation>,
    request: &Request,
    manifest: &'p Manifest,
    limits: &Limits,
) -> Result<Vec<Explanation<'p>>, EvaluateError> {
    let inconsistent = |reason| EvaluateError::Inconsistent { reason };
    if !raw.is_sorted_by(|one, next| one.requirement < next.requirement) {
        return Err(inconsistent(
            "it explains its requirements out of order".to_owned(),
        ));
    }
    let facts = serde_json::to_value(request).map_err(|error| EvaluateError::Unjudged {
        path: "$".to_owned(),
        problem: Problem::OutOfRange,
        message: error.to_string(),
    })?;
    let mut left_bytes = limits.result_bytes;
    let mut explanations = Vec::with_capacity(raw.len());
    for RawExplanation {
        requirement: index,
        facts: paths,
    } in raw
    {
        let Some(requirement) = manifest.requirements.get(index as usize) else {
            let length = manifest.requirements.len();
            return Err(inconsistent(format!(
                "it explains requirement {index}, but there are {length}"
            )));
        };
        if !requirement.actions.contains(&request.action) {
            return Err(inconsistent(format!(
                "it explains the requirement `{}`, which does not name the action",
                requirement.id
            )));
        }
        let mut named = Vec::with_capacity(paths.len());
        for path in paths {
            let value = look_up(&facts, &path);
            left_bytes = value
                .map_or(Some(left_bytes), |value| {
                    left_bytes.checked_sub(bytes(value))
                })
                .ok_or(Fault::ResultTooLarge {
                    limit: limits.result_bytes,
                })?;
            named.push(Fact {
                path,
                value: value.cloned().unwrap_or_default(),
            });
        }
        explanations.push(Explanation {
            requirement: Cow::Borrowed(&requirement.id),
            facts: named,
        });
    }
    Ok(explanations)
}

/// The value at `path`, if there is one.
fn look_up<'v>(facts: &'v Value, path: &str) -> Option<&'v Value> {
    if let Some(name) = path.strip_prefix("attributes.") {
        // An attribute may be named anything, even `a.b[0]`.
        let attributes = facts.get("attributes")?;
        return attributes.get(name).or_else(|| {
            let (name, index) = element(name)?;
            attributes.get(name)?.get(index)
        });
    }
    path.split('.')
        .try_fold(facts, |value, step| match element(step) {
            Some((name, index)) => value.get(name)?.get(index),
            None => value.get(step),
        })
}

/// The list and the index that `step` names, such as `targets[3]`.
fn element(step: &str) -> Option<(&str, usize)> {
    let (name, index) = step.strip_suffix(']')?.rsplit_once('[')?;
    Some((name, index.parse().ok()?))
}

/// About the bytes that a copy of `value` takes.
fn bytes(value: &Value) -> usize {
    size_of::<Value>()
        + match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => 0,
            Value::String(text) => text.len(),
            Value::Array(values) => values.iter().map(bytes).sum(),
            Value::Object(values) => values
                .iter()
                .map(|(name, value)| name.len() + bytes(value))
                .sum(),
        }
}
