//! A component of any bytes is loaded within its limits, or refused.

#![no_main]

use std::sync::LazyLock;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use scopegate::{Engine, Limits, Request};

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let limits = Limits { memory_bytes: 16 << 20, time: Duration::from_millis(200), fuel: 1_000_000, ..Limits::default() };
    Engine::builder().limits(limits).build().expect("an engine")
});
const REQUEST: &[u8] = include_bytes!("../../../policies/webriskops/1.1.0/examples/open-pull-request.json");

fuzz_target!(|data: &[u8]| {
    if let Ok(policy) = ENGINE.load(data) {
        let request = Request::from_json(REQUEST, || 0).expect("the example is a request");
        let _: Result<_, _> = policy.evaluate(&request);
    }
});
