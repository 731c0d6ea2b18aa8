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

/// Runs the test on a thread whose stack has room for the deepest conditions: the `cel` crate recurses, and is not optimised here.
fn on_a_large_stack(test: fn()) {
    let thread = std::thread::Builder::new().stack_size(64 << 20).spawn(test);
    if let Err(panic) = thread.expect("there is room for a thread").join() {
        std::panic::resume_unwind(panic);
    }
}
