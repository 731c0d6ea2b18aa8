//! What a condition needs to be unmet: a fact's values, without one of which it certainly holds.
//!
//! Always true here: a need is read off a part of the condition that is evaluated wherever the condition comes out as
//! it is asked for. What is evaluated reads only facts that are present, so where the fact is absent the need is not
//! fulfilled either.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use crate::contract::{CONTRACT, Type};
use crate::emit::fold::{NO_CASE, fold};
use crate::emit::uses::own_path;
use crate::ir::{Base, Expr, Kind, Place};
use crate::rules::Rules;

/// The most values of a fact that a requirement is listed under: with more it is asked in any case.
const VALUES: usize = 16;

/// How many definitions that name one another are looked through: enough for people, and little stack for anybody else.
const LOOKED_THROUGH: usize = 16;

/// A fact that requirements are selected by; in the order of paths.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) path: String,
    pub(super) stands: Stands,
}

/// Where a fact is found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stands {
    /// In the request: a text, or a case of the enum. It is there if each byte of `presence` is 1.
    Request {
        offset: u32,
        presence: Vec<u32>,
        cases: Option<usize>,
    },
    /// A declared attribute that is a text.
    Attribute(usize),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Value {
    Text(Arc<str>),
    Case(u32),
}

/// For each of some facts the values, one of which it must have.
pub(super) type Needs = BTreeMap<Key, BTreeSet<Value>>;

/// Finds needs, looking through definitions.
pub(super) struct Finder<'r> {
    rules: &'r Rules,
    definitions: BTreeMap<usize, Rc<Expr>>,
    /// What definitions need to come out true or false.
    known: BTreeMap<(usize, bool), Needs>,
    /// How many definitions are being looked through.
    depth: usize,
}

impl<'r> Finder<'r> {
    pub(super) fn new(rules: &'r Rules) -> Self {
        Self {
            rules,
            definitions: BTreeMap::new(),
            known: BTreeMap::new(),
            depth: 0,
        }
    }

    /// What the condition, of which everything known is worked out, needs to come out so.
    pub(super) fn needs(&mut self, condition: &Expr, outcome: bool) -> Needs {
        match &condition.kind {
            Kind::Not(a) => self.needs(a, !outcome),
            // Both sides came out so.
            Kind::And(a, b) if outcome => both(self.needs(a, true), self.needs(b, true)),
            Kind::Or(a, b) if !outcome => both(self.needs(a, false), self.needs(b, false)),
            // One side did; which one, nobody knows.
            Kind::And(a, b) | Kind::Or(a, b) => {
                let first = self.needs(a, outcome);
                if first.is_empty() {
                    return first;
                }
                either(first, &self.needs(b, outcome))
            }
            Kind::Equal(a, b) if outcome => {
                let (a, b) = (self.seen(a), self.seen(b));
                if a.is_constant() {
                    self.one_of(&b, std::slice::from_ref(&a))
                } else {
                    self.one_of(&a, std::slice::from_ref(&b))
                }
            }
            Kind::In(needle, list) if outcome => {
                let (needle, list) = (self.seen(needle), self.seen(list));
                match &list.kind {
                    Kind::List(elements) => self.one_of(&needle, elements),
                    _ => Needs::new(),
                }
            }
            Kind::Definition(index) => self.of_definition(*index, outcome),
            _ => Needs::new(),
        }
    }

    /// That the fact has one of the values.
    fn one_of(&self, fact: &Expr, values: &[Expr]) -> Needs {
        let mut needs = Needs::new();
        // Nothing equals what is no case.
        let values = values
            .iter()
            .filter(|value| !matches!(value.kind, Kind::Case(NO_CASE)));
        if let Some(key) = self.key(fact)
            && let Some(values) = values.map(value).collect::<Option<BTreeSet<_>>>()
            && values.len() <= VALUES
        {
            needs.insert(key, values);
        }
        needs
    }

    fn key(&self, fact: &Expr) -> Option<Key> {
        let path = own_path(fact, self.rules)?;
        let stands = match &fact.kind {
            Kind::Fact(place, _) => in_request(place, &path, &fact.ty)?,
            Kind::Attribute(index) if fact.ty == Type::Text => Stands::Attribute(*index),
            _ => return None,
        };
        Some(Key { path, stands })
    }

    fn of_definition(&mut self, index: usize, outcome: bool) -> Needs {
        if let Some(known) = self.known.get(&(index, outcome)) {
            return known.clone();
        }
        if self.depth == LOOKED_THROUGH {
            return Needs::new();
        }
        self.depth += 1;
        let definition = self.definition(index);
        let needs = self.needs(&definition, outcome);
        self.depth -= 1;
        self.known.insert((index, outcome), needs.clone());
        needs
    }

    /// The expression, or what the definition stands for that it is.
    fn seen<'e>(&mut self, expr: &'e Expr) -> Cow<'e, Expr> {
        let Kind::Definition(mut index) = expr.kind else {
            return Cow::Borrowed(expr);
        };
        loop {
            let definition = self.definition(index);
            match definition.kind {
                Kind::Definition(next) => index = next,
                _ => return Cow::Owned((*definition).clone()),
            }
        }
    }

    fn definition(&mut self, index: usize) -> Rc<Expr> {
        let rules = self.rules;
        let folded = || Rc::new(fold(&rules.definitions[index].expr, rules, None));
        self.definitions.entry(index).or_insert_with(folded).clone()
    }
}

fn value(constant: &Expr) -> Option<Value> {
    match &constant.kind {
        Kind::Text(text) => Some(Value::Text(text.clone())),
        Kind::Case(case) => Some(Value::Case(*case)),
        _ => None,
    }
}

/// Where the text or case stands, if that can be told from its path alone.
fn in_request(place: &Place, path: &str, ty: &Type) -> Option<Stands> {
    let mut within = Some(CONTRACT.request);
    let (mut offset, mut presence, mut found) = (0, Vec::new(), None);
    for name in path.split('.') {
        let field = CONTRACT.field(within?, name)?;
        presence.extend(field.presence.map(|presence| offset + presence));
        offset += field.offset;
        within = match field.ty {
            Type::Record(record) => Some(record),
            _ => None,
        };
        found = Some(&field.ty);
    }
    let cases = match ty {
        Type::Text => None,
        Type::Enum(e) => Some(*e),
        _ => return None,
    };
    let it_is = place.base == Base::Request && place.offset == offset && found == Some(ty);
    it_is.then_some(Stands::Request {
        offset,
        presence,
        cases,
    })
}

/// What is needed where both are: of a fact that both name, the fewer values.
fn both(mut a: Needs, b: Needs) -> Needs {
    for (key, values) in b {
        match a.get(&key) {
            Some(known) if known.len() <= values.len() => {}
            _ => {
                a.insert(key, values);
            }
        }
    }
    a
}

/// What is needed where one of them is.
fn either(mut a: Needs, b: &Needs) -> Needs {
    a.retain(|key, values| match b.get(key) {
        Some(others) => {
            values.extend(others.iter().cloned());
            values.len() <= VALUES
        }
        None => false,
    });
    a
}
