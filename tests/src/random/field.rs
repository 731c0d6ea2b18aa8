//! Every fact of a request, each to be taken over from another request.

use scopegate::Request;

/// Takes one fact over. A fact of an optional record is taken where both requests have the record.
pub(super) type Take = fn(to: &mut Request, from: &Request);

/// `fact` or `optional_record?.fact`, separated by `;`.
macro_rules! facts {
    ($($($record:ident).+ $(?. $($fact:ident).+)?;)*) => {
        &[$(facts!(@take $($record).+ $(, $($fact).+)?)),*]
    };
    (@take $($fact:ident).+) => {
        |to, from| to.$($fact).+.clone_from(&from.$($fact).+)
    };
    (@take $($record:ident).+, $($fact:ident).+) => {
        |to, from| {
            if let (Some(to), Some(from)) = (&mut to.$($record).+, &from.$($record).+) {
                to.$($fact).+.clone_from(&from.$($fact).+);
            }
        }
    };
}

/// One for each fact, and for each optional record as a whole.
pub(super) const TAKES: &[Take] = facts! {
    action;
    now;
    deployment;
    agency_account;
    actor.id;
    actor.account;
    actor.role;
    tenancy.account;
    tenancy.project;
    tenancy.client_workspace;
    responsibility.authorization_status;
    responsibility.authorized_for;
    responsibility.authorized_for?.tenancy;
    responsibility.authorized_for?.hosts;
    responsibility.ownership_proof_status;
    responsibility.accepted_scope_status;
    responsibility.provider_access_status;
    responsibility.remediation_approval_status;
    responsibility.evidence_review.of;
    responsibility.evidence_review.evidence;
    responsibility.evidence_review.severity;
    responsibility.evidence_review.confidence;
    responsibility.evidence_review.boundary_wording;
    responsibility.retest_status;
    scan;
    scan?.accepted_for;
    scan?.targets;
    scan?.accepted;
    scan?.excluded;
    scan?.pages_reviewed;
    scan?.page_limit;
    scan?.credits;
    task;
    task?.id;
    task?.kind;
    task?.provider;
    task?.sufficient_modes;
    task?.needed_scopes;
    task?.requires_customer_data;
    task?.connected_reason;
    access;
    access?.remediation_access_mode;
    access?.provider;
    access?.provider_account;
    access?.resource.kind;
    access?.resource.id;
    access?.required_scopes;
    access?.task;
    access?.connected_access_status;
    access?.customer_may_manage;
    access?.revoke_path_visible;
    access?.revoke_reason;
    access?.revoked_at;
    access?.credentials_requested;
    access?.customer_data_approved;
    access?.private_network;
    approved_scope;
    approved_scope?.approved_for;
    approved_scope?.remediation_access_mode;
    approved_scope?.provider;
    approved_scope?.provider_account;
    approved_scope?.resource.kind;
    approved_scope?.resource.id;
    approved_scope?.scopes;
    approved_scope?.operations;
    approved_scope?.task;
    approved_scope?.scope_reviewed;
    approved_scope?.approver.id;
    approved_scope?.approver.account;
    approved_scope?.approver.role;
    approved_scope?.approved_at;
    approved_scope?.expires_at;
    approved_scope?.revoked_at;
    remediation_approval;
    remediation_approval?.approved_for;
    remediation_approval?.task;
    remediation_approval?.approver.id;
    remediation_approval?.approver.account;
    remediation_approval?.approver.role;
    remediation_approval?.evidence_reviewed;
    remediation_approval?.changes_reviewed;
    remediation_approval?.approved_at;
};
