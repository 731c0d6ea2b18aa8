//! Publishes a version.
//!
//! Always true here: what is published loads, fits the contract, and passes the cases beside it; what is there already is never replaced.

use std::io;

use scopegate::{Engine, Origin, Policy, PolicyId, Proof};
use scopegate_compiler::{digest, plain_text};

use crate::cases::{Case, read_texts};
use crate::error::StoreError;
use crate::files;
use crate::identity::check_identity;
use crate::keys::sign;
use crate::manifest::Manifest;
use crate::store::{BASES, CASES, COMPONENT, MANIFEST, SIGNATURE, Store, now};
use crate::version::{Version, check_name};

/// The most cases named that fail.
const FAILED_CASES: usize = 5;

/// What is to be published.
#[derive(Debug, Clone, Default)]
pub struct Folder {
    /// The component.
    pub component: Vec<u8>,
    /// Its signature, as minisign writes it.
    pub signature: Option<Vec<u8>>,
    /// Its cases, one a line, and the requests that they change, as JSON.
    pub cases: Option<(String, Option<String>)>,
}

/// A version that loads and passes its cases.
#[derive(Debug)]
pub struct Candidate {
    policy: Policy,
    version: Version,
    folder: Folder,
    engine: Engine,
}

/// What became of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Added {
    /// It is published.
    Published(Manifest),
    /// The same bytes were published before.
    There(Manifest),
    /// The same bytes were published before, and have this signature now.
    Signed(Manifest),
}

impl Candidate {
    /// Loads a component, and has it decide its cases; `build` is the number of the build, if it is not the first.
    ///
    /// # Errors
    ///
    /// It does not load, its name or version cannot be stored, or a case fails.
    pub fn new(engine: &Engine, folder: Folder, build: Option<u64>) -> Result<Self, StoreError> {
        // What is published, and digested, is the same from every checkout.
        let plain = |text: String| plain_text(&text).into_owned();
        let cases = folder.cases;
        let folder = Folder {
            cases: cases.map(|(cases, bases)| (plain(cases), bases.map(plain))),
            ..folder
        };
        Self::loaded(engine, folder, |id| {
            check_name(&id.name)?;
            Version::of(&id.version, build)
        })
    }

    fn loaded(
        engine: &Engine,
        folder: Folder,
        version: impl FnOnce(&PolicyId) -> Result<Version, StoreError>,
    ) -> Result<Self, StoreError> {
        let policy = engine
            .load(&folder.component)
            .map_err(|source| StoreError::Unloadable { source })?;
        let candidate = Self {
            version: version(policy.id())?,
            policy,
            folder,
            engine: engine.clone(),
        };
        candidate.check_cases()?;
        Ok(candidate)
    }

    /// The same, loaded by another engine.
    ///
    /// # Errors
    ///
    /// It does not load there, says there that it is another policy, or a case fails.
    pub fn again(self, engine: &Engine) -> Result<Self, StoreError> {
        let name = &self.policy.id().name;
        Self::loaded(engine, self.folder, |id| {
            check_identity(name, &self.version, id)?;
            Ok(self.version)
        })
    }

    /// The policy.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The version that it is published as.
    pub fn version(&self) -> &Version {
        &self.version
    }

    fn check_cases(&self) -> Result<(), StoreError> {
        let Some((cases, bases)) = &self.folder.cases else {
            return Ok(());
        };
        let cases =
            read_texts(cases, bases.as_deref()).map_err(|source| StoreError::Cases { source })?;
        let mut failed: Vec<String> = cases
            .iter()
            .filter_map(|case| failure(&self.policy, case))
            .collect();
        if failed.is_empty() {
            return Ok(());
        }
        if failed.len() > FAILED_CASES {
            let more = failed.len() - FAILED_CASES;
            failed.truncate(FAILED_CASES);
            failed.push(format!("and {more} more"));
        }
        Err(StoreError::CasesFailed {
            name: self.policy.id().name.clone(),
            version: self.version.clone(),
            failed,
        })
    }

    /// Whether it has the rules of what is published as `version`. What they say of themselves is not enough: where the bytes differ, both
    /// must be shown to be made of the rules that they carry.
    fn has_rules_of(&self, version: &Version, published: &Policy) -> Result<bool, StoreError> {
        if published.id().digest == self.policy.id().digest {
            return Ok(true);
        }
        for (policy, is_published) in [(&self.policy, false), (published, true)] {
            // It may have been made by another compiler, as the store saw when it was added.
            if policy.origin() == Origin::Foreign {
                return Err(StoreError::Unproven {
                    name: published.id().name.clone(),
                    version: self.version.clone(),
                    published: version.clone(),
                    is_published,
                });
            }
        }
        let rules = |policy: &Policy| policy.manifest().rules_digest.clone();
        Ok(rules(&self.policy) == rules(published))
    }

    /// What the store knows of it if `by` publishes it.
    pub(crate) fn manifest(&self, by: &str) -> Manifest {
        let manifest = self.policy.manifest();
        let cases = self.folder.cases.as_ref();
        Manifest {
            name: manifest.name.clone(),
            version: self.version.clone(),
            summary: manifest.summary.clone(),
            digest: self.policy.id().digest.clone(),
            rules_digest: manifest.rules_digest.clone(),
            contract: scopegate_contract::INTERFACE.to_owned(),
            compiler: scopegate_compiler::compiler_of(&self.folder.component),
            proof: Proof::of(&self.policy),
            cases_digest: cases.map(|(cases, bases)| {
                let bases = bases.as_deref().unwrap_or_default();
                digest(&[cases.as_bytes(), bases.as_bytes()].concat())
            }),
            added_at: now(),
            added_by: by.to_owned(),
        }
    }
}

/// How a case fails, if it does.
fn failure(policy: &Policy, case: &Case) -> Option<String> {
    match policy.evaluate(&case.request) {
        Ok(decision) => {
            let differences = case.expect.differences(&decision);
            let first = differences.first()?;
            Some(format!(
                "`{}`: expected {} {}, found {}",
                case.name,
                first.what,
                first.expected.join(", "),
                first.got.join(", ")
            ))
        }
        Err(error) => Some(format!("`{}`: no decision: {error}", case.name)),
    }
}

impl Store {
    /// Publishes a version, in the name of `by`.
    ///
    /// # Errors
    ///
    /// The version is published with other bytes or has a build with other rules, its signature does not count, or the store cannot be
    /// written to.
    pub fn add(&self, candidate: &Candidate, by: &str) -> Result<Added, StoreError> {
        let manifest = candidate.manifest(by);
        let folder = &candidate.folder;
        if self.settings()?.require_signature || folder.signature.is_some() {
            self.check_signature(&folder.component, folder.signature.as_deref())?;
        }
        let _lock = self.lock()?;
        if let Some(there) = self.there(candidate, &manifest)? {
            return self.sign_again(there, folder.signature.as_deref());
        }
        let json = serde_json::to_vec_pretty(&manifest).expect("a manifest can be written as JSON");
        let mut parts: Vec<(&str, &[u8])> = vec![(COMPONENT, &folder.component), (MANIFEST, &json)];
        if let Some(signature) = &folder.signature {
            parts.push((SIGNATURE, signature));
        }
        if let Some((cases, bases)) = &folder.cases {
            parts.push((CASES, cases.as_bytes()));
            if let Some(bases) = bases {
                parts.push((BASES, bases.as_bytes()));
            }
        }
        let path = self.version_folder(&manifest.name, &manifest.version)?;
        let policy = self.policy_folder(&manifest.name)?;
        let written = files::create_folders(&policy)
            .and_then(|()| files::sweep(&policy))
            .and_then(|()| files::create_folder(&path, &parts));
        match written {
            Ok(()) => Ok(Added::Published(manifest)),
            Err(source) if source.kind() == io::ErrorKind::DirectoryNotEmpty => {
                Err(StoreError::Published {
                    name: manifest.name,
                    version: manifest.version,
                })
            }
            Err(source) => Err(StoreError::File { path, source }),
        }
    }

    /// Puts another signature beside what is published.
    fn sign_again(&self, there: Manifest, signature: Option<&[u8]>) -> Result<Added, StoreError> {
        let path = self
            .version_folder(&there.name, &there.version)?
            .join(SIGNATURE);
        let Some(signature) = signature else {
            return Ok(Added::There(there));
        };
        if files::read_if_there(&path)?.as_deref() == Some(signature) {
            return Ok(Added::There(there));
        }
        match files::replace(&path, signature) {
            Ok(()) => Ok(Added::Signed(there)),
            Err(source) => Err(StoreError::File { path, source }),
        }
    }

    /// Signs a published version with a secret key, if the store trusts it: whoever signs vouches for the policy that it says it is.
    ///
    /// # Errors
    ///
    /// The version does not load or is another policy, or the key is none or does not count.
    pub fn sign(
        &self,
        engine: &Engine,
        name: &str,
        version: &Version,
        secret: &str,
    ) -> Result<Added, StoreError> {
        let component = self.published_bytes(name, version)?;
        let engine = self.allowance(name)?.engine(engine);
        let candidate = self.load_bytes(&engine, name, version, component)?;
        let component = &candidate.folder.component;
        let signature = sign(component, secret)?;
        self.check_signature(component, Some(signature.as_bytes()))?;
        let _lock = self.lock()?;
        let there = self.manifest(name, version)?;
        if there.digest != candidate.policy.id().digest {
            return Err(StoreError::Overtaken {
                name: name.to_owned(),
            });
        }
        self.sign_again(there, Some(signature.as_bytes()))
    }

    /// Loads a version as the store allows it, and has it decide its cases.
    ///
    /// # Errors
    ///
    /// As for [`load`](Self::load).
    pub fn candidate(
        &self,
        engine: &Engine,
        name: &str,
        version: &Version,
    ) -> Result<Candidate, StoreError> {
        self.load(&self.allowance(name)?.engine(engine), name, version)
    }

    /// Loads a version with `engine` as it is, and has it decide its cases.
    ///
    /// # Errors
    ///
    /// As for [`component`](Self::component), it does not load, it is another policy or version, or its cases were changed or fail.
    pub fn load(
        &self,
        engine: &Engine,
        name: &str,
        version: &Version,
    ) -> Result<Candidate, StoreError> {
        let component = self.component(name, version)?;
        self.load_bytes(engine, name, version, component)
    }

    fn load_bytes(
        &self,
        engine: &Engine,
        name: &str,
        version: &Version,
        component: Vec<u8>,
    ) -> Result<Candidate, StoreError> {
        let manifest = self.manifest(name, version)?;
        let folder = Folder {
            component,
            signature: None,
            cases: self.cases(&manifest)?,
        };
        let engine = engine.with_proof(manifest.proof.clone());
        let candidate = Candidate::loaded(&engine, folder, |id| {
            check_identity(name, version, id)?;
            Ok(version.clone())
        })?;
        self.check_manifest(&manifest, &candidate.policy)?;
        self.check_rules(&candidate)?;
        Ok(candidate)
    }

    /// Checks all that loading `version` again would check of its files, beside what the policy that was loaded of it shows; and that the
    /// journal tells which version is active.
    ///
    /// # Errors
    ///
    /// A file cannot be read, was changed since it was published, or is not that of the policy; or its signature does not count.
    pub fn check_files(&self, version: &Version, loaded: &Policy) -> Result<(), StoreError> {
        let name = &loaded.id().name;
        let manifest = self.manifest(name, version)?;
        self.check_manifest(&manifest, loaded)?;
        self.component(name, version)?;
        self.cases(&manifest)?;
        self.active(name)?;
        Ok(())
    }

    /// Checks that a manifest is that of the policy that was loaded.
    ///
    /// # Errors
    ///
    /// It has other digests.
    pub fn check_manifest(&self, manifest: &Manifest, loaded: &Policy) -> Result<(), StoreError> {
        let says = loaded.manifest();
        for (what, found, expected) in [
            ("digest", &manifest.digest, &loaded.id().digest),
            ("rules_digest", &manifest.rules_digest, &says.rules_digest),
        ] {
            if found != expected {
                return Err(StoreError::Damaged {
                    path: self
                        .version_folder(&manifest.name, &manifest.version)?
                        .join(MANIFEST),
                    reason: format!("its `{what}` is not what the component says"),
                });
            }
        }
        Ok(())
    }

    /// The cases beside a version, as they were published.
    pub(crate) fn cases(
        &self,
        manifest: &Manifest,
    ) -> Result<Option<(String, Option<String>)>, StoreError> {
        let Some(expected) = &manifest.cases_digest else {
            return Ok(None);
        };
        let folder = self.version_folder(&manifest.name, &manifest.version)?;
        let path = folder.join(CASES);
        let read = |name| files::read_if_there(&folder.join(name));
        let (cases, bases) = (read(CASES)?.unwrap_or_default(), read(BASES)?);
        let found = digest(&[&*cases, bases.as_deref().unwrap_or_default()].concat());
        let damaged = |reason| StoreError::Damaged {
            path: path.clone(),
            reason,
        };
        if found != *expected {
            let of_bases = match bases {
                Some(_) => "is not",
                None => "is missing",
            };
            return Err(damaged(format!(
                "it is not what was published, or `{BASES}` beside it {of_bases}"
            )));
        }
        let text =
            |bytes: Vec<u8>| String::from_utf8(bytes).map_err(|error| damaged(error.to_string()));
        Ok(Some((text(cases)?, bases.map(text).transpose()?)))
    }

    /// The version that is there already, if it has the same bytes. Other builds of the version have to have the same rules.
    fn there(
        &self,
        candidate: &Candidate,
        manifest: &Manifest,
    ) -> Result<Option<Manifest>, StoreError> {
        let known = match self.versions(&manifest.name) {
            Err(StoreError::UnknownPolicy { .. }) => return Ok(None),
            known => known?,
        };
        if known.contains(&manifest.version) {
            let there = self.manifest(&manifest.name, &manifest.version)?;
            if there.digest == manifest.digest {
                return Ok(Some(there));
            }
            let (name, version) = (manifest.name.clone(), manifest.version.clone());
            return Err(if self.has_rules_of(candidate, &there)? {
                let free = version.free_build(&known);
                StoreError::OtherBuild {
                    name,
                    version,
                    free,
                }
            } else {
                StoreError::Published { name, version }
            });
        }
        let mut builds = known
            .iter()
            .filter(|version| version.is_build_beside(&manifest.version));
        builds.try_for_each(|build| {
            let there = self.manifest(&manifest.name, build)?;
            if there.digest == manifest.digest || self.has_rules_of(candidate, &there)? {
                return Ok(());
            }
            Err(StoreError::OtherRules {
                name: manifest.name.clone(),
                version: manifest.version.clone(),
                published: build.clone(),
            })
        })?;
        Ok(None)
    }

    /// Checks that a version has the rules of the first build of it that decides. One that is damaged, or that nobody vouches for, says
    /// nothing of the others.
    fn check_rules(&self, candidate: &Candidate) -> Result<(), StoreError> {
        let name = &candidate.policy.id().name;
        let known = self.versions(name)?;
        let first = known
            .iter()
            .filter(|it| **it < candidate.version && it.is_build_beside(&candidate.version))
            .find_map(|build| {
                let component = self.component(name, build).ok()?;
                let policy = self.published(&candidate.engine, name, build, &component);
                Some((build, policy.ok()?))
            });
        match first {
            Some((build, published)) if !candidate.has_rules_of(build, &published)? => {
                Err(StoreError::OtherRules {
                    name: name.clone(),
                    version: candidate.version.clone(),
                    published: build.clone(),
                })
            }
            _ => Ok(()),
        }
    }

    /// Loads a published component, without its cases.
    fn published(
        &self,
        engine: &Engine,
        name: &str,
        version: &Version,
        component: &[u8],
    ) -> Result<Policy, StoreError> {
        let engine = engine.with_proof(self.manifest(name, version)?.proof);
        let policy = engine
            .load(component)
            .map_err(|source| StoreError::Unloadable { source })?;
        check_identity(name, version, policy.id())?;
        Ok(policy)
    }

    /// Whether a component that is to be published has the rules of one that is.
    fn has_rules_of(&self, candidate: &Candidate, there: &Manifest) -> Result<bool, StoreError> {
        let (name, version) = (&there.name, &there.version);
        let component = self.published_bytes(name, version)?;
        let published = self.published(&candidate.engine, name, version, &component)?;
        candidate.has_rules_of(version, &published)
    }
}
