//! What a requirement is, and the facts it judges.

use super::action::{Action, Actions};
use super::class::{self, Class};
use crate::edition::Edition;
use crate::{spelling, url};
use scopegate::{
    Access, ApprovedScope, Person, ProviderAccessStatus, Request, Responsibility, Role, Scan, Task,
};

/// A requirement of the default policy.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Its id.
    pub id: &'static str,
    /// The code of the denial.
    pub code: Code,
    pub(super) actions: Actions,
    /// The guard: where it does not hold, the requirement does not apply.
    pub(super) given: fn(&Facts<'_>) -> bool,
    /// The condition, asked only where the guard holds.
    pub(super) must: fn(&Facts<'_>) -> bool,
}

/// A line of the specification's table.
pub(super) const fn rule(
    id: &'static str,
    code: Code,
    actions: Actions,
    given: fn(&Facts<'_>) -> bool,
    must: fn(&Facts<'_>) -> bool,
) -> Rule {
    Rule {
        id,
        code,
        actions,
        given,
        must,
    }
}

/// The code of a denial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the specification's")]
pub enum Code {
    AuthorizationRequired,
    CustomerResponsibilityRequired,
    ProviderAccessRequired,
    RemediationApprovalRequired,
    MissingApproval,
    ScopeTooBroad,
    UnsupportedProvider,
    AccessExpired,
    AccessRevoked,
    PrivateNetworkBlocked,
    CredentialRequest,
    CustomerDataRequested,
}

impl Code {
    /// The code as a decision writes it, and the blocked state it means.
    pub const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::AuthorizationRequired => ("AUTHORIZATION_REQUIRED", "responsibility_blocked"),
            Self::CustomerResponsibilityRequired => {
                ("CUSTOMER_RESPONSIBILITY_REQUIRED", "responsibility_blocked")
            }
            Self::ProviderAccessRequired => ("PROVIDER_ACCESS_REQUIRED", "responsibility_blocked"),
            Self::RemediationApprovalRequired => {
                ("REMEDIATION_APPROVAL_REQUIRED", "approval_required")
            }
            Self::MissingApproval => ("MISSING_APPROVAL", "missing_approval"),
            Self::ScopeTooBroad => ("SCOPE_TOO_BROAD", "scope_too_broad"),
            Self::UnsupportedProvider => ("UNSUPPORTED_PROVIDER", "unsupported_provider"),
            Self::AccessExpired => ("ACCESS_EXPIRED", "expired_access"),
            Self::AccessRevoked => ("ACCESS_REVOKED", "revoked_access"),
            Self::PrivateNetworkBlocked => ("PRIVATE_NETWORK_BLOCKED", "private_network_blocked"),
            Self::CredentialRequest => ("CREDENTIAL_REQUEST", "credential_request"),
            Self::CustomerDataRequested => ("CUSTOMER_DATA_REQUESTED", "customer_data_requested"),
        }
    }
}

/// The facts of a request, as they stand for an action: the request's own, or another that the specification asks about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts<'a> {
    pub(super) request: &'a Request,
    pub(super) action: Action,
    pub(super) edition: Edition,
}

impl<'a> Facts<'a> {
    /// Whether the text is a name or a reason at all.
    pub(super) fn says(&self, text: &str) -> bool {
        match self.edition {
            Edition::First => !text.is_empty(),
            Edition::Spelled => !spelling::is_blank(text),
        }
    }

    pub(super) fn excludes(&self, pattern: &str, url: &str) -> bool {
        match self.edition {
            Edition::First => url::excludes(pattern, url),
            Edition::Spelled => spelling::excludes_any_spelling(pattern, url),
        }
    }

    pub(super) fn status(&self) -> &'a Responsibility {
        &self.request.responsibility
    }

    pub(super) fn for_scan(&self, must: impl FnOnce(&Scan) -> bool) -> bool {
        self.request.scan.as_ref().is_some_and(must)
    }

    pub(super) fn for_task(&self, must: impl FnOnce(&Task) -> bool) -> bool {
        self.request.task.as_ref().is_some_and(must)
    }

    pub(super) fn for_access(&self, must: impl FnOnce(&Access) -> bool) -> bool {
        self.request.access.as_ref().is_some_and(must)
    }

    pub(super) fn for_approved(&self, must: impl FnOnce(&ApprovedScope) -> bool) -> bool {
        self.request.approved_scope.as_ref().is_some_and(must)
    }

    pub(super) fn for_access_and_task(&self, must: impl FnOnce(&Access, &Task) -> bool) -> bool {
        self.for_access(|access| self.for_task(|task| must(access, task)))
    }

    pub(super) fn for_access_and_approved(
        &self,
        must: impl FnOnce(&Access, &ApprovedScope) -> bool,
    ) -> bool {
        self.for_access(|access| self.for_approved(|approved| must(access, approved)))
    }

    pub(super) fn is_ticket_export(&self) -> bool {
        self.action == Action::ExportTicket
    }

    /// Somebody of the customer's own account who may approve.
    pub(super) fn may_approve(&self, approver: &Person) -> bool {
        matches!(approver.role, Role::Owner | Role::Admin)
            && approver.account == self.request.tenancy.account
            && self.says(&approver.id)
    }

    /// The exception for customers' and orders' data: a dedicated flow, for a task that requires the data.
    pub(super) fn customer_data_flow(&self, access: &Access) -> bool {
        connected(access)
            && access.customer_data_approved
            && self.for_task(|task| task.requires_customer_data)
    }
}

pub(super) fn always(_: &Facts<'_>) -> bool {
    true
}

pub(super) fn has_scan(facts: &Facts<'_>) -> bool {
    facts.request.scan.is_some()
}

pub(super) fn has_access(facts: &Facts<'_>) -> bool {
    facts.request.access.is_some()
}

pub(super) fn has_approved(facts: &Facts<'_>) -> bool {
    facts.request.approved_scope.is_some()
}

pub(super) fn has_access_and_task(facts: &Facts<'_>) -> bool {
    has_access(facts) && facts.request.task.is_some()
}

pub(super) fn has_access_and_approved(facts: &Facts<'_>) -> bool {
    has_access(facts) && has_approved(facts)
}

/// The mode connects the platform to the provider.
pub(super) fn connected(access: &Access) -> bool {
    rank(access) >= 4
}

/// The mode needs the provider at all.
pub(super) fn needs_provider(access: &Access) -> bool {
    rank(access) >= 2
}

fn rank(access: &Access) -> u8 {
    class::rank(access.remediation_access_mode)
}

pub(super) fn is_customer_data(class: Class) -> bool {
    matches!(class, Class::CustomerData | Class::OrderData)
}

pub(super) fn is_over(status: ProviderAccessStatus) -> bool {
    matches!(
        status,
        ProviderAccessStatus::Expired | ProviderAccessStatus::Revoked
    )
}
