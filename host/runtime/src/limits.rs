//! How much a policy and a request may cost.
//!
//! Always true here: what goes over a limit ends in an error, never in a decision.

use std::time::Duration;

/// The limits of an [`Engine`](crate::Engine).
///
/// ```
/// let limits = scopegate::Limits { memory_bytes: 16 << 20, ..scopegate::Limits::default() };
/// assert_eq!(limits.time.as_secs(), 5);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of linear memory an instance may have, all its memories together. Default: 256 MiB, what a compiled policy grows to at most.
    pub memory_bytes: u64,
    /// How long a call may run, to about 40 milliseconds: a safety net. What its thread waits for a core does not count. Default: 5 seconds.
    pub time: Duration,
    /// How much work a call of a [foreign](crate::Origin::Foreign) policy may do, in units of about one instruction. Unlike time it is the
    /// same on every machine. Default: 2,000,000,000, about a second or two.
    pub fuel: u64,
    /// Bytes of a component. Default: 32 MiB.
    pub component_bytes: usize,
    /// Bytes of a request as [`Request::bytes`](crate::Request::bytes) counts them. Default: 128 MiB, more than the largest scan takes.
    pub request_bytes: usize,
    /// Bytes that a call may hand back, the manifest included. Default: 16 MiB.
    pub result_bytes: usize,
    /// How long a [foreign](crate::Origin::Foreign) component may take to be compiled, where [that is done
    /// elsewhere](crate::EngineBuilder::compile_foreign_with). Default: a minute.
    pub compile_time: Duration,
    /// Bytes of memory that may take. Default: 4 GiB.
    pub compile_bytes: u64,
    /// Idle instances that each [compiled](crate::Origin::Compiled) policy keeps for the next decisions. Default: 64.
    pub idle_instances: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: scopegate_contract::MEMORY_BYTES,
            time: Duration::from_secs(5),
            fuel: 2_000_000_000,
            component_bytes: 32 << 20,
            request_bytes: 128 << 20,
            result_bytes: 16 << 20,
            compile_time: Duration::from_mins(1),
            compile_bytes: 4 << 30,
            idle_instances: 64,
        }
    }
}
