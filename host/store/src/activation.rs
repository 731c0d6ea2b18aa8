//! Which version of a policy is active, and which ones were.
//!
//! Always true here: an activation is one new file with the next number, so that nobody sees half of it, nothing is forgotten, and of two at
//! the same time one is told so.

use std::io;

use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::files;
use crate::store::{JOURNAL, Store, now};
use crate::version::Version;

/// An activation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Activation {
    /// Its number among those of the policy, from 1.
    pub number: u64,
    /// The version that became active.
    pub version: Version,
    /// `sha256:<hex>` of its component.
    pub digest: String,
    /// The version that was active before.
    pub from: Option<Version>,
    /// When, in RFC 3339.
    pub at: String,
    /// Who did it.
    pub by: String,
    /// Why.
    pub why: String,
}

impl Store {
    /// Makes a version the active one; if it is already, the activation that made it so counts on. The caller has seen that it loads and
    /// passes its cases: see [`Candidate`](crate::Candidate).
    ///
    /// # Errors
    ///
    /// There is no such version, its bytes were changed, its signature does not count, or somebody else activated one at the same time.
    pub fn activate(
        &self,
        name: &str,
        version: &Version,
        by: &str,
        why: &str,
    ) -> Result<Activation, StoreError> {
        let _lock = self.lock()?;
        self.activate_locked(name, version, by, why)
    }

    /// Makes the version active that was active before the one that is now.
    ///
    /// # Errors
    ///
    /// No other version was active before that is still there, or as for [`activate`](Self::activate).
    pub fn rollback(&self, name: &str, by: &str, why: &str) -> Result<Activation, StoreError> {
        let _lock = self.lock()?;
        let version = self.before(name)?;
        self.activate_locked(name, &version, by, why)
    }

    /// The version that a rollback makes active.
    ///
    /// # Errors
    ///
    /// As for [`rollback`](Self::rollback).
    pub fn before(&self, name: &str) -> Result<Version, StoreError> {
        let nothing = || StoreError::NothingBefore {
            name: name.to_owned(),
        };
        let history = self.history(name)?;
        let active = history.last().ok_or_else(nothing)?;
        let there = self.versions(name)?;
        let others = history.iter().rev().map(|activation| &activation.version);
        let mut others =
            others.filter(|version| **version != active.version && there.contains(version));
        others.next().cloned().ok_or_else(nothing)
    }

    /// The activation that counts.
    ///
    /// # Errors
    ///
    /// The journal cannot be read.
    pub fn active(&self, name: &str) -> Result<Option<Activation>, StoreError> {
        match self.last_number(name)? {
            0 => Ok(None),
            number => self.activation(name, number).map(Some),
        }
    }

    /// Every activation, the first one first.
    ///
    /// # Errors
    ///
    /// There is no such policy, or its journal cannot be read.
    pub fn history(&self, name: &str) -> Result<Vec<Activation>, StoreError> {
        self.versions(name)?;
        (1..=self.last_number(name)?)
            .map(|number| self.activation(name, number))
            .collect()
    }

    /// The number of the last activation; 0 if there is none. It is all that a watcher has to look at.
    ///
    /// # Errors
    ///
    /// The journal's folder cannot be read.
    pub fn last_number(&self, name: &str) -> Result<u64, StoreError> {
        let names = files::names(&self.policy_folder(name)?.join(JOURNAL))?;
        let numbers = names
            .iter()
            .filter_map(|name| name.strip_suffix(".json")?.parse().ok());
        Ok(numbers.max().unwrap_or(0))
    }

    fn activation(&self, name: &str, number: u64) -> Result<Activation, StoreError> {
        let path = self.policy_folder(name)?.join(JOURNAL).join(file(number));
        let damaged = |reason| StoreError::Damaged {
            path: path.clone(),
            reason,
        };
        let Some(bytes) = files::read_if_there(&path)? else {
            return Err(damaged("it is missing".to_owned()));
        };
        let activation: Activation =
            serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        if activation.number == number {
            Ok(activation)
        } else {
            Err(damaged(format!(
                "it is activation {}, not {number}",
                activation.number
            )))
        }
    }

    fn activate_locked(
        &self,
        name: &str,
        version: &Version,
        by: &str,
        why: &str,
    ) -> Result<Activation, StoreError> {
        self.component(name, version)?;
        let active = self.active(name)?;
        let digest = self.manifest(name, version)?.digest;
        if let Some(active) = &active
            && active.version == *version
            && active.digest == digest
        {
            return Ok(active.clone());
        }
        let activation = Activation {
            number: active.as_ref().map_or(0, |active| active.number) + 1,
            version: version.clone(),
            digest,
            from: active.map(|active| active.version),
            at: now(),
            by: by.to_owned(),
            why: why.to_owned(),
        };
        let folder = self.policy_folder(name)?.join(JOURNAL);
        let path = folder.join(file(activation.number));
        let json =
            serde_json::to_vec_pretty(&activation).expect("an activation can be written as JSON");
        let written = files::create_folders(&folder)
            .and_then(|()| files::sweep(&folder))
            .and_then(|()| files::create(&path, &json));
        match written {
            Ok(()) => Ok(activation),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(StoreError::Overtaken {
                    name: name.to_owned(),
                })
            }
            Err(source) => Err(StoreError::File { path, source }),
        }
    }
}

fn file(number: u64) -> String {
    format!("{number:010}.json")
}
