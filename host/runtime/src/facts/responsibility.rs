//! What the customer has confirmed.
//!
//! Always true here: names, order and types are those of `gate.wit`.

use super::macros::{cases, record};
use super::people::Tenancy;

cases! {
    /// Whether the customer confirmed authority over what is acted on.
    AuthorizationStatus {
        /// Nothing was confirmed.
        Missing = "missing", "missing";
        /// A confirmation is under way.
        Pending = "pending", "pending";
        /// Authority is confirmed.
        Ready = "ready", "ready";
        /// Somebody contests the authority.
        Disputed = "disputed", "disputed";
    }
}

record! {
    /// For whom, and for which hosts, authority was confirmed.
    Authorization {
        /// Whose authority it is.
        tenancy: Tenancy;
        /// The hosts it covers, at most 1,000.
        hosts: Vec<String>;
    }
}

cases! {
    /// Whether the customer proved ownership of the domain.
    OwnershipProofStatus {
        /// No proof was begun.
        Missing = "missing", "missing";
        /// A challenge waits for its check.
        Pending = "pending", "pending";
        /// The proof was checked and holds.
        Verified = "verified", "verified";
        /// The proof was checked and does not hold.
        Failed = "failed", "failed";
        /// The project needs no proof.
        NotRequired = "not_required", "not-required";
    }
}

cases! {
    /// Whether the customer accepted what may be tested.
    AcceptedScopeStatus {
        /// No scope was proposed.
        Missing = "missing", "missing";
        /// A scope is being written.
        Draft = "draft", "draft";
        /// The scope is accepted.
        Ready = "ready", "ready";
        /// The scope was accepted for what has changed since.
        Stale = "stale", "stale";
    }
}

cases! {
    /// The state of access to a provider.
    ProviderAccessStatus {
        /// No access was asked for.
        Missing = "missing", "missing";
        /// Access was asked for.
        Requested = "requested", "requested";
        /// Access is there for review before use.
        Reviewable = "reviewable", "reviewable";
        /// Access is granted.
        Granted = "granted", "granted";
        /// Access has run out.
        Expired = "expired", "expired";
        /// Access was taken back.
        Revoked = "revoked", "revoked";
    }
}

cases! {
    /// Whether the customer approved the change itself.
    RemediationApprovalStatus {
        /// Nobody was asked.
        Missing = "missing", "missing";
        /// The customer was asked.
        Pending = "pending", "pending";
        /// The customer said yes.
        Approved = "approved", "approved";
        /// The customer said no.
        Rejected = "rejected", "rejected";
    }
}

record! {
    /// Whose evidence, and what of it was reviewed before it is shared.
    EvidenceReview {
        /// Whose evidence it is.
        of: Tenancy;
        /// The evidence itself was reviewed.
        evidence: bool;
        /// Its severity was reviewed.
        severity: bool;
        /// Its confidence was reviewed.
        confidence: bool;
        /// The wording of its boundaries was reviewed.
        boundary_wording as "boundary-wording": bool;
    }
}

cases! {
    /// Whether production changes were tested again.
    RetestStatus {
        /// Nothing changed in production.
        NotNeeded = "not_needed", "not-needed";
        /// A retest is due.
        Required = "required", "required";
        /// The retest is done.
        Done = "done", "done";
    }
}

record! {
    /// What the customer has confirmed, accepted and approved.
    Responsibility {
        /// Authority over what is acted on.
        authorization_status as "authorization-status": AuthorizationStatus;
        /// For whom and which hosts authority was confirmed.
        authorized_for as "authorized-for": Option<Authorization>;
        /// Proof of ownership.
        ownership_proof_status as "ownership-proof-status": OwnershipProofStatus;
        /// Acceptance of the scope.
        accepted_scope_status as "accepted-scope-status": AcceptedScopeStatus;
        /// Access to the provider.
        provider_access_status as "provider-access-status": ProviderAccessStatus;
        /// Approval of the change.
        remediation_approval_status as "remediation-approval-status": RemediationApprovalStatus;
        /// Review of the evidence.
        evidence_review as "evidence-review": EvidenceReview;
        /// Retest after production changes.
        retest_status as "retest-status": RetestStatus;
    }
}
