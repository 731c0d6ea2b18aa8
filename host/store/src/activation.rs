//! Which version of a policy becomes active.
//!
//! Always true here: an activation is one new file with the next number, so that nobody sees half of it, nothing is forgotten, and of two at
//! the same time one is told so. A version older than the active one becomes active only if that is asked for.

use std::io;

use scopegate_compiler::digest;
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
    /// Whether the version was named, or gone back to; none in activations of stores that did not tell yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// `sha256:<hex>` of the file of the activation before; none in the first one, and where the kind is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
}

/// How a version became active.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Somebody named it.
    Activation,
    /// Somebody went back to it.
    Rollback,
}

/// Which versions may become active.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// One that is not older than the active one. Builds of one version are equally old.
    Forward,
    /// Any.
    Any,
    /// The one that a [rollback](Store::before) leads to.
    Back,
}

impl Store {
    /// Makes a version the active one that is not older than the one that is now; if it is already, the activation that made it so counts
    /// on. The caller has seen that it loads and passes its cases: see [`Candidate`](crate::Candidate).
    ///
    /// # Errors
    ///
    /// There is no such version, its bytes were changed, its signature does not count, it is older than the active one, or somebody else
    /// activated one at the same time.
    pub fn activate(
        &self,
        name: &str,
        version: &Version,
        by: &str,
        why: &str,
    ) -> Result<Activation, StoreError> {
        self.activate_toward(Direction::Forward, name, version, by, why)
    }

    /// The same, in any of the directions.
    ///
    /// # Errors
    ///
    /// As for [`activate`](Self::activate), but that the version may be older if the direction allows it.
    pub fn activate_toward(
        &self,
        direction: Direction,
        name: &str,
        version: &Version,
        by: &str,
        why: &str,
    ) -> Result<Activation, StoreError> {
        let _lock = self.lock()?;
        if direction == Direction::Back && self.before(name)? != *version {
            return Err(StoreError::Overtaken {
                name: name.to_owned(),
            });
        }
        self.activate_locked(direction, name, version, by, why)
    }

    /// Makes the version active that was active before the one that is now.
    ///
    /// # Errors
    ///
    /// As for [`before`](Self::before) and [`activate`](Self::activate).
    pub fn rollback(&self, name: &str, by: &str, why: &str) -> Result<Activation, StoreError> {
        let _lock = self.lock()?;
        let version = self.before(name)?;
        self.activate_locked(Direction::Back, name, &version, by, why)
    }

    /// The version that a rollback makes active: the last one before the active one that was not gone back from itself, and is still stored
    /// as it was then.
    ///
    /// # Errors
    ///
    /// There is none, or the journal cannot be read.
    pub fn before(&self, name: &str) -> Result<Version, StoreError> {
        let history = self.history(name)?;
        let mut standing: Vec<&Activation> = Vec::new();
        for activation in &history {
            if let Some(beneath) = returned_to(&standing, activation) {
                standing.truncate(beneath);
            }
            standing.push(activation);
        }
        let active = standing.pop();
        let is_left = |activation: &&Activation| {
            active.is_some_and(|active| active.version != activation.version)
                && match self.manifest(name, &activation.version) {
                    Ok(manifest) => manifest.digest == activation.digest,
                    Err(StoreError::UnknownVersion { .. }) => false,
                    // Going back there says what is wrong with it.
                    Err(_) => true,
                }
        };
        let left = standing.into_iter().rev().find(is_left);
        left.map(|activation| activation.version.clone())
            .ok_or_else(|| StoreError::NothingBefore {
                name: name.to_owned(),
            })
    }

    /// The activation that counts, if what is stored is what was activated.
    ///
    /// # Errors
    ///
    /// The journal cannot be read, the version is not there, or its component is another one now.
    pub fn active_as_activated(&self, name: &str) -> Result<Option<Activation>, StoreError> {
        self.versions(name)?;
        let Some(active) = self.active(name)? else {
            return Ok(None);
        };
        let found = self.manifest(name, &active.version)?.digest;
        if found == active.digest {
            return Ok(Some(active));
        }
        Err(StoreError::Damaged {
            path: self.version_folder(name, &active.version)?,
            reason: format!(
                "the component with the digest {} was activated, and {found} is stored",
                active.digest
            ),
        })
    }

    fn activate_locked(
        &self,
        direction: Direction,
        name: &str,
        version: &Version,
        by: &str,
        why: &str,
    ) -> Result<Activation, StoreError> {
        self.component(name, version)?;
        let newest = self.newest(name)?;
        let component = self.manifest(name, version)?.digest;
        if let Some(newest) = &newest {
            let active = &newest.activation;
            if active.version == *version && active.digest == component {
                self.record(name, active.number, newest.digest.clone())?;
                return Ok(active.clone());
            }
            if direction == Direction::Forward && version.is_before(&active.version) {
                return Err(StoreError::Older {
                    name: name.to_owned(),
                    version: version.clone(),
                    active: active.version.clone(),
                });
            }
        }
        let before = newest.as_ref().map(|newest| &newest.activation);
        let activation = Activation {
            number: before.map_or(0, |before| before.number) + 1,
            version: version.clone(),
            digest: component,
            from: before.map(|before| before.version.clone()),
            at: now(),
            by: by.to_owned(),
            why: why.to_owned(),
            kind: Some(match direction {
                Direction::Forward | Direction::Any => Kind::Activation,
                Direction::Back => Kind::Rollback,
            }),
            previous: newest.map(|newest| newest.digest),
        };
        self.write_activation(name, &activation)?;
        Ok(activation)
    }

    /// Writes an activation into the journal, and then records it.
    fn write_activation(&self, name: &str, activation: &Activation) -> Result<(), StoreError> {
        let folder = self.policy_folder(name)?.join(JOURNAL);
        let path = self.entry_path(name, activation.number)?;
        let json =
            serde_json::to_vec_pretty(activation).expect("an activation can be written as JSON");
        let written = files::create_folders(&folder)
            .and_then(|()| files::sweep(&folder))
            .and_then(|()| files::create(&path, &json));
        match written {
            Ok(()) => self.record(name, activation.number, digest(&json)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(StoreError::Overtaken {
                    name: name.to_owned(),
                })
            }
            Err(source) => Err(StoreError::File { path, source }),
        }
    }
}

/// How many of the activations that were not gone back from stay, if `activation` goes back to one of them.
fn returned_to(standing: &[&Activation], activation: &Activation) -> Option<usize> {
    let (_, beneath) = standing.split_last()?;
    let is_same = |it: &&Activation| it.version == activation.version;
    match activation.kind {
        Some(Kind::Activation) => None,
        Some(Kind::Rollback) => beneath.iter().rposition(is_same),
        // Of those that do not tell, who came back to the version right beneath went back.
        None => {
            let last = beneath.len().checked_sub(1)?;
            is_same(&beneath[last]).then_some(last)
        }
    }
}
