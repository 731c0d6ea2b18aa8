//! Looks over a whole store.
//!
//! Always true here: a version that it finds nothing wrong with is as it was published, decides its cases, and is the policy that it is
//! stored as; and each thing that is wrong is named by itself.

use std::path::{Path, PathBuf};

use scopegate::Engine;

use crate::error::StoreError;
use crate::files;
use crate::journal;
use crate::store::{BASES, CASES, JOURNAL, MANIFEST, PARTS, Store};
use crate::version::Version;

/// What was looked at.
#[derive(Debug, Default)]
pub struct Verified {
    /// Versions whose files are as published.
    pub sound: usize,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

/// Something wrong with a store.
#[derive(Debug)]
pub struct Finding {
    /// The policy.
    pub name: String,
    /// The version; none where it is the journal.
    pub version: Option<Version>,
    /// What is wrong.
    pub error: StoreError,
}

impl Store {
    /// Checks every version's files against what was published and loads it, every signature, and every journal.
    ///
    /// # Errors
    ///
    /// The store's own folders cannot be read.
    pub fn verify(&self, engine: &Engine) -> Result<Verified, StoreError> {
        let mut verified = Verified::default();
        let folder = self.folder().join("policies");
        let names = files::names(&folder)?;
        for name in &names {
            let path = folder.join(name);
            match self.version_names(name) {
                Ok(found) if !path.is_symlink() => {
                    self.verify_policy(engine, name, &path, found, &mut verified);
                }
                Ok(_) => verified.note(name, None, StoreError::Link { path }),
                Err(StoreError::Unnameable { .. } | StoreError::UnknownPolicy { .. }) => {
                    verified.note(name, None, StoreError::Stray { path });
                }
                Err(error) => verified.note(name, None, error),
            }
        }
        for name in self.recorded_names()? {
            if !names.contains(&name) {
                let lost = self.lost_policy(&name).unwrap_or_else(|error| error);
                verified.note(&name, None, lost);
            }
        }
        Ok(verified)
    }

    fn verify_policy(
        &self,
        engine: &Engine,
        name: &str,
        path: &Path,
        found: Vec<String>,
        verified: &mut Verified,
    ) {
        for found in found {
            let path = path.join(&found);
            let Ok(version) = found.parse() else {
                verified.note(name, None, StoreError::Stray { path });
                continue;
            };
            let mut errors = Vec::new();
            self.verify_version(engine, name, &version, &path, &mut errors);
            if errors.is_empty() {
                verified.sound += 1;
            }
            for error in errors {
                verified.note(name, Some(version.clone()), error);
            }
        }
        let journal = path.join(JOURNAL);
        for error in strays(&journal, |name| journal::number(name).is_some()) {
            verified.note(name, None, error);
        }
        if journal.is_symlink() {
            verified.note(name, None, StoreError::Link { path: journal });
        }
        if let Err(error) = self.check_journal(name) {
            verified.note(name, None, error);
        }
        if let Err(error) = self.active_as_activated(name) {
            verified.note(name, None, error);
        }
    }

    fn verify_version(
        &self,
        engine: &Engine,
        name: &str,
        version: &Version,
        path: &Path,
        errors: &mut Vec<StoreError>,
    ) {
        if path.is_symlink() {
            let path = path.to_owned();
            errors.push(StoreError::Link { path });
            return;
        }
        errors.extend(strays(path, |name| PARTS.contains(&name)));
        if let Err(error) = self.check_version(engine, name, version, path) {
            errors.push(error);
        }
    }

    fn check_version(
        &self,
        engine: &Engine,
        name: &str,
        version: &Version,
        path: &Path,
    ) -> Result<(), StoreError> {
        let manifest = self.manifest(name, version)?;
        let candidate = self.candidate(engine, name, version)?;
        let says = candidate.manifest(&manifest.added_by);
        for (what, is_same) in [
            ("summary", says.summary == manifest.summary),
            ("compiler", says.compiler == manifest.compiler),
        ] {
            if !is_same {
                return Err(StoreError::Damaged {
                    path: path.join(MANIFEST),
                    reason: format!("its `{what}` is not what the component says"),
                });
            }
        }
        if manifest.cases_digest.is_none() {
            for path in [CASES, BASES].map(|part| path.join(part)) {
                if path.exists() {
                    let reason = "no cases were published with the version".to_owned();
                    return Err(StoreError::Damaged { path, reason });
                }
            }
        }
        // A key may have been removed where no signature is asked for; a signature of other bytes was never put there by a store.
        if let Some(signature) = self.signature(name, version)? {
            let component = self.published_bytes(name, version)?;
            match self.check_signature(&component, Some(&signature)) {
                Ok(()) | Err(StoreError::UnknownKey { .. } | StoreError::RemovedKey { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// What is in a folder of the store and does not belong there: links, and what has none of its names.
fn strays(folder: &Path, is_known: impl Fn(&str) -> bool) -> Vec<StoreError> {
    let names = match files::names(folder) {
        Ok(names) => names,
        Err(error) => return vec![error],
    };
    let stray = |name: &String| {
        let path: PathBuf = folder.join(name);
        if path.is_symlink() {
            Some(StoreError::Link { path })
        } else if is_known(name) {
            None
        } else {
            Some(StoreError::Stray { path })
        }
    };
    names.iter().filter_map(stray).collect()
}

impl Verified {
    /// Notes what is wrong, once.
    fn note(&mut self, name: &str, version: Option<Version>, error: StoreError) {
        let said = error.to_string();
        let mut findings = self.findings.iter();
        if findings.any(|it| it.name == name && it.error.to_string() == said) {
            return;
        }
        self.findings.push(Finding {
            name: name.to_owned(),
            version,
            error,
        });
    }
}
