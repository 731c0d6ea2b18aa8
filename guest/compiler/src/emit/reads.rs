//! Which texts and lists of a request the conditions read: a host need not lay out the others.
//!
//! Always true here: a bit too many costs time, a bit too few would lose a fact; so what is not understood counts as read.

use crate::contract::{CONTRACT, Type};
use crate::ir::{Expr, Kind};
use crate::rules::Rules;

/// A bit for each text and list of a request, in the contract's order; that of `attributes`, the last, is never set.
pub(super) fn reads(rules: &Rules) -> u64 {
    // Which requirements apply is found by it.
    let mut reads = Reads {
        within: vec!["action".into()],
        ..Reads::default()
    };
    rules.conditions().for_each(|expr| reads.expr(expr));
    let bits = pointers().into_iter().enumerate();
    bits.filter(|(_, path)| reads.has(path))
        .fold(0, |bits, (index, _)| bits | 1 << index)
}

/// Whether what a policy decides can depend on the fact at `path`, such as `scan.targets[].url` or `attributes.seats`, or on something in it,
/// beyond whether it is there and within the limits.
pub(crate) fn depends_on(rules: &Rules, path: &str) -> bool {
    if let Some(rest) = path.strip_prefix("attributes") {
        // The type of each declared one is looked at, also where no condition reads it.
        let name = rest.strip_prefix('.');
        let mut declared = rules.attributes.iter();
        return declared.any(|attribute| name.is_none_or(|name| *attribute.name == *name));
    }
    let mut reads = Reads::default();
    rules.conditions().for_each(|expr| reads.expr(expr));
    let mut within = reads.within.iter();
    let mut alone = reads.alone.iter().chain(&reads.present);
    path == "action"
        || within.any(|read| holds(read, path) || holds(path, read))
        || reads.alone.iter().any(|list| list == path)
        || alone.any(|read| read != path && holds(path, read))
}

/// Whether the fact at `inner` is the one at `outer` or within it.
fn holds(outer: &str, inner: &str) -> bool {
    match inner.strip_prefix(outer) {
        Some(rest) => outer.is_empty() || rest.is_empty() || rest.starts_with(['.', '[']),
        None => false,
    }
}

#[derive(Default)]
struct Reads {
    /// Paths of what is read with all that is in it.
    within: Vec<String>,
    /// Paths of lists of which only the place and the length are read.
    alone: Vec<String>,
    /// Paths of optional facts of which only the presence is read.
    present: Vec<String>,
}

impl Reads {
    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            Kind::Fact(place, _) => self.within.extend(place.path.clone()),
            Kind::Has(place) => self.present.extend(place.path.clone()),
            Kind::Size(list) | Kind::Quantified { list, .. } => {
                if let Kind::Fact(place, _) = &list.kind
                    && let Some(path) = &place.path
                {
                    self.alone.push(path.clone());
                } else {
                    self.expr(list);
                }
                if let Kind::Quantified { body, .. } = &expr.kind {
                    self.expr(body);
                }
            }
            _ => expr
                .children()
                .into_iter()
                .for_each(|child| self.expr(child)),
        }
    }

    fn has(&self, pointer: &str) -> bool {
        self.within.iter().any(|path| holds(path, pointer))
            || self.alone.iter().any(|path| path == pointer)
    }
}

/// The paths of a request's texts and lists.
fn pointers() -> Vec<String> {
    fn add(path: String, ty: &Type, pointers: &mut Vec<String>) {
        match ty {
            Type::Text => pointers.push(path),
            Type::List(element) => {
                pointers.push(path.clone());
                add(format!("{path}[]"), element, pointers);
            }
            Type::Record(record) => {
                let dot = if path.is_empty() { "" } else { "." };
                for field in &CONTRACT.records[*record].fields {
                    add(format!("{path}{dot}{}", field.name), &field.ty, pointers);
                }
            }
            _ => {}
        }
    }
    let mut pointers = Vec::new();
    add(
        String::new(),
        &Type::Record(CONTRACT.request),
        &mut pointers,
    );
    pointers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emit::sample::rules;

    /// The texts and lists that are read where this is required.
    fn read(given: &str, must: &str) -> Vec<String> {
        let bits = reads(&rules(&[(given, must)]));
        let paths = pointers().into_iter().enumerate();
        paths
            .filter(|(index, path)| bits >> index & 1 == 1 && path != "action")
            .map(|(_, path)| path)
            .collect()
    }

    #[test]
    fn what_a_condition_reads_is_read() {
        const OFTEN: [&str; 2] = ["tenancy.project", "access.provider"];
        let with = |more: &[&str]| -> Vec<String> {
            let often = OFTEN.iter().chain(more).map(|path| (*path).to_owned());
            let order = pointers();
            let mut all: Vec<String> = often.chain(["actor.id".to_owned()]).collect();
            all.sort_by_key(|path| order.iter().position(|other| other == path));
            all.dedup();
            all
        };
        for (given, must, more) in [
            (
                "",
                "request.now > timestamp('2026-01-01T00:00:00Z')",
                &[][..],
            ),
            (
                "",
                "request.actor.account == request.agency_account",
                &["actor.account", "agency_account"],
            ),
            (
                "has(request.scan)",
                "request.scan.targets.all(t, t.kind == 'public')",
                &["scan.targets"],
            ),
            (
                "has(request.scan)",
                "request.scan.targets.all(t, t.url != '')",
                &["scan.targets", "scan.targets[].url"],
            ),
            (
                "has(request.scan)",
                "size(request.scan.accepted) > 0",
                &["scan.accepted"],
            ),
            (
                "has(request.scan)",
                "request.actor.id in request.scan.accepted",
                &["scan.accepted", "scan.accepted[]"],
            ),
            (
                "has(request.scan)",
                "request.scan.accepted_for == request.tenancy",
                &[
                    "tenancy.account",
                    "tenancy.client_workspace",
                    "scan.accepted_for.account",
                    "scan.accepted_for.project",
                    "scan.accepted_for.client_workspace",
                ],
            ),
            (
                "",
                "!('b' in lists(request.agency_account))",
                &["agency_account"],
            ),
            (
                "",
                "!has(request.attributes.team) || request.attributes.team == 'a'",
                &[],
            ),
        ] {
            assert_eq!(read(given, must), with(more), "{must}");
        }
    }

    #[test]
    fn a_request_has_fewer_texts_and_lists_than_bits() {
        let pointers = pointers();
        assert!(pointers.len() < 64, "{}", pointers.len());
        assert_eq!(pointers[..3], ["action", "actor.id", "actor.account"]);
        assert!(pointers.contains(&"scan.targets[].url".to_owned()));
    }
}
