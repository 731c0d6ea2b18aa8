//! What was reviewed, approved and tested again. Requirements 15 to 19.

use scopegate_sdk::{RemediationApprovalStatus, Request, RetestStatus, TaskKind, is_blank};

use crate::actions::changes;
use crate::customer::may_approve;

pub fn evidence_reviewed(request: &Request) -> bool {
    let review = &request.responsibility.evidence_review;
    review.evidence && review.severity && review.confidence && review.boundary_wording
}

pub fn evidence_of_this_project(request: &Request) -> bool {
    request.responsibility.evidence_review.of == request.tenancy
}

pub fn retested(request: &Request) -> bool {
    request.responsibility.retest_status != RetestStatus::Required
}

fn is_approved(request: &Request) -> bool {
    request.responsibility.remediation_approval_status == RemediationApprovalStatus::Approved
}

pub fn remediation_approved(request: &Request) -> bool {
    !changes(request, &request.action) || is_approved(request)
}

pub fn remediation_approval_recorded(request: &Request) -> bool {
    if !changes(request, &request.action) || !is_approved(request) {
        return true;
    }
    let (Some(approval), Some(task)) = (&request.remediation_approval, &request.task) else {
        return false;
    };
    task.kind == TaskKind::Fix
        && !is_blank(&task.id)
        && approval.approved_for == request.tenancy
        && approval.task == task.id
        && may_approve(request, &approval.approver)
        && approval.evidence_reviewed
        && approval.changes_reviewed
        && approval.approved_at <= request.now
}
