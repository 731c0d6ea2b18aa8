//! A folder of policies.
//!
//! Always true here: what the store hands out was checked against its digest, and against its signature if the store asks for one.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use chrono::{DateTime, SecondsFormat, Utc};
use scopegate_compiler::digest;

use crate::activation::Activation;
use crate::error::StoreError;
use crate::files;
use crate::journal::NEWEST;
use crate::keys::REMOVED;
use crate::manifest::Manifest;
use crate::settings::{self, Settings};
use crate::version::{Version, check_name};

/// The component's file in a version's folder.
pub(crate) const COMPONENT: &str = "policy.wasm";
/// Its signature.
pub(crate) const SIGNATURE: &str = "policy.wasm.minisig";
/// What the store knows of it.
pub(crate) const MANIFEST: &str = "manifest.json";
/// The cases beside it, and their bases.
pub(crate) const CASES: &str = "cases.jsonl";
pub(crate) const BASES: &str = "bases.json";
/// All that may be in a version's folder.
pub(crate) const PARTS: [&str; 5] = [COMPONENT, SIGNATURE, MANIFEST, CASES, BASES];
/// The folder of activations, in a policy's.
pub(crate) const JOURNAL: &str = "journal";

/// The most bytes of a component: what an engine loads at most by default.
pub(crate) const COMPONENT_BYTES: u64 = 32 << 20;

/// A store of policies. Cheap to clone; any number of processes may use one folder.
#[derive(Debug, Clone)]
pub struct Store {
    folder: PathBuf,
}

/// A policy in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Its versions, lowest first.
    pub versions: Vec<Manifest>,
    /// The activation that counts, if any version was ever activated.
    pub active: Option<Activation>,
}

impl Store {
    /// Makes a store in `folder`, or opens the one that is there.
    ///
    /// # Errors
    ///
    /// The folder cannot be written to.
    pub fn create(folder: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let store = Self {
            folder: folder.into(),
        };
        for part in ["policies", REMOVED, NEWEST] {
            let path = store.folder.join(part);
            files::create_folders(&path).map_err(|source| StoreError::File { path, source })?;
        }
        if !store.folder.join(settings::FILE).exists() {
            store.write_settings(&Settings::default())?;
        }
        Self::open(store.folder)
    }

    /// Opens the store in `folder`.
    ///
    /// # Errors
    ///
    /// There is none, or its settings cannot be read.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let store = Self {
            folder: folder.into(),
        };
        store.settings()?;
        Ok(store)
    }

    /// The folder it is in.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Every policy, by name.
    ///
    /// # Errors
    ///
    /// A file of the store cannot be read.
    pub fn policies(&self) -> Result<Vec<Entry>, StoreError> {
        self.names()?.iter().map(|name| self.policy(name)).collect()
    }

    /// The names of the policies.
    pub(crate) fn names(&self) -> Result<Vec<String>, StoreError> {
        let mut names = files::names(&self.folder.join("policies"))?;
        names.retain(|name| check_name(name).is_ok());
        Ok(names)
    }

    /// Whether there is a policy of that name.
    pub fn has(&self, name: &str) -> bool {
        self.policy_folder(name).is_ok_and(|folder| folder.is_dir())
    }

    /// One policy.
    ///
    /// # Errors
    ///
    /// There is none of that name, or a file of the store cannot be read.
    pub fn policy(&self, name: &str) -> Result<Entry, StoreError> {
        let mut versions = Vec::new();
        for version in self.versions(name)? {
            versions.push(self.manifest(name, &version)?);
        }
        Ok(Entry {
            name: name.to_owned(),
            versions,
            active: self.active(name)?,
        })
    }

    /// The versions of a policy, lowest first. What has another name in its folder is none.
    pub(crate) fn versions(&self, name: &str) -> Result<Vec<Version>, StoreError> {
        let mut versions: Vec<Version> = self
            .version_names(name)?
            .iter()
            .filter_map(|name| name.parse().ok())
            .collect();
        versions.sort();
        Ok(versions)
    }

    /// What is in the folder of a policy beside its journal: versions, and what does not belong there.
    pub(crate) fn version_names(&self, name: &str) -> Result<Vec<String>, StoreError> {
        let folder = self.policy_folder(name)?;
        if !folder.is_dir() {
            return Err(StoreError::UnknownPolicy {
                name: name.to_owned(),
            });
        }
        let mut names = files::names(&folder)?;
        names.retain(|name| name != JOURNAL);
        Ok(names)
    }

    /// What the store knows of a version.
    ///
    /// # Errors
    ///
    /// There is no such version, or its manifest is damaged.
    pub fn manifest(&self, name: &str, version: &Version) -> Result<Manifest, StoreError> {
        let path = self.version_folder(name, version)?.join(MANIFEST);
        let damaged = |reason| StoreError::Damaged {
            path: path.clone(),
            reason,
        };
        let Some(bytes) = files::read_if_there(&path)? else {
            if self.version_folder(name, version)?.is_dir() {
                return Err(damaged("it is missing".to_owned()));
            }
            return Err(StoreError::UnknownVersion {
                name: name.to_owned(),
                version: version.clone(),
            });
        };
        let manifest: Manifest =
            serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        if manifest.name != name || manifest.version != *version {
            return Err(damaged(format!(
                "it is that of {} {}",
                manifest.name, manifest.version
            )));
        }
        Ok(manifest)
    }

    /// The component of a version: the very bytes that were published, signed if the store asks for it. Which policy they are only their
    /// load tells: see [`check_identity`](crate::check_identity).
    ///
    /// # Errors
    ///
    /// There is no such version, its bytes were changed since, or its signature does not count.
    pub fn component(&self, name: &str, version: &Version) -> Result<Vec<u8>, StoreError> {
        let bytes = self.published_bytes(name, version)?;
        if self.settings()?.require_signature {
            let signature = self.signature(name, version)?;
            self.check_signature(&bytes, signature.as_deref())?;
        }
        Ok(bytes)
    }

    /// The signature beside a version, if there is one.
    pub(crate) fn signature(
        &self,
        name: &str,
        version: &Version,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        files::read_if_there(&self.version_folder(name, version)?.join(SIGNATURE))
    }

    /// The very bytes that were published, signed or not.
    pub(crate) fn published_bytes(
        &self,
        name: &str,
        version: &Version,
    ) -> Result<Vec<u8>, StoreError> {
        let manifest = self.manifest(name, version)?;
        let folder = self.version_folder(name, version)?;
        let path = folder.join(COMPONENT);
        let settings = self.settings()?;
        let allowance = settings.allowances.get(name);
        let most = allowance.and_then(|allowance| allowance.component_bytes);
        let bytes = match files::read(&path, most.unwrap_or(COMPONENT_BYTES)) {
            Err(StoreError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                let reason = "it is missing".to_owned();
                return Err(StoreError::Damaged { path, reason });
            }
            read => read?,
        };
        let found = digest(&bytes);
        if found != manifest.digest {
            return Err(StoreError::Damaged {
                path,
                reason: format!(
                    "its digest is {found}, but {} was published",
                    manifest.digest
                ),
            });
        }
        Ok(bytes)
    }

    /// Removes a version that is not active.
    ///
    /// # Errors
    ///
    /// There is no such version, it is active, or it cannot be removed.
    pub fn remove(&self, name: &str, version: &Version) -> Result<(), StoreError> {
        let _lock = self.lock()?;
        let path = self.version_folder(name, version)?;
        if !path.is_dir() {
            return Err(StoreError::UnknownVersion {
                name: name.to_owned(),
                version: version.clone(),
            });
        }
        if self
            .active(name)?
            .is_some_and(|active| active.version == *version)
        {
            return Err(StoreError::Active {
                name: name.to_owned(),
                version: version.clone(),
            });
        }
        files::remove_folder(&path).map_err(|source| StoreError::File { path, source })
    }

    pub(crate) fn policy_folder(&self, name: &str) -> Result<PathBuf, StoreError> {
        check_name(name)?;
        Ok(self.folder.join("policies").join(name))
    }

    pub(crate) fn version_folder(
        &self,
        name: &str,
        version: &Version,
    ) -> Result<PathBuf, StoreError> {
        Ok(self.policy_folder(name)?.join(version.to_string()))
    }

    /// Keeps others from changing the store until it is dropped; the system lets go of it if the process is killed.
    pub(crate) fn lock(&self) -> Result<File, StoreError> {
        let path = self.folder.join("lock");
        let locked = File::options()
            .create(true)
            .write(true)
            .truncate(false)
            .open(&path)
            .and_then(|file| file.lock().map(|()| file));
        locked.map_err(|source| StoreError::File { path, source })
    }
}

/// This moment in RFC 3339, in whole seconds.
pub(crate) fn now() -> String {
    DateTime::<Utc>::from(SystemTime::now()).to_rfc3339_opts(SecondsFormat::Secs, true)
}
