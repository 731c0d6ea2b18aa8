//! Requirements 1 to 19: who asks, with what authority, for which pages, evidence and change.

use super::action::{Action, Actions};
use super::rule::{
    Code::{AuthorizationRequired, CustomerResponsibilityRequired, RemediationApprovalRequired},
    Facts, Rule, always, has_scan, rule,
};
use crate::url;
use scopegate::{
    AcceptedScopeStatus, AuthorizationStatus, OwnershipProofStatus, RemediationApprovalStatus,
    RetestStatus, Role, Scan, TargetKind, TaskKind,
};

const SCANNING: Actions = Actions::of(&[Action::Scan, Action::Retest]);
const SHARING: Actions = Actions::of(&[
    Action::ShareReport,
    Action::ExportTicket,
    Action::PublishEvidence,
]);

pub(super) const RULES: [Rule; 19] = [
    rule(
        "actor-known",
        CustomerResponsibilityRequired,
        Actions::EVERY,
        always,
        |f| f.says(&f.request.actor.id) && f.request.actor.role != Role::Viewer,
    ),
    rule(
        "actor-in-account",
        CustomerResponsibilityRequired,
        Actions::EVERY,
        always,
        actor_in_account,
    ),
    rule(
        "authorization-ready",
        AuthorizationRequired,
        Actions::GOVERNED,
        always,
        |f| f.status().authorization_status == AuthorizationStatus::Ready && is_authorized(f),
    ),
    rule(
        "authorized-for-this-project",
        AuthorizationRequired,
        Actions::GOVERNED,
        is_authorized,
        |f| {
            f.status()
                .authorized_for
                .as_ref()
                .is_some_and(|authorized| authorized.tenancy == f.request.tenancy)
        },
    ),
    rule(
        "ownership-proven",
        AuthorizationRequired,
        SCANNING,
        always,
        |f| {
            matches!(
                f.status().ownership_proof_status,
                OwnershipProofStatus::Verified | OwnershipProofStatus::NotRequired
            )
        },
    ),
    rule(
        "scope-accepted",
        CustomerResponsibilityRequired,
        SCANNING.and(Action::PublishEvidence),
        always,
        |f| f.status().accepted_scope_status == AcceptedScopeStatus::Ready,
    ),
    rule(
        "targets-named",
        CustomerResponsibilityRequired,
        SCANNING,
        always,
        |f| f.for_scan(|scan| !scan.targets.is_empty()),
    ),
    rule(
        "scope-accepted-for-this-project",
        CustomerResponsibilityRequired,
        SCANNING,
        has_scan,
        |f| f.for_scan(|scan| scan.accepted_for == f.request.tenancy),
    ),
    rule(
        "pages-reviewed",
        CustomerResponsibilityRequired,
        SCANNING,
        has_scan,
        |f| f.for_scan(|scan| scan.pages_reviewed),
    ),
    rule(
        "targets-authorized",
        AuthorizationRequired,
        SCANNING,
        |f| has_scan(f) && is_authorized(f),
        targets_authorized,
    ),
    rule(
        "targets-accepted",
        CustomerResponsibilityRequired,
        SCANNING,
        has_scan,
        |f| {
            f.for_scan(|scan| {
                scan.targets.iter().all(|target| {
                    scan.accepted
                        .iter()
                        .any(|pattern| url::accepts(pattern, &target.url))
                })
            })
        },
    ),
    rule(
        "targets-not-excluded",
        CustomerResponsibilityRequired,
        SCANNING,
        has_scan,
        |f| {
            f.for_scan(|scan| {
                !scan.targets.iter().any(|target| {
                    scan.excluded
                        .iter()
                        .any(|pattern| f.excludes(pattern, &target.url))
                })
            })
        },
    ),
    rule(
        "targets-public",
        CustomerResponsibilityRequired,
        SCANNING,
        has_scan,
        |f| {
            f.for_scan(|scan| {
                scan.targets
                    .iter()
                    .all(|target| target.kind == TargetKind::Public)
            })
        },
    ),
    rule(
        "within-plan",
        CustomerResponsibilityRequired,
        SCANNING,
        has_scan,
        |f| f.for_scan(within_plan),
    ),
    rule(
        "evidence-reviewed",
        CustomerResponsibilityRequired,
        SHARING,
        always,
        |f| {
            let review = &f.status().evidence_review;
            review.evidence && review.severity && review.confidence && review.boundary_wording
        },
    ),
    rule(
        "evidence-of-this-project",
        CustomerResponsibilityRequired,
        SHARING,
        always,
        |f| f.status().evidence_review.of == f.request.tenancy,
    ),
    rule(
        "retested",
        CustomerResponsibilityRequired,
        Actions::of(&[Action::PublishEvidence]),
        always,
        |f| f.status().retest_status != RetestStatus::Required,
    ),
    rule(
        "remediation-approved",
        RemediationApprovalRequired,
        Actions::CHANGING,
        always,
        remediation_approved,
    ),
    rule(
        "remediation-approval-recorded",
        RemediationApprovalRequired,
        Actions::CHANGING,
        remediation_approved,
        remediation_approval_recorded,
    ),
];

fn actor_in_account(f: &Facts<'_>) -> bool {
    let (actor, tenancy, agency) = (
        &f.request.actor,
        &f.request.tenancy,
        &f.request.agency_account,
    );
    let own_account = actor.account == tenancy.account;
    let agency_of_client = actor.role == Role::Agency
        && f.says(agency)
        && f.says(&tenancy.client_workspace)
        && actor.account == *agency;
    f.says(&tenancy.account) && f.says(&tenancy.project) && (own_account || agency_of_client)
}

fn is_authorized(f: &Facts<'_>) -> bool {
    f.status().authorized_for.is_some()
}

fn targets_authorized(f: &Facts<'_>) -> bool {
    let (Some(scan), Some(authorized)) = (&f.request.scan, &f.status().authorized_for) else {
        return false;
    };
    scan.targets.iter().all(|target| {
        let host = url::host(&target.url);
        !host.is_empty() && authorized.hosts.iter().any(|authorized| authorized == host)
    })
}

fn within_plan(scan: &Scan) -> bool {
    scan.targets.len() <= scan.page_limit as usize && scan.targets.len() <= scan.credits as usize
}

fn remediation_approved(f: &Facts<'_>) -> bool {
    f.status().remediation_approval_status == RemediationApprovalStatus::Approved
}

fn remediation_approval_recorded(f: &Facts<'_>) -> bool {
    let (Some(approval), Some(task)) = (&f.request.remediation_approval, &f.request.task) else {
        return false;
    };
    task.kind == TaskKind::Fix
        && f.says(&task.id)
        && approval.approved_for == f.request.tenancy
        && approval.task == task.id
        && f.may_approve(&approval.approver)
        && approval.evidence_reviewed
        && approval.changes_reviewed
        && approval.approved_at <= f.request.now
}
