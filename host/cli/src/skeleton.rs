//! A request that has every name, and says nothing yet: what somebody fills in.
//!
//! Always true here: names, their order and their types come from the contract, so the reader accepts what is written.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use scopegate::{AttributeDeclaration, AttributeType};
use scopegate_contract::WIT;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use wit_parser::{Resolve, Type, TypeDefKind, TypeId};

use crate::schema::json_name;

/// The time that stands for one that has to be there.
const TIME: &str = "1970-01-01T00:00:00Z";

/// What a choice says at first, where that is not the first it can: nobody may anything, and nothing is confirmed.
const SAID: [(&str, &str); 2] = [("role", "viewer"), ("retest_status", "required")];

/// A value of a request, its names in the contract's order.
pub(crate) enum Skeleton {
    Object(Vec<(String, Skeleton)>),
    List(Vec<Skeleton>),
    Value(Value),
}

impl Serialize for Skeleton {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Object(fields) => {
                to.collect_map(fields.iter().map(|(name, value)| (name, value)))
            }
            Self::List(elements) => to.collect_seq(elements),
            Self::Value(value) => value.serialize(to),
        }
    }
}

/// What can be chosen from at a path, such as `actor.role`.
pub(crate) struct Choice {
    pub(crate) path: String,
    pub(crate) cases: Vec<String>,
}

/// A request for `action` with the custom facts `attributes`, and of what may be absent that which `present` names. Its time is the host's.
/// Gives what can be chosen from in it too.
pub(crate) fn request(
    action: &str,
    attributes: &[AttributeDeclaration],
    present: &BTreeSet<String>,
) -> (Skeleton, Vec<Choice>) {
    let mut resolve = Resolve::default();
    let package = resolve
        .push_str("gate.wit", WIT)
        .expect("the contract is right");
    let interface = resolve.packages[package].interfaces["policy"];
    let request = resolve.interfaces[interface].types["request"];
    let mut writer = Writer {
        resolve: &resolve,
        present,
        choices: Vec::new(),
    };
    let mut fields = writer.record(request, "");
    for (name, value) in &mut fields {
        if name == "action" {
            *value = Skeleton::Value(action.into());
        }
    }
    if !attributes.is_empty() {
        let facts = attributes
            .iter()
            .map(|attribute| (attribute.name.clone(), Skeleton::Value(of(attribute.type_))));
        fields.push(("attributes".to_owned(), Skeleton::Object(facts.collect())));
    }
    (Skeleton::Object(fields), writer.choices)
}

/// What a custom fact says at first.
fn of(kind: AttributeType) -> Value {
    match kind {
        AttributeType::Text => json!(""),
        AttributeType::Number => json!(0),
        AttributeType::Truth => json!(false),
        AttributeType::Texts => json!([]),
    }
}

struct Writer<'r> {
    resolve: &'r Resolve,
    present: &'r BTreeSet<String>,
    choices: Vec<Choice>,
}

impl Writer<'_> {
    /// The fields of a record that stands at `path`.
    fn record(&mut self, id: TypeId, path: &str) -> Vec<(String, Skeleton)> {
        let TypeDefKind::Record(record) = &self.resolve.types[id].kind else {
            unreachable!("`{id:?}` is a record");
        };
        let mut fields = Vec::new();
        for field in &record.fields {
            let name = json_name(&field.name);
            let mut at = path.to_owned();
            let dot = if path.is_empty() { "" } else { "." };
            write!(at, "{dot}{name}").expect("a text takes all");
            if matches!(&*at, "now" | "attributes") {
                continue;
            }
            if let Some(value) = self.value(&field.ty, &at, &name) {
                fields.push((name, value));
            }
        }
        fields
    }

    /// What a fact called `name` at `path` says at first; none if it is left out.
    fn value(&mut self, ty: &Type, path: &str, name: &str) -> Option<Skeleton> {
        let id = match ty {
            Type::Bool => return Some(Skeleton::Value(json!(false))),
            Type::U32 => return Some(Skeleton::Value(json!(0))),
            Type::String => return Some(Skeleton::Value(json!(""))),
            Type::Id(id) => *id,
            other => unreachable!("a request holds no {other:?}"),
        };
        Some(match &self.resolve.types[id].kind {
            TypeDefKind::Option(_) if !self.present.contains(path) => return None,
            TypeDefKind::Option(inner) => return self.value(inner, path, name),
            TypeDefKind::Type(Type::S64) => Skeleton::Value(TIME.into()),
            TypeDefKind::Type(other) => return self.value(other, path, name),
            TypeDefKind::Record(_) => Skeleton::Object(self.record(id, path)),
            TypeDefKind::List(inner) => self.list(inner, path, name),
            TypeDefKind::Enum(cases) => {
                let cases = cases.cases.iter().map(|case| json_name(&case.name));
                self.choice(cases.collect(), path, name)
            }
            other => unreachable!("a request holds no {other:?}"),
        })
    }

    /// One element shows what a record's are; of others the list is empty.
    fn list(&mut self, inner: &Type, path: &str, name: &str) -> Skeleton {
        let element = self.value(inner, &format!("{path}[]"), name);
        let records = element.filter(|element| matches!(element, Skeleton::Object(_)));
        Skeleton::List(records.into_iter().collect())
    }

    fn choice(&mut self, cases: Vec<String>, path: &str, name: &str) -> Skeleton {
        let said = SAID.iter().find(|(of, _)| *of == name);
        let said = said.map_or(&*cases[0], |(_, case)| *case);
        let value = Skeleton::Value(said.into());
        self.choices.push(Choice {
            path: path.to_owned(),
            cases,
        });
        value
    }
}
