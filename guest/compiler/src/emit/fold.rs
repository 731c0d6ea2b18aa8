//! Works out what is known before any request: constants, and what a condition is for a given action.

use std::sync::Arc;

use crate::contract::{CONTRACT, Type};
use crate::ir::{Expr, Kind, TextTest};
use crate::rules::{Constant, Key, Rules};

/// No case of any enum.
pub(super) const NO_CASE: u32 = u32::MAX;

/// The expression with everything worked out that is known; with an action, as for that action.
pub(crate) fn fold(expr: &Expr, rules: &Rules, action: Option<usize>) -> Expr {
    let folded = expr.map_children(&mut |child| fold(child, rules, action));
    let span = folded.span.clone();
    let ty = folded.ty.clone();
    let boolean = |value: bool| Expr::bool(value, span.clone());
    let known = match &folded.kind {
        Kind::Action => action.map(|index| Expr::text(rules.actions[index].clone(), span.clone())),
        Kind::Holds(requirements, None) if action.is_some() => Some(Expr::new(
            Kind::Holds(requirements.clone(), action),
            ty,
            span.clone(),
        )),
        Kind::Not(a) => a.as_bool().map(|a| boolean(!a)),
        Kind::And(a, b) => match (a.as_bool(), b.as_bool()) {
            (Some(true), _) => Some((**b).clone()),
            (_, Some(true)) => Some((**a).clone()),
            (Some(false), _) => Some(boolean(false)),
            _ => None,
        },
        Kind::Or(a, b) => match (a.as_bool(), b.as_bool()) {
            (Some(false), _) => Some((**b).clone()),
            (_, Some(false)) => Some((**a).clone()),
            (Some(true), _) => Some(boolean(true)),
            _ => None,
        },
        Kind::If(c, a, b) => c
            .as_bool()
            .map(|c| if c { (**a).clone() } else { (**b).clone() }),
        Kind::Equal(a, b) => equal(a, b).map(boolean),
        Kind::Less(a, b) => order(a, b).map(|order| boolean(order.is_lt())),
        Kind::AtMost(a, b) => order(a, b).map(|order| boolean(order.is_le())),
        Kind::In(needle, list) => contains(needle, list).map(boolean),
        Kind::TextTest(test, text, part) => {
            text.as_text().zip(part.as_text()).map(|(text, part)| {
                boolean(match test {
                    TextTest::StartsWith => text.starts_with(&**part),
                    TextTest::EndsWith => text.ends_with(&**part),
                    TextTest::Contains => text.contains(&**part),
                })
            })
        }
        Kind::CaseOf(e, text) => text.as_text().map(|text| {
            let case = CONTRACT.enums[*e]
                .cases
                .iter()
                .position(|case| **case == **text);
            let case = case.map_or(NO_CASE, super::count);
            Expr::new(Kind::Case(case), ty, span.clone())
        }),
        Kind::Lookup(table, keys) => {
            look_up(*table, keys, rules).map(|value| constant(value, &span))
        }
        _ => None,
    };
    known.unwrap_or(folded)
}

fn equal(a: &Expr, b: &Expr) -> Option<bool> {
    match (&a.kind, &b.kind) {
        (Kind::Bool(a), Kind::Bool(b)) => Some(a == b),
        (Kind::Int(a), Kind::Int(b)) => Some(a == b),
        (Kind::Text(a), Kind::Text(b)) => Some(a == b),
        (Kind::Case(a), Kind::Case(b)) => Some(a == b && *a != NO_CASE),
        (Kind::Case(NO_CASE), _) | (_, Kind::Case(NO_CASE)) => Some(false),
        _ => None,
    }
}

fn order(a: &Expr, b: &Expr) -> Option<std::cmp::Ordering> {
    match (&a.kind, &b.kind) {
        (Kind::Int(a), Kind::Int(b)) => Some(a.cmp(b)),
        (Kind::Text(a), Kind::Text(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
        _ => None,
    }
}

fn contains(needle: &Expr, list: &Expr) -> Option<bool> {
    let Kind::List(elements) = &list.kind else {
        return None;
    };
    let mut all = true;
    for element in elements {
        match equal(needle, element) {
            Some(true) => return Some(true),
            Some(false) => {}
            None => all = false,
        }
    }
    all.then_some(false)
}

fn look_up<'r>(table: usize, keys: &[Expr], rules: &'r Rules) -> Option<&'r Constant> {
    let table = &rules.tables[table];
    let mut names: Vec<&str> = Vec::new();
    for (key, expr) in table.keys.iter().zip(keys) {
        names.push(match (key, &expr.kind) {
            (Key::Text, Kind::Text(text)) => text,
            (Key::Enum(e), Kind::Case(case)) => &CONTRACT.enums[*e].cases[*case as usize],
            _ => return None,
        });
    }
    table.at(names)
}

fn constant(value: &Constant, span: &std::ops::Range<usize>) -> Expr {
    match value {
        Constant::Text(text) => Expr::text(text.clone(), span.clone()),
        Constant::Int(value) => Expr::int(*value, Type::Int, span.clone()),
        Constant::Bool(value) => Expr::bool(*value, span.clone()),
        Constant::Texts(texts) => {
            let all = texts
                .iter()
                .map(|text: &Arc<str>| Expr::text(text.clone(), span.clone()));
            Expr::new(
                Kind::List(all.collect()),
                Type::List(Box::new(Type::Text)),
                span.clone(),
            )
        }
    }
}
