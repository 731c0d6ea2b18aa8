//! Components from elsewhere: what they may import, what they find there, and who compiles them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use scopegate::{Engine, EvaluateError, Fault, Foreign, Limits, LoadError, Request, Verdict};

use crate::guest::{ALLOW, Guest};
use crate::hostile::request;

const DENY: &str = "(call $decide (i32.const 1) (i32.const 1) (i32.const 0))";

/// As much of WASI as the guests ask for.
const WASI: &str = r#"
package wasi:clocks@0.2.3 {
    interface wall-clock {
        record datetime { seconds: u64, nanoseconds: u32 }
        now: func() -> datetime;
    }
    interface monotonic-clock {
        use wasi:io/poll@0.2.3.{pollable};
        now: func() -> u64;
        subscribe-duration: func(when: u64) -> pollable;
    }
}
package wasi:io@0.2.3 {
    interface error { resource error; }
    interface poll {
        resource pollable { block: func(); ready: func() -> bool; }
        poll: func(in: list<borrow<pollable>>) -> list<u32>;
    }
    interface streams {
        use error.{error};
        variant stream-error { last-operation-failed(error), closed }
        resource input-stream { read: func(len: u64) -> result<list<u8>, stream-error>; }
        resource output-stream {
            check-write: func() -> result<u64, stream-error>;
            blocking-write-and-flush: func(contents: list<u8>) -> result<_, stream-error>;
        }
    }
}
package wasi:random@0.2.3 {
    interface random { get-random-bytes: func(len: u64) -> list<u8>; get-random-u64: func() -> u64; }
}
package wasi:cli@0.2.3 {
    interface environment {
        get-environment: func() -> list<tuple<string, string>>;
        get-arguments: func() -> list<string>;
    }
    interface stdin { use wasi:io/streams@0.2.3.{input-stream}; get-stdin: func() -> input-stream; }
    interface stdout { use wasi:io/streams@0.2.3.{output-stream}; get-stdout: func() -> output-stream; }
}
package wasi:filesystem@0.2.3 {
    interface types { resource descriptor { sync: func() -> bool; } }
    interface preopens { use types.{descriptor}; get-directories: func() -> list<tuple<descriptor, string>>; }
}
package wasi:sockets@0.2.3 {
    interface network { resource network; }
    interface instance-network { use network.{network}; instance-network: func() -> network; }
}
package wasi:http@0.2.3 {
    interface types { send: func() -> u32; }
}
"#;

/// Whether an error is the one that is expected.
type Expected<E> = fn(&E) -> bool;

/// A guest that imports `interfaces`, and of them the core functions `imports`; `publish` is what `body` says.
fn guest(interfaces: &[&str], imports: &str, body: &str) -> Guest {
    let lines = interfaces.iter().map(|interface| {
        let (package, interface) = interface.split_once('/').expect("package/interface");
        format!(" import wasi:{package}/{interface}@0.2.3;")
    });
    let world = format!("world gate {{{}", lines.collect::<String>());
    let wit = scopegate_contract::WIT.replace("world gate {", &world);
    Guest {
        wit: wit + WASI,
        imports: imports.to_owned(),
        ..Guest::publishing(body)
    }
}

/// `publish` is allowed if `condition` holds, and denied otherwise.
fn allows_if(interfaces: &[&str], imports: &str, condition: &str) -> Guest {
    let body = format!("(if (result i32) {condition} (then {ALLOW}) (else {DENY}))");
    guest(interfaces, imports, &body)
}

fn engine() -> Engine {
    Engine::builder()
        .limits(Limits {
            fuel: 2_000_000,
            ..Limits::default()
        })
        .build()
        .expect("the engine starts")
        .with_wasi()
}

fn publish_at(now: i64) -> Request {
    Request {
        now,
        ..request("publish")
    }
}

const NOW: &str = r#"(import "wasi:clocks/wall-clock@0.2.3" "now" (func $now (param i32)))"#;
const RANDOM: &str =
    r#"(import "wasi:random/random@0.2.3" "get-random-u64" (func $random (result i64)))"#;

#[test]
fn the_clock_tells_the_requests_time() {
    let condition =
        "(call $now (i32.const 512)) (i64.eq (i64.load (i32.const 512)) (i64.const 1000000))";
    let guest = allows_if(&["clocks/wall-clock"], NOW, condition);
    let policy = engine().load(&guest.component()).expect("it loads");
    for (now, verdict) in [
        (999_999, Verdict::Deny),
        (1_000_000, Verdict::Allow),
        (1_000_001, Verdict::Deny),
    ] {
        let decision = policy.evaluate(&publish_at(now)).expect("it decides");
        assert_eq!(decision.verdict(), verdict, "{now}");
    }
    // Each request of a batch has its own time.
    let batch: Vec<_> = (999_990..1_000_010).map(publish_at).collect();
    for (request, decision) in batch.iter().zip(policy.evaluate_batch(&batch)) {
        let is_allowed = decision.expect("it decides").is_allowed();
        assert_eq!(is_allowed, request.now == 1_000_000);
    }
}

#[test]
fn random_numbers_are_the_same_for_each_decision() {
    let bits: Vec<bool> = (0..16)
        .map(|bit| {
            let condition = format!("(i32.wrap_i64 (i64.and (i64.shr_u (call $random) (i64.const {bit})) (i64.const 1)))");
            let guest = allows_if(&["random/random"], RANDOM, &condition);
            let policy = engine().load(&guest.component()).expect("it loads");
            let decide = || policy.evaluate(&publish_at(7)).expect("it decides").is_allowed();
            let first = decide();
            assert!((0..8).all(|_| decide() == first));
            first
        })
        .collect();
    assert!(bits.contains(&true) && bits.contains(&false), "{bits:?}");
}

/// Interfaces, imports, and a condition that holds in an empty world.
const FOUND: [(&str, &[&str], &str, &str); 6] = [
    (
        "an hour passes at once",
        &["clocks/monotonic-clock", "io/poll"],
        r#"(import "wasi:clocks/monotonic-clock@0.2.3" "now" (func $elapsed (result i64)))
           (import "wasi:clocks/monotonic-clock@0.2.3" "subscribe-duration" (func $wait (param i64) (result i32)))
           (import "wasi:io/poll@0.2.3" "[method]pollable.block" (func $block (param i32)))
           (import "wasi:io/poll@0.2.3" "[resource-drop]pollable" (func $drop (param i32)))"#,
        "(i32.store (i32.const 512) (call $wait (i64.const 3600000000000)))
         (call $block (i32.load (i32.const 512))) (call $drop (i32.load (i32.const 512)))
         (i64.eq (call $elapsed) (i64.const 3600000000000))",
    ),
    (
        "no arguments",
        &["cli/environment"],
        r#"(import "wasi:cli/environment@0.2.3" "get-arguments" (func $list (param i32)))"#,
        "(call $list (i32.const 512)) (i32.eqz (i32.load offset=4 (i32.const 512)))",
    ),
    (
        "no environment",
        &["cli/environment"],
        r#"(import "wasi:cli/environment@0.2.3" "get-environment" (func $list (param i32)))"#,
        "(call $list (i32.const 512)) (i32.eqz (i32.load offset=4 (i32.const 512)))",
    ),
    (
        "no folders",
        &["filesystem/preopens"],
        r#"(import "wasi:filesystem/preopens@0.2.3" "get-directories" (func $list (param i32)))"#,
        "(call $list (i32.const 512)) (i32.eqz (i32.load offset=4 (i32.const 512)))",
    ),
    (
        "input is closed",
        &["cli/stdin", "io/streams"],
        r#"(import "wasi:cli/stdin@0.2.3" "get-stdin" (func $stdin (result i32)))
           (import "wasi:io/streams@0.2.3" "[method]input-stream.read" (func $read (param i32 i64 i32)))"#,
        // The second case of a result, and of a stream's error.
        "(call $read (call $stdin) (i64.const 16) (i32.const 512))
         (i32.and (i32.load8_u (i32.const 512)) (i32.load8_u offset=4 (i32.const 512)))",
    ),
    (
        "output goes nowhere",
        &["cli/stdout", "io/streams"],
        r#"(import "wasi:cli/stdout@0.2.3" "get-stdout" (func $stdout (result i32)))
           (import "wasi:io/streams@0.2.3" "[method]output-stream.blocking-write-and-flush" (func $write (param i32 i32 i32 i32)))"#,
        "(call $write (call $stdout) (i32.const 1024) (i32.const 16) (i32.const 512)) (i32.eqz (i32.load8_u (i32.const 512)))",
    ),
];

#[test]
fn the_world_is_empty_and_nothing_waits() {
    for (what, interfaces, imports, condition) in FOUND {
        let guest = allows_if(interfaces, imports, condition);
        let policy = engine().load(&guest.component()).expect(what);
        let decision = policy.evaluate(&publish_at(7)).expect(what);
        assert!(decision.is_allowed(), "{what}");
    }
}

#[test]
fn what_reaches_out_or_never_ends_is_no_decision() {
    let network = guest(
        &["sockets/instance-network"],
        r#"(import "wasi:sockets/instance-network@0.2.3" "instance-network" (func $network (result i32)))"#,
        &format!("(drop (call $network)) {ALLOW}"),
    );
    let random = guest(
        &["random/random"],
        r#"(import "wasi:random/random@0.2.3" "get-random-bytes" (func $random (param i64 i32)))"#,
        &format!("(call $random (i64.const -1) (i32.const 512)) {ALLOW}"),
    );
    let polling = guest(
        &["clocks/wall-clock"],
        NOW,
        "(loop $again (call $now (i32.const 512)) (br $again)) unreachable",
    );
    let table: [(Guest, Expected<Fault>); 3] = [
        (network, |fault| matches!(fault, Fault::Trapped(_))),
        (random, |fault| matches!(fault, Fault::Trapped(_))),
        (polling, |fault| matches!(fault, Fault::OutOfFuel { .. })),
    ];
    for (guest, expected) in table {
        let policy = engine().load(&guest.component()).expect("it loads");
        let error = policy.evaluate(&publish_at(7)).expect_err("no decision");
        assert!(
            matches!(&error, EvaluateError::Fault(fault) if expected(fault)),
            "{error:?}"
        );
        assert!(
            policy
                .evaluate(&request("scan"))
                .expect("it decides")
                .is_allowed()
        );
    }
}

#[test]
fn without_leave_imports_are_refused() {
    let wasi = guest(&["random/random"], RANDOM, ALLOW).component();
    let http = guest(
        &["random/random", "http/types"],
        &format!(r#"{RANDOM} (import "wasi:http/types@0.2.3" "send" (func $send (result i32)))"#),
        &format!("(drop (call $send)) {ALLOW}"),
    )
    .component();
    let strict = Engine::new().expect("the engine starts");
    let table = [
        (&strict, &wasi, "wasi:random/random@0.2.3", true),
        (&strict, &http, "wasi:", false),
        (&engine(), &http, "wasi:http/types@0.2.3", false),
    ];
    for (engine, component, expected, all_wasi) in table {
        match engine.load(component) {
            Err(LoadError::Imports { name, is_wasi }) => {
                assert!(name.starts_with(expected), "{name}");
                assert_eq!(is_wasi, all_wasi);
            }
            other => panic!("{other:?}"),
        }
    }
}

/// An engine that counts what it has others compile.
fn counting() -> (Engine, Arc<AtomicUsize>) {
    let compiled = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&compiled);
    let other = Engine::new().expect("the engine starts");
    let compile = move |foreign: Foreign<'_>| {
        count.fetch_add(1, Ordering::Relaxed);
        Ok(other.precompile(foreign.component, foreign.is_recorded)?)
    };
    // SAFETY: the code comes from `Engine::precompile`.
    let builder = unsafe { Engine::builder().compile_foreign_with(compile) };
    (builder.build().expect("the engine starts"), compiled)
}

#[test]
fn others_compile_what_is_not_ours() {
    let (engine, compiled) = counting();
    let policy = engine
        .load(&Guest::default().component())
        .expect("it loads");
    assert_eq!(compiled.load(Ordering::Relaxed), 1);
    assert!(
        policy
            .evaluate(&request("scan"))
            .expect("it decides")
            .is_allowed()
    );

    let failing =
        |foreign: Foreign<'_>| Err(format!("not within {:?}", foreign.limits.compile_time).into());
    // SAFETY: it gives no code.
    let builder = unsafe { Engine::builder().compile_foreign_with(failing) };
    let engine = builder.build().expect("the engine starts");
    let error = engine
        .load(&Guest::default().component())
        .expect_err("it is not compiled");
    assert!(
        matches!(&error, LoadError::NotCompiled(source) if source.to_string() == "not within 60s"),
        "{error:?}"
    );
}

#[cfg(feature = "compiler")]
#[test]
fn ours_is_compiled_here_and_a_forgery_elsewhere() {
    let component = crate::compiled::component();
    let (engine, compiled) = counting();
    engine.load(&component).expect("it loads");
    assert_eq!(compiled.load(Ordering::Relaxed), 0);
    // One byte of the code is another, and the claim stands.
    let text = b"Nobody asks for it.";
    let at = component
        .windows(text.len())
        .position(|bytes| bytes == text)
        .expect("its text");
    let mut forged = component;
    forged[at] ^= 0x20;
    engine.load(&forged).expect("it loads");
    assert_eq!(compiled.load(Ordering::Relaxed), 1);
}

#[test]
fn limits_of_one_policy() {
    let endless = Guest::publishing("(loop $again (br $again)) unreachable").component();
    let engine = engine();
    let fuel = engine.with_limits(Limits {
        fuel: 1_000_000,
        ..engine.limits().clone()
    });
    let time = engine.with_limits(Limits {
        fuel: u64::MAX,
        time: Duration::from_millis(60),
        ..engine.limits().clone()
    });
    let size = engine.with_limits(Limits {
        component_bytes: 100,
        ..engine.limits().clone()
    });
    let memory = engine.with_limits(Limits {
        memory_bytes: 65_536,
        ..engine.limits().clone()
    });
    let table: [(&Engine, Expected<EvaluateError>); 3] = [
        (&engine, |error| {
            matches!(
                error,
                EvaluateError::Fault(Fault::OutOfFuel { limit: 2_000_000 })
            )
        }),
        (&fuel, |error| {
            matches!(
                error,
                EvaluateError::Fault(Fault::OutOfFuel { limit: 1_000_000 })
            )
        }),
        (
            &time,
            |error| matches!(error, EvaluateError::Fault(Fault::TimedOut { limit }) if limit.as_millis() == 60),
        ),
    ];
    for (engine, expected) in table {
        let policy = engine.load(&endless).expect("it loads");
        let error = policy
            .evaluate(&request("publish"))
            .expect_err("no decision");
        assert!(expected(&error), "{error:?}");
    }
    assert!(matches!(
        size.load(&endless),
        Err(LoadError::TooLarge { limit: 100 })
    ));
    assert!(matches!(
        memory.load(&endless),
        Err(LoadError::Fault(Fault::OutOfMemory { limit: 65_536 }))
    ));
}
