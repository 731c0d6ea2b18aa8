//! Scope classes: what each provider's scopes allow, by `provider-scopes.toml`, and where each class is allowed.

use super::action::Action;
use scopegate::AccessMode;

/// What a provider's scope allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the specification's")]
pub enum Class {
    Read,
    Ticket,
    Write,
    Publish,
    Admin,
    Credential,
    CustomerData,
    OrderData,
    Unknown,
}

use Class::{Admin, Credential, CustomerData, OrderData, Publish, Read, Ticket, Unknown, Write};

/// A provider's scopes, by class.
pub type Scopes = &'static [(Class, &'static [&'static str])];

/// Each provider's scopes.
pub const SCOPES: [(&str, Scopes); 9] = [
    (
        "github",
        &[
            (
                Read,
                &[
                    "metadata:read",
                    "contents:read",
                    "issues:read",
                    "pull_requests:read",
                    "statuses:read",
                    "checks:read",
                ],
            ),
            (Ticket, &["issues:write"]),
            (Write, &["contents:write", "pull_requests:write"]),
            (
                Publish,
                &["workflows:write", "deployments:write", "pages:write"],
            ),
            (
                Admin,
                &[
                    "administration:read",
                    "administration:write",
                    "members:read",
                    "repository_hooks:write",
                ],
            ),
            (
                Credential,
                &["secrets:read", "secrets:write", "dependabot_secrets:read"],
            ),
        ],
    ),
    (
        "gitlab",
        &[
            (Read, &["read_repository", "read_registry"]),
            (Write, &["write_repository"]),
            (Publish, &["write_registry"]),
            (
                Admin,
                &["read_api", "api", "sudo", "admin_mode", "create_runner"],
            ),
        ],
    ),
    (
        "jira",
        &[
            (Read, &["read:jira-work"]),
            (Ticket, &["write:jira-work"]),
            (
                Admin,
                &[
                    "manage:jira-project",
                    "manage:jira-configuration",
                    "manage:jira-webhook",
                ],
            ),
            (CustomerData, &["read:jira-user"]),
        ],
    ),
    (
        "wordpress",
        &[
            (Read, &["read"]),
            (Write, &["edit_theme_options", "edit_posts", "edit_pages"]),
            (Publish, &["publish_posts", "publish_pages", "customize"]),
            (
                Admin,
                &[
                    "edit_users",
                    "manage_options",
                    "install_plugins",
                    "edit_plugins",
                    "edit_themes",
                    "edit_files",
                    "unfiltered_html",
                ],
            ),
            (Credential, &["application_password"]),
            (CustomerData, &["list_users"]),
        ],
    ),
    (
        "woocommerce",
        &[
            (Read, &["read_product"]),
            (Write, &["edit_products"]),
            (Publish, &["publish_products"]),
            (
                Admin,
                &[
                    "rest_api_write",
                    "rest_api_read_write",
                    "edit_shop_orders",
                    "manage_woocommerce",
                ],
            ),
            (OrderData, &["rest_api_read", "view_woocommerce_reports"]),
        ],
    ),
    (
        "shopify",
        &[
            (
                Read,
                &[
                    "read_themes",
                    "read_content",
                    "read_products",
                    "read_script_tags",
                    "read_privacy_settings",
                ],
            ),
            (
                Write,
                &[
                    "write_themes",
                    "write_content",
                    "write_products",
                    "write_privacy_settings",
                ],
            ),
            (Publish, &["write_script_tags", "write_publications"]),
            (Admin, &["write_orders", "write_customers", "read_users"]),
            (CustomerData, &["read_customers", "read_customer_events"]),
            (
                OrderData,
                &["read_orders", "read_all_orders", "read_checkouts"],
            ),
        ],
    ),
    (
        "gtm",
        &[
            (
                Read,
                &["https://www.googleapis.com/auth/tagmanager.readonly"],
            ),
            (
                Write,
                &[
                    "https://www.googleapis.com/auth/tagmanager.edit.containers",
                    "https://www.googleapis.com/auth/tagmanager.edit.containerversions",
                ],
            ),
            (
                Publish,
                &["https://www.googleapis.com/auth/tagmanager.publish"],
            ),
            (
                Admin,
                &[
                    "https://www.googleapis.com/auth/tagmanager.delete.containers",
                    "https://www.googleapis.com/auth/tagmanager.manage.accounts",
                    "https://www.googleapis.com/auth/tagmanager.manage.users",
                ],
            ),
        ],
    ),
    (
        "cmp",
        &[
            (Read, &["config:read"]),
            (Write, &["config:write"]),
            (Publish, &["config:publish"]),
            (Admin, &["users:manage"]),
            (Credential, &["api_keys:read"]),
            (CustomerData, &["consent_records:read"]),
        ],
    ),
    (
        "webhook",
        &[
            (Read, &["read_deliveries"]),
            (Ticket, &["deliver"]),
            (Credential, &["signing_secret:read"]),
        ],
    ),
];

/// The class of a scope of a provider: exact, case-sensitive.
pub fn class(provider: &str, scope: &str) -> Class {
    let classes = SCOPES
        .iter()
        .find(|(name, _)| *name == provider)
        .map_or(&[][..], |(_, classes)| classes);
    classes
        .iter()
        .find(|(_, scopes)| scopes.contains(&scope))
        .map_or(Unknown, |(class, _)| *class)
}

/// The classes that a mode allows at a request for access.
pub(super) fn allowed_by_mode(mode: AccessMode) -> &'static [Class] {
    match rank(mode) {
        0 | 1 => &[],
        2 | 3 => &[Read],
        _ => &[Read, Ticket, Write, Publish],
    }
}

/// The classes that an action allows; those of a request or a connection go by the mode.
pub(super) fn allowed_by_action(action: Action, mode: AccessMode) -> &'static [Class] {
    match action {
        Action::ExportTicket => &[Read, Ticket],
        Action::IndexRepository | Action::InspectProvider | Action::DraftPatch => &[Read],
        Action::OpenPullRequest => &[Read, Write],
        Action::CreateProviderTask => &[Read, Ticket, Write],
        Action::ApplyChange => &[Read, Ticket, Write, Publish],
        Action::RequestAccess | Action::ConnectProvider => allowed_by_mode(mode),
        _ => &[],
    }
}

/// How much a mode takes, least first.
pub(super) fn rank(mode: AccessMode) -> u8 {
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
