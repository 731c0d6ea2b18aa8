//! What the customer approved.
//!
//! Always true here: names, order and types are those of `gate.wit`.

use super::macros::{cases, record};
use super::people::{Person, Tenancy};
use super::work::{AccessMode, Resource};

cases! {
    /// What an approval lets the platform do.
    Operation {
        /// Read code, content or configuration.
        Read = "read", "read";
        /// Draft a change for review.
        Draft = "draft", "draft";
        /// Ask for a change: a pull request, a provider task.
        Request = "request", "request";
        /// Make a change live.
        Publish = "publish", "publish";
        /// Send a ticket out.
        Export = "export", "export";
    }
}

record! {
    /// What the customer approved.
    ApprovedScope {
        /// For whom it was approved.
        approved_for as "approved-for": Tenancy;
        /// The approved mode.
        remediation_access_mode as "remediation-access-mode": AccessMode;
        /// The approved provider.
        provider: String;
        /// The approved account at the provider.
        provider_account as "provider-account": String;
        /// The approved resource.
        resource: Resource;
        /// The approved provider scopes, at most 256.
        scopes: Vec<String>;
        /// The approved operations, at most 256.
        operations: Vec<Operation>;
        /// The id of the task it was approved for.
        task: String;
        /// The scopes were reviewed before approval.
        scope_reviewed as "scope-reviewed": bool;
        /// Who approved.
        approver: Person;
        /// When it was approved, in seconds since 1970-01-01T00:00:00Z.
        approved_at as "approved-at": i64;
        /// When the approval runs out; absent if never, in seconds since 1970-01-01T00:00:00Z.
        expires_at as "expires-at": Option<i64>;
        /// When the approval was taken back; absent if never, in seconds since 1970-01-01T00:00:00Z.
        revoked_at as "revoked-at": Option<i64>;
    }
}

record! {
    /// The customer's approval of the change itself.
    RemediationApproval {
        /// For whom it was approved.
        approved_for as "approved-for": Tenancy;
        /// The id of the task it was approved for.
        task: String;
        /// Who approved.
        approver: Person;
        /// The evidence was reviewed.
        evidence_reviewed as "evidence-reviewed": bool;
        /// The expected changes were reviewed.
        changes_reviewed as "changes-reviewed": bool;
        /// When it was approved, in seconds since 1970-01-01T00:00:00Z.
        approved_at as "approved-at": i64;
    }
}
