//! Which actions there are, and what belongs to which.

use scopegate_sdk::{Operation, Request};

pub const EVERY: &[&str] = &[
    "scan", "retest", "share_report", "export_ticket", "publish_evidence", "prepare_ticket", "request_access",
    "connect_provider", "inspect_provider", "index_repository", "draft_patch", "open_pull_request",
    "create_provider_task", "apply_change", "revoke_access",
];

pub const NOT_REVOKING: &[&str] = &[
    "scan", "retest", "share_report", "export_ticket", "publish_evidence", "prepare_ticket", "request_access",
    "connect_provider", "inspect_provider", "index_repository", "draft_patch", "open_pull_request",
    "create_provider_task", "apply_change",
];

pub const GOVERNED: &[&str] = &[
    "scan", "retest", "share_report", "export_ticket", "publish_evidence", "request_access", "connect_provider",
    "inspect_provider", "index_repository", "draft_patch", "open_pull_request", "create_provider_task", "apply_change",
];

pub const SCANNING: &[&str] = &["scan", "retest"];

pub const SHARING: &[&str] = &["share_report", "export_ticket", "publish_evidence"];

pub const DESCRIBED: &[&str] = &[
    "request_access", "connect_provider", "inspect_provider", "index_repository", "open_pull_request",
    "create_provider_task", "apply_change",
];

/// Those that use access; a draft and an export only if there is some: see [`uses_access`].
pub const USING: &[&str] = &[
    "connect_provider", "inspect_provider", "index_repository", "open_pull_request", "create_provider_task",
    "apply_change", "draft_patch", "export_ticket",
];

pub const OPERATING: &[&str] = &[
    "inspect_provider", "index_repository", "open_pull_request", "create_provider_task", "apply_change", "draft_patch",
    "export_ticket",
];

pub const OPERATING_AT_PROVIDER: &[&str] = &[
    "inspect_provider", "index_repository", "open_pull_request", "create_provider_task", "apply_change", "draft_patch",
];

pub const ASKING: &[&str] = &[
    "connect_provider", "inspect_provider", "index_repository", "open_pull_request", "create_provider_task",
    "apply_change", "draft_patch", "export_ticket", "request_access",
];

pub const ASKING_AT_PROVIDER: &[&str] = &[
    "connect_provider", "inspect_provider", "index_repository", "open_pull_request", "create_provider_task",
    "apply_change", "draft_patch", "request_access",
];

pub const CHANGING: &[&str] = &[
    "draft_patch", "open_pull_request", "create_provider_task", "apply_change", "export_ticket",
];

/// Without access, a draft and an export involve no provider.
pub fn uses_access(request: &Request, action: &str) -> bool {
    request.access.is_some() || !matches!(action, "draft_patch" | "export_ticket")
}

/// Without access, an export is a file for the customer, and changes nothing.
pub fn changes(request: &Request, action: &str) -> bool {
    request.access.is_some() || action != "export_ticket"
}

/// What the action does at the provider.
pub fn operation(action: &str) -> Option<Operation> {
    Some(match action {
        "inspect_provider" | "index_repository" => Operation::Read,
        "draft_patch" => Operation::Draft,
        "open_pull_request" | "create_provider_task" => Operation::Request,
        "apply_change" => Operation::Publish,
        "export_ticket" => Operation::Export,
        _ => return None,
    })
}
