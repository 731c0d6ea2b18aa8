//! What kind of thing a provider's scope lets one do.

/// A class of scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    Read,
    Ticket,
    Write,
    Publish,
    CustomerData,
    OrderData,
    Credential,
    Admin,
    /// The scope is not known.
    Unknown,
}

/// The class of a scope at a provider.
pub fn class(provider: &str, scope: &str) -> Class {
    match provider {
        "github" => match scope {
            "metadata:read" | "contents:read" | "issues:read" | "pull_requests:read" | "statuses:read" | "checks:read" => Class::Read,
            "contents:write" | "pull_requests:write" => Class::Write,
            "issues:write" => Class::Ticket,
            "workflows:write" | "deployments:write" | "pages:write" => Class::Publish,
            "administration:read" | "administration:write" | "members:read" | "repository_hooks:write" => Class::Admin,
            "secrets:read" | "secrets:write" | "dependabot_secrets:read" => Class::Credential,
            _ => Class::Unknown,
        },
        "gitlab" => match scope {
            "read_repository" | "read_registry" => Class::Read,
            "read_api" | "api" | "sudo" | "admin_mode" | "create_runner" => Class::Admin,
            "write_repository" => Class::Write,
            "write_registry" => Class::Publish,
            _ => Class::Unknown,
        },
        "jira" => match scope {
            "read:jira-work" => Class::Read,
            "write:jira-work" => Class::Ticket,
            "read:jira-user" => Class::CustomerData,
            "manage:jira-project" | "manage:jira-configuration" | "manage:jira-webhook" => Class::Admin,
            _ => Class::Unknown,
        },
        "wordpress" => match scope {
            "read" => Class::Read,
            "edit_theme_options" | "edit_posts" | "edit_pages" => Class::Write,
            "publish_posts" | "publish_pages" | "customize" => Class::Publish,
            "list_users" => Class::CustomerData,
            "edit_users" | "manage_options" | "install_plugins" | "edit_plugins" | "edit_themes" | "edit_files" | "unfiltered_html" => Class::Admin,
            "application_password" => Class::Credential,
            _ => Class::Unknown,
        },
        "woocommerce" => match scope {
            "rest_api_read" | "view_woocommerce_reports" => Class::OrderData,
            "rest_api_write" | "rest_api_read_write" | "edit_shop_orders" | "manage_woocommerce" => Class::Admin,
            "edit_products" => Class::Write,
            "read_product" => Class::Read,
            "publish_products" => Class::Publish,
            _ => Class::Unknown,
        },
        "shopify" => match scope {
            "read_themes" | "read_content" | "read_products" | "read_script_tags" | "read_privacy_settings" => Class::Read,
            "write_themes" | "write_content" | "write_products" | "write_privacy_settings" => Class::Write,
            "write_script_tags" | "write_publications" => Class::Publish,
            "read_orders" | "read_all_orders" | "read_checkouts" => Class::OrderData,
            "write_orders" | "write_customers" | "read_users" => Class::Admin,
            "read_customers" | "read_customer_events" => Class::CustomerData,
            _ => Class::Unknown,
        },
        "gtm" => match scope {
            "https://www.googleapis.com/auth/tagmanager.readonly" => Class::Read,
            "https://www.googleapis.com/auth/tagmanager.edit.containers" | "https://www.googleapis.com/auth/tagmanager.edit.containerversions" => Class::Write,
            "https://www.googleapis.com/auth/tagmanager.publish" => Class::Publish,
            "https://www.googleapis.com/auth/tagmanager.delete.containers" | "https://www.googleapis.com/auth/tagmanager.manage.accounts" | "https://www.googleapis.com/auth/tagmanager.manage.users" => Class::Admin,
            _ => Class::Unknown,
        },
        "cmp" => match scope {
            "config:read" => Class::Read,
            "config:write" => Class::Write,
            "config:publish" => Class::Publish,
            "consent_records:read" => Class::CustomerData,
            "users:manage" => Class::Admin,
            "api_keys:read" => Class::Credential,
            _ => Class::Unknown,
        },
        "webhook" => match scope {
            "deliver" => Class::Ticket,
            "read_deliveries" => Class::Read,
            "signing_secret:read" => Class::Credential,
            _ => Class::Unknown,
        },
        _ => Class::Unknown,
    }
}
