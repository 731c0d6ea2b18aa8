//! Components of one core module from elsewhere: their instances are used again, and nothing of one decision is there in the next.

use std::ops::ControlFlow;
use std::time::Duration;

use scopegate::{Engine, EvaluateError, Fault, Limits, Origin, Policy, Proof, Request};

use crate::guest::{ALLOW, Guest};
use crate::hostile::request;

const DENY: &str = "(call $decide (i32.const 1) (i32.const 1) (i32.const 0))";

/// A way to keep something from one decision to the next.
struct Keeping {
    what: &'static str,
    fields: &'static str,
    /// Whether anything was kept.
    is_kept: &'static str,
    keep: &'static str,
    /// Whether an instance decides more than once all the same.
    is_reused: bool,
}

const fn keeping(what: &'static str, is_kept: &'static str, keep: &'static str) -> Keeping {
    Keeping {
        what,
        fields: "",
        is_kept,
        keep,
        is_reused: true,
    }
}

const fn with_fields(fields: &'static str, is_reused: bool, mut keeping: Keeping) -> Keeping {
    keeping.fields = fields;
    keeping.is_reused = is_reused;
    keeping
}

/// Loads of a word that a store of four bytes at 60,000 changes.
const WORD: &str = "(i32.load (i32.const 60000))";

const WAYS: [Keeping; 28] = [
    keeping(
        "i32.store",
        WORD,
        "(i32.store (i32.const 60000) (i32.const 1))",
    ),
    keeping(
        "i32.store8",
        WORD,
        "(i32.store8 (i32.const 60003) (i32.const 1))",
    ),
    keeping(
        "i32.store16",
        WORD,
        "(i32.store16 (i32.const 60002) (i32.const 1))",
    ),
    keeping(
        "i64.store",
        WORD,
        "(i64.store (i32.const 59996) (i64.const -1))",
    ),
    keeping(
        "i64.store8",
        WORD,
        "(i64.store8 (i32.const 60000) (i64.const 1))",
    ),
    keeping(
        "i64.store16",
        WORD,
        "(i64.store16 (i32.const 60000) (i64.const 1))",
    ),
    keeping(
        "i64.store32",
        WORD,
        "(i64.store32 (i32.const 60000) (i64.const 1))",
    ),
    keeping(
        "f32.store",
        WORD,
        "(f32.store (i32.const 60000) (f32.const 1))",
    ),
    keeping(
        "f64.store",
        WORD,
        "(f64.store (i32.const 59996) (f64.const 1))",
    ),
    keeping(
        "v128.store",
        WORD,
        "(v128.store (i32.const 59988) (v128.const i32x4 1 1 1 1))",
    ),
    keeping(
        "v128.store8_lane",
        WORD,
        "(v128.store8_lane 0 (i32.const 60000) (v128.const i32x4 1 1 1 1))",
    ),
    keeping(
        "v128.store16_lane",
        WORD,
        "(v128.store16_lane 0 (i32.const 60000) (v128.const i32x4 1 1 1 1))",
    ),
    keeping(
        "v128.store32_lane",
        WORD,
        "(v128.store32_lane 1 (i32.const 60000) (v128.const i32x4 1 1 1 1))",
    ),
    keeping(
        "v128.store64_lane",
        WORD,
        "(v128.store64_lane 1 (i32.const 59996) (v128.const i32x4 1 1 1 1))",
    ),
    keeping(
        "an offset",
        WORD,
        "(i32.store offset=59000 (i32.const 1000) (i32.const 1))",
    ),
    // 59,904 is 234 * 256: the store begins in one block and ends in the next.
    keeping(
        "two blocks",
        "(i32.load (i32.const 59904))",
        "(i64.store (i32.const 59897) (i64.const -1))",
    ),
    keeping(
        "two blocks, sixteen bytes",
        "(i32.load8_u (i32.const 59918))",
        "(v128.store (i32.const 59903) (v128.const i32x4 -1 -1 -1 -1))",
    ),
    keeping(
        "the last byte",
        "(i32.load8_u (i32.const 131071))",
        "(i32.store8 (i32.const 131071) (i32.const 1))",
    ),
    keeping(
        "memory.fill",
        "(i32.load8_u (i32.const 62999))",
        "(memory.fill (i32.const 60000) (i32.const 7) (i32.const 3000))",
    ),
    keeping(
        "memory.copy",
        "(i32.load8_u (i32.const 61000))",
        "(memory.copy (i32.const 60000) (i32.const 0) (i32.const 1024)) (i32.store8 (i32.const 59000) (i32.const 9)) (memory.copy (i32.const 61000) (i32.const 59000) (i32.const 1))",
    ),
    // The initial image is restored, not only zeros.
    keeping(
        "data that there was",
        "(i32.ne (i32.load8_u (i32.const 160)) (i32.const 97))",
        "(i32.store8 (i32.const 160) (i32.const 98))",
    ),
    // What the host laid out for the request before is gone, too.
    keeping(
        "the request",
        "(i32.load8_u (i32.const 120000))",
        "(memory.copy (i32.const 120000) (local.get $request) (i32.const 64)) (i32.store8 (i32.const 120000) (i32.const 1))",
    ),
    with_fields(
        "(data $there \"abcd\")",
        true,
        keeping(
            "memory.init",
            WORD,
            "(memory.init $there (i32.const 60000) (i32.const 0) (i32.const 4))",
        ),
    ),
    with_fields(
        "(global $kept (mut i64) (i64.const 0))",
        true,
        keeping(
            "a global",
            "(i32.wrap_i64 (global.get $kept))",
            "(global.set $kept (i64.const 1))",
        ),
    ),
    keeping(
        "the size of the memory",
        "(i32.gt_u (memory.size) (i32.const 2))",
        "(drop (memory.grow (i32.const 1)))",
    ),
    keeping(
        "a page that was added",
        "(block (result i32) (if (i32.eq (memory.size) (i32.const 2)) (then (drop (memory.grow (i32.const 1))))) (i32.load (i32.const 131072)))",
        "(if (i32.eq (memory.size) (i32.const 2)) (then (drop (memory.grow (i32.const 1))))) (i32.store (i32.const 131072) (i32.const 1))",
    ),
    with_fields(
        "(table $t 1 funcref) (elem declare func $decide)",
        false,
        keeping(
            "a table",
            "(i32.eqz (ref.is_null (table.get $t (i32.const 0))))",
            "(table.set $t (i32.const 0) (ref.func $decide))",
        ),
    ),
    with_fields(
        "(table $t 0 9 funcref)",
        false,
        keeping(
            "the size of a table",
            "(table.size $t)",
            "(drop (table.grow $t (ref.null func) (i32.const 1)))",
        ),
    ),
];

/// A guest whose `publish` is allowed as long as nothing was kept, and that keeps something each time.
fn guest(way: &Keeping) -> Guest {
    let Keeping {
        fields,
        is_kept,
        keep,
        ..
    } = way;
    let body = format!(
        "(local.set $action_bytes {is_kept}) {keep} (if (result i32) (local.get $action_bytes) (then {DENY}) (else {ALLOW}))"
    );
    Guest {
        fields: (*fields).to_owned(),
        ..Guest::publishing(&body)
    }
}

fn is_allowed(policy: &Policy) -> bool {
    let decision = policy.evaluate(&request("publish"));
    decision.expect("it decides").is_allowed()
}

#[test]
fn nothing_is_kept_from_one_decision_to_the_next() {
    let engine = Engine::new().expect("the engine starts");
    for way in &WAYS {
        let what = way.what;
        let policy = engine.load(&guest(way).component()).expect(what);
        assert!((0..20).all(|_| is_allowed(&policy)), "{what}");
        let batch = vec![request("publish"); 20];
        let decided = policy.evaluate_batch(&batch);
        assert!(
            decided
                .into_iter()
                .all(|decision| decision.is_ok_and(|decision| decision.is_allowed())),
            "{what}"
        );
        let json = serde_json::to_string(&request("publish")).expect("it can be written");
        let decided = policy.evaluate_json(json.as_bytes(), || 0).expect(what);
        assert!(decided.is_allowed(), "{what}");
        assert_eq!(policy.instances().idle > 0, way.is_reused, "{what}");
    }
}

/// The guests do keep what they keep, as long as the same instance decides.
#[test]
fn without_restoring_each_way_would_work() {
    for way in &WAYS {
        let Keeping { what, keep, .. } = way;
        let twice = Keeping { keep: "", ..*way };
        let mut guest = guest(&twice);
        guest.evaluate = guest.evaluate.replacen(
            "(local.set $action_bytes ",
            &format!("{keep} (local.set $action_bytes "),
            1,
        );
        let engine = Engine::new().expect("the engine starts");
        let policy = engine.load(&guest.component()).expect(what);
        assert!(!is_allowed(&policy), "{what} keeps nothing");
    }
}

/// A module that exports a region for requests reads the real size of its memory, so its instance must not be used again once the memory has grown.
#[test]
fn an_instance_with_a_region_whose_memory_grew_decides_no_more() {
    let way = keeping(
        "memory.grow",
        "(i32.gt_u (memory.size) (i32.const 2))",
        "(drop (memory.grow (i32.const 1)))",
    );
    let mut guest = guest(&way);
    let [begin, end, reads, within] = [
        scopegate_contract::REQUEST_BEGIN,
        scopegate_contract::REQUEST_END,
        scopegate_contract::REQUEST_READS,
        scopegate_contract::EVALUATE_WITHIN,
    ];
    guest.fields = format!(
        r#"(global (export "{begin}") i32 (i32.const 65536)) (global (export "{end}") i32 (i32.const 60000))
        (global (export "{reads}") i64 (i64.const -1)) (export "{within}" (func $evaluate))"#
    );
    let engine = Engine::new().expect("the engine starts");
    let policy = engine.load(&guest.component()).expect("it loads");
    assert!((0..5).all(|_| is_allowed(&policy)));
    assert_eq!(policy.instances().dropped, 5);
    let decided = policy.evaluate_batch(&[(); 20].map(|()| request("publish")));
    assert!(
        decided
            .into_iter()
            .all(|decision| decision.is_ok_and(|decision| decision.is_allowed()))
    );
    let json = serde_json::to_string(&request("publish")).expect("it can be written");
    let mut allowed = 0;
    let sequence = [&*json; 20].join(",");
    let each = |decision: Result<scopegate::Decision<'_>, _>| {
        allowed += usize::from(decision.is_ok_and(|decision| decision.is_allowed()));
        ControlFlow::Continue(())
    };
    let read = policy.evaluate_json_sequence(sequence.as_bytes(), || 0, each);
    read.expect("these are requests");
    assert_eq!(allowed, 20);
}

/// Instructions that reach the byte at `{at}`, and how far before it they begin.
const REACHING: [(&str, u32); 26] = [
    ("(drop (i32.load8_u (i32.const {at})))", 0),
    ("(drop (i32.load16_s (i32.const {at})))", 1),
    ("(drop (i32.load (i32.const {at})))", 3),
    ("(drop (i64.load8_s (i32.const {at})))", 0),
    ("(drop (i64.load16_u (i32.const {at})))", 1),
    ("(drop (i64.load32_s (i32.const {at})))", 3),
    ("(drop (i64.load (i32.const {at})))", 7),
    ("(drop (f32.load (i32.const {at})))", 3),
    ("(drop (f64.load (i32.const {at})))", 7),
    (
        "(drop (i32.load offset=1000 (i32.sub (i32.const {at}) (i32.const 1000))))",
        3,
    ),
    ("(drop (v128.load (i32.const {at})))", 15),
    ("(drop (v128.load8x8_s (i32.const {at})))", 7),
    ("(drop (v128.load16_splat (i32.const {at})))", 1),
    ("(drop (v128.load32_zero (i32.const {at})))", 3),
    ("(drop (v128.load64_zero (i32.const {at})))", 7),
    (
        "(drop (v128.load8_lane 3 (i32.const {at}) (v128.const i32x4 1 2 3 4)))",
        0,
    ),
    (
        "(drop (v128.load64_lane 1 (i32.const {at}) (v128.const i32x4 1 2 3 4)))",
        7,
    ),
    ("(i32.store8 (i32.const {at}) (i32.const 1))", 0),
    (
        "(i32.store offset=1000 (i32.sub (i32.const {at}) (i32.const 1000)) (i32.const 1))",
        3,
    ),
    ("(f64.store (i32.const {at}) (f64.const 1))", 7),
    (
        "(v128.store (i32.const {at}) (v128.const i32x4 1 2 3 4))",
        15,
    ),
    (
        "(v128.store16_lane 3 (i32.const {at}) (v128.const i32x4 1 2 3 4))",
        1,
    ),
    (
        "(memory.fill (i32.const {at}) (i32.const 1) (i32.const 10))",
        9,
    ),
    (
        "(memory.copy (i32.const {at}) (i32.const 60000) (i32.const 10))",
        9,
    ),
    (
        "(memory.copy (i32.const 60000) (i32.const {at}) (i32.const 10))",
        9,
    ),
    (
        "(memory.fill (i32.add (i32.const {at}) (i32.const 1)) (i32.const 1) (i32.const 0))",
        0,
    ),
];

/// A memory that grew for one decision has its first size in the next, for whatever the module does.
#[test]
fn what_is_beyond_the_memory_stays_beyond_it() {
    let engine = Engine::new().expect("the engine starts");
    for (reaching, before) in REACHING {
        for (last, is_within) in [(131_071, true), (131_072, false)] {
            let body = format!(
                "(if (i32.eq (local.get $action_bytes) (i32.const 4)) (then (drop (memory.grow (i32.const 1)))) (else {})) {ALLOW}",
                reaching.replace("{at}", &(last - before).to_string())
            );
            let guest = Guest {
                evaluate: body,
                ..Guest::default()
            };
            let policy = engine.load(&guest.component()).expect(reaching);
            assert!(
                policy
                    .evaluate(&request("scan"))
                    .is_ok_and(|it| it.is_allowed())
            );
            assert_eq!(policy.instances().idle, 1);
            let is_decided = policy.evaluate(&request("publish")).is_ok();
            assert_eq!(is_decided, is_within, "{reaching} up to {last}");
        }
    }
}

#[test]
fn a_request_that_takes_more_memory_is_decided_and_forgotten() {
    let engine = Engine::new().expect("the engine starts");
    let policy = engine
        .load(&Guest::default().component())
        .expect("it loads");
    let large = Request {
        agency_account: "x".repeat(8_000),
        ..request("scan")
    };
    let mut scan = large.clone();
    let targets = &mut scan.scan.as_mut().expect("it has a scan").targets;
    *targets = vec![targets[0].clone(); 9_000];
    for request in [&large, &scan, &large, &request("scan")] {
        assert!(policy.evaluate(request).expect("it decides").is_allowed());
    }
}

/// `component` with a claim that a compiler of ours made it, and the record that it was proven.
fn claimed(mut component: Vec<u8>) -> (Vec<u8>, Proof) {
    let (name, compiler) = (
        scopegate_contract::COMPILER_SECTION,
        "scopegate-compiler 0.0.1",
    );
    let length = 1 + name.len() + compiler.len();
    component.extend([0, length, name.len()].map(|byte| u8::try_from(byte).expect("it is short")));
    component.extend(name.as_bytes());
    component.extend(compiler.as_bytes());
    let loaded = Engine::new().map(|engine| engine.load(&component).expect("it loads"));
    let proof = Proof {
        component: loaded.expect("the engine starts").id().digest.clone(),
        compiler: compiler.to_owned(),
    };
    (component, proof)
}

#[cfg(feature = "compiler")]
#[test]
fn a_forged_record_gains_nothing() {
    let limits = Limits {
        time: Duration::from_millis(100),
        ..Limits::default()
    };
    let engine = Engine::builder()
        .limits(limits)
        .build()
        .expect("the engine starts");
    for way in &WAYS {
        let (component, proof) = claimed(guest(way).component());
        let policy = engine
            .with_proof(Some(proof))
            .load(&component)
            .expect(way.what);
        let expected = if way.is_reused {
            Origin::Recorded
        } else {
            Origin::Foreign
        };
        assert_eq!(policy.origin(), expected, "{}", way.what);
        assert!((0..20).all(|_| is_allowed(&policy)), "{}", way.what);
    }
    let (component, proof) =
        claimed(Guest::publishing("(loop $on (br $on)) unreachable").component());
    let policy = engine
        .with_proof(Some(proof))
        .load(&component)
        .expect("it loads");
    let error = policy
        .evaluate(&request("publish"))
        .expect_err("no decision");
    assert!(
        matches!(&error, EvaluateError::Fault(Fault::TimedOut { .. })),
        "{error:?}"
    );
}

#[cfg(feature = "compiler")]
#[test]
fn a_record_is_bound_to_the_bytes_and_to_the_compiler() {
    let engine = Engine::new().expect("the engine starts");
    let (component, proof) = claimed(Guest::default().component());
    let origin = |proof: Option<Proof>| {
        let engine = engine.with_proof(proof);
        engine.load(&component).expect("it loads").origin()
    };
    assert_eq!(origin(Some(proof.clone())), Origin::Recorded);
    assert_eq!(origin(None), Origin::Foreign);
    let other = |component: &str, compiler: &str| {
        origin(Some(Proof {
            component: component.to_owned(),
            compiler: compiler.to_owned(),
        }))
    };
    assert_eq!(other("sha256:00", &proof.compiler), Origin::Foreign);
    assert_eq!(
        other(&proof.component, "scopegate-compiler 0.0.2"),
        Origin::Foreign
    );
}
