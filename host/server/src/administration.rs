//! What an administrator does with the store of policies; whoever embeds the server says how.
//!
//! Always true here: the server never changes its [`Shelf`](crate::Shelf) itself. It asks the administration, which does.

use std::fmt;

use serde::Serialize;
use utoipa::ToSchema;

use crate::upload::Upload;

/// The store of policies. Its methods may block: the server calls them on threads that may wait.
pub trait Administration: Send + Sync {
    /// Stores what is handed in as `version` of the policy `name`; it is not active yet. `by` is the name of the administrator's token.
    ///
    /// # Errors
    ///
    /// [`Conflict`](AdministrationError::Conflict) if that version holds other bytes; [`Refused`](AdministrationError::Refused) if this
    /// is no such policy, its signature does not count, or a case fails.
    fn upload(
        &self,
        name: &str,
        version: &str,
        upload: Upload,
        by: &str,
    ) -> Result<Uploaded, AdministrationError>;

    /// Makes `version` of the policy `name` the active one, which may be older than the one that is now only if `allow_downgrade`;
    /// `reason` is why, if the administrator said so.
    ///
    /// # Errors
    ///
    /// As its type says, [`Conflict`](AdministrationError::Conflict) if it is older and may not be; the active version then stays as it was.
    fn activate(
        &self,
        name: &str,
        version: &str,
        allow_downgrade: bool,
        by: &str,
        reason: Option<&str>,
    ) -> Result<Activated, AdministrationError>;

    /// Makes the version that was active before the active one again.
    ///
    /// # Errors
    ///
    /// [`Conflict`](AdministrationError::Conflict) if there was none before.
    fn rollback(
        &self,
        name: &str,
        by: &str,
        reason: Option<&str>,
    ) -> Result<Activated, AdministrationError>;

    /// What the store holds.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    fn list(&self) -> Result<Vec<Stored>, AdministrationError>;

    /// What the store holds of the policy `name`.
    ///
    /// # Errors
    ///
    /// There is none, or the store cannot be read.
    fn show(&self, name: &str) -> Result<Stored, AdministrationError>;

    /// What was done to the policy `name`, oldest first.
    ///
    /// # Errors
    ///
    /// There is none, or the store cannot be read.
    fn history(&self, name: &str) -> Result<Vec<Event>, AdministrationError>;
}

/// A component that was handed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Uploaded {
    /// `sha256:<hex>` of its bytes.
    pub digest: String,
    /// Whether it is new; otherwise the store held these very bytes before.
    pub created: bool,
}

/// A version that became active.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Activated {
    /// The active version.
    pub version: String,
    /// The one that was active before, if any.
    pub previous: Option<String>,
}

/// A policy in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Stored {
    /// Its name.
    pub name: String,
    /// The active version, if any.
    pub active: Option<String>,
    /// All its versions.
    pub versions: Vec<StoredVersion>,
}

/// A version in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct StoredVersion {
    /// The version.
    pub version: String,
    /// `sha256:<hex>` of its component.
    pub digest: String,
}

/// Something that was done to a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Event {
    /// When, as RFC 3339.
    pub at: String,
    /// The name of the administrator's token.
    pub by: String,
    /// What: `upload`, `activate`, `rollback`.
    pub what: String,
    /// The version it was done to.
    pub version: String,
    /// The version that was active before, if any.
    pub previous: Option<String>,
    /// Why it was done, as who did it said.
    pub why: Option<String>,
    /// Why it failed, if it did.
    pub failure: Option<String>,
}

/// Why the store did not do it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AdministrationError {
    /// There is no such policy or version.
    NotFound {
        /// What there is not.
        what: String,
    },
    /// It contradicts what the store holds.
    Conflict {
        /// How.
        reason: String,
    },
    /// What was handed in is not acceptable.
    Refused {
        /// Why.
        reason: String,
    },
    /// The store failed.
    Failed {
        /// How, for the log; a caller is not told.
        reason: String,
    },
}

impl fmt::Display for AdministrationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound { what } => write!(f, "there is no {what}"),
            Self::Conflict { reason } | Self::Refused { reason } => f.write_str(reason),
            Self::Failed { reason } => write!(f, "the store failed: {reason}"),
        }
    }
}

impl std::error::Error for AdministrationError {}
