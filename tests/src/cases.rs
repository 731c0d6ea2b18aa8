//! The cases of the default policy, as its folders in `policies/webriskops/` keep them: a base request, a patch, and what is decided.
//!
//! Where no edition is named, it is the one that programs and packages bring along.

use crate::edition::Edition;
use crate::expected::Expected;
use scopegate::Request;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

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

/// The text of a file of the default policy.
pub fn policy_file(name: &str) -> String {
    Edition::DEFAULT.file(name)
}

/// The base requests, by name.
pub fn bases() -> BTreeMap<String, Value> {
    serde_json::from_str(&policy_file("bases.json")).expect("bases.json holds an object")
}

/// Every case with its request, in order.
pub fn all() -> Vec<(Case, Request)> {
    of(Edition::DEFAULT)
}

/// Every case of an edition with its request, in order.
pub fn of(edition: Edition) -> Vec<(Case, Request)> {
    let bases: BTreeMap<String, Value> =
        serde_json::from_str(&edition.file("bases.json")).expect("bases.json holds an object");
    let lines = edition.file("cases.jsonl");
    let read = |line: &str| {
        let case: Case =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        let mut value = bases
            .get(&case.base)
            .unwrap_or_else(|| panic!("no base {}: {line}", case.base))
            .clone();
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

/// The component of the default policy.
pub fn component() -> Vec<u8> {
    component_of(Edition::DEFAULT)
}

/// The component of an edition.
pub fn component_of(edition: Edition) -> Vec<u8> {
    compile(&edition.file("policy.toml"))
}

/// The component of a rule set that is right.
pub fn compile(rules: &str) -> Vec<u8> {
    match scopegate_compiler::compile(rules) {
        Ok(compiled) => compiled.component,
        Err(diagnostics) => panic!("{}", diagnostics.render(rules, "policy.toml", false)),
    }
}
