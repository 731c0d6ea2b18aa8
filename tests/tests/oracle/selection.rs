//! Selection: of rule sets full of requirements that a fact's value can rule out, exactly those are unmet that the oracle says, in their order.

use std::collections::BTreeMap;

use fastrand::Rng;
use scopegate::Request;
use scopegate_tests::oracle::{
    ACTIONS, Asking, Generator, Requests, Rule, Samples, World, json, requirements,
};
use scopegate_tests::random::seed;
use serde_json::Value;

use super::{engine, policy};

const BATCHES: u64 = 12;
const TOGETHER: usize = 120;
const REQUESTS: usize = 50;

/// Facts that select, and what proves them present.
const FACTS: [(&str, &str); 12] = [
    ("request.tenancy.project", ""),
    ("request.tenancy.client_workspace", ""),
    ("request.actor.id", ""),
    ("request.actor.role", ""),
    ("request.responsibility.authorization_status", ""),
    ("request.access.provider", "has(request.access)"),
    (
        "request.access.remediation_access_mode",
        "has(request.access)",
    ),
    ("request.task.provider", "has(request.task)"),
    ("request.task.id", "has(request.task)"),
    (
        "request.approved_scope.resource.id",
        "has(request.approved_scope)",
    ),
    (
        "request.attributes.cost_center",
        "has(request.attributes.cost_center)",
    ),
    ("request.attributes.note", "has(request.attributes.note)"),
];

/// When conditional sets apply: a few, so that many requirements apply at the same times.
const WHENS: [&str; 2] = [
    "has(request.access)",
    "has(request.task) && request.tenancy.project != ''",
];

/// A rule and, if its condition is that another one holds, which.
struct Made {
    rule: Rule,
    asks: Option<usize>,
}

struct Maker<'g, 'w> {
    rng: Rng,
    generator: &'g mut Generator<'w>,
    /// The values that each fact has in some request, as literals.
    values: BTreeMap<&'static str, Vec<String>>,
}

#[test]
fn what_is_not_asked_holds() {
    let seed = seed(33);
    let (world, engine) = (World::new(), engine());
    let sample: Vec<Request> = Requests::new(seed).take(500).collect();
    let samples = Samples::of(&sample);
    let mut generator = Generator::new(seed, &world, &samples);
    let mut maker = Maker {
        rng: Rng::with_seed(seed),
        generator: &mut generator,
        values: values(&sample),
    };
    let (mut compared, mut unmet) = (0, 0);
    for batch in 0..BATCHES {
        let made = maker.batch();
        let rules: Vec<Rule> = made.iter().map(|made| made.rule.clone()).collect();
        let component = policy(&engine, &requirements(&world, &rules, &mut maker.rng));
        let requests = seed.wrapping_mul(1_000_039).wrapping_add(batch);
        let asking = Asking::new(requests, &world, REQUESTS);
        // Whether each rule with a condition of its own applies and is unmet, for those of its actions.
        let answers: Vec<Option<Vec<Option<bool>>>> = made
            .iter()
            .map(|made| match made.asks {
                None => Some(asking.ask(made.rule.unmet()).answers),
                Some(_) => None,
            })
            .collect();
        for (at, request) in asking.requests.iter().enumerate() {
            if !ACTIONS.contains(&&*request.action) {
                continue;
            }
            let own = |index: usize| {
                let answer = answers[index].as_ref().and_then(|answers| answers[at]);
                answer.map(|unmet| unmet && made[index].rule.names(&request.action))
            };
            let decision = component.evaluate(request).expect("a decision");
            let found: Vec<usize> = decision
                .findings()
                .map(|finding| finding.requirement[1..].parse().expect("an index"))
                .collect();
            assert!(found.is_sorted_by(|a, b| a < b), "out of order: {found:?}");
            for (index, made) in made.iter().enumerate() {
                let expected = match made.asks {
                    None => own(index),
                    Some(other) => {
                        own(other).map(|unmet| unmet && made.rule.names(&request.action))
                    }
                };
                let Some(expected) = expected else { continue };
                let is_unmet = found.contains(&index);
                assert_eq!(
                    is_unmet,
                    expected,
                    "component, oracle: c{index} unmet?\n{:#?}\n{}",
                    made.rule,
                    json(request)
                );
                compared += 1;
                unmet += u32::from(is_unmet);
            }
        }
    }
    println!("{compared} requirements compared, {unmet} unmet");
    assert!(unmet > compared / 100, "few are unmet");
}

impl Maker<'_, '_> {
    fn batch(&mut self) -> Vec<Made> {
        // A few facts each time, so that each has many requirements.
        let mut facts = FACTS.to_vec();
        self.rng.shuffle(&mut facts);
        facts.truncate(self.rng.usize(1..=4));
        let mut made: Vec<Made> = Vec::new();
        while made.len() < TOGETHER {
            let rule = match self.rng.u8(..10) {
                0 => self.generator.rule(),
                1 if !made.is_empty() => {
                    let other = self.rng.usize(..made.len());
                    if made[other].asks.is_none() {
                        made.push(self.asking(other));
                    }
                    continue;
                }
                _ => {
                    let fact = facts[self.rng.usize(..facts.len())];
                    self.selectable(fact)
                }
            };
            made.push(Made { rule, asks: None });
        }
        made
    }

    fn actions(&mut self) -> Option<Vec<&'static str>> {
        match self.rng.u8(..6) {
            0 => Some(
                (0..4)
                    .map(|_| ACTIONS[self.rng.usize(..ACTIONS.len())])
                    .collect(),
            ),
            1 => Some(ACTIONS[..6].to_vec()),
            _ => None,
        }
    }

    /// A requirement that another one holds.
    fn asking(&mut self, other: usize) -> Made {
        Made {
            rule: Rule {
                actions: self.actions(),
                when: None,
                given: None,
                must: format!("holds('c{other}')"),
            },
            asks: Some(other),
        }
    }

    /// A requirement that needs one of some values of the fact to be unmet.
    fn selectable(&mut self, (fact, proof): (&'static str, &str)) -> Rule {
        let count = [1, 1, 1, 2, 3, 20][self.rng.usize(..6)];
        let values: Vec<String> = (0..count).map(|_| self.value(fact)).collect();
        let list = format!("[{}]", values.join(", "));
        let one = &values[0];
        let yes = match self.rng.u8(..5) {
            0 => format!("{fact} == {one}"),
            1 => format!("{one} == {fact}"),
            2 => format!("!({fact} != {one})"),
            3 => values
                .iter()
                .map(|value| format!("{fact} == {value}"))
                .collect::<Vec<_>>()
                .join(" || "),
            _ => format!("{fact} in {list}"),
        };
        let proven = |condition: &str| match proof {
            "" => condition.to_owned(),
            proof => format!("{proof} && ({condition})"),
        };
        let other = self.other();
        let (given, must) = match self.rng.u8(..7) {
            0 => (Some(proven(&yes)), other),
            1 => (
                Some(format!("{} && {other}", proven(&yes))),
                "false".to_owned(),
            ),
            2 => (Some(format!("{other} && {}", proven(&yes))), self.other()),
            3 => (None, format!("!({})", proven(&yes))),
            4 => (None, format!("!({}) || {other}", proven(&yes))),
            5 => (Some(other), format!("!({})", proven(&yes))),
            // Not selectable: whatever the fact is, the other side may be unmet.
            _ => (None, format!("!({}) && {other}", proven(&yes))),
        };
        Rule {
            actions: self.actions(),
            when: (self.rng.u8(..4) == 0).then(|| WHENS[self.rng.usize(..2)].to_owned()),
            given,
            must,
        }
    }

    fn value(&mut self, fact: &str) -> String {
        let values = &self.values[fact];
        values[self.rng.usize(..values.len())].clone()
    }

    /// A condition that is true of some requests.
    fn other(&mut self) -> String {
        [
            "request.actor.role != 'viewer'",
            "has(request.scan)",
            "request.actor.account == request.tenancy.account",
            "!has(request.task)",
            "request.actor.id.startsWith('user-')",
        ][self.rng.usize(..5)]
        .to_owned()
    }
}

/// The values that the facts have, as literals of CEL, and some that they do not.
fn values(requests: &[Request]) -> BTreeMap<&'static str, Vec<String>> {
    let read: Vec<Value> = requests
        .iter()
        .map(|request| serde_json::to_value(request).expect("a request can be written"))
        .collect();
    let of = |fact: &'static str| {
        let pointer = fact.trim_start_matches("request").replace('.', "/");
        let mut found: Vec<String> = read
            .iter()
            .filter_map(|request| request.pointer(&pointer))
            .map(Value::to_string)
            .collect();
        let is_enum = ["role", "authorization_status", "remediation_access_mode"]
            .iter()
            .any(|name| fact.ends_with(name));
        if !is_enum {
            found
                .extend(["\"\"", "\"nobody\"", "\"pro\"", "\"proj-1-and-more\""].map(String::from));
        }
        (fact, found)
    };
    FACTS.iter().map(|(fact, _)| of(fact)).collect()
}
