//! What a store knows of a version without loading it.
//!
//! Always true here: it was written with the component, once, and never changes.

use scopegate::Proof;
use serde::{Deserialize, Serialize};

use crate::version::Version;

/// A published version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The policy's name.
    pub name: String,
    /// The version it is published as.
    pub version: Version,
    /// What the policy says of itself.
    pub summary: String,
    /// `sha256:<hex>` of the component.
    pub digest: String,
    /// `sha256:<hex>` of the rules, as the policy says; empty for one that has none.
    pub rules_digest: String,
    /// The contract that it fits.
    pub contract: String,
    /// The compiler that it says made it.
    pub compiler: Option<String>,
    /// What was proven of the component when it was added. It is no secret and no promise: see [`Proof`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
    /// `sha256:<hex>` of the cases beside it, and of their bases.
    pub cases_digest: Option<String>,
    /// When it was added, in RFC 3339.
    pub added_at: String,
    /// Who added it.
    pub added_by: String,
}
