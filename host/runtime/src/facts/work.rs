//! The task, and the access it needs.
//!
//! Always true here: names, order and types are those of `gate.wit`.

use super::macros::{cases, record};
use super::responsibility::ProviderAccessStatus;

cases! {
    /// How remediation reaches the customer's systems, least first.
    AccessMode {
        /// A ticket for the customer, no access.
        TicketOnly = "ticket_only", "ticket-only";
        /// The customer applies the change, no access.
        CustomerApplied = "customer_applied", "customer-applied";
        /// Evidence or code is read.
        ReadOnly = "read_only", "read-only";
        /// Drafts are reviewed before any write.
        ReviewOnly = "review_only", "review-only";
        /// A connected repository.
        ConnectedRepository = "connected_repository", "connected-repository";
        /// A connected content management system.
        ConnectedCms = "connected_cms", "connected-cms";
        /// A connected Shopify shop.
        ConnectedShopify = "connected_shopify", "connected-shopify";
        /// A connected Google Tag Manager container.
        ConnectedGtm = "connected_gtm", "connected-gtm";
        /// A connected consent management platform.
        ConnectedCmp = "connected_cmp", "connected-cmp";
        /// An agency manages the access for its client.
        AgencyManaged = "agency_managed", "agency-managed";
    }
}

cases! {
    /// What a provider's resource is.
    ResourceKind {
        /// A branch of a repository.
        RepositoryBranch = "repository_branch", "repository-branch";
        /// A theme of a content management system.
        CmsTheme = "cms_theme", "cms-theme";
        /// A whole site.
        Site = "site", "site";
        /// A shop's configuration.
        ShopifyConfiguration = "shopify_configuration", "shopify-configuration";
        /// A tag manager container.
        GtmContainer = "gtm_container", "gtm-container";
        /// A consent platform's configuration.
        CmpConfiguration = "cmp_configuration", "cmp-configuration";
        /// An issue tracker's workspace.
        Workspace = "workspace", "workspace";
        /// A webhook's endpoint.
        Endpoint = "endpoint", "endpoint";
    }
}

record! {
    /// The one thing at the provider that access is for.
    Resource {
        /// What it is.
        kind: ResourceKind;
        /// The provider's name for it; empty if none was chosen.
        id: String;
    }
}

cases! {
    /// What a fix task is for.
    TaskKind {
        /// A change.
        Fix = "fix", "fix";
        /// A look at what is wrong.
        Diagnostic = "diagnostic", "diagnostic";
        /// A look at whether it is still wrong.
        Retest = "retest", "retest";
    }
}

record! {
    /// The task the action serves.
    Task {
        /// The task's id.
        id: String;
        /// What the task is for.
        kind: TaskKind;
        /// The provider the task is about; empty if none.
        provider: String;
        /// Every mode that can complete the task, at most 256.
        sufficient_modes as "sufficient-modes": Vec<AccessMode>;
        /// The provider scopes the task needs, at most 256.
        needed_scopes as "needed-scopes": Vec<String>;
        /// The task cannot be done without customers' data.
        requires_customer_data as "requires-customer-data": bool;
        /// Why ticket-only or customer-applied is not enough; empty if not said.
        connected_reason as "connected-reason": String;
    }
}

record! {
    /// The access that the action would use or ask for.
    Access {
        /// How the change would reach the customer's system.
        remediation_access_mode as "remediation-access-mode": AccessMode;
        /// The provider, such as `github`.
        provider: String;
        /// The account at the provider.
        provider_account as "provider-account": String;
        /// The one thing access is for.
        resource: Resource;
        /// The provider scopes asked for, at most 256.
        required_scopes as "required-scopes": Vec<String>;
        /// The id of the task that access serves.
        task: String;
        /// The state of the connection.
        connected_access_status as "connected-access-status": ProviderAccessStatus;
        /// The customer is allowed to manage this provider account.
        customer_may_manage as "customer-may-manage": bool;
        /// The customer sees how to take the access back.
        revoke_path_visible as "revoke-path-visible": bool;
        /// Why access is taken back; empty if not said.
        revoke_reason as "revoke-reason": String;
        /// When this access was last taken back, in seconds since 1970-01-01T00:00:00Z.
        revoked_at as "revoked-at": Option<i64>;
        /// A secret was asked for in chat, email or notes.
        credentials_requested as "credentials-requested": bool;
        /// A dedicated approved flow covers customer data.
        customer_data_approved as "customer-data-approved": bool;
        /// The resource is in a private network.
        private_network as "private-network": bool;
    }
}
