//! From AuthZEN's subject, action, resource and context to a request; `docs/authzen.md` has the table.
//!
//! Always true here: no fact is overruled, and none that the policy declares is left out. A fact that is said in two places must be said
//! alike, and what is not said is not confirmed.

use scopegate::{AttributeType, Excerpt, Policy};
use serde_json::{Value, json};

use super::context::{COMPLETED, Context, nothing_confirmed, text};
use super::given::{Entity, Given, Object, invalid};
use crate::problem::{Kind, Problem};

/// What a resource's properties may carry of the request's facts.
const CARRIED: [&str; 6] = [
    "tenancy",
    "scan",
    "task",
    "access",
    "approved_scope",
    "remediation_approval",
];

/// What the evaluation `given` says in the `context`; about `action` if it is not the evaluation that names one.
pub(super) fn said(
    given: Given<'_>,
    context: &Context<'_>,
    action: Option<&str>,
) -> Result<Said, Problem> {
    check(given, action.is_none())?;
    let (subject, resource) = (given.entity("subject")?, given.entity("resource")?);
    let (subject_id, subject_type) = (subject.text("id")?, subject.text("type")?);
    let (resource_id, resource_type) = (resource.text("id")?, resource.text("type")?);
    let asked = match action {
        // Its properties are facts, whatever it is called.
        Some(_) => given.entity("action").ok(),
        None => Some(given.entity("action")?),
    };
    let name = match (action, asked) {
        (Some(name), _) => name,
        (None, Some(asked)) => asked.text("name")?,
        (None, None) => "",
    };
    let mut facts = Saying::new(context);

    facts.say("action", &["action"], &json!(name))?;
    facts.say("subject.id", &["actor", "id"], &json!(subject_id))?;
    for (fact, value) in subject.properties()? {
        let said = || format!("subject.properties.{fact}");
        if fact == "role" && !value.is_string() {
            return Err(invalid(&said(), "expected a text"));
        }
        if fact == "account" || (fact == "role" && facts.is_role(value)) {
            facts.say(&said(), &["actor", fact], value)?;
        }
    }
    for (fact, value) in resource.properties()? {
        let said = || format!("resource.properties.{fact}");
        if CARRIED.contains(&fact) {
            facts.say(&said(), &[fact], value)?;
        }
    }
    // What is part of another fact comes after the whole, which may say it too.
    for (fact, value) in resource.properties()? {
        let said = || format!("resource.properties.{fact}");
        if matches!(fact, "account" | "project" | "client_workspace") {
            facts.say(&said(), &["tenancy", fact], value)?;
        }
    }
    match resource_type {
        "project" => facts.say("resource.id", &["tenancy", "project"], &json!(resource_id))?,
        "task" => facts.say("resource.id", &["task", "id"], &json!(resource_id))?,
        // The resource that access is for, if it is about access.
        _ if facts
            .said
            .request
            .get("access")
            .is_some_and(Value::is_object) =>
        {
            let at = ["access", "resource", "kind"];
            facts.say("resource.type", &at, &json!(resource_type))?;
            let at = ["access", "resource", "id"];
            facts.say("resource.id", &at, &json!(resource_id))?;
        }
        _ => {}
    }

    for (fact, value) in [
        ("subject.type", subject_type),
        ("resource.type", resource_type),
        ("resource.id", resource_id),
    ] {
        facts.attribute(fact, &fact.replace('.', "_"), &json!(value))?;
    }
    facts.attributes("subject", Some(subject))?;
    facts.attributes("action", asked)?;
    facts.attributes("resource", Some(resource))?;
    Ok(facts.said)
}

/// Looks for all that is missing or of the wrong type in the entities of `given`, the action only if it `is_asked` about.
fn check(given: Given<'_>, is_asked: bool) -> Result<(), Problem> {
    let action = is_asked.then_some(("action", &["name"][..]));
    let others = [
        ("subject", &["id", "type"][..]),
        ("resource", &["id", "type"][..]),
    ];
    let mut wrong = Vec::new();
    for (name, texts) in others.into_iter().chain(action) {
        match given.entity(name) {
            Err(problem) => wrong.push(problem),
            Ok(entity) => {
                wrong.extend(texts.iter().filter_map(|text| entity.text(text).err()));
                wrong.extend(entity.properties().err());
            }
        }
    }
    Problem::all(wrong).map_or(Ok(()), Err)
}

/// What an evaluation says that its context's request does not, and what of that may be there in part.
#[derive(Debug, Default)]
pub(super) struct Said {
    request: Object,
    attributes: Object,
    lost: Vec<Lost>,
}

/// A property that custom facts cannot hold.
#[derive(Debug)]
struct Lost {
    /// Where it is, such as `subject.properties.risk`.
    said: String,
    /// The attribute that it would be.
    attribute: String,
    /// What it is.
    found: String,
}

impl Said {
    /// Whether it says the fact `name`.
    pub(super) fn has(&self, name: &str) -> bool {
        self.request.contains_key(name)
    }

    /// Refuses what is lost and `policy` declares, or declares of another type, all of it.
    pub(super) fn check(&self, policy: &Policy) -> Result<(), Problem> {
        let declared = &policy.manifest().attributes;
        let wrong = self.lost.iter().filter_map(|lost| {
            let declared = declared.iter().find(|it| it.name == lost.attribute)?;
            Some((
                lost.said.clone(),
                expected(declared.type_),
                lost.found.clone(),
            ))
        });
        let mistaken = declared.iter().filter_map(|declared| {
            let value = self.attributes.get(&declared.name)?;
            let is_right = is_of(declared.type_, value);
            let wrong = || {
                (
                    said_of(&declared.name),
                    expected(declared.type_),
                    found(value),
                )
            };
            (!is_right).then(wrong)
        });
        let wrong: Vec<_> = wrong.chain(mistaken).collect();
        let Some((first, ..)) = wrong.first() else {
            return Ok(());
        };
        let each = wrong.iter().map(|(said, expected, found)| {
            format!(
                "`{}`: the policy declares {expected}, found {found}",
                Excerpt(said)
            )
        });
        let detail = each.collect::<Vec<_>>().join("; ");
        Err(Problem::new(Kind::Invalid, detail).at(first))
    }

    /// The text of a request without others' facts: what is not said is not confirmed.
    pub(super) fn alone(&self) -> Vec<u8> {
        let mut request = self.request.clone();
        fill(&mut request, nothing_confirmed());
        self.written(&request)
    }

    /// The text of a request with what is said. Of all else, which the context's request has, something is there in its place.
    pub(super) fn text(&self) -> Vec<u8> {
        let mut request = self.request.clone();
        if let Value::Object(rest) = nothing_confirmed() {
            let rest = rest.into_iter();
            // What may be completed and is not there is missing.
            request.extend(rest.filter(|(name, _)| !COMPLETED.contains(&name.as_str())));
        }
        self.written(&request)
    }

    fn written(&self, request: &Object) -> Vec<u8> {
        let attributes = (
            "attributes".to_owned(),
            Value::Object(self.attributes.clone()),
        );
        text(request.iter().chain([(&attributes.0, &attributes.1)]))
    }
}

/// What an evaluation says, as it is put together.
struct Saying<'v> {
    /// The facts of the context's request.
    given: Option<&'v Object>,
    said: Said,
}

impl<'v> Saying<'v> {
    fn new(context: &Context<'v>) -> Self {
        let mut said = Said::default();
        let given = context.facts();
        for name in COMPLETED {
            if let Some(fact) = given.and_then(|given| given.get(name)) {
                said.request.insert(name.to_owned(), fact.clone());
            }
        }
        Self { given, said }
    }

    /// Puts what `said` says at `path`, unless something else is there already.
    fn say(&mut self, said: &str, path: &[&str], value: &Value) -> Result<(), Problem> {
        let (last, above) = path.split_last().expect("a path names something");
        let of_context = self.given.filter(|_| above.is_empty());
        if let Some(there) = of_context.and_then(|given| given.get(*last)) {
            return alike(said, &path.join("."), there, value);
        }
        let mut object = &mut self.said.request;
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
        if let Some(there) = object.get(*last) {
            return alike(said, &path.join("."), there, value);
        }
        object.insert((*last).to_owned(), value.clone());
        Ok(())
    }

    /// Gives the properties of an entity as custom facts.
    fn attributes(&mut self, of: &str, entity: Option<Entity<'_>>) -> Result<(), Problem> {
        let Some(entity) = entity else { return Ok(()) };
        for (name, value) in entity.properties()? {
            let said = format!("{of}.properties.{name}");
            self.attribute(&said, &format!("{of}_{name}"), value)?;
        }
        Ok(())
    }

    /// Gives what `said` says as the custom fact `name`, if it is of a type that custom facts have, and notes it otherwise.
    fn attribute(&mut self, said: &str, name: &str, value: &Value) -> Result<(), Problem> {
        let given = self.given.and_then(|given| given.get("attributes"));
        let given = given.and_then(|attributes| attributes.get(name));
        if let Some(there) = self.said.attributes.get(name).or(given) {
            return alike(said, &format!("attributes.{name}"), there, value);
        }
        let is_fact = match value {
            Value::String(_) | Value::Bool(_) => true,
            Value::Number(number) => number.is_i64(),
            Value::Array(list) => list.iter().all(Value::is_string),
            _ => false,
        };
        if is_fact {
            self.said.attributes.insert(name.to_owned(), value.clone());
        } else {
            self.said.lost.push(Lost {
                said: said.to_owned(),
                attribute: name.to_owned(),
                found: found(value),
            });
        }
        Ok(())
    }

    /// Whether `value` is a role of the domain; in a request that is given, anything must be one.
    fn is_role(&self, value: &Value) -> bool {
        let roles = ["owner", "admin", "developer", "agency", "viewer"];
        self.given.is_some() || value.as_str().is_some_and(|role| roles.contains(&role))
    }
}

/// Refuses what `said` says if something else is `there`, at `path` of the request.
fn alike(said: &str, path: &str, there: &Value, value: &Value) -> Result<(), Problem> {
    if there == value {
        return Ok(());
    }
    let path = Excerpt(path);
    let what = format!("another value than the request's `{path}`: say it once, or alike");
    Err(invalid(said, &what))
}

/// What a message calls what is of the type `declared`.
fn expected(declared: AttributeType) -> &'static str {
    match declared {
        AttributeType::Text => "a text",
        AttributeType::Number => "a whole number from -2^63 to 2^63 - 1",
        AttributeType::Truth => "`true` or `false`",
        AttributeType::Texts => "a list of texts",
    }
}

/// Whether `value`, which custom facts can hold, is of the type `declared`.
fn is_of(declared: AttributeType, value: &Value) -> bool {
    match declared {
        AttributeType::Text => value.is_string(),
        AttributeType::Number => value.is_number(),
        AttributeType::Truth => value.is_boolean(),
        AttributeType::Texts => value.is_array(),
    }
}

/// Where that is said which becomes the custom fact `attribute`.
fn said_of(attribute: &str) -> String {
    match (attribute, attribute.split_once('_')) {
        ("subject_type" | "resource_type" | "resource_id", Some((entity, name))) => {
            format!("{entity}.{name}")
        }
        (_, Some((entity, property))) => format!("{entity}.properties.{property}"),
        (_, None) => attribute.to_owned(),
    }
}

/// What a message calls `value`.
fn found(value: &Value) -> String {
    match value {
        Value::Null => "`null`".to_owned(),
        Value::Bool(truth) => format!("`{truth}`"),
        // It was read as something else than what was written.
        Value::Number(number) if number.is_f64() => {
            "a number with a fraction, an exponent or too many digits".to_owned()
        }
        Value::Number(number) => format!("the number `{number}`"),
        Value::String(text) => format!("the text `{}`", Excerpt(text)),
        Value::Array(list) if list.iter().all(Value::is_string) => "a list of texts".to_owned(),
        Value::Array(_) => "a list of something else".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

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
        let request = mapped(given).map_err(|problem| problem.detail)?;
        Ok(request.pointer(pointer).cloned().unwrap_or_default())
    }

    /// All facts of the request that an evaluation becomes.
    fn mapped(given: &Object) -> Result<Value, Problem> {
        let context = Context::new(given.get("context"))?;
        let said = said(Given::alone(given), &context, None)?;
        let Some(facts) = context.facts() else {
            return Ok(serde_json::from_slice(&said.alone()).expect("JSON"));
        };
        let mut facts = facts.clone();
        facts.extend(said.request);
        let attributes = facts.entry("attributes").or_insert_with(|| json!({}));
        let attributes = attributes.as_object_mut().expect("an object");
        attributes.extend(said.attributes);
        Ok(Value::Object(facts))
    }

    /// What is in a request twice is what the masks of the decision log take for copies.
    #[test]
    fn masks_know_the_copies() {
        let tenancy = json!({"account": "A", "project": "P", "client_workspace": "W"});
        let subject =
            json!({"type": "user", "id": "u", "properties": {"account": "a", "role": "owner"}});
        let mut found = BTreeSet::new();
        for (of, more) in [
            ("project", json!({})),
            ("task", json!({})),
            ("branch", json!({"access": {}})),
        ] {
            let mut properties = tenancy.clone();
            properties
                .as_object_mut()
                .expect("an object")
                .extend(more.as_object().expect("an object").clone());
            let id = if of == "project" { "P" } else { "r" };
            let given = json!({"subject": subject, "action": {"name": "scan"}, "resource": {"type": of, "id": id, "properties": properties}});
            let request = mapped(given.as_object().expect("an object")).expect("it is one");
            let mut places = Vec::new();
            texts(&request, String::new(), &mut places);
            let (attributes, facts): (Vec<_>, Vec<_>) = places
                .into_iter()
                .partition(|(path, _)| path.starts_with("attributes."));
            for (fact, value) in &facts {
                let copies = attributes.iter().filter(|(_, copy)| copy == value);
                found.extend(copies.map(|(copy, _)| (fact.clone(), copy.clone())));
            }
        }
        let known = scopegate_log::COPIES.map(|(fact, copy)| (fact.to_owned(), copy.to_owned()));
        assert_eq!(found, BTreeSet::from(known));
    }

    /// The texts in `value`, and where they are.
    fn texts(value: &Value, path: String, places: &mut Vec<(String, String)>) {
        match value {
            Value::String(text) => places.push((path, text.clone())),
            Value::Object(object) => {
                for (name, value) in object {
                    let dot = if path.is_empty() { "" } else { "." };
                    texts(value, format!("{path}{dot}{name}"), places);
                }
            }
            _ => {}
        }
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
            (
                "/tenancy",
                resource(
                    "site",
                    json!({"account": "a", "project": "p", "tenancy": {"account": "a"}}),
                ),
                json!({"account": "a", "project": "p", "client_workspace": ""}),
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
                json!({"resource": {"type": "site", "id": "r", "properties": {"account": "b", "tenancy": {"account": "a"}}}}),
                "`resource.properties.account`: another value than the request's `tenancy.account`: say it once, or alike",
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
