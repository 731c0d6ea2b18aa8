//! The published versions of the default policy.

use std::fs;
use std::path::PathBuf;

/// A published version of the default policy. What one says is not said otherwise by a later one: that has its own folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edition {
    /// 1.0.0, the first.
    First,
    /// 1.1.0: identifiers that print as nothing are none, and exclusions hold for every spelling of a page.
    Spelled,
}

impl Edition {
    /// Every one, in their order.
    pub const ALL: [Self; 2] = [Self::First, Self::Spelled];

    /// The one that programs and packages bring along.
    pub const DEFAULT: Self = Self::Spelled;

    /// Its version.
    pub const fn version(self) -> &'static str {
        match self {
            Self::First => "1.0.0",
            Self::Spelled => "1.1.0",
        }
    }

    /// Its folder.
    pub fn folder(self) -> PathBuf {
        let policies = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../policies/webriskops");
        policies.join(self.version())
    }

    /// The text of a file of its folder.
    ///
    /// # Panics
    ///
    /// There is no such file.
    pub fn file(self, name: &str) -> String {
        let path = self.folder().join(name);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }
}
