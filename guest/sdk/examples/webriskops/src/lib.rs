//! The default policy `webriskops` 1.1.0 once more, by hand, from its specification alone.
//!
//! It decides nothing that counts: a test holds the compiled rules to it on random requests. Its texts are therefore its rules' names.

mod access;
mod actions;
mod approval;
mod class;
mod customer;
mod evidence;
mod scanning;
mod states;

use actions::{
    ASKING, ASKING_AT_PROVIDER, CHANGING, DESCRIBED, EVERY, GOVERNED, NOT_REVOKING, OPERATING, OPERATING_AT_PROVIDER, SCANNING,
    SHARING, USING,
};
use scopegate_sdk::{Policy, Ready, Request, Requirement, export};

type Code = (&'static str, &'static str);

const AUTHORIZATION: Code = ("AUTHORIZATION_REQUIRED", "responsibility_blocked");
const RESPONSIBILITY: Code = ("CUSTOMER_RESPONSIBILITY_REQUIRED", "responsibility_blocked");
const PROVIDER: Code = ("PROVIDER_ACCESS_REQUIRED", "responsibility_blocked");
const REMEDIATION: Code = ("REMEDIATION_APPROVAL_REQUIRED", "approval_required");
const APPROVAL: Code = ("MISSING_APPROVAL", "missing_approval");
const BROAD: Code = ("SCOPE_TOO_BROAD", "scope_too_broad");
const UNSUPPORTED: Code = ("UNSUPPORTED_PROVIDER", "unsupported_provider");
const EXPIRED: Code = ("ACCESS_EXPIRED", "expired_access");
const REVOKED: Code = ("ACCESS_REVOKED", "revoked_access");
const NETWORK: Code = ("PRIVATE_NETWORK_BLOCKED", "private_network_blocked");
const CREDENTIAL: Code = ("CREDENTIAL_REQUEST", "credential_request");
const DATA: Code = ("CUSTOMER_DATA_REQUESTED", "customer_data_requested");

/// A requirement that holds where `must` does; it says itself where it does not apply.
const fn must(id: &'static str, actions: &'static [&'static str], (code, state): Code, must: fn(&Request) -> bool) -> Requirement {
    Requirement {
        id,
        actions,
        must,
        code,
        state,
        message: id,
        remedy: id,
        source: id,
        ..Requirement::NONE
    }
}

const fn ready(state: &'static str, when: fn(&Request) -> bool) -> Ready {
    Ready { state, when, reads: &[] }
}

static POLICY: Policy = Policy {
    name: "webriskops-by-hand",
    version: "1.1.0",
    summary: "The default policy, written by hand.",
    actions: EVERY,
    requirements: &[
        must("actor-known", EVERY, RESPONSIBILITY, customer::actor_known),
        must("actor-in-account", EVERY, RESPONSIBILITY, customer::actor_in_account),
        must("authorization-ready", GOVERNED, AUTHORIZATION, customer::authorization_ready),
        must("authorized-for-this-project", GOVERNED, AUTHORIZATION, customer::authorized_for_this_project),
        must("ownership-proven", SCANNING, AUTHORIZATION, customer::ownership_proven),
        must("scope-accepted", &["scan", "retest", "publish_evidence"], RESPONSIBILITY, scanning::scope_accepted),
        must("targets-named", SCANNING, RESPONSIBILITY, scanning::targets_named),
        must("scope-accepted-for-this-project", SCANNING, RESPONSIBILITY, scanning::scope_accepted_for_this_project),
        must("pages-reviewed", SCANNING, RESPONSIBILITY, scanning::pages_reviewed),
        must("targets-authorized", SCANNING, AUTHORIZATION, scanning::targets_authorized),
        must("targets-accepted", SCANNING, RESPONSIBILITY, scanning::targets_accepted),
        must("targets-not-excluded", SCANNING, RESPONSIBILITY, scanning::targets_not_excluded),
        must("targets-public", SCANNING, RESPONSIBILITY, scanning::targets_public),
        must("within-plan", SCANNING, RESPONSIBILITY, scanning::within_plan),
        must("evidence-reviewed", SHARING, RESPONSIBILITY, evidence::evidence_reviewed),
        must("evidence-of-this-project", SHARING, RESPONSIBILITY, evidence::evidence_of_this_project),
        must("retested", &["publish_evidence"], RESPONSIBILITY, evidence::retested),
        must("remediation-approved", CHANGING, REMEDIATION, evidence::remediation_approved),
        must("remediation-approval-recorded", CHANGING, REMEDIATION, evidence::remediation_approval_recorded),
        must("access-described", DESCRIBED, PROVIDER, access::access_described),
        must("provider-supported", ASKING, UNSUPPORTED, |it| access::provider_supported(it, &it.action)),
        must("mode-fits-provider", ASKING, BROAD, |it| access::mode_fits_provider(it, &it.action)),
        must("access-specific", ASKING, BROAD, |it| access::access_specific(it, &it.action)),
        must("customer-may-manage", ASKING, RESPONSIBILITY, |it| access::customer_may_manage(it, &it.action)),
        must("task-tied", ASKING, RESPONSIBILITY, |it| access::task_tied(it, &it.action)),
        must("connected-access-justified", &["request_access", "connect_provider"], BROAD, |it| access::connected_access_justified(it, &it.action)),
        must("least-mode", ASKING_AT_PROVIDER, BROAD, |it| access::least_mode(it, &it.action)),
        must("no-credentials", NOT_REVOKING, CREDENTIAL, access::no_credentials),
        must("no-customer-data", ASKING, DATA, |it| access::no_customer_data(it, &it.action)),
        must("scopes-needed", ASKING_AT_PROVIDER, BROAD, |it| access::scopes_needed(it, &it.action)),
        must("scopes-within-action", ASKING, BROAD, |it| access::scopes_within_action(it, &it.action)),
        must("network-reachable", ASKING, NETWORK, |it| access::network_reachable(it, &it.action)),
        must("revoke-path-visible", ASKING, RESPONSIBILITY, |it| access::revoke_path_visible(it, &it.action)),
        must("scope-approved", USING, APPROVAL, |it| approval::scope_approved(it, &it.action)),
        must("scope-reviewed", USING, APPROVAL, |it| approval::scope_reviewed(it, &it.action)),
        must("approver-may-approve", USING, APPROVAL, |it| approval::approver_may_approve(it, &it.action)),
        must("approval-for-this-work", USING, APPROVAL, |it| approval::approval_for_this_work(it, &it.action)),
        must("approval-begun", USING, APPROVAL, |it| approval::approval_begun(it, &it.action)),
        must("approved-scope-narrow", USING, BROAD, |it| approval::approved_scope_narrow(it, &it.action)),
        must("scopes-approved", USING, BROAD, |it| approval::scopes_approved(it, &it.action)),
        must("operation-approved", OPERATING, BROAD, |it| approval::operation_approved(it, &it.action)),
        must("approval-not-expired", USING, EXPIRED, |it| approval::approval_not_expired(it, &it.action)),
        must("approval-not-revoked", USING, REVOKED, |it| approval::approval_not_revoked(it, &it.action)),
        must("approval-newer-than-revocation", USING, REVOKED, |it| approval::approval_newer_than_revocation(it, &it.action)),
        must("access-not-expired", OPERATING, EXPIRED, |it| approval::access_not_expired(it, &it.action)),
        must("access-not-revoked", OPERATING, REVOKED, |it| approval::access_not_revoked(it, &it.action)),
        must("provider-access-ready", OPERATING, PROVIDER, |it| approval::provider_access_ready(it, &it.action)),
        must("connected-access-ready", OPERATING, PROVIDER, |it| approval::connected_access_ready(it, &it.action)),
        must("mode-allows-operation", OPERATING_AT_PROVIDER, BROAD, |it| approval::mode_allows_operation(it, &it.action)),
        must("revoke-reason-given", &["revoke_access"], RESPONSIBILITY, access::revoke_reason_given),
    ],
    ready: &[
        ready("authorization_ready", states::authorization_ready),
        ready("scope_accepted", states::scope_accepted),
        ready("ticket_only_ready", access::no_credentials),
        ready("read_only_ready", states::read_only_ready),
        ready("review_only_ready", states::review_only_ready),
        ready("scoped_write_request_ready", states::scoped_write_request_ready),
        ready("connected_scope_approved", states::approved),
        ready("provider_access_ready", states::provider_access_ready),
        ready("connected_access_granted", states::connected_access_granted),
        ready("revoke_path_visible", states::revoke_path_visible),
        ready("revocable_access", states::revocable_access),
    ],
    fallbacks: states::fallbacks,
    ..Policy::NONE
};

export!(POLICY);
