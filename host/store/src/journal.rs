//! The journal of activations, as it is read.
//!
//! Always true here: an activation that is missing, changed, moved or added by hand is an error that names its file. Each names the digest of the
//! file before it, and what the newest one is stands outside the policy's folder too, so that it cannot go unnoticed either.

use std::path::PathBuf;

use scopegate_compiler::digest;
use serde::{Deserialize, Serialize};

use crate::activation::Activation;
use crate::error::StoreError;
use crate::files;
use crate::store::{JOURNAL, Store};

/// The folder of the records of newest activations.
pub(crate) const NEWEST: &str = "activations";

/// Which activation of a policy is the newest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Newest {
    /// Its number.
    number: u64,
    /// `sha256:<hex>` of its file.
    digest: String,
}

/// An activation, and the digest of its file.
pub(crate) struct Entry {
    pub(crate) activation: Activation,
    pub(crate) digest: String,
}

impl Store {
    /// The activation that counts.
    ///
    /// # Errors
    ///
    /// The journal cannot be read, or its newest activation is missing or was changed.
    pub fn active(&self, name: &str) -> Result<Option<Activation>, StoreError> {
        Ok(self.newest(name)?.map(|entry| entry.activation))
    }

    /// Every activation, the first one first.
    ///
    /// # Errors
    ///
    /// There is no such policy, or an activation is missing, was changed, or does not follow the one before it.
    pub fn history(&self, name: &str) -> Result<Vec<Activation>, StoreError> {
        self.versions(name)?;
        let newest = self.recorded(name)?;
        let last = self.last_number(name)?;
        self.check_length(name, last, newest.as_ref())?;
        let mut entries: Vec<Entry> = Vec::new();
        for number in 1..=last {
            let entry = self.entry(name, number)?;
            self.check_follows(name, &entry, entries.last())?;
            if let Some(newest) = newest.as_ref().filter(|it| it.number == number) {
                self.check_digest(name, &entry, newest)?;
            }
            entries.push(entry);
        }
        Ok(entries.into_iter().map(|entry| entry.activation).collect())
    }

    /// The number of the last activation; 0 if there is none. It is all that a watcher has to look at.
    ///
    /// # Errors
    ///
    /// The journal's folder cannot be read.
    pub fn last_number(&self, name: &str) -> Result<u64, StoreError> {
        let names = files::names(&self.policy_folder(name)?.join(JOURNAL))?;
        Ok(names
            .iter()
            .filter_map(|name| number(name))
            .max()
            .unwrap_or(0))
    }

    /// The newest activation, if there is one.
    pub(crate) fn newest(&self, name: &str) -> Result<Option<Entry>, StoreError> {
        // First what is recorded: an activation meanwhile only makes the journal longer.
        let newest = self.recorded(name)?;
        let last = self.last_number(name)?;
        self.check_length(name, last, newest.as_ref())?;
        if last == 0 {
            return Ok(None);
        }
        let entry = self.entry(name, last)?;
        match &newest {
            Some(newest) if newest.number == last => self.check_digest(name, &entry, newest)?,
            // Nothing was recorded when it was written.
            None if entry.activation.previous.is_none() => {}
            // It was not recorded yet.
            _ => {
                let before = match last {
                    1 => None,
                    number => Some(self.entry(name, number - 1)?),
                };
                self.check_follows(name, &entry, before.as_ref())?;
            }
        }
        Ok(Some(entry))
    }

    /// Checks the whole journal, and that its newest activation is recorded.
    pub(crate) fn check_journal(&self, name: &str) -> Result<(), StoreError> {
        let history = self.history(name)?;
        // The last one may have been written when the process was killed, before it was recorded.
        let were_recorded = history.iter().rev().skip(1).any(|it| it.kind.is_some());
        if were_recorded && self.recorded(name)?.is_none() {
            return Err(self.damaged_record(name, "is missing"));
        }
        Ok(())
    }

    /// The names of the policies that have an activation on record.
    pub(crate) fn recorded_names(&self) -> Result<Vec<String>, StoreError> {
        let names = files::names(&self.folder().join(NEWEST))?;
        let names = names.iter().filter_map(|name| name.strip_suffix(".json"));
        Ok(names.map(str::to_owned).collect())
    }

    /// Records that the activation with this number, in a file of these bytes, is the newest one.
    pub(crate) fn record(&self, name: &str, number: u64, digest: String) -> Result<(), StoreError> {
        let newest = Newest { number, digest };
        let path = self.record_path(name)?;
        if self.recorded(name)?.as_ref() == Some(&newest) {
            return Ok(());
        }
        let json = serde_json::to_vec_pretty(&newest).expect("a record can be written as JSON");
        let folder = self.folder().join(NEWEST);
        files::create_folders(&folder)
            .and_then(|()| files::sweep(&folder))
            .and_then(|()| files::replace(&path, &json))
            .map_err(|source| StoreError::File { path, source })
    }

    /// The error of a policy whose activations are on record, and which is not there.
    pub(crate) fn lost_policy(&self, name: &str) -> Result<StoreError, StoreError> {
        let path = self.policy_folder(name)?;
        Ok(StoreError::Journal {
            path,
            reason: "is missing, though versions of it were activated".to_owned(),
            remedy: format!(
                "put it back from a backup; if the policy was removed on purpose, remove `{}` too",
                self.record_path(name)?.display()
            ),
        })
    }

    fn recorded(&self, name: &str) -> Result<Option<Newest>, StoreError> {
        let path = self.record_path(name)?;
        let Some(bytes) = files::read_if_there(&path)? else {
            return Ok(None);
        };
        let newest = serde_json::from_slice(&bytes);
        newest
            .map(Some)
            .map_err(|error| self.damaged_record(name, &format!("is damaged: {error}")))
    }

    fn entry(&self, name: &str, number: u64) -> Result<Entry, StoreError> {
        let path = self.entry_path(name, number)?;
        let Some(bytes) = files::read_if_there(&path)? else {
            return Err(damaged(path, "is missing"));
        };
        let activation: Activation = match serde_json::from_slice(&bytes) {
            Ok(activation) => activation,
            Err(error) => return Err(damaged(path, &format!("is damaged: {error}"))),
        };
        if activation.number != number {
            let reason = format!("is activation {}, not {number}", activation.number);
            return Err(damaged(path, &reason));
        }
        Ok(Entry {
            activation,
            digest: digest(&bytes),
        })
    }

    /// Checks that no activation is missing at the end.
    fn check_length(
        &self,
        name: &str,
        last: u64,
        newest: Option<&Newest>,
    ) -> Result<(), StoreError> {
        match newest {
            Some(newest) if last < newest.number => Err(StoreError::Journal {
                path: self.entry_path(name, newest.number)?,
                reason: format!(
                    "is missing: the policy was activated {} times, and its journal ends with {last}",
                    newest.number
                ),
                remedy: self.remedy(name)?,
            }),
            _ => Ok(()),
        }
    }

    fn check_digest(&self, name: &str, entry: &Entry, newest: &Newest) -> Result<(), StoreError> {
        if entry.digest == newest.digest {
            return Ok(());
        }
        Err(StoreError::Journal {
            path: self.entry_path(name, newest.number)?,
            reason: format!(
                "was changed: its digest is {}, and {} was written",
                entry.digest, newest.digest
            ),
            remedy: self.remedy(name)?,
        })
    }

    /// Checks that an activation follows the one before it. The first ones of a store may be older than kinds and name no digest.
    fn check_follows(
        &self,
        name: &str,
        entry: &Entry,
        before: Option<&Entry>,
    ) -> Result<(), StoreError> {
        let activation = &entry.activation;
        let version = before.map(|before| &before.activation.version);
        let digest = before.map(|before| &before.digest);
        let is_older = activation.kind.is_none()
            && activation.previous.is_none()
            && before.is_none_or(|before| before.activation.kind.is_none());
        if activation.from.as_ref() == version
            && (is_older || activation.previous.as_ref() == digest)
        {
            return Ok(());
        }
        let before = match activation.number {
            1 => "the first one".to_owned(),
            number => format!("one that follows activation {}", number - 1),
        };
        let path = self.entry_path(name, activation.number)?;
        Err(damaged(
            path,
            &format!("is not {before}: one of the two was changed, moved or added by hand"),
        ))
    }

    fn damaged_record(&self, name: &str, reason: &str) -> StoreError {
        StoreError::Journal {
            path: self.folder().join(NEWEST).join(format!("{name}.json")),
            reason: reason.to_owned(),
            remedy: format!(
                "look at `scopegate policy history {name}`, remove the file if it is there, and activate the version that is right"
            ),
        }
    }

    /// What to do about a newest activation that is not what is on record.
    fn remedy(&self, name: &str) -> Result<String, StoreError> {
        Ok(format!(
            "put it back from a backup; without one, remove `{}` and activate the version that is right",
            self.record_path(name)?.display()
        ))
    }

    fn record_path(&self, name: &str) -> Result<PathBuf, StoreError> {
        // The folder of a policy that has that name, and nothing else.
        self.policy_folder(name)?;
        Ok(self.folder().join(NEWEST).join(format!("{name}.json")))
    }

    pub(crate) fn entry_path(&self, name: &str, number: u64) -> Result<PathBuf, StoreError> {
        Ok(self.policy_folder(name)?.join(JOURNAL).join(file(number)))
    }
}

/// The name of an activation's file.
fn file(number: u64) -> String {
    format!("{number:010}.json")
}

/// The number of the activation in a file of that name; none if no activation has that name.
pub(crate) fn number(name: &str) -> Option<u64> {
    let number = name.strip_suffix(".json")?.parse().ok()?;
    (number > 0 && file(number) == name).then_some(number)
}

fn damaged(path: PathBuf, reason: &str) -> StoreError {
    StoreError::Journal {
        path,
        reason: reason.to_owned(),
        remedy: "put it back from a backup; until then nothing is rolled back, and a version is activated by its name"
            .to_owned(),
    }
}
