//! What a component meets is the same in every host: the packages for Node and Python have the same tests with the same numbers.

use scopegate::{Engine, LoadError, Request, Verdict};
use serde_json::{Value, json};

use crate::guest::{ALLOW, Guest};

const DENY: &str = "(call $decide (i32.const 1) (i32.const 1) (i32.const 0))";

/// What a policy finds of a request in its memory, as a number.
const SEEN: i32 = -1_278_705_662;

#[test]
fn a_policy_finds_the_same_bytes_in_its_memory() {
    let fields = "(func $seen (param $at i32) (param $end i32) (result i32) (local $hash i32)
        (loop $more
            (local.set $hash (i32.mul (i32.xor (local.get $hash) (i32.load8_u (local.get $at))) (i32.const 16777619)))
            (br_if $more (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (local.get $end))))
        (local.get $hash))";
    let guest = Guest {
        fields: fields.to_owned(),
        evaluate: format!(
            "(if (result i32) (i32.eq (call $seen (local.get $request) (global.get $free)) (i32.const {SEEN})) (then {ALLOW}) (else {DENY}))"
        ),
        ..Guest::default()
    };
    let example = include_str!("../../../../policies/webriskops/1.0.0/examples/scan.json");
    let mut request: Value = serde_json::from_str(example).expect("it is JSON");
    request["action"] = json!("scan");
    request["tenancy"]["project"] = json!("Zürich");
    request["attributes"] = json!({"a": "", "b": [], "c": true, "d": -1, "e": ["x", ""]});
    let request = Request::from_json(request.to_string().as_bytes(), || 0).expect("a request");
    for builder in [Engine::builder(), Engine::builder().as_components()] {
        let engine = builder.build().expect("the engine starts");
        let policy = engine.load(&guest.component()).expect("the guest loads");
        for _ in 0..3 {
            let decision = policy.evaluate(&request).expect("it decides");
            assert_eq!(decision.verdict(), Verdict::Allow);
        }
    }
}

#[test]
fn features_that_policies_may_not_use_are_refused() {
    let engine = Engine::new().expect("the engine starts");
    let table = [
        ("(memory 1)", true),
        ("(func (result f64) (f64.sqrt (f64.const 2)))", true),
        ("(memory 1) (memory 1)", false),
        ("(func (return_call 0))", false),
        ("(type (struct))", false),
        ("(func (param externref))", false),
        ("(tag)", false),
        ("(memory 1 1 shared)", false),
    ];
    for (fields, is_allowed) in table {
        for text in [
            format!("(component (core module {fields}))"),
            format!("(component (component (core module {fields})))"),
        ] {
            let component = wat::parse_str(&text).expect("a component");
            // None of them is a policy; it shows why it is refused.
            let loaded = engine.load(&component);
            let is_invalid = matches!(loaded, Err(LoadError::Invalid(_)));
            assert_eq!(is_invalid, !is_allowed, "{text}: {loaded:?}");
            let precompiled = engine.precompile(&component, false);
            assert_eq!(
                precompiled.is_ok(),
                is_allowed,
                "{text}: {:?}",
                precompiled.err()
            );
        }
    }
}
