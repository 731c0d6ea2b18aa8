//! What a scan or retest would touch.
//!
//! Always true here: names, order and types are those of `gate.wit`.

use super::macros::{cases, record};
use super::people::Tenancy;

cases! {
    /// What a scan target is.
    TargetKind {
        /// A public page of the customer.
        Public = "public", "public";
        /// A page behind a login.
        Private = "private", "private";
        /// A page with personal data.
        PersonalData = "personal_data", "personal-data";
        /// A page of somebody else.
        ThirdParty = "third_party", "third-party";
        /// A page of another client.
        ClientMismatch = "client_mismatch", "client-mismatch";
        /// A page the platform cannot test.
        Unsupported = "unsupported", "unsupported";
    }
}

record! {
    /// A page to scan.
    Target {
        /// The page's URL.
        url: String;
        /// What the page is.
        kind: TargetKind;
    }
}

record! {
    /// The scan or retest that is about to run.
    Scan {
        /// For whom the scope was accepted.
        accepted_for as "accepted-for": Tenancy;
        /// The pages to scan, at most 10,000.
        targets: Vec<Target>;
        /// URL patterns the customer accepted, at most 1,000.
        accepted: Vec<String>;
        /// URL or path patterns the customer excluded, at most 1,000.
        excluded: Vec<String>;
        /// Discovered pages and manual URLs were reviewed.
        pages_reviewed as "pages-reviewed": bool;
        /// The most pages the plan scans at once.
        page_limit as "page-limit": u32;
        /// The credits left, one a page.
        credits: u32;
    }
}
