//! The component agrees with the `cel` crate on random conditions and random requests.

mod explain;
mod ready;
mod requirements;
mod selection;

use scopegate::{Engine, Policy};

fn engine() -> Engine {
    Engine::new().expect("an engine")
}

/// The policy of a rule set that must compile.
fn policy(engine: &Engine, rules: &str) -> Policy {
    match scopegate_compiler::compile(rules) {
        Ok(compiled) => engine
            .load(&compiled.component)
            .unwrap_or_else(|error| panic!("{error:?}\n{rules}")),
        Err(diagnostics) => panic!("{}", diagnostics.render(rules, "policy.toml", false)),
    }
}
