//! What compiles but has no effect: warnings, never errors.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::scope::Used;
use crate::contract::CONTRACT;
use crate::diagnostic::{Diagnostic, Diagnostics, quote};
use crate::file::RuleFile;
use crate::ir::{Expr, Kind};
use crate::rules::{Constant, Key, Rows, Rules, Table};

/// The providers the domain knows.
const PROVIDERS: [&str; 9] = [
    "github",
    "gitlab",
    "jira",
    "wordpress",
    "woocommerce",
    "shopify",
    "gtm",
    "cmp",
    "webhook",
];

pub(super) fn check(
    rules: &Rules,
    file: &RuleFile,
    used: &Used,
    sets: &BTreeSet<String>,
    out: &mut Diagnostics,
) {
    unused(rules, file, used, sets, out);
    requirements(rules, out);
    definitions(rules, out);
    for (index, table) in rules.tables.iter().enumerate() {
        if used.tables.contains(&index) {
            rows(table, &table.rows, out);
        }
    }
    let mut conditions: Vec<&Expr> = rules.definitions.iter().map(|d| &d.expr).collect();
    for requirement in &rules.requirements {
        conditions.extend(requirement.given.iter().chain([&requirement.must]));
    }
    conditions.extend(rules.ready.iter().map(|ready| &ready.when));
    for condition in conditions {
        providers(condition, out);
    }
}

fn unused(
    rules: &Rules,
    file: &RuleFile,
    used: &Used,
    sets: &BTreeSet<String>,
    out: &mut Diagnostics,
) {
    let mut warn = |span: &std::ops::Range<usize>, what: &str, name: &str| {
        out.push(Diagnostic::warning(
            span.clone(),
            format!("the {what} {} is never used", quote(name)),
            "use it, or leave it out",
        ));
    };
    for (index, table) in rules.tables.iter().enumerate() {
        if !used.tables.contains(&index) {
            warn(&table.span, "table", &table.name);
        }
    }
    for (index, definition) in rules.definitions.iter().enumerate() {
        if !used.definitions.contains(&index) {
            warn(&definition.span, "definition", &definition.name);
        }
    }
    for (index, attribute) in file.attributes.iter().enumerate() {
        if !used.attributes.contains(&index) {
            warn(&attribute.name.span, "attribute", &attribute.name.value);
        }
    }
    let mut reached = sets.clone();
    for (name, expr) in &file.sets {
        mentions(expr, &name.value, &mut reached);
    }
    for (name, _) in &file.sets {
        if !reached.contains(&name.value) {
            warn(&name.span, "set", &name.value);
        }
    }
    for (code, _) in &file.codes {
        if !rules.requirements.iter().any(|r| r.code == code.value) {
            warn(&code.span, "code", &code.value);
        }
    }
    for (index, action) in file.actions.iter().enumerate() {
        if !rules
            .requirements
            .iter()
            .any(|r| r.actions.contains_key(&index))
        {
            out.push(Diagnostic::warning(
                action.span.clone(),
                format!(
                    "no requirement names the action {}, so it is always denied",
                    quote(&action.value)
                ),
                "name it in a requirement's `for`, or leave it out",
            ));
        }
    }
}

/// The sets that the set `of` is made of.
fn mentions(expr: &crate::file::SetExpr, of: &str, into: &mut BTreeSet<String>) {
    use crate::file::SetExpr;
    match expr {
        SetExpr::Name(name) if name.value != of => {
            into.insert(name.value.clone());
        }
        SetExpr::Name(_) => {}
        SetExpr::Union(parts, _) => parts.iter().for_each(|part| mentions(part, of, into)),
        SetExpr::Of {
            of: inner, except, ..
        } => {
            mentions(inner, of, into);
            if let Some(except) = except {
                mentions(except, of, into);
            }
        }
    }
}

fn requirements(rules: &Rules, out: &mut Diagnostics) {
    for requirement in &rules.requirements {
        let mut warn = |message: String, remedy: &str| {
            out.push(Diagnostic::warning(
                requirement.span.clone(),
                message,
                remedy,
            ));
        };
        let id = quote(&requirement.id);
        if requirement.actions.is_empty() {
            warn(
                format!("the requirement {id} can never apply: its set of actions is empty"),
                "name an action in `for`",
            );
        }
        if requirement.given.as_ref().and_then(Expr::as_bool) == Some(false) {
            warn(
                format!("the requirement {id} can never apply: its `given` is false"),
                "leave it out",
            );
        }
        if requirement.must.as_bool() == Some(true) {
            warn(
                format!("the requirement {id} always holds"),
                "say what must hold, or leave it out",
            );
        }
    }
}

/// A definition that says what another says.
fn definitions(rules: &Rules, out: &mut Diagnostics) {
    // Only those of one shape can be alike: comparing each with each would take a large rule set's square.
    let mut shapes: HashMap<u64, usize> = HashMap::new();
    for (index, definition) in rules.definitions.iter().enumerate() {
        let mut hasher = DefaultHasher::new();
        shape(&definition.expr, &mut hasher);
        let first = *shapes.entry(hasher.finish()).or_insert(index);
        let twin = &rules.definitions[first];
        if first != index && same(&twin.expr, &definition.expr) {
            out.push(Diagnostic::warning(
                definition.span.clone(),
                format!(
                    "the definition {} is shadowed: {} says the same",
                    quote(&definition.name),
                    quote(&twin.name)
                ),
                "use one of the two",
            ));
        }
    }
}

/// Hashes what `same` compares: what it holds to be alike has one hash.
fn shape(expr: &Expr, into: &mut DefaultHasher) {
    std::mem::discriminant(&expr.kind).hash(into);
    expr.ty.hash(into);
    match &expr.kind {
        Kind::Bool(value) => value.hash(into),
        Kind::Int(value) => value.hash(into),
        Kind::Text(text) => text.hash(into),
        Kind::Case(case) => case.hash(into),
        Kind::Fact(place, _) | Kind::Has(place) => place.offset.hash(into),
        Kind::Attribute(index)
        | Kind::HasAttribute(index)
        | Kind::Definition(index)
        | Kind::Lookup(index, _)
        | Kind::Matches(_, index) => index.hash(into),
        Kind::Holds(requirements, action) => (requirements, action).hash(into),
        _ => {}
    }
    expr.children()
        .into_iter()
        .for_each(|child| shape(child, into));
}

/// Whether two expressions are alike but for where they stand.
fn same(a: &Expr, b: &Expr) -> bool {
    let (left, right) = (a.children(), b.children());
    if left.len() != right.len() || a.ty != b.ty {
        return false;
    }
    let alike = match (&a.kind, &b.kind) {
        (Kind::Bool(x), Kind::Bool(y)) => x == y,
        (Kind::Int(x), Kind::Int(y)) => x == y,
        (Kind::Text(x), Kind::Text(y)) => x == y,
        (Kind::Case(x), Kind::Case(y)) => x == y,
        (Kind::Fact(x, _), Kind::Fact(y, _)) | (Kind::Has(x), Kind::Has(y)) => x == y,
        (Kind::Attribute(x), Kind::Attribute(y))
        | (Kind::HasAttribute(x), Kind::HasAttribute(y))
        | (Kind::Definition(x), Kind::Definition(y)) => x == y,
        (Kind::Holds(x, p), Kind::Holds(y, q)) => x == y && p == q,
        (Kind::Lookup(x, _), Kind::Lookup(y, _)) | (Kind::Matches(_, x), Kind::Matches(_, y)) => {
            x == y
        }
        (Kind::TextTest(x, ..), Kind::TextTest(y, ..)) => x == y,
        (Kind::UrlTest(x, ..), Kind::UrlTest(y, ..)) => x == y,
        // Their variables differ even where they are alike.
        (Kind::Quantified { .. }, _) => false,
        (x, y) => std::mem::discriminant(x) == std::mem::discriminant(y),
    };
    alike && left.iter().zip(right).all(|(a, b)| same(a, b))
}

fn rows(table: &Table, rows_of: &Rows, out: &mut Diagnostics) {
    let Rows::More(entries) = rows_of else { return };
    for (name, row, span) in entries {
        match row {
            Rows::Value(value)
                if table.otherwise.as_ref() == Some(value)
                    && table.keys.iter().all(|k| *k == Key::Text) =>
            {
                out.push(Diagnostic::warning(
                    span.clone(),
                    format!(
                        "the row {} of the table `{}` says what `otherwise` says",
                        quote(name),
                        table.name
                    ),
                    "leave it out",
                ));
            }
            Rows::More(entries) if entries.is_empty() => out.push(Diagnostic::warning(
                span.clone(),
                format!(
                    "the rows of {} in the table `{}` are empty",
                    quote(name),
                    table.name
                ),
                "leave them out",
            )),
            Rows::Value(Constant::Texts(texts)) => {
                let mut seen = HashSet::new();
                let twice = texts.iter().find(|text| !seen.insert(*text));
                if let Some(text) = twice {
                    out.push(Diagnostic::warning(
                        span.clone(),
                        format!(
                            "the row {} of the table `{}` lists {} twice",
                            quote(name),
                            table.name,
                            quote(text)
                        ),
                        "leave one out",
                    ));
                }
            }
            Rows::Value(_) => {}
            Rows::More(_) => rows(table, row, out),
        }
    }
}

/// Comparisons of a provider with a text that is no provider the domain knows.
fn providers(expr: &Expr, out: &mut Diagnostics) {
    let mut texts: Vec<&Expr> = Vec::new();
    if let Kind::Equal(a, b) | Kind::In(a, b) = &expr.kind {
        for (side, other) in [(a, b), (b, a)] {
            if is_provider(side) {
                match &other.kind {
                    Kind::Text(_) => texts.push(other),
                    Kind::List(all) => texts.extend(all),
                    _ => {}
                }
            }
        }
    }
    for literal in texts {
        let Some(text) = literal.as_text() else {
            continue;
        };
        if !text.is_empty() && !PROVIDERS.contains(&&**text) {
            out.push(Diagnostic::warning(
                literal.span.clone(),
                format!("nobody knows the provider {}", quote(text)),
                crate::diagnostic::suggest(text, PROVIDERS),
            ));
        }
    }
    for child in expr.children() {
        providers(child, out);
    }
}

fn is_provider(expr: &Expr) -> bool {
    let Kind::Fact(place, _) = &expr.kind else {
        return false;
    };
    debug_assert!(CONTRACT.field(CONTRACT.request, "access").is_some());
    place
        .path
        .as_deref()
        .is_some_and(|path| path.ends_with(".provider"))
}
