//! Requests whose every fact is drawn by itself.

use super::address;
use super::pool::{self, list, one_of, time};
use fastrand::Rng;
use scopegate::{
    AcceptedScopeStatus, Access, AccessMode, ApprovedScope, Authorization, AuthorizationStatus,
    Deployment, EvidenceReview, Operation, OwnershipProofStatus, Person, ProviderAccessStatus,
    RemediationApproval, RemediationApprovalStatus, Request, Resource, ResourceKind,
    Responsibility, RetestStatus, Role, Scan, Target, TargetKind, Task, TaskKind, Tenancy,
};

/// A request of unrelated facts.
pub(super) fn request(rng: &mut Rng) -> Request {
    Request {
        action: one_of(rng, &pool::ACTIONS).to_owned(),
        now: time(rng),
        deployment: case(rng, Deployment::ALL),
        actor: person(rng),
        tenancy: tenancy(rng),
        agency_account: one_of(rng, &pool::AGENCIES).to_owned(),
        responsibility: responsibility(rng),
        scan: maybe(rng, scan),
        task: maybe(rng, task),
        access: maybe(rng, access),
        approved_scope: maybe(rng, approved_scope),
        remediation_approval: maybe(rng, remediation_approval),
        attributes: Vec::new(),
    }
}

fn maybe<T>(rng: &mut Rng, value: fn(&mut Rng) -> T) -> Option<T> {
    (rng.u8(..5) > 0).then(|| value(rng))
}

fn case<T: Copy>(rng: &mut Rng, cases: &[T]) -> T {
    cases[rng.usize(..cases.len())]
}

fn person(rng: &mut Rng) -> Person {
    Person {
        id: one_of(rng, &pool::PERSONS).to_owned(),
        account: one_of(rng, &pool::ACCOUNTS).to_owned(),
        role: case(rng, Role::ALL),
    }
}

fn tenancy(rng: &mut Rng) -> Tenancy {
    Tenancy {
        account: one_of(rng, &pool::ACCOUNTS).to_owned(),
        project: one_of(rng, &pool::PROJECTS).to_owned(),
        client_workspace: one_of(rng, &pool::WORKSPACES).to_owned(),
    }
}

fn responsibility(rng: &mut Rng) -> Responsibility {
    Responsibility {
        authorization_status: case(rng, AuthorizationStatus::ALL),
        authorized_for: maybe(rng, |rng| Authorization {
            tenancy: tenancy(rng),
            hosts: list(rng, |rng| address::host(rng).to_owned()),
        }),
        ownership_proof_status: case(rng, OwnershipProofStatus::ALL),
        accepted_scope_status: case(rng, AcceptedScopeStatus::ALL),
        provider_access_status: case(rng, ProviderAccessStatus::ALL),
        remediation_approval_status: case(rng, RemediationApprovalStatus::ALL),
        evidence_review: EvidenceReview {
            of: tenancy(rng),
            evidence: rng.bool(),
            severity: rng.bool(),
            confidence: rng.bool(),
            boundary_wording: rng.bool(),
        },
        retest_status: case(rng, RetestStatus::ALL),
    }
}

fn scan(rng: &mut Rng) -> Scan {
    let amount = |rng: &mut Rng| [0, 1, 2, 3, 10, u32::MAX][rng.usize(..6)];
    Scan {
        accepted_for: tenancy(rng),
        targets: list(rng, |rng| Target {
            url: address::url(rng),
            kind: if rng.bool() {
                TargetKind::Public
            } else {
                case(rng, TargetKind::ALL)
            },
        }),
        accepted: list(rng, address::pattern),
        excluded: list(rng, address::pattern),
        pages_reviewed: rng.bool(),
        page_limit: amount(rng),
        credits: amount(rng),
    }
}

fn task(rng: &mut Rng) -> Task {
    let provider = one_of(rng, &pool::PROVIDERS);
    Task {
        id: one_of(rng, &pool::TASKS).to_owned(),
        kind: case(rng, TaskKind::ALL),
        provider: provider.to_owned(),
        sufficient_modes: list(rng, |rng| case(rng, AccessMode::ALL)),
        needed_scopes: list(rng, |rng| pool::scope(rng, provider)),
        requires_customer_data: rng.bool(),
        connected_reason: one_of(rng, &pool::TEXTS).to_owned(),
    }
}

fn resource(rng: &mut Rng) -> Resource {
    Resource {
        kind: case(rng, ResourceKind::ALL),
        id: one_of(rng, &pool::RESOURCES).to_owned(),
    }
}

fn access(rng: &mut Rng) -> Access {
    let provider = one_of(rng, &pool::PROVIDERS);
    Access {
        remediation_access_mode: case(rng, AccessMode::ALL),
        provider: provider.to_owned(),
        provider_account: one_of(rng, &pool::PROVIDER_ACCOUNTS).to_owned(),
        resource: resource(rng),
        required_scopes: list(rng, |rng| pool::scope(rng, provider)),
        task: one_of(rng, &pool::TASKS).to_owned(),
        connected_access_status: case(rng, ProviderAccessStatus::ALL),
        customer_may_manage: rng.bool(),
        revoke_path_visible: rng.bool(),
        revoke_reason: one_of(rng, &pool::TEXTS).to_owned(),
        revoked_at: rng.bool().then(|| time(rng)),
        credentials_requested: rng.bool(),
        customer_data_approved: rng.bool(),
        private_network: rng.bool(),
    }
}

fn approved_scope(rng: &mut Rng) -> ApprovedScope {
    let provider = one_of(rng, &pool::PROVIDERS);
    ApprovedScope {
        approved_for: tenancy(rng),
        remediation_access_mode: case(rng, AccessMode::ALL),
        provider: provider.to_owned(),
        provider_account: one_of(rng, &pool::PROVIDER_ACCOUNTS).to_owned(),
        resource: resource(rng),
        scopes: list(rng, |rng| pool::scope(rng, provider)),
        operations: list(rng, |rng| case(rng, Operation::ALL)),
        task: one_of(rng, &pool::TASKS).to_owned(),
        scope_reviewed: rng.bool(),
        approver: person(rng),
        approved_at: time(rng),
        expires_at: rng.bool().then(|| time(rng)),
        revoked_at: rng.bool().then(|| time(rng)),
    }
}

fn remediation_approval(rng: &mut Rng) -> RemediationApproval {
    RemediationApproval {
        approved_for: tenancy(rng),
        task: one_of(rng, &pool::TASKS).to_owned(),
        approver: person(rng),
        evidence_reviewed: rng.bool(),
        changes_reviewed: rng.bool(),
        approved_at: time(rng),
    }
}
