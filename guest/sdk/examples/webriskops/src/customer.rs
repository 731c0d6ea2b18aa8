//! What the customer confirmed about themselves: who asks, with which authority. Requirements 1 to 5.

use scopegate_sdk::{AuthorizationStatus, OwnershipProofStatus, Request, Role, is_blank};

pub fn actor_known(request: &Request) -> bool {
    !is_blank(&request.actor.id) && request.actor.role != Role::Viewer
}

pub fn actor_in_account(request: &Request) -> bool {
    let (actor, tenancy) = (&request.actor, &request.tenancy);
    let is_agency = actor.role == Role::Agency
        && !is_blank(&request.agency_account)
        && !is_blank(&tenancy.client_workspace)
        && actor.account == request.agency_account;
    !is_blank(&tenancy.account)
        && !is_blank(&tenancy.project)
        && (actor.account == tenancy.account || is_agency)
}

pub fn authorization_ready(request: &Request) -> bool {
    let responsibility = &request.responsibility;
    responsibility.authorization_status == AuthorizationStatus::Ready && responsibility.authorized_for.is_some()
}

pub fn authorized_for_this_project(request: &Request) -> bool {
    let authorized = request.responsibility.authorized_for.as_ref();
    authorized.is_none_or(|authorized| authorized.tenancy == request.tenancy)
}

pub fn ownership_proven(request: &Request) -> bool {
    let status = request.responsibility.ownership_proof_status;
    matches!(status, OwnershipProofStatus::Verified | OwnershipProofStatus::NotRequired)
}

/// Whether somebody may approve for the customer: an owner or admin of the account, by name.
pub fn may_approve(request: &Request, approver: &scopegate_sdk::Person) -> bool {
    matches!(approver.role, Role::Owner | Role::Admin)
        && approver.account == request.tenancy.account
        && !is_blank(&approver.id)
}
