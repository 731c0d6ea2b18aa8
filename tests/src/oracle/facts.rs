//! Where a condition finds values: the facts of the request and of the variables around, with what must be present first.

use super::contract::{CONTRACT, Type};
use super::world::ATTRIBUTES;

/// A value that a condition can name.
#[derive(Clone, Debug)]
pub(super) struct Fact {
    /// The expression.
    pub(super) code: String,
    /// Its path without `request.` and without indices, by which samples are found.
    pub(super) path: String,
    pub(super) ty: Type,
    /// The optional facts that must be present, outermost first, as expressions.
    pub(super) needs: Vec<String>,
    /// Whether the fact itself is the last of `needs`.
    pub(super) optional: bool,
}

/// Every fact of the request, records included.
pub(super) fn of_request() -> Vec<Fact> {
    let mut facts = Vec::new();
    let request = Fact {
        code: "request".into(),
        path: String::new(),
        ty: Type::Record("request".into()),
        needs: Vec::new(),
        optional: false,
    };
    within(&request, &mut facts);
    for attribute in &ATTRIBUTES {
        let code = format!("request.attributes.{}", attribute.name);
        let path = format!("attributes.{}", attribute.name);
        facts.push(Fact {
            needs: vec![code.clone()],
            code,
            path,
            ty: attribute.ty(),
            optional: true,
        });
    }
    facts
}

/// The facts within a record.
pub(super) fn within(record: &Fact, into: &mut Vec<Fact>) {
    let Type::Record(name) = &record.ty else {
        return;
    };
    for field in CONTRACT.fields(name) {
        let code = format!("{}.{}", record.code, field.name);
        let dot = if record.path.is_empty() { "" } else { "." };
        let mut needs = record.needs.clone();
        if field.optional {
            needs.push(code.clone());
        }
        let path = format!("{}{dot}{}", record.path, field.name);
        let fact = Fact {
            code,
            path,
            ty: field.ty,
            needs,
            optional: field.optional,
        };
        within(&fact, into);
        into.push(fact);
    }
}
