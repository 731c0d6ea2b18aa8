//! What the operator asks of a store.
//!
//! Always true here: a store whose settings cannot be read is not used.

use std::collections::BTreeMap;

use scopegate::UniqueJson;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::allowance::Allowance;
use crate::error::StoreError;
use crate::files;
use crate::store::Store;

/// The settings' file.
pub(crate) const FILE: &str = "store.json";

/// The settings of a store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The version of the store's layout: 1.
    pub(crate) layout: u32,
    /// Whether a component counts only with a signature by one of the store's keys.
    pub require_signature: bool,
    /// What policies are allowed, by name, where that is not what all are.
    #[serde(
        default,
        skip_serializing_if = "BTreeMap::is_empty",
        deserialize_with = "each_once"
    )]
    pub allowances: BTreeMap<String, Allowance>,
}

/// Reads a map, and refuses a name that is there twice.
fn each_once<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, Allowance>, D::Error> {
    let UniqueJson(value) = UniqueJson::deserialize(from)?;
    BTreeMap::deserialize(value).map_err(D::Error::custom)
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            layout: 1,
            require_signature: false,
            allowances: BTreeMap::new(),
        }
    }
}

impl Store {
    /// The store's settings.
    ///
    /// # Errors
    ///
    /// They cannot be read, or are those of a newer store.
    pub fn settings(&self) -> Result<Settings, StoreError> {
        let path = self.folder().join(FILE);
        let Some(bytes) = files::read_if_there(&path)? else {
            return Err(StoreError::NoStore {
                path: self.folder().to_owned(),
            });
        };
        let damaged = |reason| StoreError::Damaged {
            path: path.clone(),
            reason,
        };
        let settings: Settings =
            serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        if settings.layout != Settings::default().layout {
            return Err(damaged(format!(
                "its layout {} is not one that this program knows",
                settings.layout
            )));
        }
        Ok(settings)
    }

    /// Has the store ask for signatures, or not.
    ///
    /// # Errors
    ///
    /// The settings cannot be read or written.
    pub fn require_signature(&self, is_required: bool) -> Result<(), StoreError> {
        let _lock = self.lock()?;
        let settings = Settings {
            require_signature: is_required,
            ..self.settings()?
        };
        self.write_settings(&settings)
    }

    pub(crate) fn write_settings(&self, settings: &Settings) -> Result<(), StoreError> {
        let path = self.folder().join(FILE);
        let json = serde_json::to_vec_pretty(settings).expect("settings can be written as JSON");
        files::replace(&path, &json).map_err(|source| StoreError::File { path, source })
    }
}
