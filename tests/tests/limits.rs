//! What is over a limit is an evaluation error that names the fact, never a decision, whoever lowers the request.

use scopegate::{
    Attribute, AttributeValue, Engine, EvaluateError, Policy, Problem, Request, Target, TargetKind,
};
use scopegate_contract::{LAST_INSTANT, LIST, PATTERNS, TARGETS, TEXT_BYTES};
use scopegate_tests::cases;

type Change = fn(&mut Request);

fn long(over: usize) -> String {
    "x".repeat(TEXT_BYTES as usize + over)
}

fn many<T: Clone>(one: T, count: u32) -> Vec<T> {
    vec![one; count as usize]
}

fn attribute(name: &str, value: AttributeValue) -> Attribute {
    Attribute {
        name: name.into(),
        value,
    }
}

fn target(url: String) -> Target {
    Target {
        url,
        kind: TargetKind::Public,
    }
}

fn policy() -> Policy {
    Engine::new()
        .expect("an engine")
        .load(&cases::component())
        .expect("it fits")
}

fn base(name: &str) -> Request {
    cases::request(&cases::bases()[name]).expect("a base is a request")
}

/// A base, what is changed, and the path and problem of the error.
const REFUSED: &[(&str, Change, &str, Problem)] = &[
    ("scan", |r| r.action = long(1), "action", Problem::TooLarge),
    (
        "scan",
        |r| r.actor.account = long(1),
        "actor.account",
        Problem::TooLarge,
    ),
    (
        "scan",
        |r| r.tenancy.client_workspace = long(1),
        "tenancy.client_workspace",
        Problem::TooLarge,
    ),
    (
        "scan",
        |r| r.agency_account = long(1),
        "agency_account",
        Problem::TooLarge,
    ),
    (
        "scan",
        |r| r.responsibility.evidence_review.of.project = long(1),
        "responsibility.evidence_review.of.project",
        Problem::TooLarge,
    ),
    ("scan", |r| r.now = -1, "now", Problem::OutOfRange),
    (
        "scan",
        |r| r.now = LAST_INSTANT + 1,
        "now",
        Problem::OutOfRange,
    ),
    (
        "scan",
        |r| r.scan.as_mut().unwrap().targets[1].url = long(1),
        "scan.targets[1].url",
        Problem::TooLarge,
    ),
    (
        "scan",
        |r| r.scan.as_mut().unwrap().targets = many(target("u".into()), TARGETS + 1),
        "scan.targets",
        Problem::TooLarge,
    ),
    (
        "scan",
        |r| r.scan.as_mut().unwrap().accepted = many("p".into(), PATTERNS + 1),
        "scan.accepted",
        Problem::TooLarge,
    ),
    (
        "scan",
        |r| r.scan.as_mut().unwrap().excluded[1] = long(1),
        "scan.excluded[1]",
        Problem::TooLarge,
    ),
    (
        "scan",
        |r| {
            r.responsibility.authorized_for.as_mut().unwrap().hosts =
                many("h".into(), PATTERNS + 1);
        },
        "responsibility.authorized_for.hosts",
        Problem::TooLarge,
    ),
    (
        "open_pull_request",
        |r| r.task.as_mut().unwrap().connected_reason = long(1),
        "task.connected_reason",
        Problem::TooLarge,
    ),
    (
        "open_pull_request",
        |r| r.access.as_mut().unwrap().resource.id = long(1),
        "access.resource.id",
        Problem::TooLarge,
    ),
    (
        "open_pull_request",
        |r| r.access.as_mut().unwrap().revoked_at = Some(-1),
        "access.revoked_at",
        Problem::OutOfRange,
    ),
    (
        "open_pull_request",
        |r| r.access.as_mut().unwrap().required_scopes = many("s".into(), LIST + 1),
        "access.required_scopes",
        Problem::TooLarge,
    ),
    (
        "open_pull_request",
        |r| r.approved_scope.as_mut().unwrap().approver.id = long(1),
        "approved_scope.approver.id",
        Problem::TooLarge,
    ),
    (
        "open_pull_request",
        |r| r.approved_scope.as_mut().unwrap().approved_at = i64::MAX,
        "approved_scope.approved_at",
        Problem::OutOfRange,
    ),
    (
        "scan",
        |r| r.attributes = many(attribute("a", AttributeValue::Truth(true)), LIST + 1),
        "attributes",
        Problem::TooLarge,
    ),
    (
        "scan",
        |r| r.attributes = vec![attribute("a", AttributeValue::Text(long(1)))],
        "attributes.a",
        Problem::TooLarge,
    ),
    (
        "scan",
        |r| {
            r.attributes = vec![attribute(
                "a",
                AttributeValue::Texts(many("t".into(), LIST + 1)),
            )];
        },
        "attributes.a",
        Problem::TooLarge,
    ),
    (
        "scan",
        |r| r.attributes = many(attribute("twice", AttributeValue::Number(1)), 2),
        "attributes.twice",
        Problem::Repeated,
    ),
];

#[test]
fn what_is_over_a_limit_is_refused_by_its_path() {
    let policy = policy();
    for (name, change, path, problem) in REFUSED {
        let mut request = base(name);
        let decision = policy
            .evaluate(&request)
            .expect("a base is decided")
            .into_owned();
        change(&mut request);
        match policy.evaluate(&request) {
            Err(EvaluateError::Unjudged {
                path: found,
                problem: why,
                ..
            }) => assert_eq!((&*found, why), (*path, *problem)),
            other => panic!("{path}: {other:?}"),
        }
        assert!(policy.explain(&request).is_err(), "{path}");
        assert_eq!(
            policy
                .evaluate(&base(name))
                .expect("the next one is decided"),
            decision,
            "{path}"
        );
    }
}

#[test]
fn what_is_at_a_limit_is_decided() {
    let policy = policy();
    let mut request = base("scan");
    request.agency_account = long(0);
    request.now = LAST_INSTANT;
    request.attributes = (0..LIST)
        .map(|n| attribute(&n.to_string(), AttributeValue::Text(long(0))))
        .collect();
    let scan = request.scan.as_mut().expect("a scan has its facts");
    let page = |n: u32| format!("https://shop.example/{n}/{}", "p".repeat(1_000));
    scan.targets = (0..TARGETS).map(|n| target(page(n))).collect();
    scan.accepted = (0..PATTERNS - 1)
        .map(|n| format!("https://shop.example/none/{n}"))
        .chain(["https://shop.example/".into()])
        .collect();
    scan.excluded = (0..PATTERNS).map(|n| format!("/none/{n}")).collect();
    scan.page_limit = TARGETS;
    scan.credits = TARGETS;
    let decision = policy
        .evaluate(&request)
        .expect("a request at the limits is decided");
    assert!(decision.is_allowed(), "{decision:?}");
}
