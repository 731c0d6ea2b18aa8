//! What crosses the boundary back from a policy, before it is checked.
//!
//! Always true here: nothing of this leaves the crate unchecked, but for [`Verdict`] and [`Problem`], which are only names.

use serde::{Deserialize, Serialize};
use wasmtime::component::{ComponentType, Lift};

use crate::facts::macros::{answer, tags};
use crate::judged::Judged;

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

tags!(Verdict: Allow, Deny);

answer! {
    /// A decision as a policy gives it: indices into its manifest.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub(crate) struct RawDecision<I, M> {
        pub(crate) verdict: Verdict,
        pub(crate) unmet: I,
        pub(crate) ready: I,
        pub(crate) fallbacks: M,
    }
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

tags!(Problem: TooLarge, OutOfRange, Repeated, WrongType, Other);

answer! {
    /// The one way for a policy to say "I cannot decide".
    #[derive(Debug)]
    pub(crate) struct RawEvaluationError {
        pub(crate) path: String,
        pub(crate) problem: Problem,
        pub(crate) message: String,
    }
}

answer! {
    /// What decided an unmet requirement.
    #[derive(Debug)]
    pub(crate) struct RawExplanation {
        pub(crate) requirement: u32,
        pub(crate) facts: Vec<String>,
    }
}

/// What an evaluation gives, as the policy says it. What is rare is boxed, for this is moved about.
pub(crate) type Evaluated = Result<Judged, Box<RawEvaluationError>>;

/// What an explanation gives, as the policy says it.
pub(crate) type Explained = Result<Vec<RawExplanation>, RawEvaluationError>;
