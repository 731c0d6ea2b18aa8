//! What a store looks like from outside, for who watches it.
//!
//! Always true here: two glances that are equal show a store that was not changed by this crate in between. No version is read for it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use crate::error::StoreError;
use crate::files;
use crate::keys::{KEYS, REMOVED};
use crate::settings::Settings;
use crate::store::Store;
use crate::version::Version;

/// What a store looks like from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glance {
    /// What the operator asks for and allows.
    pub settings: Settings,
    policies: BTreeMap<String, Policy>,
}

/// Which signatures count, and whether one is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    /// Whether a version decides only if somebody vouches for it.
    pub requires_signature: bool,
    /// The files of keys, those removed included, and when they were written.
    keys: Vec<(String, Option<SystemTime>)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Policy {
    /// The versions, and when something was put into their folders.
    versions: Vec<(Version, Option<SystemTime>)>,
    /// The number of the last activation, and when it was written.
    activation: (u64, Option<SystemTime>),
}

impl Store {
    /// Looks at the store from outside.
    ///
    /// # Errors
    ///
    /// The settings or a folder cannot be read.
    pub fn glance(&self) -> Result<Glance, StoreError> {
        let mut policies = BTreeMap::new();
        for name in self.names()? {
            let found = match self.versions(&name) {
                // It is no folder, or somebody removed it just now.
                Err(StoreError::UnknownPolicy { .. }) => continue,
                found => found?,
            };
            let mut versions = Vec::new();
            for version in found {
                let written = written(&self.version_folder(&name, &version)?);
                versions.push((version, written));
            }
            let last = self.last_number(&name)?;
            let activation = (last, written(&self.entry_path(&name, last)?));
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
            policies,
        })
    }

    /// Looks at which signatures count.
    ///
    /// # Errors
    ///
    /// The settings or the folder of keys cannot be read.
    pub fn trusted(&self) -> Result<Trust, StoreError> {
        let mut keys = Vec::new();
        for part in [KEYS, REMOVED] {
            let folder = self.folder().join(part);
            for name in files::names(&folder)? {
                keys.push((format!("{part}/{name}"), written(&folder.join(&name))));
            }
        }
        Ok(Trust {
            requires_signature: self.settings()?.require_signature,
            keys,
        })
    }
}

fn written(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|it| it.modified()).ok()
}
