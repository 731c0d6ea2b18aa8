//! Policies of our own compiler: their instances are used again.

use std::thread;
use std::time::Duration;

use scopegate::{Engine, EvaluateError, Fault, Limits, Origin, Policy, Problem, Request};

use crate::guest::Guest;
use crate::hostile::request;

const RULES: &str = r#"
language = 1
name = "acme"
version = "0.1.0"
summary = "Who may scan what."
actions = ["scan", "publish"]

[codes]
ACTOR_REQUIRED = "responsibility_blocked"
SCOPE_REQUIRED = "scope_blocked"

[attributes.ticket]
type = "text"
summary = "The ticket."

[[requirement]]
id = "actor-known"
for = "every"
must = 'request.actor.id != ""'
code = "ACTOR_REQUIRED"
message = "Nobody asks for it."
remedy = "Sign in."
source = "Example, step 1"

[[requirement]]
id = "targets-named"
for = ["scan"]
must = 'has(request.scan) && request.scan.targets.all(t, t.url != "")'
code = "SCOPE_REQUIRED"
message = "A target has no URL."
remedy = "Name it."
source = "Example, step 2"

[[ready]]
state = "actor_ready"
when = 'request.actor.id != ""'
"#;

pub(crate) fn component() -> Vec<u8> {
    scopegate_compiler::compile(RULES)
        .expect("the rules are right")
        .component
}

fn policy() -> Policy {
    Engine::new()
        .expect("the engine starts")
        .load(&component())
        .expect("the component loads")
}

/// Requests of many sizes, and what is unmet of each.
fn cases() -> Vec<(Request, Vec<&'static str>)> {
    let mut cases = Vec::new();
    for index in 0..300 {
        let mut case = request(["scan", "publish", "revoke"][index % 3]);
        let mut unmet = Vec::new();
        if index % 5 == 0 {
            case.actor.id.clear();
            unmet.push("actor-known");
        }
        let scan = case.scan.as_mut().expect("it is a scan");
        let target = scan.targets[0].clone();
        scan.targets.resize(1 + 7 * index, target);
        if index % 4 == 0 {
            scan.targets.last_mut().expect("there is one").url.clear();
            unmet.push("targets-named");
        }
        unmet.retain(|id| {
            case.action == "scan" || (case.action == "publish" && *id == "actor-known")
        });
        cases.push((case, unmet));
    }
    cases
}

/// Four loops over 500 pages within each other: minutes of work.
fn endless() -> Vec<u8> {
    let pages = "request.scan.targets";
    let must = format!(
        "{pages}.all(a, {pages}.all(b, {pages}.all(c, {pages}.all(d, a.kind == b.kind && c.kind == d.kind))))"
    );
    let rules = RULES.replace(r#"request.scan.targets.all(t, t.url != "")"#, &must);
    scopegate_compiler::compile(&rules)
        .expect("the rules are right")
        .component
}

#[test]
fn what_may_run_on_is_watched_by_the_clock() {
    let mut large = request("scan");
    let targets = &mut large.scan.as_mut().expect("it has a scan").targets;
    *targets = vec![targets[0].clone(); 500];
    let limits = Limits {
        time: Duration::from_millis(100),
        ..Limits::default()
    };
    let engine = Engine::builder()
        .limits(limits)
        .build()
        .expect("the engine starts");
    let timed_out = |component: &[u8], origin: Origin| {
        let policy = engine.load(component).expect("it loads");
        assert_eq!(policy.origin(), origin);
        let error = policy.evaluate(&large).expect_err("it takes too long");
        let EvaluateError::Fault(fault) = error else {
            panic!("{error:?}");
        };
        fault
    };
    let component = endless();
    let fault = timed_out(&component, Origin::Compiled);
    assert!(matches!(fault, Fault::TimedOut { .. }), "{fault:?}");
    // A claim that it is soon done is not believed: the bytes are not those that the compiler makes.
    let claims = [
        &component[..],
        &[0, 16, 14],
        scopegate_contract::WORK_SECTION.as_bytes(),
        b"1",
    ]
    .concat();
    let fault = timed_out(&claims, Origin::Foreign);
    assert!(
        matches!(fault, Fault::TimedOut { .. } | Fault::OutOfFuel { .. }),
        "{fault:?}"
    );
}

#[test]
fn origin_is_proven() {
    let component = component();
    let engine = Engine::new().expect("the engine starts");
    assert_eq!(
        engine.load(&component).expect("it loads").origin(),
        Origin::Compiled
    );
    // One byte more, in a custom section that changes nothing, and nothing is proven.
    let with_section = |name: &str, text: &[u8]| {
        let mut bytes = component.clone();
        let length = u8::try_from(1 + name.len() + text.len()).expect("it is short");
        bytes.extend([0, length, u8::try_from(name.len()).expect("it is short")]);
        bytes.extend(name.as_bytes());
        bytes.extend(text);
        bytes
    };
    let foreign = engine.load(&with_section("note", b"x")).expect("it loads");
    assert_eq!(foreign.origin(), Origin::Foreign);
    let decide = |policy: &Policy| {
        policy
            .evaluate(&request("scan"))
            .map(|decision| decision.is_allowed())
    };
    assert!(decide(&foreign).expect("it decides"));
    // Nor is it by a claim.
    let mut claims = Guest::default().component();
    let name = scopegate_contract::RULES_SECTION;
    let rules = RULES.as_bytes();
    let length = 1 + name.len() + rules.len();
    claims.extend([
        0,
        u8::try_from(length % 128 + 128).expect("a byte"),
        u8::try_from(length / 128).expect("a byte"),
    ]);
    claims.push(u8::try_from(name.len()).expect("it is short"));
    claims.extend(name.as_bytes());
    claims.extend(rules);
    assert_eq!(
        engine.load(&claims).expect("it loads").origin(),
        Origin::Foreign
    );
}

#[test]
fn an_instance_used_again_decides_as_a_fresh_one() {
    let reusing = policy();
    let fresh = Engine::builder()
        .limits(Limits {
            idle_instances: 0,
            ..Limits::default()
        })
        .build()
        .expect("the engine starts")
        .load(&component())
        .expect("it loads");
    for (case, unmet) in cases() {
        let decision = reusing.evaluate(&case).expect("it decides");
        let found: Vec<&str> = decision
            .findings()
            .map(|finding| finding.requirement)
            .collect();
        assert_eq!(found, unmet, "{}", case.action);
        assert_eq!(decision, fresh.evaluate(&case).expect("it decides"));
        let explained = reusing.explain(&case).expect("it explains");
        let explained: Vec<&str> = explained
            .iter()
            .map(|explanation| &*explanation.requirement)
            .collect();
        assert_eq!(explained, unmet);
    }
}

#[test]
fn a_batch_decides_as_one_by_one() {
    let policy = policy();
    let (mut requests, _): (Vec<_>, Vec<_>) = cases().into_iter().unzip();
    // One that cannot be judged, in the midst of others.
    requests[100].actor.id = "x".repeat(8_193);
    let together = policy.evaluate_batch(&requests);
    assert_eq!(together.len(), requests.len());
    for (index, (decision, request)) in together.iter().zip(&requests).enumerate() {
        match (decision, policy.evaluate(request)) {
            (Ok(one), Ok(other)) => assert_eq!(*one, other),
            (Err(EvaluateError::Unjudged { path, problem, .. }), Err(_)) => {
                assert_eq!(
                    (index, &**path, *problem),
                    (100, "actor.id", Problem::TooLarge)
                );
            }
            (one, other) => panic!("{index}: {one:?}, {other:?}"),
        }
    }
}

#[test]
fn many_threads_reuse_instances() {
    for idle_instances in [0, 1, 3, 64] {
        let limits = Limits {
            idle_instances,
            ..Limits::default()
        };
        let engine = Engine::builder()
            .limits(limits)
            .build()
            .expect("the engine starts");
        let policy = engine.load(&component()).expect("it loads");
        let cases = cases();
        thread::scope(|scope| {
            for number in 0..8 {
                let (policy, cases) = (policy.clone(), &cases);
                scope.spawn(move || {
                    for (case, unmet) in cases.iter().skip(number).step_by(3) {
                        let decision = policy.evaluate(case).expect("it decides");
                        assert!(
                            decision
                                .findings()
                                .map(|finding| finding.requirement)
                                .eq(unmet.iter().copied())
                        );
                    }
                });
            }
        });
    }
}
