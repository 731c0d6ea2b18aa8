//! From AuthZEN's subject, action, resource and context to a request; `docs/authzen.md` has the table.
//!
//! Always true here: no fact is overruled. A fact that is said in two places must be said alike, and what is not said is not confirmed.

use serde_json::{Map, Value, json};

use crate::problem::{Kind, Problem};

type Object = Map<String, Value>;

/// What a resource's properties may carry of the request's facts.
const CARRIED: [&str; 6] = [
    "tenancy",
    "scan",
    "task",
    "access",
    "approved_scope",
    "remediation_approval",
];

/// The request, as JSON, that the evaluation `given` asks about; about `action` if it is not the evaluation that names one.
pub(super) fn request(given: &Object, action: Option<&str>) -> Result<Vec<u8>, Problem> {
    let subject = entity(given, "subject")?;
    let resource = entity(given, "resource")?;
    let subject_id = text(subject, "subject", "id")?;
    let subject_type = text(subject, "subject", "type")?;
    let resource_id = text(resource, "resource", "id")?;
    let resource_type = text(resource, "resource", "type")?;
    let (name, action_properties) = if let Some(name) = action {
        (name, None)
    } else {
        let action = entity(given, "action")?;
        let name = text(action, "action", "name")?;
        (name, properties(action, "action")?)
    };
    let subject_properties = properties(subject, "subject")?;
    let resource_properties = properties(resource, "resource")?;
    let mut facts = Facts::new(given)?;

    facts.say("action", &["action"], &json!(name))?;
    facts.say("subject.id", &["actor", "id"], &json!(subject_id))?;
    for (fact, value) in subject_properties.into_iter().flatten() {
        if fact == "account" || (fact == "role" && facts.is_role(value)) {
            let said = format!("subject.properties.{fact}");
            facts.say(&said, &["actor", fact], value)?;
        }
    }
    for (fact, value) in resource_properties.into_iter().flatten() {
        let said = format!("resource.properties.{fact}");
        if CARRIED.contains(&fact.as_str()) {
            facts.say(&said, &[fact], value)?;
        }
        if matches!(fact.as_str(), "account" | "project" | "client_workspace") {
            facts.say(&said, &["tenancy", fact], value)?;
        }
    }
    match resource_type {
        "project" => facts.say("resource.id", &["tenancy", "project"], &json!(resource_id))?,
        "task" => facts.say("resource.id", &["task", "id"], &json!(resource_id))?,
        // The resource that access is for, if it is about access.
        _ if facts.request.get("access").is_some_and(Value::is_object) => {
            let at = ["access", "resource", "kind"];
            facts.say("resource.type", &at, &json!(resource_type))?;
            let at = ["access", "resource", "id"];
            facts.say("resource.id", &at, &json!(resource_id))?;
        }
        _ => {}
    }

    facts.attribute("subject", "type", &json!(subject_type))?;
    facts.attribute("resource", "type", &json!(resource_type))?;
    facts.attribute("resource", "id", &json!(resource_id))?;
    let entities = [
        ("subject", subject_properties),
        ("action", action_properties),
        ("resource", resource_properties),
    ];
    for (entity, properties) in entities {
        for (fact, value) in properties.into_iter().flatten() {
            facts.attribute(entity, fact, value)?;
        }
    }
    Ok(facts.into_text())
}

/// The facts of a request, as they are put together.
struct Facts {
    request: Object,
    /// Whether the context has the request; what it leaves out is then missing.
    is_given: bool,
}

impl Facts {
    fn new(given: &Object) -> Result<Self, Problem> {
        let context = match given.get("context") {
            None => None,
            Some(Value::Object(context)) => Some(context),
            Some(_) => return Err(invalid("context", "expected an object")),
        };
        match context.and_then(|context| context.get("request")) {
            None => Ok(Self {
                request: Object::new(),
                is_given: false,
            }),
            Some(Value::Object(request)) => Ok(Self {
                request: request.clone(),
                is_given: true,
            }),
            Some(_) => Err(invalid("context.request", "expected an object")),
        }
    }

    /// Puts what `said` says at `path`, unless something else is there already.
    fn say(&mut self, said: &str, path: &[&str], value: &Value) -> Result<(), Problem> {
        let (last, above) = path.split_last().expect("a path names something");
        let mut object = &mut self.request;
        for name in above {
            let place = object.entry(*name).or_insert_with(|| json!({}));
            if place.is_null() {
                *place = json!({});
            }
            object = match place {
                Value::Object(object) => object,
                _ => return Err(invalid(&path.join("."), "expected an object around it")),
            };
        }
        match object.get(*last) {
            Some(there) if there != value => Err(invalid(
                said,
                &format!(
                    "another value than the request's `{}`: say it once, or alike",
                    path.join(".")
                ),
            )),
            Some(_) => Ok(()),
            None => {
                object.insert((*last).to_owned(), value.clone());
                Ok(())
            }
        }
    }

    /// Gives a property as a custom fact, if it is of a type that custom facts have.
    fn attribute(&mut self, entity: &str, name: &str, value: &Value) -> Result<(), Problem> {
        let is_fact = match value {
            Value::String(_) | Value::Bool(_) => true,
            Value::Number(number) => number.is_i64(),
            Value::Array(list) => list.iter().all(Value::is_string),
            _ => false,
        };
        if !is_fact {
            return Ok(());
        }
        let said = format!("{entity}.{name}");
        self.say(&said, &["attributes", &format!("{entity}_{name}")], value)
    }

    /// Whether `value` is a role of the domain; in a request that is given, anything must be one.
    fn is_role(&self, value: &Value) -> bool {
        let roles = ["owner", "admin", "developer", "agency", "viewer"];
        self.is_given || value.as_str().is_some_and(|role| roles.contains(&role))
    }

    fn into_text(mut self) -> Vec<u8> {
        if !self.is_given {
            fill(&mut self.request, nothing_confirmed());
        }
        Value::Object(self.request).to_string().into_bytes()
    }
}

/// The facts of somebody of whom nothing is known, who has confirmed nothing.
fn nothing_confirmed() -> Value {
    let tenancy = json!({"account": "", "project": "", "client_workspace": ""});
    json!({
        "deployment": "cloud",
        "actor": {"account": "", "role": "viewer"},
        "tenancy": tenancy,
        "agency_account": "",
        "responsibility": {
            "authorization_status": "missing",
            "ownership_proof_status": "missing",
            "accepted_scope_status": "missing",
            "provider_access_status": "missing",
            "remediation_approval_status": "missing",
            "evidence_review": {
                "of": tenancy, "evidence": false, "severity": false, "confidence": false, "boundary_wording": false,
            },
            "retest_status": "required",
        },
    })
}

/// Puts what is in `from` where `object` has nothing.
fn fill(object: &mut Object, from: Value) {
    let Value::Object(from) = from else { return };
    for (name, value) in from {
        match object.get_mut(&name) {
            Some(Value::Object(inner)) => fill(inner, value),
            Some(_) => {}
            None => {
                object.insert(name, value);
            }
        }
    }
}

fn entity<'v>(given: &'v Object, name: &str) -> Result<&'v Object, Problem> {
    match given.get(name) {
        Some(Value::Object(entity)) => Ok(entity),
        Some(_) => Err(invalid(name, "expected an object")),
        None => Err(invalid(name, "missing")),
    }
}

fn text<'v>(entity: &'v Object, of: &str, name: &str) -> Result<&'v str, Problem> {
    let path = format!("{of}.{name}");
    match entity.get(name) {
        Some(Value::String(text)) if text.is_empty() => Err(invalid(&path, "empty")),
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(invalid(&path, "expected a text")),
        None => Err(invalid(&path, "missing")),
    }
}

fn properties<'v>(entity: &'v Object, of: &str) -> Result<Option<&'v Object>, Problem> {
    match entity.get("properties") {
        None => Ok(None),
        Some(Value::Object(properties)) => Ok(Some(properties)),
        Some(_) => Err(invalid(&format!("{of}.properties"), "expected an object")),
    }
}

/// What is wrong with an evaluation.
pub(super) fn invalid(path: &str, what: &str) -> Problem {
    let path: String = path.chars().take(200).collect();
    let path = path.escape_debug().to_string();
    Problem::new(Kind::Invalid, format!("`{path}`: {what}")).at(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands at `pointer` in the request that `change` of an evaluation makes; `null` if nothing does.
    fn fact(pointer: &str, change: &Value) -> Result<Value, String> {
        let mut given = json!({
            "subject": {"type": "user", "id": "u"}, "action": {"name": "scan"}, "resource": {"type": "site", "id": "r"},
        });
        for (name, value) in change.as_object().expect("an object") {
            given[name] = value.clone();
        }
        let given = given.as_object().expect("an object");
        let text = request(given, None).map_err(|problem| problem.detail)?;
        let request: Value = serde_json::from_slice(&text).expect("JSON");
        Ok(request.pointer(pointer).cloned().unwrap_or_default())
    }

    #[test]
    fn each_fact_has_its_place() {
        let resource = |of: &str, properties: Value| json!({"resource": {"type": of, "id": "r", "properties": properties}});
        let subject = |properties: Value| json!({"subject": {"type": "user", "id": "u", "properties": properties}});
        let context = |request: Value| json!({"context": {"request": request}});
        let table = [
            ("/actor/id", json!({}), json!("u")),
            ("/action", json!({}), json!("scan")),
            ("/actor/role", json!({}), json!("viewer")),
            (
                "/actor/role",
                subject(json!({"role": "owner"})),
                json!("owner"),
            ),
            (
                "/actor/role",
                subject(json!({"role": "king"})),
                json!("viewer"),
            ),
            (
                "/attributes/subject_role",
                subject(json!({"role": "king"})),
                json!("king"),
            ),
            (
                "/actor/account",
                subject(json!({"account": "a"})),
                json!("a"),
            ),
            (
                "/tenancy/project",
                resource("project", json!({})),
                json!("r"),
            ),
            (
                "/tenancy/account",
                resource("project", json!({"account": "a"})),
                json!("a"),
            ),
            ("/tenancy/client_workspace", json!({}), json!("")),
            ("/task/id", resource("task", json!({})), json!("r")),
            ("/task", resource("site", json!({})), json!(null)),
            (
                "/access/resource/id",
                resource("branch", json!({"access": {}})),
                json!("r"),
            ),
            (
                "/access/resource/kind",
                resource("branch", json!({"access": {}})),
                json!("branch"),
            ),
            (
                "/scan/credits",
                resource("site", json!({"scan": {"credits": 1}})),
                json!(1),
            ),
            ("/attributes/resource_type", json!({}), json!("site")),
            (
                "/attributes/resource_tags",
                resource("site", json!({"tags": ["a"]})),
                json!(["a"]),
            ),
            (
                "/attributes/resource_size",
                resource("site", json!({"size": 1.5})),
                json!(null),
            ),
            (
                "/responsibility/authorization_status",
                json!({}),
                json!("missing"),
            ),
            ("/responsibility", context(json!({})), json!(null)),
            (
                "/responsibility",
                context(json!({"responsibility": 7})),
                json!(7),
            ),
            ("/actor", context(json!({})), json!({"id": "u"})),
            ("/color", context(json!({"color": "red"})), json!("red")),
        ];
        for (pointer, change, expected) in table {
            assert_eq!(fact(pointer, &change), Ok(expected), "{pointer} {change}");
        }
    }

    #[test]
    fn nothing_is_overruled() {
        let context = |request: Value| json!({"context": {"request": request}});
        let table = [
            (
                context(json!({"action": "other"})),
                "`action`: another value than the request's `action`: say it once, or alike",
            ),
            (
                context(json!({"actor": {"id": "v"}})),
                "`subject.id`: another value than the request's `actor.id`: say it once, or alike",
            ),
            (
                context(json!({"actor": 7})),
                "`actor.id`: expected an object around it",
            ),
            (
                context(json!({"attributes": {"resource_id": "s"}})),
                "`resource.id`: another value than the request's `attributes.resource_id`: say it once, or alike",
            ),
            (
                json!({"context": {"request": {"scan": {"credits": 1}}}, "resource": {"type": "site", "id": "r", "properties": {"scan": {"credits": 2}}}}),
                "`resource.properties.scan`: another value than the request's `scan`: say it once, or alike",
            ),
        ];
        for (change, expected) in table {
            assert_eq!(fact("", &change), Err(expected.to_owned()), "{change}");
        }
    }
}
