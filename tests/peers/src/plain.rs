//! A request as a sensible engineer would declare it for `serde_json`: what reading one costs without Scopegate.
//!
//! Always true here: the names are those of the contract's JSON, and every field is read, as Scopegate reads it.
#![expect(
    dead_code,
    reason = "what is read is the whole request, of which the rules use a part"
)]
#![expect(
    clippy::struct_excessive_bools,
    reason = "the records are the contract's"
)]

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
pub(crate) struct Request {
    pub(crate) action: String,
    pub(crate) now: DateTime<Utc>,
    deployment: Deployment,
    pub(crate) actor: Person,
    pub(crate) tenancy: Tenancy,
    pub(crate) agency_account: String,
    pub(crate) responsibility: Responsibility,
    pub(crate) scan: Option<Scan>,
    pub(crate) task: Option<Task>,
    pub(crate) access: Option<Access>,
    pub(crate) approved_scope: Option<ApprovedScope>,
    remediation_approval: Option<RemediationApproval>,
    #[serde(default)]
    attributes: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Deployment {
    Cloud,
    SelfHosted,
}

#[derive(Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    Owner,
    Admin,
    Developer,
    Agency,
    Viewer,
}

#[derive(Deserialize)]
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) account: String,
    pub(crate) role: Role,
}

#[derive(Deserialize)]
pub(crate) struct Tenancy {
    pub(crate) account: String,
    pub(crate) project: String,
    client_workspace: String,
}

#[derive(Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AuthorizationStatus {
    Missing,
    Pending,
    Ready,
    Disputed,
}

#[derive(Deserialize)]
pub(crate) struct Authorization {
    pub(crate) tenancy: Tenancy,
    hosts: Vec<String>,
}

#[derive(Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OwnershipProofStatus {
    Missing,
    Pending,
    Verified,
    Failed,
    NotRequired,
}

#[derive(Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AcceptedScopeStatus {
    Missing,
    Draft,
    Ready,
    Stale,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ProviderAccessStatus {
    Missing,
    Requested,
    Reviewable,
    Granted,
    Expired,
    Revoked,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum RemediationApprovalStatus {
    Missing,
    Pending,
    Approved,
    Rejected,
}

#[derive(Deserialize)]
pub(crate) struct EvidenceReview {
    of: Tenancy,
    pub(crate) evidence: bool,
    pub(crate) severity: bool,
    pub(crate) confidence: bool,
    boundary_wording: bool,
}

#[derive(Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RetestStatus {
    NotNeeded,
    Required,
    Done,
}

#[derive(Deserialize)]
pub(crate) struct Responsibility {
    pub(crate) authorization_status: AuthorizationStatus,
    pub(crate) authorized_for: Option<Authorization>,
    pub(crate) ownership_proof_status: OwnershipProofStatus,
    pub(crate) accepted_scope_status: AcceptedScopeStatus,
    provider_access_status: ProviderAccessStatus,
    remediation_approval_status: RemediationApprovalStatus,
    pub(crate) evidence_review: EvidenceReview,
    pub(crate) retest_status: RetestStatus,
}

#[derive(Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TargetKind {
    Public,
    Private,
    PersonalData,
    ThirdParty,
    ClientMismatch,
    Unsupported,
}

#[derive(Deserialize)]
pub(crate) struct Target {
    url: String,
    pub(crate) kind: TargetKind,
}

#[derive(Deserialize)]
pub(crate) struct Scan {
    pub(crate) accepted_for: Tenancy,
    pub(crate) targets: Vec<Target>,
    accepted: Vec<String>,
    excluded: Vec<String>,
    pub(crate) pages_reviewed: bool,
    pub(crate) page_limit: u32,
    pub(crate) credits: u32,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AccessMode {
    TicketOnly,
    CustomerApplied,
    ReadOnly,
    ReviewOnly,
    ConnectedRepository,
    ConnectedCms,
    ConnectedShopify,
    ConnectedGtm,
    ConnectedCmp,
    AgencyManaged,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ResourceKind {
    RepositoryBranch,
    CmsTheme,
    Site,
    ShopifyConfiguration,
    GtmContainer,
    CmpConfiguration,
    Workspace,
    Endpoint,
}

#[derive(Deserialize)]
pub(crate) struct Resource {
    kind: ResourceKind,
    pub(crate) id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum TaskKind {
    Fix,
    Diagnostic,
    Retest,
}

#[derive(Deserialize)]
pub(crate) struct Task {
    pub(crate) id: String,
    kind: TaskKind,
    pub(crate) provider: String,
    pub(crate) sufficient_modes: Vec<AccessMode>,
    pub(crate) needed_scopes: Vec<String>,
    requires_customer_data: bool,
    connected_reason: String,
}

#[derive(Deserialize)]
pub(crate) struct Access {
    pub(crate) remediation_access_mode: AccessMode,
    pub(crate) provider: String,
    pub(crate) provider_account: String,
    pub(crate) resource: Resource,
    pub(crate) required_scopes: Vec<String>,
    pub(crate) task: String,
    connected_access_status: ProviderAccessStatus,
    customer_may_manage: bool,
    revoke_path_visible: bool,
    revoke_reason: String,
    revoked_at: Option<DateTime<Utc>>,
    pub(crate) credentials_requested: bool,
    customer_data_approved: bool,
    pub(crate) private_network: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Operation {
    Read,
    Draft,
    Request,
    Publish,
    Export,
}

#[derive(Deserialize)]
pub(crate) struct ApprovedScope {
    pub(crate) approved_for: Tenancy,
    remediation_access_mode: AccessMode,
    pub(crate) provider: String,
    pub(crate) provider_account: String,
    pub(crate) resource: Resource,
    pub(crate) scopes: Vec<String>,
    operations: Vec<Operation>,
    pub(crate) task: String,
    scope_reviewed: bool,
    pub(crate) approver: Person,
    pub(crate) approved_at: DateTime<Utc>,
    pub(crate) expires_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
struct RemediationApproval {
    approved_for: Tenancy,
    task: String,
    approver: Person,
    evidence_reviewed: bool,
    changes_reviewed: bool,
    approved_at: DateTime<Utc>,
}
