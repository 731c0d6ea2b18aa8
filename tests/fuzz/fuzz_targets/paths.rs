//! A request of any text: the core module called directly and the component's typed function give the same bytes, or the same error.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use scopegate::{Engine, EvaluateError, Policy, Request};

const RULES: &str = include_str!("../../../policies/webriskops/1.0.0/policy.toml");

static BOTH: LazyLock<[Policy; 2]> = LazyLock::new(|| {
    let component = scopegate_compiler::compile(RULES).expect("the default policy compiles").component;
    let direct = Engine::new().expect("an engine");
    let whole = Engine::builder().as_components().build().expect("an engine");
    [direct, whole].map(|engine| engine.load(&component).expect("the component fits"))
});

fn decide(policy: &Policy, request: &Request) -> Result<Vec<u8>, EvaluateError> {
    let mut written = Vec::new();
    policy.evaluate(request)?.write_json(&mut written);
    Ok(written)
}

fuzz_target!(|data: &[u8]| {
    let Ok(request) = Request::from_json(data, || 0) else { return };
    match BOTH.each_ref().map(|policy| decide(policy, &request)) {
        [Ok(direct), Ok(whole)] => assert_eq!(direct, whole),
        [direct, whole] => assert_eq!(format!("{direct:?}"), format!("{whole:?}")),
    }
    let [direct, whole] = BOTH.each_ref().map(|policy| format!("{:?}", policy.explain(&request)));
    assert_eq!(direct, whole);
});
