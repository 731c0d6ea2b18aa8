//! The schema of a request, derived from the contract.

use scopegate_contract::{LIST, TEXT_BYTES, WIT, list_limit};
use serde_json::{Map, Value, json};
use wit_parser::{Field, Resolve, Type, TypeDefKind, TypeId};

use super::DIALECT;

/// The shape of a time; the calendar is for `format`.
const TIME: &str = "^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.0+)?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$";

/// The schema of a request.
pub(crate) fn request() -> Value {
    let mut resolve = Resolve::default();
    let package = resolve
        .push_str("gate.wit", WIT)
        .expect("the contract is right");
    let interface = resolve.packages[package].interfaces["policy"];
    let types = &resolve.interfaces[interface].types;
    let mut contract = Contract {
        resolve: &resolve,
        definitions: Map::new(),
    };
    let mut schema = contract.record(types["request"], "");
    let object = schema.as_object_mut().expect("a record is an object");
    let mut whole = Map::new();
    whole.insert("$schema".into(), DIALECT.into());
    whole.insert("title".into(), "A request to a Scopegate policy".into());
    whole.append(object);
    whole.insert("$defs".into(), Value::Object(contract.definitions));
    Value::Object(whole)
}

struct Contract<'r> {
    resolve: &'r Resolve,
    /// The schemas of the named types.
    definitions: Map<String, Value>,
}

impl Contract<'_> {
    /// The schema of a record whose fields stand at `path`.
    fn record(&mut self, id: TypeId, path: &str) -> Value {
        let TypeDefKind::Record(record) = &self.resolve.types[id].kind else {
            unreachable!("`{id:?}` is a record");
        };
        let (mut properties, mut required) = (Map::new(), Vec::new());
        for field in &record.fields {
            let name = json_name(&field.name);
            let path = if path.is_empty() {
                name.clone()
            } else {
                format!("{path}.{name}")
            };
            let (schema, is_required) = self.field(field, &path);
            if is_required {
                required.push(Value::from(name.clone()));
            }
            properties.insert(name, schema);
        }
        json!({
            "description": docs(self.resolve.types[id].docs.contents.as_deref()),
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        })
    }

    /// The schema of the field at `path`, and whether it must be there.
    fn field(&mut self, field: &Field, path: &str) -> (Value, bool) {
        let (schema, is_required) = match path {
            "now" => (
                json!({ "anyOf": [self.schema(&field.ty, path), { "type": "null" }] }),
                false,
            ),
            "attributes" => (
                json!({ "anyOf": [attributes(), { "type": "null" }] }),
                false,
            ),
            _ => {
                let is_option = matches!(&field.ty, Type::Id(id) if matches!(self.resolve.types[*id].kind, TypeDefKind::Option(_)));
                (self.schema(&field.ty, path), !is_option)
            }
        };
        let mut described = Map::new();
        described.insert(
            "description".into(),
            docs(field.docs.contents.as_deref()).into(),
        );
        described.extend(schema.as_object().cloned().unwrap_or_default());
        (Value::Object(described), is_required)
    }

    /// The schema of the type, where it stands at `path`.
    fn schema(&mut self, ty: &Type, path: &str) -> Value {
        match ty {
            Type::Bool => json!({ "type": "boolean" }),
            Type::U32 => json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX }),
            Type::String => text(),
            Type::Id(id) => self.named(*id, path),
            other => unreachable!("a request holds no {other:?}"),
        }
    }

    fn named(&mut self, id: TypeId, path: &str) -> Value {
        let definition = &self.resolve.types[id];
        match &definition.kind {
            TypeDefKind::Option(inner) => {
                json!({ "anyOf": [self.schema(inner, path), { "type": "null" }] })
            }
            TypeDefKind::List(inner) => {
                json!({ "type": "array", "items": self.schema(inner, path), "maxItems": list_limit(path) })
            }
            TypeDefKind::Type(Type::Id(other)) => self.named(*other, path),
            kind => {
                let name = json_name(
                    definition
                        .name
                        .as_deref()
                        .expect("records and enums have names"),
                );
                if !self.definitions.contains_key(&name) {
                    let schema = match kind {
                        TypeDefKind::Record(_) => self.record(id, path),
                        TypeDefKind::Enum(cases) => json!({
                            "description": docs(definition.docs.contents.as_deref()),
                            "oneOf": cases.cases.iter().map(|case| json!({ "const": json_name(&case.name), "description": docs(case.docs.contents.as_deref()) })).collect::<Vec<_>>(),
                        }),
                        TypeDefKind::Type(Type::S64) => json!({
                            "description": "A time as RFC 3339 has it, in whole seconds (a fraction has only zeros), from 1970-01-01T00:00:00Z to 9999-12-31T23:59:59Z.",
                            "type": "string",
                            "format": "date-time",
                            "pattern": TIME,
                        }),
                        other => unreachable!("a request holds no {other:?}"),
                    };
                    self.definitions.insert(name.clone(), schema);
                }
                json!({ "$ref": format!("#/$defs/{name}") })
            }
        }
    }
}

/// Custom facts: JSON has them by name.
fn attributes() -> Value {
    json!({
        "type": "object",
        "maxProperties": LIST,
        "propertyNames": { "maxLength": TEXT_BYTES },
        "additionalProperties": {
            "anyOf": [
                text(),
                { "type": "integer", "minimum": i64::MIN, "maximum": i64::MAX },
                { "type": "boolean" },
                { "type": "array", "items": text(), "maxItems": LIST },
            ],
        },
    })
}

/// A text has at most so many bytes, and no more characters than bytes.
fn text() -> Value {
    json!({ "type": "string", "maxLength": TEXT_BYTES })
}

/// What the contract's documentation says, in one line.
fn docs(contents: Option<&str>) -> String {
    contents
        .unwrap_or_default()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// A name of the contract as JSON has it.
pub(crate) fn json_name(name: &str) -> String {
    name.replace('-', "_")
}
