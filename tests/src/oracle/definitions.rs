//! Named expressions: the rule set has their names, the oracle has them written out.

use std::fmt::Write;

use super::contract::Type;
use super::facts::{self, Fact};

/// Name, expression, the optional facts it needs, and its type.
type Definition = (
    &'static str,
    &'static str,
    &'static [&'static str],
    fn() -> Type,
);

const ACCESS: &str = "request.access";
const APPROVED: &str = "request.approved_scope";

/// No name is part of another, or of anything else in a condition.
const DEFINITIONS: [Definition; 15] = [
    (
        "def_connected",
        "rank(request.access.remediation_access_mode) >= 4",
        &[ACCESS],
        || Type::Bool,
    ),
    (
        "def_approver",
        "request.approved_scope.approver",
        &[APPROVED],
        || Type::Record("person".into()),
    ),
    (
        "def_expired",
        "request.now > request.approved_scope.expires_at",
        &[APPROVED, "request.approved_scope.expires_at"],
        || Type::Bool,
    ),
    (
        "def_fresh",
        "!has(request.access) || !has(request.access.revoked_at) || request.access.revoked_at < request.now",
        &[],
        || Type::Bool,
    ),
    (
        "def_usable",
        "def_connected && def_fresh",
        &[ACCESS],
        || Type::Bool,
    ),
    (
        "def_pages",
        "size(request.scan.targets)",
        &["request.scan"],
        || Type::Int,
    ),
    (
        "def_targets",
        "request.scan.targets",
        &["request.scan"],
        || Type::List(Box::new(Type::Record("target".into()))),
    ),
    (
        "def_who",
        "request.actor.role == \"agency\" ? request.agency_account : request.actor.account",
        &[],
        || Type::Text,
    ),
    (
        "def_words",
        "request.deployment == \"cloud\" ? [\"github\", \"\u{e9}\", \"\"] : [\"acct-1\", \"contents:read\"]",
        &[],
        || Type::List(Box::new(Type::Text)),
    ),
    (
        "def_mode",
        "request.access.remediation_access_mode",
        &[ACCESS],
        || Type::Enum("access_mode".into()),
    ),
    (
        "def_role",
        "request.deployment == \"cloud\" ? request.actor.role : \"viewer\"",
        &[],
        || Type::Enum("role".into()),
    ),
    (
        "def_when",
        "has(request.access) && has(request.access.revoked_at) ? request.access.revoked_at : request.now",
        &[],
        || Type::Time,
    ),
    (
        "def_sites",
        "request.scan.targets.exists(t, request.scan.accepted.exists(p, accepts(p, t.url)))",
        &["request.scan"],
        || Type::Bool,
    ),
    (
        "def_asks",
        "request.action in [\"scan\", \"retest\", \"apply_change\"]",
        &[],
        || Type::Bool,
    ),
    (
        "def_texts",
        "request.scan.accepted",
        &["request.scan"],
        || Type::List(Box::new(Type::Text)),
    ),
];

/// A definition that asks whether an optional fact is present, and so proves it.
pub(super) const PROOFS: [(&str, &str); 3] = [
    ("def_has_task", "request.task"),
    ("def_has_access", ACCESS),
    ("def_has_scan", "request.scan"),
];

/// The definitions as facts, and the facts within them.
pub(super) fn facts() -> Vec<Fact> {
    let mut all = Vec::new();
    for (name, expression, needs, ty) in DEFINITIONS {
        let needs = needs.iter().map(|need| (*need).to_owned()).collect();
        let path = expression
            .strip_prefix("request.")
            .unwrap_or(name)
            .to_owned();
        let fact = Fact {
            code: name.to_owned(),
            path,
            ty: ty(),
            needs,
            optional: false,
        };
        facts::within(&fact, &mut all);
        all.push(fact);
    }
    all
}

/// The definitions in TOML.
pub(super) fn toml() -> String {
    let mut out = String::from("[definitions]\n");
    for (name, expression, _, _) in DEFINITIONS {
        writeln!(out, "{name} = '{expression}'").expect("a string can be written to");
    }
    for (name, optional) in PROOFS {
        writeln!(out, "{name} = 'has({optional})'").expect("a string can be written to");
    }
    out
}

/// The condition with every definition written out.
pub fn written_out(condition: &str) -> String {
    let mut out = condition.to_owned();
    for (name, optional) in PROOFS {
        out = out.replace(name, &format!("has({optional})"));
    }
    // Those that use others stand behind them.
    for (name, expression, _, _) in DEFINITIONS.iter().rev() {
        if out.contains(name) {
            out = out.replace(name, &format!("({expression})"));
        }
    }
    if out.contains("def_") {
        written_out(&out)
    } else {
        out
    }
}
