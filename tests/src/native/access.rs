//! Requirements 20 to 33: what access is asked for.

use super::action::{Action, Actions};
use super::class::{self, Class};
use super::rule::{
    Code::{
        CredentialRequest, CustomerDataRequested, CustomerResponsibilityRequired,
        PrivateNetworkBlocked, ProviderAccessRequired, ScopeTooBroad, UnsupportedProvider,
    },
    Facts, Rule, always, connected, has_access, has_access_and_task, is_customer_data,
    needs_provider, rule,
};
use scopegate::{Access, AccessMode, ResourceKind};

const DESCRIBED: Actions = Actions::of(&[
    Action::RequestAccess,
    Action::ConnectProvider,
    Action::InspectProvider,
    Action::IndexRepository,
    Action::OpenPullRequest,
    Action::CreateProviderTask,
    Action::ApplyChange,
]);
const ASKING_FOR_TASK: Actions = Actions::ASKING.except(Action::ExportTicket);
const CONNECTING: Actions = Actions::of(&[Action::RequestAccess, Action::ConnectProvider]);

pub(super) const RULES: [Rule; 14] = [
    rule(
        "access-described",
        ProviderAccessRequired,
        DESCRIBED,
        always,
        has_access,
    ),
    rule(
        "provider-supported",
        UnsupportedProvider,
        Actions::ASKING,
        has_access,
        |f| {
            f.for_access(|access| {
                is_supported(f.action, &access.provider)
                    && (!connected(access) || is_one_of_the_six(&access.provider))
            })
        },
    ),
    rule(
        "mode-fits-provider",
        ScopeTooBroad,
        Actions::ASKING,
        has_access,
        |f| f.for_access(|access| mode_fits_provider(f, access)),
    ),
    rule(
        "access-specific",
        ScopeTooBroad,
        Actions::ASKING,
        has_access,
        |f| f.for_access(|access| is_specific(f, access)),
    ),
    rule(
        "customer-may-manage",
        CustomerResponsibilityRequired,
        Actions::ASKING,
        has_access,
        |f| f.for_access(|access| access.customer_may_manage),
    ),
    rule(
        "task-tied",
        CustomerResponsibilityRequired,
        Actions::ASKING,
        has_access,
        |f| {
            f.for_access_and_task(|access, task| {
                f.says(&task.id)
                    && access.task == task.id
                    && (f.is_ticket_export() || access.provider == task.provider)
            })
        },
    ),
    rule(
        "connected-access-justified",
        ScopeTooBroad,
        CONNECTING,
        |f| f.for_access_and_task(|access, _| connected(access)),
        |f| f.for_task(|task| f.says(&task.connected_reason)),
    ),
    rule(
        "least-mode",
        ScopeTooBroad,
        ASKING_FOR_TASK,
        has_access_and_task,
        |f| {
            f.for_access_and_task(|access, task| {
                let mode = access.remediation_access_mode;
                task.sufficient_modes.contains(&mode)
                    && !task
                        .sufficient_modes
                        .iter()
                        .any(|&other| class::rank(other) < class::rank(mode))
            })
        },
    ),
    rule(
        "no-credentials",
        CredentialRequest,
        Actions::EVERY.except(Action::RevokeAccess),
        has_access,
        |f| {
            f.for_access(|access| {
                !access.credentials_requested
                    && classes(access).all(|class| class != Class::Credential)
            })
        },
    ),
    rule(
        "no-customer-data",
        CustomerDataRequested,
        Actions::ASKING,
        has_access,
        |f| {
            f.for_access(|access| {
                !classes(access).any(is_customer_data) || f.customer_data_flow(access)
            })
        },
    ),
    rule(
        "scopes-needed",
        ScopeTooBroad,
        ASKING_FOR_TASK,
        has_access_and_task,
        |f| {
            f.for_access_and_task(|access, task| {
                access
                    .required_scopes
                    .iter()
                    .all(|scope| task.needed_scopes.contains(scope))
            })
        },
    ),
    rule(
        "scopes-within-action",
        ScopeTooBroad,
        Actions::ASKING,
        has_access,
        |f| {
            f.for_access(|access| {
                let allowed = class::allowed_by_action(f.action, access.remediation_access_mode);
                classes(access)
                    .filter(|&class| class != Class::Credential && !is_customer_data(class))
                    .all(|class| allowed.contains(&class))
            })
        },
    ),
    rule(
        "network-reachable",
        PrivateNetworkBlocked,
        Actions::ASKING,
        has_access,
        |f| f.for_access(|access| !access.private_network),
    ),
    rule(
        "revoke-path-visible",
        CustomerResponsibilityRequired,
        Actions::ASKING,
        has_access,
        |f| f.for_access(|access| access.revoke_path_visible),
    ),
];

fn classes(access: &Access) -> impl Iterator<Item = Class> {
    access
        .required_scopes
        .iter()
        .map(|scope| class::class(&access.provider, scope))
}

fn is_supported(action: Action, provider: &str) -> bool {
    match action {
        Action::ExportTicket => matches!(provider, "jira" | "github" | "gitlab" | "webhook"),
        Action::IndexRepository => matches!(provider, "github" | "gitlab"),
        Action::InspectProvider | Action::RequestAccess | Action::ConnectProvider => {
            is_one_of_the_six(provider) || matches!(provider, "gitlab" | "jira" | "webhook")
        }
        Action::OpenPullRequest => provider == "github",
        Action::DraftPatch | Action::CreateProviderTask | Action::ApplyChange => {
            is_one_of_the_six(provider)
        }
        _ => false,
    }
}

fn is_one_of_the_six(provider: &str) -> bool {
    matches!(
        provider,
        "github" | "wordpress" | "woocommerce" | "shopify" | "gtm" | "cmp"
    )
}

fn mode_fits_provider(f: &Facts<'_>, access: &Access) -> bool {
    let mode = access.remediation_access_mode;
    if f.is_ticket_export() {
        return mode == AccessMode::TicketOnly;
    }
    match mode {
        AccessMode::TicketOnly
        | AccessMode::CustomerApplied
        | AccessMode::ReadOnly
        | AccessMode::ReviewOnly => true,
        AccessMode::ConnectedRepository => access.provider == "github",
        AccessMode::ConnectedCms => matches!(access.provider.as_str(), "wordpress" | "woocommerce"),
        AccessMode::ConnectedShopify => access.provider == "shopify",
        AccessMode::ConnectedGtm => access.provider == "gtm",
        AccessMode::ConnectedCmp => access.provider == "cmp",
        AccessMode::AgencyManaged => {
            f.says(&f.request.agency_account) && f.says(&f.request.tenancy.client_workspace)
        }
    }
}

fn is_specific(f: &Facts<'_>, access: &Access) -> bool {
    let kind_of_provider = match access.resource.kind {
        ResourceKind::RepositoryBranch => matches!(access.provider.as_str(), "github" | "gitlab"),
        ResourceKind::CmsTheme | ResourceKind::Site => {
            matches!(access.provider.as_str(), "wordpress" | "woocommerce")
        }
        ResourceKind::ShopifyConfiguration => access.provider == "shopify",
        ResourceKind::GtmContainer => access.provider == "gtm",
        ResourceKind::CmpConfiguration => access.provider == "cmp",
        ResourceKind::Workspace => access.provider == "jira",
        ResourceKind::Endpoint => access.provider == "webhook",
    };
    let scopes_named = !needs_provider(access) || !access.required_scopes.is_empty();
    let worth_asking = needs_provider(access) || !CONNECTING.names(f.action);
    f.says(&access.provider_account)
        && f.says(&access.resource.id)
        && kind_of_provider
        && scopes_named
        && worth_asking
}
