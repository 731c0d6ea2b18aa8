//! Who acts, and for whom.
//!
//! Always true here: names, order and types are those of `gate.wit`.

use super::macros::{cases, record};

cases! {
    /// Where the platform runs.
    Deployment {
        /// The vendor runs the platform.
        Cloud = "cloud", "cloud";
        /// The customer runs the platform.
        SelfHosted = "self_hosted", "self-hosted";
    }
}

cases! {
    /// What a person may do in their account.
    Role {
        /// Owns the account.
        Owner = "owner", "owner";
        /// Administers the account.
        Admin = "admin", "admin";
        /// Works on the account's projects.
        Developer = "developer", "developer";
        /// Works for a client on the client's behalf.
        Agency = "agency", "agency";
        /// May look, not act.
        Viewer = "viewer", "viewer";
    }
}

record! {
    /// A person, as the account they belong to knows them.
    Person {
        /// The person's id; empty if nobody is named.
        id: String;
        /// The account the person belongs to.
        account: String;
        /// The person's role in that account.
        role: Role;
    }
}

record! {
    /// Whose workflow it is.
    Tenancy {
        /// The customer's account.
        account: String;
        /// The account's project.
        project: String;
        /// The client workspace; empty if this is not an agency's project.
        client_workspace as "client-workspace": String;
    }
}
