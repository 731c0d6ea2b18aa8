//! What a store looks like from outside, for who watches it.
//!
//! Always true here: two glances that are equal show a store that was not changed by this crate in between. No version is read for it.

use std::collections::BTreeMap;
use std::fs;
use std::time::SystemTime;

use crate::error::StoreError;
use crate::files;
use crate::settings::Settings;
use crate::store::Store;
use crate::version::Version;

/// What a store looks like from outside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Glance {
    /// What the operator asks for and allows.
    pub settings: Settings,
    /// The files of keys, those removed included, and when they were written.
    keys: Vec<(String, Option<SystemTime>)>,
    policies: BTreeMap<String, Policy>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Policy {
    /// The versions, and when something was put into their folders.
    versions: Vec<(Version, Option<SystemTime>)>,
    /// The number of the last activation.
    activation: u64,
}

impl Glance {
    /// Whether the same signatures count as in `other`.
    pub fn trusts_as(&self, other: &Self) -> bool {
        self.keys == other.keys
            && self.settings.require_signature == other.settings.require_signature
    }
}

impl Store {
    /// Looks at the store from outside.
    ///
    /// # Errors
    ///
    /// The settings or a folder cannot be read.
    pub fn glance(&self) -> Result<Glance, StoreError> {
        let written = |path: &std::path::Path| fs::metadata(path).and_then(|it| it.modified()).ok();
        let mut keys = Vec::new();
        for part in ["keys", "keys/removed"] {
            let folder = self.folder().join(part);
            for name in files::names(&folder)? {
                keys.push((format!("{part}/{name}"), written(&folder.join(&name))));
            }
        }
        let mut policies = BTreeMap::new();
        for name in files::names(&self.folder().join("policies"))? {
            let mut versions = Vec::new();
            for version in self.versions(&name)? {
                let written = written(&self.version_folder(&name, &version)?);
                versions.push((version, written));
            }
            let activation = self.last_number(&name)?;
            policies.insert(
                name,
                Policy {
                    versions,
                    activation,
                },
            );
        }
        Ok(Glance {
            settings: self.settings()?,
            keys,
            policies,
        })
    }
}
