//! A rule set of any text compiles or is refused; what compiles loads as compiled by us, and decides.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use scopegate::{Engine, Origin, Request};

static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::new().expect("an engine"));
const REQUEST: &[u8] = include_bytes!("../../../policies/webriskops/1.1.0/examples/open-pull-request.json");

fuzz_target!(|data: &[u8]| {
    let Ok(source) = std::str::from_utf8(data) else { return };
    match scopegate_compiler::compile(source) {
        Ok(compiled) => {
            let policy = ENGINE.load(&compiled.component).expect("what compiles fits the contract");
            assert_eq!(policy.origin(), Origin::Compiled);
            let request = Request::from_json(REQUEST, || 0).expect("the example is a request");
            policy.evaluate(&request).expect("what compiles does not fail");
            policy.explain(&request).expect("what compiles does not fail");
        }
        Err(diagnostics) => {
            assert!(diagnostics.has_errors());
            diagnostics.render(source, "policy.toml", false);
        }
    }
});
