//! Core modules that mean harm or make no sense, called directly as if our compiler had made them.

use std::time::Duration;

use wasmtime::Module;

use super::{DirectCode, DirectInstance};
use crate::engine::Engine;
use crate::error::EvaluateError;
use crate::facts::Request;
use crate::fault::Fault;
use crate::limits::Limits;
use crate::watch::Watch;

const FULL: &[u8] = include_bytes!("../../tests/runtime/full.json");

/// An allow with nothing ready: 0 ok, the verdict at 4, three empty lists.
const ALLOW: &str = "(i32.store8 (i32.const 0) (i32.const 0)) (i32.store8 (i32.const 4) (i32.const 0)) (i32.const 0)";

/// A module as the compiler lays it out, whose `evaluate` has that body.
fn module(evaluate: &str) -> String {
    with(
        r#"(memory (export "memory") 2 8)
        (global (export "request-begin") i32 (i32.const 1024))
        (global (export "request-end") i32 (i32.const 512))
        (global (export "request-reads") i64 (i64.const -1))"#,
        evaluate,
    )
}

fn with(fields: &str, evaluate: &str) -> String {
    let interface = scopegate_contract::INTERFACE;
    format!(
        r#"(module {fields}
        (func (export "{interface}#describe") (result i32) (i32.const 0))
        (func $evaluate (export "{interface}#evaluate") (export "evaluate-within") (param i32) (result i32) {evaluate})
        (func (export "{interface}#explain") (param i32) (result i32) (i32.const 0)))"#
    )
}

fn engine() -> Engine {
    Engine::builder()
        .limits(Limits {
            time: Duration::from_millis(200),
            ..Limits::default()
        })
        .build()
        .expect("an engine")
}

fn start(engine: &Engine, text: &str) -> Result<DirectInstance, Fault> {
    let binary = wat::parse_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let module = Module::from_binary(engine.watched(Watch::Clock), &binary).expect("it is valid");
    DirectCode::new(engine, Watch::Clock, &module)
        .expect("it imports nothing")
        .start()
}

fn request() -> Request {
    Request::from_json(FULL, || 0).expect("the example is a request")
}

#[test]
fn a_good_module_decides() {
    let engine = engine();
    let mut instance = start(&engine, &module(ALLOW)).expect("it starts");
    for _ in 0..3 {
        let decided = instance.evaluate(&request()).expect("it decides");
        assert!(decided.expect("it judges").unmet().is_empty());
    }
}

#[test]
fn the_request_is_where_the_module_says_and_its_end_too() {
    let engine = engine();
    // Refuses unless the action begins where the request's first word points to, before the end.
    let evaluate = format!(
        "(if (i32.ne (i32.load8_u (i32.load (local.get 0))) (i32.const {})) (then unreachable))
        (if (i32.le_u (i32.load (i32.const 512)) (i32.load (local.get 0))) (then unreachable))
        (if (i32.ne (local.get 0) (i32.const 1024)) (then unreachable)) {ALLOW}",
        request().action.as_bytes()[0]
    );
    let mut instance = start(&engine, &module(&evaluate)).expect("it starts");
    assert!(instance.evaluate(&request()).is_ok());
}

#[test]
fn what_a_module_says_is_checked() {
    let engine = engine();
    let word = |at: u32, value: i64| format!("(i32.store (i32.const {at}) (i32.const {value}))");
    let denied = |body: String| format!("{body} (i32.const 0)");
    for (body, expected) in [
        ("(i32.const -4)".to_owned(), "an address outside"),
        ("(i32.const 131072)".to_owned(), "an address outside"),
        ("(i32.const 131068)".to_owned(), "an address outside"),
        ("(i32.const 2)".to_owned(), "not aligned"),
        (denied(word(0, 2)), "the tag 2"),
        (denied(word(4, 2)), "the tag 2"),
        (denied(word(12, 0x4000_0000)), "an address outside"),
        (denied(word(12, -1)), "an address outside"),
        (denied(word(8, 2) + &word(12, 1)), "not aligned"),
        (
            denied(word(24, 131_070) + &word(28, 3)),
            "an address outside",
        ),
        (
            denied(word(24, 600) + &word(28, 1) + &word(600, 77)),
            "the tag 77",
        ),
        // An error whose message is not UTF-8.
        (
            denied(word(0, 1) + &word(16, 600) + &word(20, 1) + &word(600, 0xFF)),
            "not UTF-8",
        ),
    ] {
        let mut instance = start(&engine, &module(&body)).expect("it starts");
        let error = instance
            .evaluate(&request())
            .expect_err("this is no decision");
        let EvaluateError::Fault(Fault::Trapped(source)) = &error else {
            panic!("{body}: {error:?}");
        };
        let said = format!("{source:?}");
        assert!(said.contains(expected), "{body}: {said}");
    }
}

#[test]
fn work_and_memory_are_limited() {
    let engine = engine();
    let fault = |body: &str| {
        let mut instance = start(&engine, &module(body)).expect("it starts");
        match instance.evaluate(&request()) {
            Err(EvaluateError::Fault(fault)) => fault,
            other => panic!("{body}: {other:?}"),
        }
    };
    assert!(matches!(
        fault("(loop (br 0)) (i32.const 0)"),
        Fault::TimedOut { .. }
    ));
    assert!(matches!(fault("(call 1 (local.get 0))"), Fault::OutOfStack));
    assert!(matches!(fault("unreachable"), Fault::Trapped(_)));
    // 16 million unmet requirements, in memory that was never asked for.
    let large = "(i32.store (i32.const 12) (i32.const 0x00F00000)) (i32.const 0)";
    assert!(matches!(fault(large), Fault::Trapped(_)));
}

#[test]
fn a_module_that_is_not_laid_out_as_ours_does_not_start() {
    let engine = engine();
    let memory = r#"(memory (export "memory") 2)"#;
    let begin = r#"(global (export "request-begin") i32 (i32.const 1024))"#;
    let end = r#"(global (export "request-end") i32 (i32.const 512))"#;
    let reads = r#"(global (export "request-reads") i64 (i64.const 0))"#;
    for (fields, missing) in [
        (format!("(memory 2) {begin} {end} {reads}"), "memory"),
        (format!("{memory} {end} {reads}"), "request-begin"),
        (format!("{memory} {begin} {reads}"), "request-end"),
        (format!("{memory} {begin} {end}"), "request-reads"),
        (
            format!(
                r#"{memory} {begin} {reads} (global (export "request-end") i64 (i64.const 512))"#
            ),
            "request-end",
        ),
        (
            format!(
                r#"{memory} {begin} {end} (global (export "request-reads") i32 (i32.const 0))"#
            ),
            "request-reads",
        ),
    ] {
        let Err(Fault::Trapped(source)) = start(&engine, &with(&fields, ALLOW)).map(|_| ()) else {
            panic!("{fields}");
        };
        assert!(
            source.to_string().contains(&format!("`{missing}`")),
            "{source}"
        );
    }
}

#[test]
fn a_region_outside_of_memory_is_an_error() {
    let engine = engine();
    for (begin, end) in [(-8, 512), (1024, -2), (131_072, 512), (1024, 131_070)] {
        let fields = format!(
            r#"(memory (export "memory") 2 2)
            (global (export "request-begin") i32 (i32.const {begin}))
            (global (export "request-end") i32 (i32.const {end}))
            (global (export "request-reads") i64 (i64.const -1))"#
        );
        let mut instance = start(&engine, &with(&fields, ALLOW)).expect("it starts");
        let error = instance.evaluate(&request()).expect_err("it does not fit");
        assert!(matches!(error, EvaluateError::Fault(_)), "{error:?}");
    }
}

/// What a thread waits does not count for the call, and a call that may not go on ends.
#[test]
fn a_call_is_asked_about_while_it_runs() {
    use std::cell::Cell;

    thread_local! {
        static ASKED: Cell<u32> = const { Cell::new(0) };
    }
    let limits = Limits {
        time: Duration::from_millis(500),
        ..Limits::default()
    };
    let engine = engine().with_limits(limits);
    let forever = "(loop (br 0)) (i32.const 0)";
    let mut instance = start(&engine, &module(forever)).expect("it starts");
    crate::ask_while_running(|| {
        // As long as it may run in all, at the first time.
        if ASKED.get() == 0 {
            std::thread::sleep(Duration::from_millis(500));
        }
        ASKED.set(ASKED.get() + 1);
        ASKED.get() < 3
    });
    let ended = instance.evaluate(&request());
    crate::ask_while_running(|| true);
    assert!(
        matches!(ended, Err(EvaluateError::Fault(Fault::Stopped))),
        "{ended:?}"
    );
    assert_eq!(ASKED.get(), 3, "what was waited did not end it");
}
