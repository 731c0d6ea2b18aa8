//! Which facts are not logged.
//!
//! Always true here: a mask names facts that the contract has.

use scopegate_contract::WIT;
use serde_json::Value;
use wit_parser::{Resolve, Type, TypeDefKind, TypeId};

use crate::error::MaskError;

/// What stands in the place of a masked value.
pub const MARKER: &str = "[masked]";

/// The facts that are not logged: by paths such as `actor.id`, `scan.targets[].url`, `attributes.iban` and `attributes.*`.
#[derive(Debug, Clone, Default)]
pub struct Masks(Vec<Mask>);

#[derive(Debug, Clone)]
struct Mask {
    path: String,
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Name(String),
    /// Every element of a list.
    Each,
    /// Every custom fact.
    Any,
}

impl Masks {
    /// Masks the facts at `paths`.
    ///
    /// # Errors
    ///
    /// No request has such a fact, or it is `action`, by which records are grouped.
    pub fn new<T: AsRef<str>>(paths: impl IntoIterator<Item = T>) -> Result<Self, MaskError> {
        let mut resolve = Resolve::default();
        let package = resolve
            .push_str("gate.wit", WIT)
            .expect("the contract is right");
        let interface = resolve.packages[package].interfaces["policy"];
        let request = resolve.interfaces[interface].types["request"];
        let masks = paths.into_iter().map(|path| {
            let path = path.as_ref();
            let steps = steps(path).ok_or_else(|| MaskError::unknown(path))?;
            if path == "action" {
                return Err(MaskError::action());
            }
            if !is_known(&resolve, request, &steps) {
                return Err(MaskError::unknown(path));
            }
            Ok(Mask {
                path: path.to_owned(),
                steps,
            })
        });
        masks.collect::<Result<_, _>>().map(Self)
    }

    /// Whether nothing is masked.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Masks what is in `request`, and says which masks hid something.
    pub(crate) fn apply(&self, request: &mut Value) -> Vec<&str> {
        let mut hits = Vec::new();
        for mask in &self.0 {
            if hide(request, &mask.steps) {
                hits.push(&*mask.path);
            }
        }
        hits
    }

    /// Whether the fact at `path`, such as `scan.targets[3].url`, or what it stands in, is masked.
    pub(crate) fn covers(&self, path: &str) -> bool {
        let mut general = String::with_capacity(path.len());
        let mut is_index = false;
        for character in path.chars() {
            is_index = match character {
                '[' => true,
                ']' => false,
                _ => is_index,
            };
            if !is_index || character == '[' {
                general.push(character);
            }
        }
        let Some(steps) = steps(&general) else {
            return true;
        };
        let is_same = |(mask, step): (&Step, &Step)| mask == step || *mask == Step::Any;
        self.0.iter().any(|mask| {
            let (mask, fact) = (&mask.steps, &steps);
            // What holds a masked fact may be repeated with it.
            mask.iter().zip(fact).all(is_same)
        })
    }
}

/// The steps of `path`; a custom fact's name may hold anything.
fn steps(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    if let Some(name) = path.strip_prefix("attributes.") {
        let name = match name {
            "" => return None,
            "*" => Step::Any,
            name => Step::Name(name.strip_suffix("[]").unwrap_or(name).to_owned()),
        };
        return Some(vec![Step::Name("attributes".to_owned()), name]);
    }
    for part in path.split('.') {
        let name = part.strip_suffix("[]").unwrap_or(part);
        if name.is_empty() || name.contains(['[', ']']) {
            return None;
        }
        steps.push(Step::Name(name.to_owned()));
        if name.len() < part.len() {
            steps.push(Step::Each);
        }
    }
    Some(steps)
}

/// Whether the record has a fact there.
fn is_known(resolve: &Resolve, record: TypeId, steps: &[Step]) -> bool {
    let mut ty = Type::Id(record);
    let mut rest = steps.iter();
    while let Some(step) = rest.next() {
        ty = match (kind(resolve, ty), step) {
            (Some(TypeDefKind::Record(record)), Step::Name(name)) => {
                let field = |field: &&wit_parser::Field| field.name.replace('-', "_") == **name;
                let Some(field) = record.fields.iter().find(field) else {
                    return false;
                };
                if name == "attributes" {
                    return rest.len() <= 1 && rest.all(|step| *step != Step::Each);
                }
                field.ty
            }
            (Some(TypeDefKind::List(element)), Step::Each) => *element,
            _ => return false,
        };
    }
    true
}

/// What the type is, beneath other names and `option`.
fn kind(resolve: &Resolve, mut ty: Type) -> Option<&TypeDefKind> {
    loop {
        let Type::Id(id) = ty else { return None };
        match &resolve.types[id].kind {
            TypeDefKind::Type(inner) | TypeDefKind::Option(inner) => ty = *inner,
            kind => return Some(kind),
        }
    }
}

/// Hides what is at `steps`; whether there was anything.
fn hide(value: &mut Value, steps: &[Step]) -> bool {
    let Some((step, rest)) = steps.split_first() else {
        if value.is_null() || value.as_str() == Some(MARKER) {
            return false;
        }
        *value = MARKER.into();
        return true;
    };
    let mut is_hidden = false;
    match (step, value) {
        (Step::Name(name), Value::Object(object)) => {
            if let Some(value) = object.get_mut(name) {
                is_hidden = hide(value, rest);
            }
        }
        (Step::Any, Value::Object(object)) => {
            for value in object.values_mut() {
                is_hidden |= hide(value, rest);
            }
        }
        (Step::Each, Value::Array(list)) => {
            for value in list {
                is_hidden |= hide(value, rest);
            }
        }
        _ => {}
    }
    is_hidden
}
