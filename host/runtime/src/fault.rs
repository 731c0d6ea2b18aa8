//! How the code of a policy can fail.
//!
//! Always true here: after a fault the instance is gone, and the next decision gets another.

use std::error::Error;
use std::fmt;

use wasmtime::Trap;

use crate::limits::Limits;
use crate::quota::Quota;
use crate::running::Stopped;

/// Why a policy's code gave no result.
#[derive(Debug)]
#[non_exhaustive]
pub enum Fault {
    /// It used all its [`fuel`](Limits::fuel).
    OutOfFuel {
        /// The limit, in units of about one instruction.
        limit: u64,
    },
    /// It ran longer than [`time`](Limits::time); what its thread waited for a core does not count.
    TimedOut {
        /// The limit.
        limit: std::time::Duration,
    },
    /// Its thread was told that it may not go on: see [`ask_while_running`](crate::ask_while_running).
    Stopped,
    /// It failed after it was refused more than [`memory_bytes`](Limits::memory_bytes).
    OutOfMemory {
        /// The limit, in bytes.
        limit: u64,
    },
    /// Its calls nested too deep.
    OutOfStack,
    /// Its result takes more than [`result_bytes`](Limits::result_bytes).
    ResultTooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// It trapped, or what it handed over is not what the contract says, as the source tells.
    Trapped(Box<dyn Error + Send + Sync>),
}

impl Fault {
    /// Tells what `error` of a call within `quota` was.
    pub(crate) fn new(error: wasmtime::Error, quota: &Quota, limits: &Limits) -> Self {
        match error.downcast_ref::<Trap>() {
            Some(Trap::OutOfFuel) => Self::OutOfFuel { limit: limits.fuel },
            Some(Trap::Interrupt) => Self::TimedOut { limit: limits.time },
            Some(Trap::StackOverflow) => Self::OutOfStack,
            None if error.is::<Stopped>() => Self::Stopped,
            // Wasmtime has no public type for this one; a test holds on to the wording.
            None if error.chain().any(|cause| {
                cause
                    .to_string()
                    .starts_with("too much data is being copied")
            }) =>
            {
                Self::ResultTooLarge {
                    limit: limits.result_bytes,
                }
            }
            _ if quota.was_refused() => Self::OutOfMemory {
                limit: limits.memory_bytes,
            },
            _ => Self::Trapped(error.into()),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfFuel { limit } => write!(f, "the policy used all its fuel ({limit} units)"),
            Self::TimedOut { limit } => write!(f, "the policy ran longer than {limit:?}"),
            Self::Stopped => write!(f, "the policy was stopped before it had decided"),
            Self::OutOfMemory { limit } => write!(
                f,
                "the policy asked for more memory than {limit} bytes and failed without it"
            ),
            Self::OutOfStack => write!(f, "the policy's calls nested too deep"),
            Self::ResultTooLarge { limit } => {
                write!(f, "the policy's result takes more than {limit} bytes")
            }
            Self::Trapped(_) => write!(f, "the policy's code failed"),
        }
    }
}

impl Error for Fault {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Trapped(source) => Some(&**source),
            _ => None,
        }
    }
}
