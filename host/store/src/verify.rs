//! Looks over a whole store.
//!
//! Always true here: what it finds nothing wrong with can be loaded, but for what the engine says.

use crate::error::StoreError;
use crate::store::Store;
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
    /// Checks every version's files against what was published, every signature if the store asks for them, and every journal.
    ///
    /// # Errors
    ///
    /// The store's own folders cannot be read.
    pub fn verify(&self) -> Result<Verified, StoreError> {
        let mut verified = Verified::default();
        let folder = self.folder().join("policies");
        for name in crate::files::names(&folder)? {
            let path = folder.join(&name);
            let stray = |path| StoreError::Stray { path };
            let names = match self.version_names(&name) {
                Ok(names) => names,
                Err(StoreError::Unnameable { .. } | StoreError::UnknownPolicy { .. }) => {
                    verified.note(&name, None, stray(path));
                    continue;
                }
                Err(error) => {
                    verified.note(&name, None, error);
                    continue;
                }
            };
            for found in names {
                let Ok(version) = found.parse() else {
                    verified.note(&name, None, stray(path.join(found)));
                    continue;
                };
                match self.check(&name, &version) {
                    Ok(()) => verified.sound += 1,
                    Err(error) => verified.note(&name, Some(version), error),
                }
            }
            let active = self.history(&name).and_then(|_| self.active(&name));
            let checked = active.and_then(|active| match active {
                Some(active) => self.manifest(&name, &active.version).map(|_| ()),
                None => Ok(()),
            });
            if let Err(error) = checked {
                verified.note(&name, None, error);
            }
        }
        Ok(verified)
    }

    fn check(&self, name: &str, version: &Version) -> Result<(), StoreError> {
        self.component(name, version)?;
        self.cases(&self.manifest(name, version)?)?;
        Ok(())
    }
}

impl Verified {
    fn note(&mut self, name: &str, version: Option<Version>, error: StoreError) {
        self.findings.push(Finding {
            name: name.to_owned(),
            version,
            error,
        });
    }
}
