//! What crosses the boundary back from a policy, before it is checked.
//!
//! Always true here: nothing of this leaves the crate unchecked, but for [`Verdict`] and [`Problem`], which are only names.

use serde::{Deserialize, Serialize};
use wasmtime::component::{ComponentType, Lift};

use crate::facts::AccessMode;

/// Whether an action may proceed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ComponentType, Lift)]
#[component(enum)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Verdict {
    /// It may.
    #[component(name = "allow")]
    Allow,
    /// It may not.
    #[component(name = "deny")]
    Deny,
}

/// A decision as a policy gives it: indices into its manifest.
#[derive(Debug, ComponentType, Lift)]
#[component(record)]
pub(crate) struct RawDecision {
    pub(crate) verdict: Verdict,
    pub(crate) unmet: Vec<u32>,
    pub(crate) ready: Vec<u32>,
    pub(crate) fallbacks: Vec<AccessMode>,
}

/// Why a fact could not be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ComponentType, Lift)]
#[component(enum)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Problem {
    /// A text or list is over its limit.
    #[component(name = "too-large")]
    TooLarge,
    /// A number or time is outside its range.
    #[component(name = "out-of-range")]
    OutOfRange,
    /// An attribute is given twice.
    #[component(name = "repeated")]
    Repeated,
    /// An attribute has another type than the policy declares.
    #[component(name = "wrong-type")]
    WrongType,
    /// Something else, as the message says: only a policy written by hand uses it.
    #[component(name = "other")]
    Other,
}

/// The one way for a policy to say "I cannot decide".
#[derive(Debug, ComponentType, Lift)]
#[component(record)]
pub(crate) struct RawEvaluationError {
    pub(crate) path: String,
    pub(crate) problem: Problem,
    pub(crate) message: String,
}

/// What decided an unmet requirement.
#[derive(Debug, ComponentType, Lift)]
#[component(record)]
pub(crate) struct RawExplanation {
    pub(crate) requirement: u32,
    pub(crate) facts: Vec<String>,
}
