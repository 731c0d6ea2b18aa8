//! What a change of whose signatures count would stop.
//!
//! Always true here: nothing changes. What could not decide for the same reason before is not named.

use crate::error::StoreError;
use crate::keys::{Key, check_signature};
use crate::store::Store;
use crate::version::Version;

/// A change of whose signatures count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrustChange<'k> {
    /// [Every component must be signed](Store::require_signature).
    Require,
    /// The key with this label or id [no longer counts](Store::distrust).
    Remove(&'k str),
}

/// A version that would no longer decide.
#[derive(Debug)]
pub struct Stopped {
    /// The policy.
    pub name: String,
    /// The version.
    pub version: Version,
    /// Whether it is the active one.
    pub is_active: bool,
    /// Why it would not decide.
    pub error: StoreError,
}

impl Store {
    /// The versions that no longer decide once this is changed.
    ///
    /// # Errors
    ///
    /// There is no such key, or the store's own folders cannot be read.
    pub fn would_stop(&self, change: TrustChange<'_>) -> Result<Vec<Stopped>, StoreError> {
        let is_required = self.settings()?.require_signature;
        let before = self.keys()?;
        let mut after = before.clone();
        match change {
            TrustChange::Require if is_required => return Ok(Vec::new()),
            TrustChange::Require => {}
            TrustChange::Remove(key) => {
                let removed = self.trusted_as(key)?;
                after.retain(|key| !removed.contains(key));
                let removed = removed.into_iter().map(|key| Key {
                    is_removed: true,
                    ..key
                });
                after.extend(removed);
                if !is_required {
                    return Ok(Vec::new());
                }
            }
        }
        let mut stopped = Vec::new();
        for name in self.names()? {
            let versions = match self.versions(&name) {
                Err(StoreError::UnknownPolicy { .. }) => continue,
                versions => versions?,
            };
            let active = self.active(&name);
            for version in versions {
                let Err(error) = self.counts(&after, &name, &version) else {
                    continue;
                };
                if is_required
                    && let Err(error) = self.counts(&before, &name, &version)
                    && error.is_distrust()
                {
                    continue;
                }
                // Of a journal that cannot be read nobody knows which one it is.
                let is_active = match &active {
                    Ok(active) => active.as_ref().is_some_and(|it| it.version == version),
                    Err(_) => true,
                };
                stopped.push(Stopped {
                    name: name.clone(),
                    version,
                    is_active,
                    error,
                });
            }
        }
        Ok(stopped)
    }

    /// Whether a version decides where these keys count and signatures are required.
    fn counts(&self, keys: &[Key], name: &str, version: &Version) -> Result<(), StoreError> {
        let component = self.published_bytes(name, version)?;
        check_signature(keys, &component, self.signature(name, version)?.as_deref())
    }
}
