//! What is in a store, as far as it can be read: for who goes on with the rest if some of it cannot.
//!
//! Always true here: one thing that cannot be read hides no other.

use crate::activation::Activation;
use crate::error::StoreError;
use crate::manifest::Manifest;
use crate::store::Store;
use crate::version::Version;

/// A policy in the store.
#[derive(Debug)]
pub struct Surveyed {
    /// Its name.
    pub name: String,
    /// Its versions, lowest first, and what the store knows of each.
    pub versions: Vec<(Version, Result<Manifest, StoreError>)>,
    /// The activation that counts, if any version was ever activated.
    pub active: Result<Option<Activation>, StoreError>,
}

impl Store {
    /// Looks at every policy, by name.
    ///
    /// # Errors
    ///
    /// A folder cannot be read.
    pub fn survey(&self) -> Result<Vec<Surveyed>, StoreError> {
        let mut surveyed = Vec::new();
        for name in self.names()? {
            let versions = match self.versions(&name) {
                // It is no folder, or somebody removed it just now.
                Err(StoreError::UnknownPolicy { .. }) => continue,
                versions => versions?,
            };
            let manifest = |version: Version| {
                let manifest = self.manifest(&name, &version);
                (version, manifest)
            };
            surveyed.push(Surveyed {
                versions: versions.into_iter().map(manifest).collect(),
                active: self.active(&name),
                name,
            });
        }
        Ok(surveyed)
    }
}
