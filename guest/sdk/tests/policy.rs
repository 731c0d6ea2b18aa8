//! What a policy by hand answers, where it was built.

use scopegate_sdk::contract::{self, Explanation, Problem};
use scopegate_sdk::{
    AcceptedScopeStatus, AccessMode, Attribute, AttributeType, AttributeValue, AuthorizationStatus,
    Deployment, EvidenceReview, OwnershipProofStatus, Person, Policy, ProviderAccessStatus, Ready,
    RemediationApprovalStatus, Request, Requirement, Responsibility, RetestStatus, Role, Tenancy,
    Verdict, export,
};

static POLICY: Policy = Policy {
    name: "acme",
    version: "1.0.0",
    summary: "Who may scan, and how often.",
    actions: &["scan", "share"],
    attributes: &[Attribute {
        name: "scans",
        kind: AttributeType::Number,
        summary: "The scans of today.",
    }],
    requirements: &[
        Requirement {
            id: "actor-known",
            actions: &["scan", "share"],
            must: |request| !request.actor.id.is_empty(),
            reads: &["actor.id"],
            ..Requirement::NONE
        },
        Requirement {
            id: "few-scans",
            actions: &["scan"],
            given: |request| request.number("scans").is_some(),
            must: |request| request.number("scans") < Some(10),
            reads: &[
                "attributes.scans",
                "scan.targets[].url",
                "scan.targets[].kind",
            ],
            ..Requirement::NONE
        },
    ],
    ready: &[Ready {
        state: "named",
        when: |request| !request.actor.id.is_empty(),
        reads: &["actor.id"],
    }],
    fallbacks: |_, unmet| {
        if unmet.has("actor-known") {
            Vec::new()
        } else {
            vec![AccessMode::TicketOnly]
        }
    },
};

export!(POLICY);

fn tenancy() -> Tenancy {
    Tenancy {
        account: "acct-1".to_owned(),
        project: "proj-1".to_owned(),
        client_workspace: String::new(),
    }
}

/// A request for an action, by somebody, with these attributes.
fn request(action: &str, actor: &str, attributes: &[(&str, AttributeValue)]) -> Request {
    let attribute = |(name, value): &(&str, AttributeValue)| contract::Attribute {
        name: (*name).to_owned(),
        value: value.clone(),
    };
    Request {
        action: action.to_owned(),
        now: 0,
        deployment: Deployment::Cloud,
        actor: Person {
            id: actor.to_owned(),
            account: "acct-1".to_owned(),
            role: Role::Developer,
        },
        tenancy: tenancy(),
        agency_account: String::new(),
        responsibility: Responsibility {
            authorization_status: AuthorizationStatus::Missing,
            authorized_for: None,
            ownership_proof_status: OwnershipProofStatus::Missing,
            accepted_scope_status: AcceptedScopeStatus::Missing,
            provider_access_status: ProviderAccessStatus::Missing,
            remediation_approval_status: RemediationApprovalStatus::Missing,
            evidence_review: EvidenceReview {
                of: tenancy(),
                evidence: false,
                severity: false,
                confidence: false,
                boundary_wording: false,
            },
            retest_status: RetestStatus::NotNeeded,
        },
        scan: None,
        task: None,
        access: None,
        approved_scope: None,
        remediation_approval: None,
        attributes: attributes.iter().map(attribute).collect(),
    }
}

#[test]
fn decisions() {
    let scans = |count| [("scans", AttributeValue::Number(count))];
    let ticket = vec![AccessMode::TicketOnly];
    for (request, verdict, unmet, ready, fallbacks) in [
        (
            request("scan", "ann", &[]),
            Verdict::Allow,
            vec![],
            vec![0],
            vec![],
        ),
        (
            request("scan", "ann", &scans(9)),
            Verdict::Allow,
            vec![],
            vec![0],
            vec![],
        ),
        (
            request("scan", "ann", &scans(10)),
            Verdict::Deny,
            vec![1],
            vec![0],
            ticket,
        ),
        (
            request("scan", "", &scans(10)),
            Verdict::Deny,
            vec![0, 1],
            vec![],
            vec![],
        ),
        (
            request("share", "ann", &scans(10)),
            Verdict::Allow,
            vec![],
            vec![0],
            vec![],
        ),
        // No requirement names it, so nothing is unmet and nothing stays open.
        (
            request("dance", "ann", &[]),
            Verdict::Deny,
            vec![],
            vec![0],
            vec![],
        ),
    ] {
        let decision = POLICY.evaluate(&request).expect("it decides");
        assert_eq!(
            (
                decision.verdict,
                decision.unmet,
                decision.ready,
                decision.fallbacks
            ),
            (verdict, unmet, ready, fallbacks),
            "{request:?}"
        );
    }
}

#[test]
fn what_cannot_be_judged_is_no_decision() {
    let text = |bytes| AttributeValue::Text("x".repeat(bytes));
    let long = request(&"x".repeat(8_193), "ann", &[]);
    let mut late = request("scan", "ann", &[]);
    late.now = 253_402_300_800;
    for (request, path, problem) in [
        (long, "action", Problem::TooLarge),
        (late, "now", Problem::OutOfRange),
        (
            request("scan", "ann", &[("scans", text(1))]),
            "attributes.scans",
            Problem::WrongType,
        ),
        (
            request("scan", "ann", &[("a", text(1)), ("a", text(2))]),
            "attributes.a",
            Problem::Repeated,
        ),
        (
            request("scan", "ann", &[("a", text(8_193))]),
            "attributes.a",
            Problem::TooLarge,
        ),
    ] {
        let error = POLICY.evaluate(&request).expect_err("it cannot be judged");
        assert_eq!((&*error.path, error.problem), (path, problem));
        assert_eq!(POLICY.explain(&request).expect_err("neither"), error);
    }
    // What is not declared is not judged.
    assert!(
        POLICY
            .evaluate(&request("scan", "ann", &[("other", text(8_192))]))
            .is_ok()
    );
}

#[test]
fn explanations_and_the_manifest() {
    let many = [("scans", AttributeValue::Number(10))];
    let explained = POLICY
        .explain(&request("scan", "", &many))
        .expect("it explains");
    let explanation = |requirement, facts: &[&str]| Explanation {
        requirement,
        facts: facts.iter().map(|path| (*path).to_owned()).collect(),
    };
    // A list is named as a whole, and once.
    let expected = [
        explanation(0, &["actor.id"]),
        explanation(1, &["attributes.scans", "scan.targets"]),
    ];
    assert_eq!(explained, expected);
    let manifest = <__Exported as contract::Guest>::describe();
    assert_eq!((&*manifest.name, &*manifest.version), ("acme", "1.0.0"));
    assert_eq!(manifest.rules_digest, "");
    assert_eq!(manifest.requirements.len(), 2);
    assert_eq!(manifest.limits.text_bytes, scopegate_contract::TEXT_BYTES);
}
