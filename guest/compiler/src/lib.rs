//! Compiles a Scopegate rule set to one WebAssembly component.
//!
//! Text goes in, and the bytes of a component come out, or everything that is wrong with the text. Nothing is read
//! from disk or network, the same text gives the same bytes on every machine, and a condition that compiles cannot
//! fail when it is evaluated.
//!
//! ```
//! let source = r#"
//! language = 1
//! name = "acme"
//! version = "0.1.0"
//! summary = "What ACME's customers confirm before we scan."
//! actions = ["scan"]
//!
//! [codes]
//! AUTHORIZATION_REQUIRED = "responsibility_blocked"
//!
//! [[requirement]]
//! id = "authorization-ready"
//! for = "every"
//! must = 'request.responsibility.authorization_status == "ready"'
//! code = "AUTHORIZATION_REQUIRED"
//! message = "Authorization is not confirmed."
//! remedy = "Confirm that you may have this project scanned."
//! source = "Customer responsibilities, step 2"
//! "#;
//! let compiled = scopegate_compiler::compile(source).expect("the rule set is right");
//! assert_eq!(scopegate_compiler::rules_of(&compiled.component).as_deref(), Some(source));
//!
//! let wrong = source.replace("ready", "redy");
//! let diagnostics = scopegate_compiler::compile(&wrong).unwrap_err();
//! assert!(diagnostics.render(&wrong, "policy.toml", false).contains("did you mean `ready`?"));
//! ```

mod check;
mod component;
mod condition;
mod contract;
mod coverage;
mod dfa;
mod diagnostic;
mod emit;
mod extend;
mod file;
mod ir;
mod mutants;
mod own;
mod plain;
mod rule_set;
mod rules;

pub use component::{COMPILER, compiler_of, digest, rules_of};
pub use coverage::Ways;
pub use diagnostic::{Diagnostic, Diagnostics, Severity};
pub use extend::{BASES, extend, extends};
pub use file::{ACTIONS, Base, Change, LANGUAGE, REQUIREMENTS, SOURCE_BYTES, base_of};
pub use mutants::{Mutant, Mutation};
pub use own::OwnPlaces;
pub use plain::plain_text;
pub use rule_set::{COMPONENT_BYTES, Compiled, RuleSet, compile, compile_within};

/// The runtime that every component brings along, by itself. For this crate's own tests.
#[doc(hidden)]
pub fn runtime_module() -> Vec<u8> {
    emit::standalone()
}

/// The state machine of a pattern as the runtime reads it. For this crate's own tests.
#[doc(hidden)]
pub fn pattern_image(pattern: &str) -> Option<Vec<u8>> {
    dfa::Dfa::new(pattern).ok().map(|dfa| dfa.image())
}
