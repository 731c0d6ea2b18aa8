//! What administrators do over HTTP, done to the store.
//!
//! Always true here: what is answered as done is in the store and on the shelf.

use std::sync::Arc;

use scopegate_server::{
    Activated, Administration, AdministrationError, Event, Stored, StoredVersion, Upload, Uploaded,
};
use scopegate_store::{
    Activation, Added, Candidate, Direction, Entry, Folder, StoreError, Version,
};

use super::watch::Watch;
use crate::commands::check::chain;

pub(super) struct OfStore(pub(super) Arc<Watch>);

impl Administration for OfStore {
    fn upload(
        &self,
        name: &str,
        version: &str,
        upload: Upload,
        by: &str,
    ) -> Result<Uploaded, AdministrationError> {
        let version: Version = version.parse().map_err(refused)?;
        let folder = Folder {
            component: upload.component,
            signature: upload.signature,
            cases: upload.cases.map(|cases| (cases, upload.bases)),
        };
        let build = version.to_string();
        let build = build
            .split_once('+')
            .and_then(|(_, build)| build.parse().ok());
        let allowed = self.0.store.allowance(name).map_err(refused)?;
        let engine = allowed.engine(&self.0.engine);
        let candidate = Candidate::new(&engine, folder, build)
            .map_err(|error| self.failed(name, &version, error))?;
        let id = candidate.policy().id();
        if id.name != name || *candidate.version() != version {
            return Err(AdministrationError::Refused {
                reason: format!(
                    "the component is {} {}, not {name} {version}: send it there",
                    id.name,
                    candidate.version()
                ),
            });
        }
        let added = self.0.store.add(&candidate, by).map_err(refused)?;
        // What was there already has to pass the cases that it was published with.
        let is_new = matches!(added, Added::Published(_));
        let policy = candidate.policy().clone();
        if !is_new
            || !self
                .0
                .keep(name, &version, allowed, policy)
                .map_err(refused)?
        {
            self.0
                .prepare(name, &version)
                .map_err(|error| self.failed(name, &version, error))?;
        }
        self.look()?;
        Ok(match added {
            Added::Published(manifest) => Uploaded {
                digest: manifest.digest,
                created: true,
            },
            Added::There(manifest) | Added::Signed(manifest) => Uploaded {
                digest: manifest.digest,
                created: false,
            },
        })
    }

    fn activate(
        &self,
        name: &str,
        version: &str,
        allow_downgrade: bool,
        by: &str,
        reason: Option<&str>,
    ) -> Result<Activated, AdministrationError> {
        let version = version.parse().map_err(refused)?;
        let direction = if allow_downgrade {
            Direction::Any
        } else {
            Direction::Forward
        };
        self.make_active(direction, name, &version, by, reason)
    }

    fn rollback(
        &self,
        name: &str,
        by: &str,
        reason: Option<&str>,
    ) -> Result<Activated, AdministrationError> {
        let version = self.0.store.before(name).map_err(refused)?;
        self.make_active(Direction::Back, name, &version, by, reason)
    }

    fn list(&self) -> Result<Vec<Stored>, AdministrationError> {
        let entries = self.0.store.policies().map_err(refused)?;
        Ok(entries.into_iter().map(stored).collect())
    }

    fn show(&self, name: &str) -> Result<Stored, AdministrationError> {
        self.0.store.policy(name).map(stored).map_err(refused)
    }

    fn history(&self, name: &str) -> Result<Vec<Event>, AdministrationError> {
        let history = self.0.store.history(name).map_err(refused)?;
        let event = |activation: Activation| Event {
            at: activation.at,
            by: activation.by,
            what: "activated".to_owned(),
            version: activation.version.to_string(),
            previous: activation.from.map(|from| from.to_string()),
            why: Some(activation.why).filter(|why| !why.is_empty()),
            failure: None,
        };
        Ok(history.into_iter().map(event).collect())
    }
}

impl OfStore {
    fn make_active(
        &self,
        direction: Direction,
        name: &str,
        version: &Version,
        by: &str,
        reason: Option<&str>,
    ) -> Result<Activated, AdministrationError> {
        let digest = self
            .0
            .prepare(name, version)
            .map_err(|error| self.failed(name, version, error))?;
        let store = &self.0.store;
        let activation = store
            .activate_toward(direction, name, version, by, reason.unwrap_or("over HTTP"))
            .map_err(refused)?;
        if activation.digest != digest {
            // Somebody removed it meanwhile, and published other rules under its version.
            return Err(refused(StoreError::Overtaken {
                name: name.to_owned(),
            }));
        }
        self.look()?;
        Ok(Activated {
            version: activation.version.to_string(),
            previous: activation.from.map(|from| from.to_string()),
        })
    }

    /// Says in the status, the log and the metric that a version does not load or fails its cases.
    fn failed(&self, name: &str, version: &Version, error: StoreError) -> AdministrationError {
        if !matches!(
            error,
            StoreError::UnknownPolicy { .. }
                | StoreError::UnknownVersion { .. }
                | StoreError::Unnameable { .. }
        ) {
            let reason = chain(&error);
            tracing::error!(policy = name, %version, error = reason, "a version cannot be used");
            self.0.shelf.failed(name, &format!("{version}: {reason}"));
        }
        refused(error)
    }

    fn look(&self) -> Result<(), AdministrationError> {
        self.0.look().map_err(refused)
    }
}

fn stored(entry: Entry) -> Stored {
    let versions = entry.versions.into_iter().map(|manifest| StoredVersion {
        version: manifest.version.to_string(),
        digest: manifest.digest,
    });
    Stored {
        name: entry.name,
        active: entry.active.map(|active| active.version.to_string()),
        versions: versions.collect(),
    }
}

fn refused(error: StoreError) -> AdministrationError {
    let reason = chain(&error);
    match error {
        StoreError::UnknownPolicy { name } => AdministrationError::NotFound {
            what: format!("policy `{name}` in the store"),
        },
        StoreError::UnknownVersion { name, version } => AdministrationError::NotFound {
            what: format!("version {version} of the policy `{name}` in the store"),
        },
        StoreError::Published { .. }
        | StoreError::OtherBuild { .. }
        | StoreError::OtherRules { .. }
        | StoreError::Unproven { .. }
        | StoreError::Older { .. }
        | StoreError::Active { .. }
        | StoreError::Overtaken { .. }
        | StoreError::NothingBefore { .. } => AdministrationError::Conflict { reason },
        StoreError::File { .. }
        | StoreError::NoStore { .. }
        | StoreError::Damaged { .. }
        | StoreError::Journal { .. }
        | StoreError::OtherPolicy { .. }
        | StoreError::TooLarge { .. } => AdministrationError::Failed { reason },
        _ => AdministrationError::Refused { reason },
    }
}
