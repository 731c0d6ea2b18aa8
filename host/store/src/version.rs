//! Which version of a policy: its semantic version, and which build of it.
//!
//! Always true here: a name or version that exists is safe as the name of a folder.

use std::fmt;
use std::str::FromStr;

use scopegate::Excerpt;
use serde::{Deserialize, Serialize};

use crate::error::StoreError;

/// The most bytes of a policy's name or version.
const NAME_BYTES: usize = 100;

/// A version as the store publishes it: `1.0.0`, or `1.0.0+2` for another build of the same rules.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Version(semver::Version);

impl Version {
    /// The version that a policy says it is, as its build with that number.
    ///
    /// # Errors
    ///
    /// The version is none, or has a build of its own as well.
    pub fn of(version: &str, build: Option<u64>) -> Result<Self, StoreError> {
        let Some(build) = build else {
            return version.parse();
        };
        if version.contains('+') {
            return Err(StoreError::Unnameable {
                reason: format!(
                    "the version `{version}` names its build already: leave the build number out"
                ),
            });
        }
        format!("{version}+{build}").parse()
    }
}

impl Version {
    /// Whether a policy that says it is of the version `own` may be published as this one: it says the same, or this is a build of it.
    pub(crate) fn is_of(&self, own: &str) -> bool {
        let own = semver::Version::parse(own);
        own.is_ok_and(|own| own == self.0 || (own.build.is_empty() && own == self.unbuilt()))
    }

    /// Whether both are builds of one version.
    pub(crate) fn is_build_beside(&self, other: &Self) -> bool {
        self.unbuilt() == other.unbuilt()
    }

    /// Whether it is older than another version. Builds of one version are equally old.
    pub(crate) fn is_before(&self, other: &Self) -> bool {
        self.0.cmp_precedence(&other.0).is_lt()
    }

    /// The number of a build of it that is none of `known`.
    pub(crate) fn free_build(&self, known: &[Self]) -> u64 {
        let plain = self.unbuilt().to_string();
        let mut builds = 2..;
        builds
            .find(|build| Self::of(&plain, Some(*build)).is_ok_and(|it| !known.contains(&it)))
            .unwrap_or(u64::MAX)
    }

    fn unbuilt(&self) -> semver::Version {
        semver::Version {
            build: semver::BuildMetadata::EMPTY,
            ..self.0.clone()
        }
    }
}

impl FromStr for Version {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        let unnameable = |reason: String| StoreError::Unnameable { reason };
        if text.len() > NAME_BYTES {
            return Err(unnameable(format!(
                "a version has at most {NAME_BYTES} bytes"
            )));
        }
        text.parse().map(Self).map_err(|error| {
            unnameable(format!(
                "`{}` is no semantic version such as `1.0.0`: {error}",
                Excerpt(text)
            ))
        })
    }
}

impl TryFrom<String> for Version {
    type Error = StoreError;

    fn try_from(text: String) -> Result<Self, StoreError> {
        text.parse()
    }
}

impl From<Version> for String {
    fn from(version: Version) -> Self {
        version.to_string()
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Refuses what cannot be the name of a policy, or of a key: it becomes the name of a file.
pub(crate) fn check_name(name: &str) -> Result<(), StoreError> {
    let is_plain =
        |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
    let begins = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if name.len() <= NAME_BYTES && name.starts_with(begins) && name.chars().all(is_plain) {
        return Ok(());
    }
    Err(StoreError::Unnameable {
        reason: format!(
            "`{}` is no name: expected lower-case letters, digits, `-`, `_` and `.`, at most {NAME_BYTES}, the first a letter or digit",
            Excerpt(name)
        ),
    })
}
