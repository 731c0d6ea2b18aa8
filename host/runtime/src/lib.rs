//! Loads policy components and decides with them.
//!
//! A policy is a WebAssembly component behind the contract `scopegate:gate`: it imports nothing, so it can only compute (or an empty
//! world, [where that is allowed](Engine::with_wasi)). An
//! [`Engine`] loads it as a [`Policy`]; the policy answers a [`Request`] with a [`Decision`].
//!
#![cfg_attr(feature = "compiler", doc = "```")]
#![cfg_attr(not(feature = "compiler"), doc = "```ignore")]
//! use scopegate::{Engine, Request};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let rules = r#"
//! language = 1
//! name = "acme"
//! version = "0.1.0"
//! summary = "Who may scan."
//! actions = ["scan"]
//!
//! [codes]
//! ACTOR_REQUIRED = "responsibility_blocked"
//!
//! [[requirement]]
//! id = "actor-known"
//! for = "every"
//! must = 'request.actor.id != "" && request.actor.role != "viewer"'
//! code = "ACTOR_REQUIRED"
//! message = "Nobody who may scan asks for it."
//! remedy = "Sign in as somebody who may scan."
//! source = "Example, step 1"
//! "#;
//! let component = scopegate_compiler::compile(rules).expect("the rules are right").component;
//!
//! let engine = Engine::new()?;
//! let policy = engine.load(&component)?;
//! assert_eq!(policy.id().name, "acme");
//!
//! // In a service the text comes from outside; `now` is filled in from a clock if it is absent.
//! let text = include_bytes!("../tests/runtime/full.json");
//! let mut request = Request::from_json(text, || 1_795_435_200)?;
//! request.action = "scan".to_owned();
//! assert!(policy.evaluate(&request)?.is_allowed());
//!
//! request.actor.id.clear();
//! let decision = policy.evaluate(&request)?;
//! assert!(decision.codes().eq(["ACTOR_REQUIRED"]));
//! assert!(decision.findings().all(|finding| finding.remedy == "Sign in as somebody who may scan."));
//! assert!(serde_json::to_string(&decision)?.starts_with(r#"{"decision":"deny","codes":["ACTOR_REQUIRED"],"#));
//!
//! let explanations = policy.explain(&request)?;
//! assert!(explanations[0].facts.iter().any(|fact| fact.path == "actor.id" && fact.value == ""));
//! # Ok(())
//! # }
//! ```
//!
//! # What is promised
//!
//! - **The gate fails closed.** What is wrong with a request is an [`InputError`], what is wrong with a policy a [`LoadError`] or an
//!   [`EvaluateError`]; none of them is ever a decision. What a policy says is checked against its manifest before it counts.
//! - **A decision is a pure function** of the component's bytes and the request. Instances of a component that this version's compiler
//!   provably made ([`Origin::Compiled`]) keep no state. The memory of any other is restored after each decision, or it gets a fresh instance
//!   for each, and its work is counted.
//! - **Bounded.** [`Limits`] hold for memory, time, work, results, requests and components. After a failed call the instance is gone, and the
//!   next decision gets another.
//! - **Every decision names its policy**: name, version and the SHA-256 of the component.
//!
//! An [`Engine`] and a [`Policy`] are cheap to clone and may be used from many threads at once; calls block until they are decided.
//! To compile a component takes from milliseconds for a rule set to many seconds for a language runtime; in this process it is not bounded in
//! memory or time, so components of strangers are best [compiled by another](EngineBuilder::compile_foreign_with).

mod cache;
mod component;
mod contract;
mod decision;
mod digest;
mod direct;
mod engine;
mod error;
mod excerpt;
mod explain;
mod facts;
mod fault;
mod features;
mod instance;
mod json;
mod judged;
mod limits;
mod load;
mod manifest;
mod memory;
mod origin;
mod policy;
mod pool;
mod proof;
mod quota;
mod restore;
mod running;
mod store;
mod terms;
mod ticker;
mod wasi;
mod watch;
mod wiring;
mod written;

pub use contract::{Problem, Verdict};
pub use decision::{Decision, Finding, PolicyId};
pub use engine::{Engine, EngineBuilder, Foreign, ForeignCompiler};
pub use error::{EngineError, EvaluateError, JsonError, LoadError};
pub use excerpt::{EXCERPT_BYTES, Excerpt, cut_message};
pub use explain::{Explanation, Fact};
pub use facts::*;
pub use fault::Fault;
pub use json::{InputError, InputFault, UniqueJson, trim_json, trim_json_end, trim_json_start};
pub use limits::Limits;
pub use manifest::{
    AttributeDeclaration, AttributeType, Manifest, PolicyLimits, ReadyState, Requirement,
};
pub use policy::{Origin, Policy};
pub use pool::Instances;
pub use proof::Proof;
pub use running::{ask_while_running, thread_time};
