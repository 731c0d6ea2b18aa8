//! A request of any text: the core module called directly and the component's typed function give the same bytes, or the same error; so does
//! either of the text itself, alone and in a sequence.

#![no_main]

use std::ops::ControlFlow;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use scopegate::{Decision, Engine, EvaluateError, JsonError, Policy, Request};

const RULES: &str = include_str!("../../../policies/webriskops/1.1.0/policy.toml");

static BOTH: LazyLock<[Policy; 2]> = LazyLock::new(|| {
    let component = scopegate_compiler::compile(RULES).expect("the default policy compiles").component;
    let direct = Engine::new().expect("an engine");
    let whole = Engine::builder().as_components().build().expect("an engine");
    [direct, whole].map(|engine| engine.load(&component).expect("the component fits"))
});

/// What came of a request, or of a text.
type Decided = Result<Vec<u8>, String>;

fn decided(decision: Result<Decision<'_>, EvaluateError>) -> Decided {
    let mut written = Vec::new();
    decision.map_err(|error| format!("{error:?}"))?.write_json(&mut written);
    Ok(written)
}

fn of_text(policy: &Policy, text: &[u8]) -> Decided {
    match policy.evaluate_json(text, || 0) {
        Ok(decision) => decided(Ok(decision)),
        Err(JsonError::Evaluate(error)) => decided(Err(error)),
        Err(JsonError::Input(error)) => Err(format!("{error:?}")),
    }
}

/// What came of each request of a sequence, if it is one.
fn of_sequence(policy: &Policy, text: &[u8]) -> Option<Vec<Decided>> {
    let mut all = Vec::new();
    let each = |decision: Result<Decision<'_>, EvaluateError>| {
        all.push(decided(decision));
        ControlFlow::Continue(())
    };
    policy.evaluate_json_sequence(text, || 0, each).ok()?;
    Some(all)
}

fuzz_target!(|data: &[u8]| {
    let [direct, whole] = BOTH.each_ref();
    let twice = [data, b",", data].concat();
    assert_eq!(of_sequence(direct, &twice), of_sequence(whole, &twice));
    let request = match Request::from_json(data, || 0) {
        Ok(request) => request,
        Err(error) => {
            let error = Err(format!("{error:?}"));
            assert_eq!(of_text(direct, data), error);
            assert_eq!(of_text(whole, data), error);
            return;
        }
    };
    let expected = decided(whole.evaluate(&request));
    assert_eq!(decided(direct.evaluate(&request)), expected);
    assert_eq!(of_text(direct, data), expected);
    assert_eq!(of_text(whole, data), expected);
    assert_eq!(of_sequence(direct, &twice), Some(vec![expected.clone(), expected]));
    let [direct, whole] = BOTH.each_ref().map(|policy| format!("{:?}", policy.explain(&request)));
    assert_eq!(direct, whole);
});
