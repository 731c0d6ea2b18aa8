//! The largest requests that the domain allows: decided right, or a clean failure, and the next decision is unharmed.

use std::time::{Duration, Instant};

use scopegate::{Engine, EvaluateError, Fault, Limits, Policy, Request, Target, TargetKind};
use scopegate_contract::{PATTERNS, TARGETS, TEXT_BYTES};
use scopegate_tests::cases;

fn policy() -> Policy {
    load(Limits::default())
}

fn load(limits: Limits) -> Policy {
    let engine = Engine::builder().limits(limits).build();
    let engine = engine.expect("an engine");
    engine.load(&cases::component()).expect("it fits")
}

fn scan() -> Request {
    cases::request(&cases::bases()["scan"]).expect("a base is a request")
}

/// A URL below `folder` that has as many bytes as a text may have.
fn longest(folder: &str, number: u32) -> String {
    let begin = format!("https://shop.example/{folder}/{number}/");
    let rest = TEXT_BYTES as usize - begin.len();
    format!("{begin}{}", "p".repeat(rest))
}

/// A scan of as many targets as may be, each as long as may be, with as many patterns.
fn largest(pattern: impl Fn(u32) -> String) -> Request {
    let mut request = scan();
    let scan = request.scan.as_mut().expect("a scan has its facts");
    let target = |number| Target {
        url: longest("a", number),
        kind: TargetKind::Public,
    };
    scan.targets = (0..TARGETS).map(target).collect();
    scan.accepted = (0..PATTERNS - 1)
        .map(&pattern)
        .chain(["https://shop.example/a/".to_owned()])
        .collect();
    scan.excluded = (0..PATTERNS).map(pattern).collect();
    (scan.page_limit, scan.credits) = (TARGETS, TARGETS);
    request
}

#[test]
fn ten_thousand_longest_urls_against_short_patterns_are_decided() {
    // Time is for the machine that is busy with other things.
    let time = Duration::from_mins(2);
    let policy = load(Limits {
        time,
        ..Limits::default()
    });
    let mut request = largest(|number| format!("https://shop.example/b/{number}"));
    let begin = Instant::now();
    let decision = policy.evaluate(&request).expect("within the limits");
    assert!(decision.is_allowed(), "{decision:?}");
    println!(
        "{} MiB decided in {:.1?}",
        request.bytes() >> 20,
        begin.elapsed()
    );
    let scan = request.scan.as_mut().expect("a scan has its facts");
    scan.excluded[999] = longest("a", 9_999);
    let decision = policy.evaluate(&request).expect("within the limits");
    let findings: Vec<&str> = decision
        .findings()
        .map(|finding| finding.requirement)
        .collect();
    assert_eq!(findings, ["targets-not-excluded"]);
    assert!(
        policy
            .evaluate(&scan_of(&policy))
            .expect("the next decision")
            .is_allowed()
    );
}

/// The base request, which the policy allows.
fn scan_of(policy: &Policy) -> Request {
    let request = scan();
    assert!(policy.evaluate(&request).expect("a decision").is_allowed());
    request
}

#[test]
fn ten_thousand_longest_urls_against_patterns_as_long_are_decided_or_fail_cleanly() {
    let policy = policy();
    // Each pattern is as long as a text may be, and differs from every target in its last byte.
    let request = largest(|number| {
        let mut pattern = longest("a", number);
        pattern.pop();
        pattern.push('q');
        pattern
    });
    let begin = Instant::now();
    let found = policy.evaluate(&request);
    println!(
        "{} MiB: {:?} in {:.1?}",
        request.bytes() >> 20,
        found.as_ref().map(scopegate::Decision::is_allowed),
        begin.elapsed()
    );
    match found {
        Ok(decision) => assert!(decision.is_allowed(), "{decision:?}"),
        Err(
            EvaluateError::Unjudged { .. }
            | EvaluateError::Fault(Fault::TimedOut { .. } | Fault::OutOfMemory { .. })
            | EvaluateError::RequestTooLarge { .. },
        ) => {}
        Err(other) => panic!("{other:?}"),
    }
    assert!(
        policy
            .evaluate(&scan_of(&policy))
            .expect("the next decision")
            .is_allowed()
    );
}

#[test]
fn larger_than_the_engine_takes_is_refused_before_it_crosses() {
    let policy = policy();
    let mut request = scan();
    request.agency_account = "x".repeat(policy_bytes() + 1);
    match policy.evaluate(&request) {
        Err(EvaluateError::RequestTooLarge { bytes, limit }) => assert!(bytes > limit),
        other => panic!("{other:?}"),
    }
    assert!(
        policy
            .evaluate(&scan())
            .expect("the next decision")
            .is_allowed()
    );
}

fn policy_bytes() -> usize {
    Limits::default().request_bytes
}
