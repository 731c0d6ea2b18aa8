//! What can go wrong with a store.
//!
//! Always true here: an error says what is wrong, where, and what to do.

use std::path::PathBuf;
use std::{error, fmt, io};

use scopegate::Excerpt;

use crate::version::Version;

/// Why a store did not do what it was asked.
#[derive(Debug)]
pub enum StoreError {
    /// A file or folder cannot be read or written.
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is no store in the folder.
    NoStore {
        /// The folder.
        path: PathBuf,
    },
    /// A file of the store does not say what it should.
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file has more bytes than it may.
    TooLarge {
        /// The file.
        path: PathBuf,
        /// How many it may have.
        most: u64,
    },
    /// A file of the journal of activations is not as it was written.
    Journal {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
        /// What to do.
        remedy: String,
    },
    /// What is stored under a name and version says that it is another policy, or another version.
    OtherPolicy {
        /// The policy that it is stored as.
        name: String,
        /// The version that it is stored as.
        version: Version,
        /// Which policy it is.
        found: Box<scopegate::PolicyId>,
    },
    /// Something in the store's folders is a symbolic link.
    Link {
        /// What.
        path: PathBuf,
    },
    /// Something in the store's folders is nothing of a store.
    Stray {
        /// What.
        path: PathBuf,
    },
    /// There is no such policy.
    UnknownPolicy {
        /// Its name.
        name: String,
    },
    /// There is no such version.
    UnknownVersion {
        /// The policy.
        name: String,
        /// The version.
        version: Version,
    },
    /// No policy can have this name or version.
    Unnameable {
        /// What is wrong with it.
        reason: String,
    },
    /// The version is published, with other rules.
    Published {
        /// The policy.
        name: String,
        /// The version.
        version: Version,
    },
    /// The version is published with the same rules, built by another compiler.
    OtherBuild {
        /// The policy.
        name: String,
        /// The version.
        version: Version,
        /// A build number that is free.
        free: u64,
    },
    /// The version is published with other bytes, or has another build, and nothing shows that the rules are the same.
    Unproven {
        /// The policy.
        name: String,
        /// The version that was to be published.
        version: Version,
        /// The version that is published.
        published: Version,
        /// Whether it is the rules of the published one that nothing shows.
        is_published: bool,
    },
    /// Another build of the version is published, with other rules.
    OtherRules {
        /// The policy.
        name: String,
        /// The version that was to be published.
        version: Version,
        /// The build that is published.
        published: Version,
    },
    /// The version is older than the active one.
    Older {
        /// The policy.
        name: String,
        /// The version.
        version: Version,
        /// The active one.
        active: Version,
    },
    /// The version is active and cannot be removed.
    Active {
        /// The policy.
        name: String,
        /// The version.
        version: Version,
    },
    /// Somebody else activated a version at the same time.
    Overtaken {
        /// The policy.
        name: String,
    },
    /// There is no version to go back to.
    NothingBefore {
        /// The policy.
        name: String,
    },
    /// The component is no policy that can be loaded.
    Unloadable {
        /// Why.
        source: scopegate::LoadError,
    },
    /// The policy does not decide its own cases as they expect.
    CasesFailed {
        /// The policy.
        name: String,
        /// The version.
        version: Version,
        /// The first cases that fail, and how.
        failed: Vec<String>,
    },
    /// The cases beside a component cannot be read.
    Cases {
        /// Why.
        source: crate::cases::CasesError,
    },
    /// A signature is required and there is none.
    Unsigned,
    /// The signature is no signature, or not one of these bytes.
    WrongSignature {
        /// What is wrong with it.
        reason: String,
    },
    /// The signature is of a form that does not count.
    LegacySignature,
    /// No key of the store made the signature.
    UnknownKey {
        /// The id of the key that made it.
        id: String,
    },
    /// The key that made the signature was removed from the store.
    RemovedKey {
        /// What the key was called.
        label: String,
    },
    /// A key cannot be used.
    Key {
        /// Why.
        reason: String,
    },
}

impl StoreError {
    /// Whether a signature is lacking or does not count.
    pub fn is_distrust(&self) -> bool {
        matches!(
            self,
            Self::Unsigned
                | Self::WrongSignature { .. }
                | Self::LegacySignature
                | Self::UnknownKey { .. }
                | Self::RemovedKey { .. }
        )
    }
}

impl fmt::Display for StoreError {
    #[expect(clippy::too_many_lines, reason = "one message for each error")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, .. } => write!(f, "`{}` cannot be read or written", path.display()),
            Self::NoStore { path } => write!(
                f,
                "`{}` is no store: `scopegate policy init` makes one",
                path.display()
            ),
            Self::Damaged { path, reason } => write!(
                f,
                "`{}` is damaged: {reason}; put it back from a backup, or remove the version",
                path.display()
            ),
            Self::TooLarge { path, most } => write!(
                f,
                "`{}` has more than {most} bytes: a component may have more if its policy is allowed `--component-bytes`",
                path.display()
            ),
            Self::Journal {
                path,
                reason,
                remedy,
            } => write!(f, "`{}` {reason}: {remedy}", path.display()),
            Self::OtherPolicy {
                name,
                version,
                found,
            } => write!(
                f,
                "what is stored as {name} {version} is the policy `{}` {}: its files were moved or its manifest was edited; put it back \
                 from a backup, or remove the version",
                Excerpt(&found.name),
                Excerpt(&found.version)
            ),
            Self::Link { path } => write!(
                f,
                "`{}` is a symbolic link, and a store has none: put what it leads to in its place",
                path.display()
            ),
            Self::Stray { path } => write!(
                f,
                "`{}` is nothing of a store, and is passed over: move it elsewhere",
                path.display()
            ),
            Self::UnknownPolicy { name } => write!(f, "there is no policy `{name}` in the store"),
            Self::UnknownVersion { name, version } => {
                write!(f, "there is no version {version} of the policy `{name}` in the store")
            }
            Self::Unnameable { reason } | Self::Key { reason } => f.write_str(reason),
            Self::Published { name, version } => write!(
                f,
                "{name} {version} is published with other rules, and a published version never changes: give the rules a new version"
            ),
            Self::OtherBuild {
                name,
                version,
                free,
            } => write!(
                f,
                "{name} {version} is published with the same rules, but another compiler built it: keep that one, or add this one as \
                 another build with `--build {free}`"
            ),
            Self::Unproven {
                name,
                version,
                published,
                is_published,
            } => {
                let of = if *is_published {
                    "the published one has the rules that it says it has"
                } else {
                    "this one has the rules that it says it has"
                };
                write!(
                    f,
                    "{name} {published} is published with other bytes, and nothing shows that {of}"
                )?;
                if version == published {
                    f.write_str("; a published version never changes: give the policy a new version")
                } else {
                    write!(
                        f,
                        "; builds of one version have the same rules, so {version} cannot be one: give the policy a new version"
                    )
                }
            }
            Self::OtherRules {
                name,
                version,
                published,
            } => write!(
                f,
                "{name} {version} has other rules than {name} {published}, and builds of one version are made from the same text, with the same \
                 `version` in it: add a build with `--build N` from that text, or give the rules a new version"
            ),
            Self::Older {
                name,
                version,
                active,
            } => write!(
                f,
                "{name} {version} is older than {active}, which is active: `scopegate policy rollback {name}` goes back to what was \
                 active before; an older version becomes active with `--allow-downgrade`, over HTTP with `\"allow_downgrade\": true`"
            ),
            Self::Active { name, version } => write!(
                f,
                "{name} {version} is active: activate another version before you remove it"
            ),
            Self::Overtaken { name } => write!(
                f,
                "a version of `{name}` was activated by somebody else at the same time: look at `scopegate policy history {name}` and try again"
            ),
            Self::NothingBefore { name } => write!(
                f,
                "there is no version of `{name}` to go back to, for what was gone back from does not count: name the version to activate"
            ),
            Self::Unloadable { .. } => f.write_str("the component cannot be loaded as a policy"),
            Self::CasesFailed {
                name,
                version,
                failed,
            } => {
                write!(f, "{name} {version} fails its own cases:")?;
                failed.iter().try_for_each(|case| write!(f, "\n  {case}"))
            }
            Self::Cases { .. } => f.write_str("the policy's cases cannot be used"),
            Self::Unsigned => f.write_str(
                "the component is not signed, and this store requires it: sign it with `scopegate policy sign`",
            ),
            Self::WrongSignature { reason } => {
                write!(f, "the signature does not fit the component: {reason}")
            }
            Self::LegacySignature => f.write_str(
                "the signature is a legacy one of minisign, of the file itself and not of its hash, and those do not count: sign the \
                 component again with `scopegate policy sign`, or with `minisign -S -H`",
            ),
            Self::UnknownKey { id } => write!(
                f,
                "the component is signed by the key {id}, which this store does not trust: see `scopegate policy key list`"
            ),
            Self::RemovedKey { label } => write!(
                f,
                "the component is signed by the key `{label}`, which was removed from this store: sign it with a trusted key"
            ),
        }
    }
}

impl error::Error for StoreError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::File { source, .. } => Some(source),
            Self::Unloadable { source } => Some(source),
            Self::Cases { source } => Some(source),
            _ => None,
        }
    }
}
