//! Loads policy components and decides with them.

mod cache;
mod code;
mod contract;
mod decision;
mod digest;
mod engine;
mod error;
mod explain;
mod facts;
mod fault;
mod governed;
mod instance;
mod json;
mod limits;
mod load;
mod manifest;
mod origin;
mod policy;
mod pool;
mod quota;
mod ticker;

pub use contract::{Problem, Verdict};
pub use decision::{Decision, Finding, PolicyId};
pub use engine::{Engine, EngineBuilder};
pub use error::{EngineError, EvaluateError, LoadError};
pub use explain::{Explanation, Fact};
pub use facts::*;
pub use fault::Fault;
pub use json::InputError;
pub use limits::Limits;
pub use manifest::{
    AttributeDeclaration, AttributeType, Manifest, PolicyLimits, ReadyState, Requirement,
};
pub use policy::{Origin, Policy};
