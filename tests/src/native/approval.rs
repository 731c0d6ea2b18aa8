//! Requirements 34 to 50: what access is approved, granted and taken back.

use super::action::{Action, Actions};
use super::class::{self, Class};
use super::rule::{
    Code::{
        AccessExpired, AccessRevoked, CustomerResponsibilityRequired, MissingApproval,
        ProviderAccessRequired, ScopeTooBroad,
    },
    Facts, Rule, always, connected, has_access, has_access_and_approved, has_approved,
    is_customer_data, is_over, needs_provider, rule,
};
use scopegate::{Access, AccessMode, ApprovedScope, Operation, ProviderAccessStatus};

const OPERATING: Actions = Actions::USING.except(Action::ConnectProvider);

pub(super) const RULES: [Rule; 17] = [
    rule(
        "scope-approved",
        MissingApproval,
        Actions::USING,
        always,
        has_approved,
    ),
    rule(
        "scope-reviewed",
        MissingApproval,
        Actions::USING,
        has_approved,
        |f| f.for_approved(|approved| approved.scope_reviewed),
    ),
    rule(
        "approver-may-approve",
        MissingApproval,
        Actions::USING,
        has_approved,
        |f| f.for_approved(|approved| f.may_approve(&approved.approver)),
    ),
    rule(
        "approval-for-this-work",
        MissingApproval,
        Actions::USING,
        has_access_and_approved,
        |f| {
            f.for_access_and_approved(|access, approved| {
                approved.approved_for == f.request.tenancy && is_same_work(access, approved)
            })
        },
    ),
    rule(
        "approval-begun",
        MissingApproval,
        Actions::USING,
        has_approved,
        |f| f.for_approved(|approved| approved.approved_at <= f.request.now),
    ),
    rule(
        "approved-scope-narrow",
        ScopeTooBroad,
        Actions::USING,
        has_access_and_approved,
        |f| {
            f.for_access_and_approved(|access, approved| {
                approved_scope_is_narrow(f, access, approved)
            })
        },
    ),
    rule(
        "scopes-approved",
        ScopeTooBroad,
        Actions::USING,
        has_access_and_approved,
        |f| {
            f.for_access_and_approved(|access, approved| {
                access
                    .required_scopes
                    .iter()
                    .all(|scope| approved.scopes.contains(scope))
            })
        },
    ),
    rule(
        "operation-approved",
        ScopeTooBroad,
        OPERATING,
        has_approved,
        |f| {
            f.for_approved(|approved| {
                operation(f.action)
                    .is_some_and(|operation| approved.operations.contains(&operation))
            })
        },
    ),
    rule(
        "approval-not-expired",
        AccessExpired,
        Actions::USING,
        has_approved,
        |f| {
            f.for_approved(|approved| {
                approved
                    .expires_at
                    .is_none_or(|expires_at| expires_at > f.request.now)
            })
        },
    ),
    rule(
        "approval-not-revoked",
        AccessRevoked,
        Actions::USING,
        has_approved,
        |f| {
            f.for_approved(|approved| {
                approved
                    .revoked_at
                    .is_none_or(|revoked_at| revoked_at > f.request.now)
            })
        },
    ),
    rule(
        "approval-newer-than-revocation",
        AccessRevoked,
        Actions::USING,
        revocation_matters,
        |f| {
            f.for_access_and_approved(|access, approved| {
                access
                    .revoked_at
                    .is_some_and(|revoked_at| approved.approved_at > revoked_at)
            })
        },
    ),
    rule(
        "access-not-expired",
        AccessExpired,
        OPERATING,
        always,
        |f| no_status_is(f, ProviderAccessStatus::Expired),
    ),
    rule(
        "access-not-revoked",
        AccessRevoked,
        OPERATING,
        always,
        |f| no_status_is(f, ProviderAccessStatus::Revoked),
    ),
    rule(
        "provider-access-ready",
        ProviderAccessRequired,
        OPERATING,
        |f| !is_over(f.status().provider_access_status),
        |f| is_ready(f.action, f.status().provider_access_status),
    ),
    rule(
        "connected-access-ready",
        ProviderAccessRequired,
        OPERATING,
        |f| {
            f.for_access(|access| {
                needs_provider(access) && !is_over(access.connected_access_status)
            })
        },
        |f| f.for_access(|access| is_ready(f.action, access.connected_access_status)),
    ),
    rule(
        "mode-allows-operation",
        ScopeTooBroad,
        OPERATING.except(Action::ExportTicket),
        has_access,
        |f| f.for_access(|access| mode_allows(access, operation(f.action))),
    ),
    rule(
        "revoke-reason-given",
        CustomerResponsibilityRequired,
        Actions::of(&[Action::RevokeAccess]),
        always,
        |f| f.for_access(|access| f.says(&access.revoke_reason)),
    ),
];

/// What a using action does at the provider.
fn operation(action: Action) -> Option<Operation> {
    match action {
        Action::InspectProvider | Action::IndexRepository => Some(Operation::Read),
        Action::DraftPatch => Some(Operation::Draft),
        Action::OpenPullRequest | Action::CreateProviderTask => Some(Operation::Request),
        Action::ApplyChange => Some(Operation::Publish),
        Action::ExportTicket => Some(Operation::Export),
        _ => None,
    }
}

fn is_same_work(access: &Access, approved: &ApprovedScope) -> bool {
    approved.remediation_access_mode == access.remediation_access_mode
        && approved.provider == access.provider
        && approved.provider_account == access.provider_account
        && approved.resource == access.resource
        && approved.task == access.task
}

fn approved_scope_is_narrow(f: &Facts<'_>, access: &Access, approved: &ApprovedScope) -> bool {
    let allowed = if f.is_ticket_export() {
        &[Class::Read, Class::Ticket]
    } else {
        class::allowed_by_mode(access.remediation_access_mode)
    };
    approved.scopes.iter().all(|scope| {
        let class = class::class(&access.provider, scope);
        let class_allowed =
            allowed.contains(&class) || is_customer_data(class) && f.customer_data_flow(access);
        let needed = || {
            f.request
                .task
                .as_ref()
                .is_none_or(|task| task.needed_scopes.contains(scope))
        };
        class_allowed && (f.is_ticket_export() || needed())
    })
}

/// Access was taken back, or is to be connected again after it was.
fn revocation_matters(f: &Facts<'_>) -> bool {
    f.for_access_and_approved(|access, _| {
        let says_revoked = [
            f.status().provider_access_status,
            access.connected_access_status,
        ]
        .contains(&ProviderAccessStatus::Revoked);
        access.revoked_at.is_some() || f.action == Action::ConnectProvider && says_revoked
    })
}

/// Neither the provider's access nor, where the mode needs it, the connection is in this status.
fn no_status_is(f: &Facts<'_>, status: ProviderAccessStatus) -> bool {
    f.status().provider_access_status != status
        && !f
            .for_access(|access| needs_provider(access) && access.connected_access_status == status)
}

fn is_ready(action: Action, status: ProviderAccessStatus) -> bool {
    match status {
        ProviderAccessStatus::Granted => true,
        ProviderAccessStatus::Reviewable => {
            matches!(
                operation(action),
                Some(Operation::Read | Operation::Draft | Operation::Request)
            )
        }
        _ => false,
    }
}

fn mode_allows(access: &Access, operation: Option<Operation>) -> bool {
    let Some(operation) = operation else {
        return false;
    };
    match access.remediation_access_mode {
        AccessMode::TicketOnly | AccessMode::CustomerApplied => false,
        AccessMode::ReadOnly => operation == Operation::Read,
        AccessMode::ReviewOnly => matches!(operation, Operation::Read | Operation::Draft),
        _ => connected(access) && operation != Operation::Export,
    }
}
