//! Puts values in the place of masked facts, where it does not matter which.
//!
//! Always true here: a request that was filled is decided as the one that was masked, for nothing that was put in is read.

use serde_json::{Map, Value};
use wit_parser::{Resolve, Type, TypeDefKind, TypeId};

use crate::mask::{self, MARKER, Step};

/// Whether a policy reads the fact at a path such as `scan.targets[].url` or `attributes.seats`.
pub type Reads<'r> = &'r (dyn Fn(&str) -> bool + Sync);

/// Knows the types of a request's facts.
pub(crate) struct Filler {
    resolve: Resolve,
    request: TypeId,
}

impl Filler {
    pub(crate) fn new() -> Self {
        let (resolve, request) = mask::contract();
        Self { resolve, request }
    }

    /// Fills what the mask hid, with values of its type. `false`: the policy reads it, or it is not known.
    pub(crate) fn fill(&self, request: &mut Value, mask: &str, reads: Reads<'_>) -> bool {
        let Some(steps) = mask::steps(mask) else {
            return false;
        };
        if steps[0] == Step::Name("attributes".to_owned()) {
            return fill_attributes(request, reads);
        }
        !reads(mask) && self.fill_at(request, Type::Id(self.request), &steps)
    }

    fn fill_at(&self, value: &mut Value, ty: Type, steps: &[Step]) -> bool {
        let Some((step, rest)) = steps.split_first() else {
            if value.as_str() == Some(MARKER) {
                *value = self.neutral(ty);
            }
            return true;
        };
        match (mask::kind(&self.resolve, ty), step, value) {
            (Some(TypeDefKind::Record(record)), Step::Name(name), Value::Object(object)) => {
                let mut fields = record.fields.iter();
                let field = fields.find(|field| mask::json_name(&field.name) == *name);
                match (field, object.get_mut(name)) {
                    (Some(field), Some(value)) => self.fill_at(value, field.ty, rest),
                    (field, _) => field.is_some(),
                }
            }
            (Some(TypeDefKind::List(element)), Step::Each, Value::Array(list)) => list
                .iter_mut()
                .all(|value| self.fill_at(value, *element, rest)),
            // Nothing was there to be hidden.
            (_, _, Value::Null) => true,
            _ => false,
        }
    }

    /// Some value of the type, as JSON has it.
    fn neutral(&self, ty: Type) -> Value {
        match ty {
            Type::Bool => false.into(),
            Type::String => MARKER.into(),
            Type::S64 => "1970-01-01T00:00:00Z".into(),
            _ => match mask::kind(&self.resolve, ty) {
                Some(TypeDefKind::Record(record)) => {
                    let fields = record.fields.iter();
                    let fields =
                        fields.map(|field| (mask::json_name(&field.name), self.neutral(field.ty)));
                    Value::Object(fields.collect())
                }
                Some(TypeDefKind::List(_)) => Value::Array(Vec::new()),
                Some(TypeDefKind::Enum(cases)) => {
                    let first = cases.cases.first();
                    first.map_or(Value::Null, |case| mask::json_name(&case.name).into())
                }
                _ => match mask::beneath(&self.resolve, ty) {
                    Some(inner) => self.neutral(inner),
                    None => 0.into(),
                },
            },
        }
    }
}

/// Leaves out the custom facts that are masked. `false`: the policy looks at one of them.
fn fill_attributes(request: &mut Value, reads: Reads<'_>) -> bool {
    let Some(attributes) = request.get_mut("attributes") else {
        return true;
    };
    if attributes.as_str() == Some(MARKER) {
        *attributes = Value::Object(Map::new());
        return !reads("attributes");
    }
    let Value::Object(object) = attributes else {
        return true;
    };
    let is_read = |(name, value): (&String, &Value)| {
        value.as_str() == Some(MARKER) && reads(&format!("attributes.{name}"))
    };
    if object.iter().any(is_read) {
        return false;
    }
    object.retain(|_, value| value.as_str() != Some(MARKER));
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever is masked and not read, the request is one again.
    #[test]
    fn every_fact_can_be_filled() {
        let request: Value = serde_json::from_slice(super::super::tests::ALLOWED).expect("JSON");
        let filler = Filler::new();
        let mut paths = vec!["attributes".to_owned(), "attributes.*".to_owned()];
        paths_of(&filler.resolve, Type::Id(filler.request), "", &mut paths);
        assert!(paths.len() > 50, "{paths:?}");
        for path in paths {
            let Ok(masks) = mask::Masks::new([&path]) else {
                assert_eq!(path, "action");
                continue;
            };
            let mut masked = request.clone();
            masks.apply(&mut masked);
            assert!(filler.fill(&mut masked, &path, &|_| false), "{path}");
            let text = masked.to_string();
            scopegate::Request::from_json(text.as_bytes(), || 0)
                .unwrap_or_else(|error| panic!("{path}: {error}: {text}"));
            let mut masked = request.clone();
            if !masks.apply(&mut masked).is_empty() {
                assert!(!filler.fill(&mut masked, &path, &|_| true), "{path}");
            }
        }
    }

    fn paths_of(resolve: &Resolve, ty: Type, path: &str, paths: &mut Vec<String>) {
        match mask::kind(resolve, ty) {
            Some(TypeDefKind::Record(record)) => {
                for field in &record.fields {
                    let name = mask::json_name(&field.name);
                    if name == "attributes" {
                        continue;
                    }
                    let dot = if path.is_empty() { "" } else { "." };
                    let path = format!("{path}{dot}{name}");
                    paths.push(path.clone());
                    paths_of(resolve, field.ty, &path, paths);
                }
            }
            Some(TypeDefKind::List(element)) => {
                let path = format!("{path}[]");
                paths.push(path.clone());
                paths_of(resolve, *element, &path, paths);
            }
            _ => {}
        }
    }
}
