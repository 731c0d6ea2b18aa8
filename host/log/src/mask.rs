//! Which facts are not logged.
//!
//! Always true here: a mask names facts that the contract has, and hides the copies of them that requests made of AuthZEN evaluations have.

use scopegate_contract::WIT;
use serde_json::Value;
use wit_parser::{Resolve, Type, TypeDefKind, TypeId};

use crate::error::MaskError;

/// What stands in the place of a masked value.
pub const MARKER: &str = "[masked]";

/// Where an AuthZEN evaluation that becomes a request puts a fact twice: the fact, and the custom fact of the same value.
pub const COPIES: [(&str, &str); 9] = [
    ("actor.account", "attributes.subject_account"),
    ("actor.role", "attributes.subject_role"),
    ("tenancy.account", "attributes.resource_account"),
    ("tenancy.project", "attributes.resource_project"),
    ("tenancy.project", "attributes.resource_id"),
    (
        "tenancy.client_workspace",
        "attributes.resource_client_workspace",
    ),
    ("task.id", "attributes.resource_id"),
    ("access.resource.id", "attributes.resource_id"),
    ("access.resource.kind", "attributes.resource_type"),
];

/// The facts that are not logged: by paths such as `actor.id`, `scan.targets[].url`, `attributes.iban` and `attributes.*`.
///
/// A mask covers the [copies](COPIES) of its facts too, and a mask that names a copy covers the fact. The role that a subject was said to
/// have is covered with `actor.role` whatever it is: of one that the domain does not have, the fact is `viewer`.
#[derive(Debug, Clone, Default)]
pub struct Masks {
    masks: Vec<Mask>,
    copies: Vec<Copied>,
}

/// What says more than the fact whose copy it is, if that fell back to another value.
const SAID: &str = "attributes.subject_role";

/// A fact that is not logged where its value is that of another that is masked, or may have become it.
#[derive(Debug, Clone)]
struct Copied {
    of: Vec<Step>,
    mask: Mask,
}

#[derive(Debug, Clone)]
struct Mask {
    path: String,
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
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
        let (resolve, request) = contract();
        let masks = paths.into_iter().map(|path| {
            let path = path.as_ref();
            let mask = Mask::new(path).ok_or_else(|| MaskError::unknown(path))?;
            if path == "action" {
                return Err(MaskError::action());
            }
            if !is_known(&resolve, request, &mask.steps) {
                return Err(MaskError::unknown(path));
            }
            Ok(mask)
        });
        let masks: Vec<_> = masks.collect::<Result<_, _>>()?;
        let copies = COPIES
            .into_iter()
            .flat_map(|(fact, copy)| {
                [
                    Copied::new(fact, copy, &masks),
                    Copied::new(copy, fact, &masks),
                ]
            })
            .flatten()
            .collect();
        Ok(Self { masks, copies })
    }

    /// Whether nothing is masked.
    pub fn is_empty(&self) -> bool {
        self.masks.is_empty()
    }

    /// Masks what is in `request`, and says which masks hid something.
    pub(crate) fn apply(&self, request: &mut Value) -> Vec<&str> {
        let facts = &*request;
        let is_copy = |copied: &&Copied| {
            let value = value_at(facts, &copied.of);
            let is_said = copied.mask.path == SAID;
            value.is_some() && (is_said || value == value_at(facts, &copied.mask.steps))
        };
        let copies: Vec<_> = self.copies.iter().filter(is_copy).collect();
        let mut hits = Vec::new();
        for mask in self
            .masks
            .iter()
            .chain(copies.into_iter().map(|copied| &copied.mask))
        {
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
        let mut masks = (self.masks.iter()).chain(self.copies.iter().map(|copied| &copied.mask));
        // What holds a masked fact may be repeated with it.
        masks.any(|mask| mask.is_along(&steps))
    }
}

impl Mask {
    fn new(path: &str) -> Option<Self> {
        let (path, steps) = (path.to_owned(), steps(path)?);
        Some(Self { path, steps })
    }

    /// Whether it hides what is at `fact`, or something in it.
    fn is_along(&self, fact: &[Step]) -> bool {
        let is_same = |(mask, step): (&Step, &Step)| mask == step || *mask == Step::Any;
        self.steps.iter().zip(fact).all(is_same)
    }
}

impl Copied {
    /// What is at `path` where it is as what is at `of`, if one of `masks` hides that.
    fn new(of: &str, path: &str, masks: &[Mask]) -> Option<Self> {
        let (of, mask) = (steps(of)?, Mask::new(path)?);
        // Who masks all custom facts has named none of them, and may want the facts of the domain.
        let is_custom = of.first() == Some(&Step::Name("attributes".to_owned()));
        let hides = |mask: &Mask| {
            mask.steps == of || !is_custom && mask.steps.len() <= of.len() && mask.is_along(&of)
        };
        masks.iter().any(hides).then_some(Self { of, mask })
    }
}

/// The value at `steps`, which go through records only, if there is one.
fn value_at<'v>(facts: &'v Value, steps: &[Step]) -> Option<&'v Value> {
    let found = steps.iter().try_fold(facts, |value, step| match step {
        Step::Name(name) => value.get(name),
        Step::Each | Step::Any => None,
    });
    found.filter(|value| !value.is_null())
}

/// The contract, and the type of a request in it.
pub(crate) fn contract() -> (Resolve, TypeId) {
    let mut resolve = Resolve::default();
    let package = resolve
        .push_str("gate.wit", WIT)
        .expect("the contract is right");
    let interface = resolve.packages[package].interfaces["policy"];
    let request = resolve.interfaces[interface].types["request"];
    (resolve, request)
}

/// A name of the contract, as JSON has it.
pub(crate) fn json_name(name: &str) -> String {
    name.replace('-', "_")
}

/// The steps of `path`; a custom fact's name may hold anything.
pub(crate) fn steps(path: &str) -> Option<Vec<Step>> {
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
                let field = |field: &&wit_parser::Field| json_name(&field.name) == **name;
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

/// The type that this one is another name of, or the option of.
pub(crate) fn beneath(resolve: &Resolve, ty: Type) -> Option<Type> {
    let Type::Id(id) = ty else { return None };
    match &resolve.types[id].kind {
        TypeDefKind::Type(inner) | TypeDefKind::Option(inner) => Some(*inner),
        _ => None,
    }
}

/// What the type is, beneath other names and `option`.
pub(crate) fn kind(resolve: &Resolve, mut ty: Type) -> Option<&TypeDefKind> {
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
