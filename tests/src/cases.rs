//! The cases of the default policy, as `policies/webriskops/1.0.0/` keeps them: a base request, a patch, and what is decided.

use crate::native::{READY, RULES, Verdict};
use scopegate::Request;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

/// One case.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What happens, in words.
    pub name: String,
    /// The document and step it comes from.
    pub source: String,
    /// The base request.
    pub base: String,
    /// What is different from the base: an RFC 7396 merge patch.
    pub patch: Value,
    /// What is decided.
    pub expect: Expected,
}

/// What is decided, as JSON has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names are the specification's")]
pub struct Expected {
    pub decision: String,
    pub requirements: Vec<String>,
    pub codes: Vec<String>,
    pub blocked: Vec<String>,
    pub ready: Vec<String>,
    pub fallbacks: Vec<String>,
}

/// The folder of the default policy.
pub fn policy_folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../policies/webriskops/1.0.0")
}

/// The text of a file of the default policy.
pub fn policy_file(name: &str) -> String {
    let path = policy_folder().join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The base requests, by name.
pub fn bases() -> BTreeMap<String, Value> {
    serde_json::from_str(&policy_file("bases.json")).expect("bases.json holds an object")
}

/// Every case with its request, in order.
pub fn all() -> Vec<(Case, Request)> {
    let bases = bases();
    let lines = policy_file("cases.jsonl");
    let read = |line: &str| {
        let case: Case = serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        let mut value = bases.get(&case.base).unwrap_or_else(|| panic!("no base {}: {line}", case.base)).clone();
        merge(&mut value, &case.patch);
        let request = request(&value).unwrap_or_else(|error| panic!("{}: {error}", case.name));
        (case, request)
    };
    lines.lines().map(read).collect()
}

/// A request from its JSON.
///
/// # Errors
///
/// What is wrong with the facts, and where.
pub fn request(value: &Value) -> Result<Request, scopegate::InputError> {
    Request::from_json(value.to_string().as_bytes(), || 0)
}

/// Applies an RFC 7396 merge patch.
pub fn merge(value: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *value = patch.clone();
        return;
    };
    if !value.is_object() {
        *value = Value::Object(serde_json::Map::new());
    }
    let object = value.as_object_mut().expect("it was made an object above");
    for (name, patch) in patch {
        if patch.is_null() {
            object.remove(name);
        } else {
            merge(object.entry(name).or_insert(Value::Null), patch);
        }
    }
}

impl Expected {
    /// What the native reference decided, in the words of JSON.
    pub fn of(verdict: &Verdict) -> Self {
        let rules = || verdict.unmet.iter().map(|&index| &RULES[index]);
        let names = || rules().map(|rule| rule.code.names());
        let ungoverned = !verdict.allow && verdict.unmet.is_empty();
        let codes = if ungoverned { vec!["ACTION_NOT_GOVERNED".to_owned()] } else { each_once(names().map(|(code, _)| code)) };
        Self {
            decision: if verdict.allow { "allow" } else { "deny" }.to_owned(),
            requirements: rules().map(|rule| rule.id.to_owned()).collect(),
            codes,
            blocked: each_once(names().map(|(_, state)| state)),
            ready: verdict.ready.iter().map(|&index| READY[index].to_owned()).collect(),
            fallbacks: verdict.fallbacks.iter().map(|mode| mode.name().to_owned()).collect(),
        }
    }
}

/// The names in their order, each once.
fn each_once(names: impl Iterator<Item = &'static str>) -> Vec<String> {
    let mut once: Vec<String> = Vec::new();
    for name in names {
        if !once.iter().any(|known| known == name) {
            once.push(name.to_owned());
        }
    }
    once
}
