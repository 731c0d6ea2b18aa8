//! The access that is asked for or used. Requirements 20 to 33, and 50.

use scopegate_sdk::{Access, AccessMode, Request, ResourceKind, Task, is_blank};

use crate::actions::uses_access;
use crate::class::{Class, class};

const SIX: [&str; 6] = ["github", "wordpress", "woocommerce", "shopify", "gtm", "cmp"];
const NINE: [&str; 9] = ["github", "gitlab", "jira", "wordpress", "woocommerce", "shopify", "gtm", "cmp", "webhook"];

pub fn rank(mode: AccessMode) -> u8 {
    match mode {
        AccessMode::TicketOnly => 0,
        AccessMode::CustomerApplied => 1,
        AccessMode::ReadOnly => 2,
        AccessMode::ReviewOnly => 3,
        AccessMode::ConnectedRepository
        | AccessMode::ConnectedCms
        | AccessMode::ConnectedShopify
        | AccessMode::ConnectedGtm
        | AccessMode::ConnectedCmp => 4,
        AccessMode::AgencyManaged => 5,
    }
}

pub fn is_connected(access: &Access) -> bool {
    rank(access.remediation_access_mode) >= 4
}

/// Where access plays no part, nothing is asked of it.
pub fn of(request: &Request, action: &str, holds: impl FnOnce(&Access) -> bool) -> bool {
    !uses_access(request, action) || request.access.as_ref().is_none_or(holds)
}

/// The same, where there is a task as well.
fn of_task(request: &Request, action: &str, holds: impl FnOnce(&Access, &Task) -> bool) -> bool {
    of(request, action, |access| request.task.as_ref().is_none_or(|task| holds(access, task)))
}

pub fn access_described(request: &Request) -> bool {
    request.access.is_some()
}

pub fn provider_supported(request: &Request, action: &str) -> bool {
    of(request, action, |access| {
        let provider = &*access.provider;
        let is_supported = match action {
            "export_ticket" => matches!(provider, "jira" | "github" | "gitlab" | "webhook"),
            "index_repository" => matches!(provider, "github" | "gitlab"),
            "inspect_provider" | "request_access" | "connect_provider" => NINE.contains(&provider),
            "draft_patch" | "create_provider_task" | "apply_change" => SIX.contains(&provider),
            "open_pull_request" => provider == "github",
            _ => false,
        };
        is_supported && (!is_connected(access) || SIX.contains(&provider))
    })
}

pub fn mode_fits_provider(request: &Request, action: &str) -> bool {
    of(request, action, |access| {
        let (mode, provider) = (access.remediation_access_mode, &*access.provider);
        if action == "export_ticket" {
            return mode == AccessMode::TicketOnly;
        }
        match mode {
            AccessMode::ConnectedRepository => provider == "github",
            AccessMode::ConnectedCms => matches!(provider, "wordpress" | "woocommerce"),
            AccessMode::ConnectedShopify => provider == "shopify",
            AccessMode::ConnectedGtm => provider == "gtm",
            AccessMode::ConnectedCmp => provider == "cmp",
            AccessMode::AgencyManaged => {
                !is_blank(&request.agency_account) && !is_blank(&request.tenancy.client_workspace)
            }
            AccessMode::TicketOnly | AccessMode::CustomerApplied | AccessMode::ReadOnly | AccessMode::ReviewOnly => true,
        }
    })
}

pub fn access_specific(request: &Request, action: &str) -> bool {
    of(request, action, |access| {
        let reaches = rank(access.remediation_access_mode) >= 2;
        let is_of_provider = match access.resource.kind {
            ResourceKind::RepositoryBranch => matches!(&*access.provider, "github" | "gitlab"),
            ResourceKind::CmsTheme | ResourceKind::Site => matches!(&*access.provider, "wordpress" | "woocommerce"),
            ResourceKind::ShopifyConfiguration => access.provider == "shopify",
            ResourceKind::GtmContainer => access.provider == "gtm",
            ResourceKind::CmpConfiguration => access.provider == "cmp",
            ResourceKind::Workspace => access.provider == "jira",
            ResourceKind::Endpoint => access.provider == "webhook",
        };
        !is_blank(&access.provider_account)
            && !is_blank(&access.resource.id)
            && is_of_provider
            && (!reaches || !access.required_scopes.is_empty())
            && (reaches || !matches!(action, "request_access" | "connect_provider"))
    })
}

pub fn customer_may_manage(request: &Request, action: &str) -> bool {
    of(request, action, |access| access.customer_may_manage)
}

pub fn task_tied(request: &Request, action: &str) -> bool {
    of(request, action, |access| {
        request.task.as_ref().is_some_and(|task| {
            !is_blank(&task.id)
                && access.task == task.id
                && (action == "export_ticket" || access.provider == task.provider)
        })
    })
}

pub fn connected_access_justified(request: &Request, action: &str) -> bool {
    of_task(request, action, |access, task| !is_connected(access) || !is_blank(&task.connected_reason))
}

pub fn least_mode(request: &Request, action: &str) -> bool {
    of_task(request, action, |access, task| {
        let mode = access.remediation_access_mode;
        let mut sufficient = task.sufficient_modes.iter();
        task.sufficient_modes.contains(&mode) && sufficient.all(|other| rank(*other) >= rank(mode))
    })
}

pub fn no_credentials(request: &Request) -> bool {
    request.access.as_ref().is_none_or(|access| {
        let mut classes = access.required_scopes.iter().map(|scope| class(&access.provider, scope));
        !access.credentials_requested && classes.all(|class| class != Class::Credential)
    })
}

fn is_data(class: Class) -> bool {
    matches!(class, Class::CustomerData | Class::OrderData)
}

/// Whether an approved flow covers customers' data, and the task cannot be done without them.
pub fn may_see_data(request: &Request, access: &Access) -> bool {
    is_connected(access)
        && access.customer_data_approved
        && request.task.as_ref().is_some_and(|task| task.requires_customer_data)
}

pub fn no_customer_data(request: &Request, action: &str) -> bool {
    of(request, action, |access| {
        let mut classes = access.required_scopes.iter().map(|scope| class(&access.provider, scope));
        !classes.any(is_data) || may_see_data(request, access)
    })
}

pub fn scopes_needed(request: &Request, action: &str) -> bool {
    of_task(request, action, |access, task| {
        access.required_scopes.iter().all(|scope| task.needed_scopes.contains(scope))
    })
}

/// Whether a mode allows a class of scopes.
fn mode_allows(mode: AccessMode, class: Class) -> bool {
    match rank(mode) {
        0 | 1 => false,
        2 | 3 => class == Class::Read,
        _ => matches!(class, Class::Read | Class::Ticket | Class::Write | Class::Publish),
    }
}

fn action_allows(action: &str, mode: AccessMode, class: Class) -> bool {
    match action {
        "export_ticket" => matches!(class, Class::Read | Class::Ticket),
        "index_repository" | "inspect_provider" | "draft_patch" => class == Class::Read,
        "request_access" | "connect_provider" => mode_allows(mode, class),
        "open_pull_request" => matches!(class, Class::Read | Class::Write),
        "create_provider_task" => matches!(class, Class::Read | Class::Ticket | Class::Write),
        "apply_change" => matches!(class, Class::Read | Class::Ticket | Class::Write | Class::Publish),
        _ => false,
    }
}

pub fn scopes_within_action(request: &Request, action: &str) -> bool {
    of(request, action, |access| {
        access.required_scopes.iter().all(|scope| {
            let class = class(&access.provider, scope);
            // Requirements of their own ask for these.
            class == Class::Credential
                || is_data(class)
                || action_allows(action, access.remediation_access_mode, class)
        })
    })
}

/// Whether an approved scope is as narrow as what may be asked for.
pub fn is_narrow(request: &Request, access: &Access, action: &str, scope: &str) -> bool {
    let class = class(&access.provider, scope);
    let is_allowed = match action {
        "export_ticket" => matches!(class, Class::Read | Class::Ticket),
        _ => mode_allows(access.remediation_access_mode, class),
    };
    let is_needed = action == "export_ticket"
        || request.task.as_ref().is_none_or(|task| task.needed_scopes.iter().any(|it| it == scope));
    (is_allowed || is_data(class) && may_see_data(request, access)) && is_needed
}

pub fn network_reachable(request: &Request, action: &str) -> bool {
    of(request, action, |access| !access.private_network)
}

pub fn revoke_path_visible(request: &Request, action: &str) -> bool {
    of(request, action, |access| access.revoke_path_visible)
}

pub fn revoke_reason_given(request: &Request) -> bool {
    request.access.as_ref().is_some_and(|access| !is_blank(&access.revoke_reason))
}
