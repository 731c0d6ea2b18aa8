//! What the customer approved, and whether it still holds. Requirements 34 to 49.

use scopegate_sdk::{Access, AccessMode, ApprovedScope, Operation, ProviderAccessStatus as Status, Request};

use crate::access::{self, is_narrow, rank};
use crate::actions::{operation, uses_access};
use crate::customer::may_approve;

/// Where access plays no part, or nothing was approved, nothing is asked of the approval.
fn of(request: &Request, action: &str, holds: impl FnOnce(&ApprovedScope) -> bool) -> bool {
    !uses_access(request, action) || request.approved_scope.as_ref().is_none_or(holds)
}

fn of_access(request: &Request, action: &str, holds: impl FnOnce(&Access, &ApprovedScope) -> bool) -> bool {
    access::of(request, action, |access| {
        request.approved_scope.as_ref().is_none_or(|approved| holds(access, approved))
    })
}

pub fn scope_approved(request: &Request, action: &str) -> bool {
    !uses_access(request, action) || request.approved_scope.is_some()
}

pub fn scope_reviewed(request: &Request, action: &str) -> bool {
    of(request, action, |approved| approved.scope_reviewed)
}

pub fn approver_may_approve(request: &Request, action: &str) -> bool {
    of(request, action, |approved| may_approve(request, &approved.approver))
}

pub fn approval_for_this_work(request: &Request, action: &str) -> bool {
    of_access(request, action, |access, approved| {
        approved.approved_for == request.tenancy
            && approved.remediation_access_mode == access.remediation_access_mode
            && approved.provider == access.provider
            && approved.provider_account == access.provider_account
            && approved.resource == access.resource
            && approved.task == access.task
    })
}

pub fn approval_begun(request: &Request, action: &str) -> bool {
    of(request, action, |approved| approved.approved_at <= request.now)
}

pub fn approved_scope_narrow(request: &Request, action: &str) -> bool {
    of_access(request, action, |access, approved| {
        approved.scopes.iter().all(|scope| is_narrow(request, access, action, scope))
    })
}

pub fn scopes_approved(request: &Request, action: &str) -> bool {
    of_access(request, action, |access, approved| {
        access.required_scopes.iter().all(|scope| approved.scopes.contains(scope))
    })
}

pub fn operation_approved(request: &Request, action: &str) -> bool {
    of(request, action, |approved| {
        operation(action).is_some_and(|operation| approved.operations.contains(&operation))
    })
}

pub fn approval_not_expired(request: &Request, action: &str) -> bool {
    of(request, action, |approved| approved.expires_at.is_none_or(|at| at > request.now))
}

pub fn approval_not_revoked(request: &Request, action: &str) -> bool {
    of(request, action, |approved| approved.revoked_at.is_none_or(|at| at > request.now))
}

pub fn approval_newer_than_revocation(request: &Request, action: &str) -> bool {
    of_access(request, action, |access, approved| {
        let is_revoked = request.responsibility.provider_access_status == Status::Revoked
            || access.connected_access_status == Status::Revoked;
        match access.revoked_at {
            Some(at) => approved.approved_at > at,
            None => !(action == "connect_provider" && is_revoked),
        }
    })
}

/// The status of the connection, where the mode reaches the provider.
fn connected_status(request: &Request) -> Option<Status> {
    let access = request.access.as_ref()?;
    (rank(access.remediation_access_mode) >= 2).then_some(access.connected_access_status)
}

/// Whether neither status is `gone`.
fn is_not(request: &Request, action: &str, gone: Status) -> bool {
    !uses_access(request, action)
        || request.responsibility.provider_access_status != gone && connected_status(request) != Some(gone)
}

pub fn access_not_expired(request: &Request, action: &str) -> bool {
    is_not(request, action, Status::Expired)
}

pub fn access_not_revoked(request: &Request, action: &str) -> bool {
    is_not(request, action, Status::Revoked)
}

/// Whether a status suffices for what the action does; of what is expired or revoked others speak.
fn suffices(status: Status, action: &str) -> bool {
    match status {
        Status::Expired | Status::Revoked | Status::Granted => true,
        Status::Reviewable => {
            matches!(operation(action), Some(Operation::Read | Operation::Draft | Operation::Request))
        }
        Status::Missing | Status::Requested => false,
    }
}

pub fn provider_access_ready(request: &Request, action: &str) -> bool {
    !uses_access(request, action) || suffices(request.responsibility.provider_access_status, action)
}

pub fn connected_access_ready(request: &Request, action: &str) -> bool {
    !uses_access(request, action) || connected_status(request).is_none_or(|status| suffices(status, action))
}

pub fn mode_allows_operation(request: &Request, action: &str) -> bool {
    access::of(request, action, |access| {
        let Some(operation) = operation(action) else {
            return false;
        };
        match access.remediation_access_mode {
            AccessMode::TicketOnly | AccessMode::CustomerApplied => false,
            AccessMode::ReadOnly => operation == Operation::Read,
            AccessMode::ReviewOnly => matches!(operation, Operation::Read | Operation::Draft),
            _ => operation != Operation::Export,
        }
    })
}
