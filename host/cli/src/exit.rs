//! How the program ends.
//!
//! Always true here: what is worse wins, so an exit of 0 says that nothing at all went wrong.

use std::process::ExitCode;

/// How the program ends, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// Everything was allowed or done.
    Done,
    /// Something was denied.
    Denied,
    /// Some input is invalid.
    Invalid,
    /// Something failed.
    Failed,
}

impl Exit {
    /// Takes `other` too, if it is worse.
    pub(crate) fn note(&mut self, other: Self) {
        *self = (*self).max(other);
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Denied => 2,
            Exit::Invalid => 3,
        })
    }
}
