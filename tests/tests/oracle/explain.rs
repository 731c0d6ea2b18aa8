//! Explanations: of each unmet requirement, facts that it reads, and enough of them: whatever else changes, it stays unmet.

use std::collections::BTreeMap;

use fastrand::Rng;
use scopegate::{Explanation, Policy, Request};
use scopegate_tests::oracle::{
    ACTIONS, Asking, Generator, Requests, Rule, Samples, World, json, requirements,
};
use scopegate_tests::random::seed;
use serde_json::Value;

use super::{engine, policy};

const BATCHES: u64 = 6;
const TOGETHER: usize = 60;
const REQUESTS: usize = 40;
/// Facts that are changed at once, beside those that decided.
const CHANGES: usize = 8;

#[test]
fn explanations_name_the_facts_that_decide() {
    let seed = seed(32);
    let (world, engine) = (World::new(), engine());
    let samples = Samples::of(&Requests::new(seed).take(500).collect::<Vec<_>>());
    let mut generator = Generator::new(seed, &world, &samples);
    let mut rng = Rng::with_seed(seed);
    let mut changed = 0;
    for batch in 0..BATCHES {
        let rules: Vec<Rule> = (0..TOGETHER).map(|_| generator.rule()).collect();
        let component = policy(&engine, &requirements(&world, &rules, &mut rng));
        let requests: Vec<Request> =
            Requests::new(seed.wrapping_mul(1_000_037).wrapping_add(batch))
                .take(REQUESTS)
                .collect();
        for (request, other) in requests.iter().zip(requests.iter().cycle().skip(1)) {
            let explained = component
                .explain(request)
                .unwrap_or_else(|error| panic!("{error:?}\n{}", json(request)));
            let decision = component.evaluate(request).expect("a decision");
            let findings: Vec<_> = decision
                .findings()
                .map(|finding| finding.requirement)
                .collect();
            let requirements: Vec<_> = explained
                .iter()
                .map(|explanation| &*explanation.requirement)
                .collect();
            assert_eq!(requirements, findings);
            for explanation in &explained {
                facts_are_read(&component, explanation, request);
                if ACTIONS.contains(&&*request.action) {
                    let rule = &rules[explanation.requirement[1..]
                        .parse::<usize>()
                        .expect("an index")];
                    changed += facts_suffice(&world, rule, explanation, request, other, &mut rng);
                }
            }
        }
    }
    println!("{changed} facts changed beside those that decided");
    assert!(changed > 1_000);
}

/// Every fact is one that the manifest says the requirement reads.
fn facts_are_read(component: &Policy, explanation: &Explanation<'_>, request: &Request) {
    let requirement = component
        .manifest()
        .requirements
        .iter()
        .find(|r| r.id == explanation.requirement)
        .expect("it is in the manifest");
    for fact in &explanation.facts {
        let path = without_indices(&fact.path);
        // Of an attribute the manifest names the whole, an explanation an element of it, too.
        let whole = path
            .strip_suffix("[]")
            .filter(|whole| whole.starts_with("attributes."));
        let reads = |path: &str| requirement.reads.iter().any(|read| read == path);
        assert!(
            reads(&path) || whole.is_some_and(reads),
            "{path} is not among {:?}\n{explanation:?}\n{}",
            requirement.reads,
            json(request)
        );
    }
    let mut paths: Vec<&str> = explanation.facts.iter().map(|fact| &*fact.path).collect();
    paths.sort_unstable();
    paths.dedup();
    assert_eq!(
        paths.len(),
        explanation.facts.len(),
        "a fact is named twice: {explanation:?}"
    );
}

/// With other facts changed to what they are in another request, the requirement is not met: it is unmet, or its guard does not hold. How
/// many were changed.
fn facts_suffice(
    world: &World,
    rule: &Rule,
    explanation: &Explanation<'_>,
    request: &Request,
    other: &Request,
    rng: &mut Rng,
) -> usize {
    let (mut facts, others) = (leaves(request), leaves(other));
    let mut open: Vec<String> = facts
        .keys()
        .filter(|path| {
            !decided(path, explanation)
                && others
                    .get(*path)
                    .is_some_and(|other| *other != facts[*path])
        })
        .cloned()
        .collect();
    rng.shuffle(&mut open);
    open.truncate(CHANGES);
    let mut value = serde_json::to_value(request).expect("a request can be written");
    for path in &open {
        let pointer = path.replace(['.', '['], "/").replace(']', "");
        *value
            .pointer_mut(&format!("/{pointer}"))
            .expect("a leaf of the request") = others[path].clone();
        facts.remove(path);
    }
    let changed = Request::from_json(value.to_string().as_bytes(), || 0)
        .expect("each fact is one of some request");
    let met = Asking::of(vec![changed.clone()], world)
        .ask(rule.met())
        .answers[0];
    assert_ne!(
        met,
        Some(true),
        "the facts do not decide\n{rule:#?}\n{explanation:?}\nchanged {open:?}\n{}\n{}",
        json(request),
        json(&changed)
    );
    open.len()
}

/// Whether the fact, or something around it, is among those that decided; the action always is.
fn decided(path: &str, explanation: &Explanation<'_>) -> bool {
    let within = |fact: &str| {
        path.strip_prefix(fact)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    path == "action" || explanation.facts.iter().any(|fact| within(&fact.path))
}

/// The facts that are no records and no lists, by their paths.
fn leaves(request: &Request) -> BTreeMap<String, Value> {
    fn walk(path: &str, value: &Value, into: &mut BTreeMap<String, Value>) {
        match value {
            Value::Object(fields) => {
                for (name, field) in fields {
                    let dot = if path.is_empty() { "" } else { "." };
                    walk(&format!("{path}{dot}{name}"), field, into);
                }
            }
            Value::Array(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    walk(&format!("{path}[{index}]"), element, into);
                }
            }
            leaf => {
                into.insert(path.to_owned(), leaf.clone());
            }
        }
    }
    let mut all = BTreeMap::new();
    walk(
        "",
        &serde_json::to_value(request).expect("a request can be written"),
        &mut all,
    );
    all
}

/// The path with `[]` for every index.
fn without_indices(path: &str) -> String {
    let mut out = String::new();
    let mut within = false;
    for c in path.chars() {
        within &= c != ']';
        if !within {
            out.push(c);
        }
        within |= c == '[';
    }
    out
}
