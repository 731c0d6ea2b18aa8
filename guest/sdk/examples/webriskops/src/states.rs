//! What is ready whatever the action, and what stays open when it is denied.

use scopegate_sdk::{AccessMode, Operation, ProviderAccessStatus, Request, Unmet};

use crate::access::{self, is_connected, rank};
use crate::actions::{ASKING, uses_access};
use crate::{approval, customer, scanning};

pub fn authorization_ready(request: &Request) -> bool {
    customer::authorization_ready(request)
        && customer::authorized_for_this_project(request)
        && customer::ownership_proven(request)
}

pub fn scope_accepted(request: &Request) -> bool {
    request.scan.is_some()
        && scanning::scope_accepted(request)
        && scanning::targets_named(request)
        && scanning::scope_accepted_for_this_project(request)
        && scanning::pages_reviewed(request)
        && scanning::targets_accepted(request)
        && scanning::targets_not_excluded(request)
        && scanning::targets_public(request)
}

/// Whether what the customer approved covers the access, and holds now.
pub fn approved(request: &Request) -> bool {
    let action = "inspect_provider";
    request.access.is_some()
        && request.approved_scope.is_some()
        && access::no_credentials(request)
        && access::network_reachable(request, action)
        && approval::scope_reviewed(request, action)
        && approval::approver_may_approve(request, action)
        && approval::approval_for_this_work(request, action)
        && approval::approval_begun(request, action)
        && approval::approved_scope_narrow(request, action)
        && approval::scopes_approved(request, action)
        && approval::approval_not_expired(request, action)
        && approval::approval_not_revoked(request, action)
        && approval::approval_newer_than_revocation(request, action)
}

fn may(request: &Request, operation: Operation) -> bool {
    let status = request.responsibility.provider_access_status;
    let scope = request.approved_scope.as_ref();
    matches!(status, ProviderAccessStatus::Granted | ProviderAccessStatus::Reviewable)
        && scope.is_some_and(|scope| scope.operations.contains(&operation))
        && approved(request)
}

pub fn read_only_ready(request: &Request) -> bool {
    may(request, Operation::Read)
}

pub fn review_only_ready(request: &Request) -> bool {
    may(request, Operation::Draft)
}

pub fn scoped_write_request_ready(request: &Request) -> bool {
    let action = "request_access";
    request.access.as_ref().is_some_and(is_connected)
        && request.task.is_some()
        && access::provider_supported(request, action)
        && access::mode_fits_provider(request, action)
        && access::access_specific(request, action)
        && access::customer_may_manage(request, action)
        && access::task_tied(request, action)
        && access::connected_access_justified(request, action)
        && access::least_mode(request, action)
        && access::no_credentials(request)
        && access::no_customer_data(request, action)
        && access::scopes_needed(request, action)
        && access::scopes_within_action(request, action)
        && access::network_reachable(request, action)
        && access::revoke_path_visible(request, action)
}

pub fn provider_access_ready(request: &Request) -> bool {
    request.responsibility.provider_access_status == ProviderAccessStatus::Granted && approved(request)
}

pub fn connected_access_granted(request: &Request) -> bool {
    request.access.as_ref().is_some_and(|access| {
        is_connected(access) && access.connected_access_status == ProviderAccessStatus::Granted
    }) && approved(request)
}

pub fn revoke_path_visible(request: &Request) -> bool {
    request.access.as_ref().is_some_and(|access| access.revoke_path_visible)
}

pub fn revocable_access(request: &Request) -> bool {
    revoke_path_visible(request) && connected_access_granted(request)
}

pub fn fallbacks(request: &Request, unmet: &Unmet<'_>) -> Vec<AccessMode> {
    let action = &*request.action;
    let asks = ASKING.contains(&action) && uses_access(request, action) || action == "draft_patch";
    if !asks || unmet.has("actor-known") || unmet.has("actor-in-account") {
        return Vec::new();
    }
    let mut modes = vec![AccessMode::TicketOnly];
    if unmet.has("no-credentials") {
        return modes;
    }
    let access = request.access.as_ref();
    let is_less = |mode| access.is_none_or(|access| rank(mode) < rank(access.remediation_access_mode));
    let customer_applies = || {
        let task = request.task.as_ref();
        task.is_some_and(|task| task.sufficient_modes.contains(&AccessMode::CustomerApplied))
    };
    let open: [(AccessMode, &dyn Fn() -> bool); 3] = [
        (AccessMode::CustomerApplied, &customer_applies),
        (AccessMode::ReadOnly, &|| read_only_ready(request)),
        (AccessMode::ReviewOnly, &|| review_only_ready(request)),
    ];
    let open = open.iter().filter(|(mode, is_open)| is_less(*mode) && is_open());
    modes.extend(open.map(|(mode, _)| *mode));
    modes
}
