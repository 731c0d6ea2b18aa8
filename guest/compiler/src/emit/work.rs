//! How much work a decision takes at most, whatever the request: what a host needs to know to let a policy run without watching the clock.
//!
//! Always true here: the number is too high rather than too low. A step is what takes about a nanosecond: to compare eight bytes, to look at
//! one byte of a URL or pattern, to ask a condition of one part.

use scopegate_contract::{LIST, TARGETS, TEXT_BYTES, list_limit};

use super::uses::guarded;
use crate::contract::{CONTRACT, Type};
use crate::ir::{Expr, Kind, TextTest, UrlTest};
use crate::rules::{Constant, Rules, When};

/// Steps to compare two texts.
const COMPARE: u64 = TEXT_BYTES as u64 / 8;

/// Steps to take a URL or a pattern apart, or to run a state machine over a text.
const SCAN: u64 = 4 * TEXT_BYTES as u64;

/// Steps to see that a text prints as nothing: each code point is looked up, by halvings.
const BLANK: u64 = 8 * SCAN;

/// Steps to take a URL and a pattern apart, to spell both in one way, and to compare them.
const SPELL: u64 = 12 * SCAN;

/// Comparisons to find a key in a table: as many as halvings of the largest that is sorted, which are more than a hashed one takes.
const HALVINGS: u64 = 20;

/// Steps to see that a request is within the limits: no two of its attributes have the same name.
const LIMITS: u64 = LIST as u64 * LIST as u64 / 2 * COMPARE;

/// An explanation asks what was unmet once more, and writes down what it reads.
const EXPLAINED: u64 = 4;

/// The most steps that a call takes.
pub(crate) fn work(rules: &Rules) -> u64 {
    let mut work = Work {
        rules,
        longest: longest(rules),
        definitions: vec![None; rules.definitions.len()],
        requirements: vec![None; rules.requirements.len()],
    };
    let requirements = sum((0..rules.requirements.len()).map(|index| work.requirement(index)));
    let others = rules.ready.iter().map(|ready| &ready.when);
    let fallbacks = rules.fallbacks.iter();
    let fallbacks =
        fallbacks.flat_map(|f| f.when.iter().chain(f.modes.iter().map(|(_, when)| when)));
    let others = sum(others.chain(fallbacks).map(|expr| work.expr(expr)));
    sum([requirements, others, LIMITS]).saturating_mul(EXPLAINED)
}

/// The most elements that a list has of which nothing more is known.
fn longest(rules: &Rules) -> u64 {
    let values = rules.tables.iter().flat_map(|table| table.values());
    let lists = values.map(|value| match value {
        Constant::Texts(texts) => count(texts.len()),
        _ => 0,
    });
    lists.fold(u64::from(TARGETS), u64::max)
}

fn sum(steps: impl IntoIterator<Item = u64>) -> u64 {
    steps.into_iter().fold(0, u64::saturating_add)
}

struct Work<'r> {
    rules: &'r Rules,
    longest: u64,
    /// What is known already.
    definitions: Vec<Option<u64>>,
    requirements: Vec<Option<u64>>,
}

impl Work<'_> {
    /// Steps to find whether a requirement applies and holds.
    fn requirement(&mut self, index: usize) -> u64 {
        if let Some(known) = self.requirements[index] {
            return known;
        }
        let rules = self.rules;
        let requirement = &rules.requirements[index];
        let always = requirement
            .actions
            .values()
            .all(|when| *when == When::Always);
        // Which memberships are asked differs from action to action: all of them is the most.
        let memberships = if always { &[] } else { &*rules.memberships };
        let steps = sum(memberships.iter().map(|membership| self.expr(membership)));
        let steps = steps.saturating_add(self.expr(&guarded(requirement)));
        self.requirements[index] = Some(steps);
        steps
    }

    fn expr(&mut self, expr: &Expr) -> u64 {
        let itself = match &expr.kind {
            Kind::Equal(a, b) => match a.as_text().or(b.as_text()) {
                Some(text) => count(text.len()) / 8,
                None => compare(&a.ty),
            },
            Kind::Less(a, _) | Kind::AtMost(a, _) if a.ty == Type::Text => 2 * COMPARE,
            Kind::In(needle, list) => self.elements(list).saturating_mul(1 + compare(&needle.ty)),
            Kind::Quantified { list, body, .. } => {
                let each = self.expr(body).saturating_add(1);
                return self
                    .expr(list)
                    .saturating_add(self.elements(list).saturating_mul(each));
            }
            Kind::Size(_) => u64::from(TEXT_BYTES),
            Kind::TextTest(TextTest::Contains, _, part) => {
                let part = part.as_text().map_or(COMPARE, |text| count(text.len()) / 8);
                u64::from(TEXT_BYTES).saturating_mul(8 + part)
            }
            Kind::TextTest(..) => COMPARE,
            Kind::Matches(..) | Kind::Host(_) => SCAN,
            Kind::IsBlank(_) => BLANK,
            Kind::UrlTest(UrlTest::ExcludesAnySpelling, ..) => SPELL,
            Kind::UrlTest(..) => 2 * SCAN,
            Kind::Lookup(_, keys) => count(keys.len()) * HALVINGS * COMPARE,
            Kind::CaseOf(..) => HALVINGS * COMPARE,
            Kind::Definition(index) => self.definition(*index),
            Kind::Holds(requirements, _) => {
                sum(requirements.iter().map(|index| self.requirement(*index)))
            }
            _ => 0,
        };
        let children = sum(expr.children().into_iter().map(|child| self.expr(child)));
        itself.saturating_add(children).saturating_add(1)
    }

    /// The most elements that the list has.
    fn elements(&self, list: &Expr) -> u64 {
        match &list.kind {
            Kind::List(elements) => count(elements.len()),
            Kind::Fact(place, _) => match place.path.as_deref() {
                Some(path) => list_limit(path).into(),
                None => self.longest,
            },
            Kind::Attribute(_) => LIST.into(),
            _ => self.longest,
        }
    }

    fn definition(&mut self, index: usize) -> u64 {
        if let Some(known) = self.definitions[index] {
            return known;
        }
        let steps = self.expr(&self.rules.definitions[index].expr);
        self.definitions[index] = Some(steps);
        steps
    }
}

/// Steps to compare two values of the type.
fn compare(ty: &Type) -> u64 {
    match ty {
        Type::Text => COMPARE,
        Type::Record(record) => {
            let fields = &CONTRACT.records[*record].fields;
            sum(fields.iter().map(|field| 1 + compare(&field.ty)))
        }
        Type::List(element) => u64::from(TARGETS).saturating_mul(1 + compare(element)),
        _ => 1,
    }
}

fn count(number: usize) -> u64 {
    number as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emit::sample::rules;

    fn steps(must: &str) -> u64 {
        let least = work(&rules(&[("", "true")]));
        let given = "has(request.scan) && has(request.access) && has(request.task)";
        (work(&rules(&[(given, must)])) - least) / EXPLAINED
    }

    #[test]
    fn work_grows_with_what_is_gone_through() {
        let bounds = [
            ("request.access.private_network", 0, 100),
            ("request.access.provider == 'github'", 0, 100),
            (
                "request.access.provider == request.task.provider",
                1_024,
                1_200,
            ),
            (
                "request.access.task in request.access.required_scopes",
                256 * 1_024,
                300_000,
            ),
            (
                "request.scan.targets.all(t, t.kind == 'public')",
                10_000,
                60_000,
            ),
            (
                "request.access.required_scopes.all(s, s in request.task.needed_scopes)",
                256 * 256 * 1_024,
                70_000_000,
            ),
            (
                "request.scan.targets.all(t, request.scan.accepted.exists(p, accepts(p, t.url)))",
                10_000 * 1_000 * 8_192,
                u64::MAX,
            ),
            (
                "request.access.task.contains(request.access.provider)",
                8_192 * 1_024,
                9_000_000,
            ),
            ("request.access.task.matches('(a+)+b')", 8_192, 40_000),
        ];
        for (must, least, most) in bounds {
            let steps = steps(must);
            assert!((least..=most).contains(&steps), "{must}: {steps}");
        }
    }

    #[test]
    fn work_is_never_less_than_that_of_a_part() {
        let targets = "request.scan.targets";
        let mut must = "true".to_owned();
        let mut before = 0;
        for depth in 0..6 {
            must = format!("{targets}.all(t{depth}, {must})");
            let steps = steps(&must);
            assert!(steps >= before.max(10_000), "{must}: {steps}");
            before = steps;
        }
        assert!(
            before > scopegate_contract::MOST_WORK,
            "six loops within each other are said to be little work"
        );
    }
}
