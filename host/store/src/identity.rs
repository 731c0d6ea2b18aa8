//! Whether a policy is what it is stored as.
//!
//! Always true here: only what a loaded policy says of itself counts, for its bytes are what is signed; folders and manifests can be edited.

use scopegate::PolicyId;

use crate::error::StoreError;
use crate::version::Version;

/// Checks that what was loaded as `version` of the policy `name` says that it is that.
///
/// # Errors
///
/// It says that it is another policy, or another version.
pub fn check_identity(name: &str, version: &Version, found: &PolicyId) -> Result<(), StoreError> {
    if found.name == name && version.is_of(&found.version) {
        return Ok(());
    }
    Err(StoreError::OtherPolicy {
        name: name.to_owned(),
        version: version.clone(),
        found: Box::new(found.clone()),
    })
}
