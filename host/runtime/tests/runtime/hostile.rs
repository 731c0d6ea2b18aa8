//! Components that mean harm or make no sense: each ends in an error of its own kind, and the next decision is unharmed.

use std::error::Error as _;
use std::time::Duration;

use scopegate::{
    Engine, EvaluateError, Fault, Limits, LoadError, Policy, Problem, Request, Verdict,
};

use crate::guest::{ALLOW, Guest, Texts};
use crate::json::FULL;

/// A request for `action`.
pub(crate) fn request(action: &str) -> Request {
    let mut request = Request::from_json(FULL.as_bytes(), || 0).expect("the request is good");
    action.clone_into(&mut request.action);
    request
}

fn engine() -> Engine {
    engine_with(Limits {
        fuel: 50_000_000,
        memory_bytes: 64 << 20,
        result_bytes: 1 << 20,
        ..Limits::default()
    })
}

fn engine_with(limits: Limits) -> Engine {
    Engine::builder()
        .limits(limits)
        .build()
        .expect("the engine starts")
}

fn load(guest: &Guest) -> Policy {
    engine().load(&guest.component()).expect("the guest loads")
}

fn refused(guest: &Guest) -> LoadError {
    engine()
        .load(&guest.component())
        .expect_err("the guest is refused")
}

/// What comes of `publish`, asked of a policy that is good otherwise. Everybody else is unharmed.
fn publish(limits: Limits, body: &str, fields: &str) -> EvaluateError {
    let engine = engine_with(limits);
    let good = engine
        .load(&Guest::default().component())
        .expect("a good guest loads");
    let bad = Guest {
        fields: fields.to_owned(),
        ..Guest::publishing(body)
    };
    let bad = engine.load(&bad.component()).expect("the guest loads");
    let error = bad
        .evaluate(&request("publish"))
        .expect_err("this is no decision");
    assert_eq!(
        bad.evaluate(&request("scan"))
            .expect("it decides")
            .verdict(),
        Verdict::Allow
    );
    assert_eq!(
        good.evaluate(&request("publish"))
            .expect("it decides")
            .verdict(),
        Verdict::Deny
    );
    error
}

fn fault(body: &str, fields: &str) -> Fault {
    let limits = engine().limits().clone();
    match publish(limits, body, fields) {
        EvaluateError::Fault(fault) => fault,
        other => panic!("expected a fault, found {other:?}"),
    }
}

fn inconsistent(body: &str) -> String {
    match publish(Limits::default(), body, "") {
        EvaluateError::Inconsistent { reason } => reason,
        other => panic!("expected an inconsistency, found {other:?}"),
    }
}

const LOOP: &str = "(loop $again (br $again)) unreachable";

#[test]
fn an_endless_loop_uses_up_its_fuel() {
    assert!(matches!(
        fault(LOOP, ""),
        Fault::OutOfFuel { limit: 50_000_000 }
    ));
}

#[test]
fn an_endless_loop_runs_out_of_time() {
    let limits = Limits {
        fuel: u64::MAX,
        time: Duration::from_millis(100),
        ..Limits::default()
    };
    assert!(matches!(
        publish(limits, LOOP, ""),
        EvaluateError::Fault(Fault::TimedOut { .. })
    ));
}

#[test]
fn a_memory_bomb_is_refused_its_memory() {
    let bomb = "(loop $more (br_if $more (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) unreachable";
    assert!(matches!(
        fault(bomb, ""),
        Fault::OutOfMemory { limit: 0x400_0000 }
    ));
    let declared = refused(&Guest {
        pages: 65_536,
        ..Guest::default()
    });
    assert!(
        matches!(declared, LoadError::Fault(Fault::OutOfMemory { .. })),
        "{declared:?}"
    );
}

#[test]
fn who_lives_without_more_memory_may_decide() {
    let modest = format!("(drop (memory.grow (i32.const 65000))) {ALLOW}");
    assert!(
        load(&Guest::publishing(&modest))
            .evaluate(&request("publish"))
            .expect("it decides")
            .is_allowed()
    );
}

#[test]
fn a_table_bomb_is_refused() {
    let fields = "(table $t 1 funcref)";
    let bomb = "(loop $more (br_if $more (i32.ne (table.grow $t (ref.null func) (i32.const 65536)) (i32.const -1)))) unreachable";
    assert!(matches!(fault(bomb, fields), Fault::OutOfMemory { .. }));
    let many = (0..100).map(|_| "(table 1 funcref)").collect();
    let error = refused(&Guest {
        fields: many,
        ..Guest::default()
    });
    assert!(matches!(error, LoadError::Fault(_)), "{error:?}");
}

#[test]
fn a_trap_is_told_with_its_reason() {
    let fault = fault("unreachable", "");
    assert!(matches!(fault, Fault::Trapped(_)));
    let mut reasons = Vec::new();
    let mut next = fault.source();
    while let Some(error) = next {
        reasons.push(error.to_string());
        next = error.source();
    }
    assert!(
        reasons
            .iter()
            .any(|reason| reason.contains("`unreachable` instruction")),
        "{reasons:?}"
    );
}

#[test]
fn deep_recursion_ends() {
    let fields = "(func $deeper (param i64) (result i64) (i64.add (call $deeper (i64.add (local.get 0) (i64.const 1))) (local.get 0)))";
    let body = "(drop (call $deeper (i64.const 0))) unreachable";
    assert!(matches!(fault(body, fields), Fault::OutOfStack));
}

#[test]
fn noise_instead_of_a_result_is_refused() {
    // An evaluation error whose message has a hundred million bytes; a list of four billion; and pointers to nowhere.
    let pages = "(drop (memory.grow (i32.const 1600)))";
    let engine = engine_with(Limits::default());
    let message = format!(
        "{pages} (i32.store8 (i32.const 0) (i32.const 1)) (i32.store (i32.const 16) (i32.const 0)) (i32.store (i32.const 20) (i32.const 100000000)) (i32.const 0)"
    );
    let error = publish(engine.limits().clone(), &message, "");
    assert!(
        matches!(
            error,
            EvaluateError::Fault(Fault::ResultTooLarge { limit: 0x100_0000 })
        ),
        "{error:?}"
    );
    let list = "(drop (call $decide (i32.const 1) (i32.const 0) (i32.const 0))) (i32.store (i32.const 12) (i32.const -1)) (i32.const 0)";
    assert!(matches!(
        fault(list, ""),
        Fault::ResultTooLarge { .. } | Fault::Trapped(_)
    ));
    for nowhere in ["(i32.const -4)", "(i32.const 1)", "(i32.const 131068)"] {
        assert!(matches!(fault(nowhere, ""), Fault::Trapped(_)), "{nowhere}");
    }
    let unknown_verdict = "(call $decide (i32.const 2) (i32.const 0) (i32.const 0))";
    assert!(matches!(fault(unknown_verdict, ""), Fault::Trapped(_)));
    let not_utf8 = "(i32.store8 (i32.const 0) (i32.const 1)) (i32.store (i32.const 64) (i32.const -1))
        (i32.store (i32.const 4) (i32.const 64)) (i32.store (i32.const 8) (i32.const 4)) (i32.const 0)";
    assert!(matches!(fault(not_utf8, ""), Fault::Trapped(_)));
}

#[test]
fn a_request_that_the_guest_cannot_take_is_a_fault() {
    let guest = Guest {
        fields: "(data \"\")".to_owned(),
        ..Guest::default()
    };
    let policy = engine_with(Limits {
        memory_bytes: 1 << 20,
        ..Limits::default()
    })
    .load(&guest.component())
    .expect("the guest loads");
    let mut large = request("scan");
    let scan = large.scan.as_mut().expect("it is a scan");
    scan.accepted = vec!["x".repeat(8_000); 1_000];
    let error = policy
        .evaluate(&large)
        .expect_err("it is too large for the guest");
    assert!(
        matches!(error, EvaluateError::Fault(Fault::OutOfMemory { .. })),
        "{error:?}"
    );
    assert!(policy.evaluate(&request("scan")).is_ok());
}

#[test]
fn a_request_is_sized_before_it_crosses() {
    let small = request("scan");
    let limit = small.bytes() + 100;
    let policy = engine_with(Limits {
        request_bytes: limit,
        ..Limits::default()
    })
    .load(&Guest::default().component())
    .expect("the guest loads");
    assert!(policy.evaluate(&small).is_ok());
    let mut large = small.clone();
    large.actor.id.push_str(&"x".repeat(101));
    for error in [
        policy.evaluate(&large).err(),
        policy.explain(&large).err(),
        policy
            .evaluate_batch(&[large.clone(), small])
            .remove(0)
            .err(),
    ] {
        assert!(
            matches!(error, Some(EvaluateError::RequestTooLarge { bytes, limit: l }) if bytes > limit && l == limit),
            "{error:?}"
        );
    }
}

#[test]
fn a_decision_that_contradicts_itself_is_none() {
    let decide = |verdict: u32, unmet: u32, fallbacks: u32| {
        format!("(call $decide (i32.const {verdict}) (i32.const {unmet}) (i32.const {fallbacks}))")
    };
    let with = |offset: u32, value: i32, decision: String| {
        format!(
            "(drop {decision}) (i32.store (i32.const {offset}) (i32.const {value})) (i32.const 0)"
        )
    };
    for (body, reason) in [
        (
            decide(0, 1, 0),
            "it allows, although a requirement is unmet",
        ),
        (decide(0, 0, 1), "it allows, and has fallbacks"),
        (
            decide(1, 0, 0),
            "it denies, although every requirement is met",
        ),
        (
            decide(1, 2, 0),
            "the requirement `reviewed` is unmet, but does not name the action",
        ),
        (
            with(136, 1, decide(1, 1, 0)),
            "its ready states do not rise",
        ),
        (
            with(64, -1, decide(1, 1, 0)),
            "it names requirement 4294967295, but there are 2",
        ),
        (with(68, 0, decide(1, 2, 0)), "its requirements do not rise"),
        (decide(1, 3, 0), "it names requirement 2, but there are 2"),
        (
            with(20, 3, decide(1, 1, 0)),
            "it names ready state 2, but there are 2",
        ),
        (
            with(96, 0x0000, decide(1, 1, 2)),
            "its fallbacks are not each once and least first",
        ),
        (
            with(96, 0x0001, decide(1, 1, 2)),
            "its fallbacks are not each once and least first",
        ),
    ] {
        assert_eq!(inconsistent(&body), reason, "{body}");
    }
    // The same for an action that nobody governs.
    for (body, reason) in [
        (
            decide(0, 0, 0),
            "it allows an action that none of its requirements names",
        ),
        (
            decide(1, 1, 0),
            "a requirement is unmet that does not name the action",
        ),
        (
            decide(1, 0, 1),
            "it has fallbacks for an action that none of its requirements names",
        ),
    ] {
        let policy = load(&Guest {
            evaluate: body,
            ..Guest::default()
        });
        let error = policy
            .evaluate(&request("revoke"))
            .expect_err("this is no decision");
        assert!(
            matches!(&error, EvaluateError::Inconsistent { reason: found } if found == reason),
            "{error:?}"
        );
    }
}

#[test]
fn an_explanation_that_contradicts_itself_is_none() {
    let with =
        |offset: u32, value: u32| format!("(i32.store (i32.const {offset}) (i32.const {value}))");
    let good = Guest::default().explain;
    let (body, result) = good
        .rsplit_once("(i32.const 0)")
        .expect("it ends with its result");
    for (change, reason) in [
        (with(64, 2), "it explains requirement 2, but there are 2"),
        (
            with(64, 1),
            "it explains the requirement `reviewed`, which does not name the action",
        ),
        (
            with(8, 2) + &with(76, 0) + &with(80, 0) + &with(84, 0),
            "it explains its requirements out of order",
        ),
    ] {
        let policy = load(&Guest {
            explain: format!("{body}{change}(i32.const 0){result}"),
            ..Guest::default()
        });
        let error = policy
            .explain(&request("publish"))
            .expect_err("this is no explanation");
        assert!(
            matches!(&error, EvaluateError::Inconsistent { reason: found } if found == reason),
            "{error:?}"
        );
    }
}

#[test]
fn an_explanation_is_bounded() {
    // One requirement with 10,000 facts, each the whole request.
    let explain = "(local $at i32)
        (i32.store (i32.const 0) (i32.const 0)) (i32.store (i32.const 4) (i32.const 64)) (i32.store (i32.const 8) (i32.const 1))
        (i32.store (i32.const 64) (i32.const 0)) (i32.store (i32.const 68) (i32.const 262144)) (i32.store (i32.const 72) (i32.const 10000))
        (i32.store (i32.const 96) (i32.const 0x73616373)) (i32.store (i32.const 97) (i32.const 0x6e616373))
        (local.set $at (i32.const 262144))
        (loop $next
            (i32.store (local.get $at) (i32.const 97)) (i32.store offset=4 (local.get $at) (i32.const 4))
            (local.set $at (i32.add (local.get $at) (i32.const 8)))
            (br_if $next (i32.lt_u (local.get $at) (i32.const 342144))))
        (i32.const 0)";
    let policy = load(&Guest {
        explain: explain.to_owned(),
        pages: 8,
        ..Guest::default()
    });
    let error = policy
        .explain(&request("publish"))
        .expect_err("this is too much");
    assert!(
        matches!(error, EvaluateError::Fault(Fault::ResultTooLarge { .. })),
        "{error:?}"
    );
}

#[test]
fn what_cannot_be_judged_is_no_denial() {
    let cannot = "(i32.store8 (i32.const 0) (i32.const 1))
        (i32.store (i32.const 4) (i32.const 169)) (i32.store (i32.const 8) (i32.const 19))
        (i32.store8 (i32.const 12) (i32.const 3))
        (i32.store (i32.const 16) (i32.const 160)) (i32.store (i32.const 20) (i32.const 8))
        (i32.const 0)";
    match publish(Limits::default(), cannot, "") {
        EvaluateError::Unjudged {
            path,
            problem,
            message,
        } => {
            assert_eq!(
                (&*path, problem, &*message),
                ("scan.targets[1].url", Problem::WrongType, "approver")
            );
        }
        other => panic!("expected that it cannot judge, found {other:?}"),
    }
}

#[test]
fn bytes_that_are_no_component_are_refused() {
    let engine = engine();
    for text in ["", "(component)", "language = 1", "\0asm"] {
        assert!(
            matches!(engine.load(text.as_bytes()), Err(LoadError::NotWebAssembly)),
            "{text}"
        );
    }
    assert!(matches!(
        engine.load(&Guest::default().module()),
        Err(LoadError::CoreModule)
    ));
    let component = Guest::default().component();
    for end in [8, 9, 100, component.len() / 2, component.len() - 1] {
        let error = engine
            .load(&component[..end])
            .expect_err("a part is no component");
        assert!(
            matches!(
                error,
                LoadError::Invalid(_) | LoadError::MissingExport { .. }
            ),
            "{end}: {error:?}"
        );
    }
    assert!(engine.load(&component).is_ok());
}

#[test]
fn a_hundred_megabytes_of_noise_are_refused() {
    let mut noise = vec![0_u8; 100_000_000];
    fastrand::Rng::with_seed(1).fill(&mut noise);
    let engine = engine();
    assert!(matches!(
        engine.load(&noise),
        Err(LoadError::TooLarge { limit: 0x200_0000 })
    ));
    noise.truncate(32 << 20);
    noise[0] = b'x';
    assert!(matches!(
        engine.load(&noise),
        Err(LoadError::NotWebAssembly)
    ));
    noise[..8].copy_from_slice(b"\0asm\x0d\0\x01\0");
    noise[8] = 0xff;
    assert!(matches!(engine.load(&noise), Err(LoadError::Invalid(_))));
    assert!(engine.load(&Guest::default().component()).is_ok());
}

/// Components with bytes changed: some still load, and none does harm.
#[test]
fn mutated_components_are_loaded_or_refused() {
    let seed = std::env::var("SCOPEGATE_SEED").map_or_else(
        |_| fastrand::u64(..),
        |seed| seed.parse().expect("a number"),
    );
    println!("SCOPEGATE_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let engine = engine_with(Limits {
        fuel: 100_000,
        ..Limits::default()
    });
    let component = Guest::default().component();
    let facts = request("publish");
    for _ in 0..500 {
        let mut bytes = component.clone();
        for _ in 0..random.usize(1..4) {
            let at = random.usize(8..bytes.len());
            bytes[at] = random.u8(..);
        }
        if let Ok(policy) = engine.load(&bytes) {
            // Whatever it says, it is a decision or an error.
            let _ = policy.evaluate(&facts);
            let _ = policy.explain(&facts);
        }
    }
}

#[test]
fn an_import_is_refused_by_name() {
    let wit = scopegate_contract::WIT
        .replace("world gate {", "world gate { import clock: func() -> u64;");
    let imports = r#"(import "$root" "clock" (func $clock (result i64)))"#;
    let error = refused(&Guest {
        wit,
        imports: imports.to_owned(),
        ..Guest::default()
    });
    assert!(
        matches!(&error, LoadError::Imports { name, is_wasi: false } if name == "clock"),
        "{error:?}"
    );
}

#[test]
fn a_missing_export_is_named() {
    let contract = scopegate_contract::WIT;
    let start = contract
        .find("  explain: func")
        .expect("the contract explains");
    let end = start + contract[start..].find('\n').expect("it ends");
    let wit = format!("{}{}", &contract[..start], &contract[end..]);
    let doc = wit[..start].rfind("  ///").expect("it is documented");
    let wit = format!("{}{}", &wit[..doc], &wit[start..]);
    let error = refused(&Guest {
        wit,
        ..Guest::default()
    });
    assert!(
        matches!(&error, LoadError::MissingExport { name } if name == "scopegate:gate/policy@1.0.0#explain"),
        "{error:?}"
    );

    let other = engine().load(&wat::parse_str("(component)").expect("it is well-formed"));
    assert!(
        matches!(&other, Err(LoadError::MissingExport { name }) if name == "scopegate:gate/policy@1.0.0"),
        "{other:?}"
    );
}

#[test]
fn a_wrong_type_is_named() {
    for (from, to, function) in [
        (
            "    now: timestamp,",
            "    now: option<timestamp>,",
            "evaluate",
        ),
        (
            "    agency-account: string,",
            "    agency: string,",
            "evaluate",
        ),
        (
            "    /// Owns the account.\n    owner,",
            "    /// Owns the account.\n    boss,",
            "evaluate",
        ),
        (
            "    memory-bytes: u64,",
            "    memory-bytes: s64,",
            "describe",
        ),
        ("    ready: list<u32>,", "    ready: list<s32>,", "evaluate"),
        ("    requirement: u32,", "    requirement: s32,", "explain"),
    ] {
        assert!(scopegate_contract::WIT.contains(from), "{from}");
        let wit = scopegate_contract::WIT.replacen(from, to, 1);
        let error = refused(&Guest {
            wit,
            ..Guest::default()
        });
        let name = format!("scopegate:gate/policy@1.0.0#{function}");
        assert!(
            matches!(&error, LoadError::WrongType { name: found, .. } if *found == name),
            "{from}: {error:?}"
        );
    }
    let not_a_function = wat::parse_str(
        r#"(component (core module $m) (instance $i (export "describe" (core module $m))) (export "scopegate:gate/policy@1.0.0" (instance $i)))"#,
    )
    .expect("it is well-formed");
    let error = engine().load(&not_a_function).expect_err("it is no policy");
    assert!(
        matches!(&error, LoadError::WrongType { name, .. } if name == "scopegate:gate/policy@1.0.0#describe"),
        "{error:?}"
    );
}

#[test]
fn features_that_policies_do_not_need_are_off() {
    for field in [
        "(func (return_call 0))",
        "(global (export \"g\") (mut i32) (i32.const 0)) (memory i64 1)",
        "(tag $e)",
        "(type (struct))",
        "(func (param v128) (result v128) (i8x16.relaxed_swizzle (local.get 0) (local.get 0)))",
        "(func (drop (i32.atomic.load (i32.const 0))))",
        "(type $f (func)) (func (param (ref $f)))",
        "(func (param i64 i64 i64 i64) (result i64 i64) (i64.add128 (local.get 0) (local.get 1) (local.get 2) (local.get 3)))",
        "(memory 1 (pagesize 1))",
    ] {
        let Ok(module) = wat::parse_str(format!("(component (core module {field}))")) else {
            panic!("not well-formed: {field}")
        };
        let error = engine().load(&module).expect_err("the feature is off");
        assert!(matches!(error, LoadError::Invalid(_)), "{field}: {error:?}");
    }
}

#[test]
fn a_component_that_fails_to_start_is_refused() {
    let fields = format!("(func $start {LOOP}) (start $start)");
    assert!(matches!(
        refused(&Guest {
            fields,
            ..Guest::default()
        }),
        LoadError::Fault(Fault::OutOfFuel { .. })
    ));
    let error = refused(&Guest {
        describe: "unreachable".to_owned(),
        ..Guest::default()
    });
    assert!(
        matches!(error, LoadError::Fault(Fault::Trapped(_))),
        "{error:?}"
    );
}

#[test]
fn a_manifest_that_makes_no_sense_is_refused() {
    let good = Guest::default().manifest;
    for (manifest, reason) in [
        (Texts { name: "", ..good }, "the policy's name is empty"),
        (
            Texts {
                name: "a\u{1b}[2J",
                ..good
            },
            "the policy's name has more than 256 bytes or holds control characters",
        ),
        (
            Texts {
                version: "1.2",
                ..good
            },
            "the version `1.2` is not a semantic version: unexpected end of input while parsing minor version number",
        ),
        (
            Texts {
                rules_digest: "sha256:00",
                ..good
            },
            "the rules' digest is not `sha256:` and 64 hexadecimal digits",
        ),
        (
            Texts {
                actions: &["scan", "scan", "publish"],
                ..good
            },
            "the action `scan` is there twice",
        ),
        (
            Texts {
                requirements: &["approved", "approved"],
                ..good
            },
            "the requirement `approved` is there twice",
        ),
        (
            Texts {
                requirements: &["approved", ""],
                ..good
            },
            "the name of one requirement is empty",
        ),
        (
            Texts {
                ready: &["first", "first"],
                ..good
            },
            "the ready state `first` is there twice",
        ),
        (Texts { code: "", ..good }, "a requirement's code is empty"),
        (
            Texts {
                names: "export",
                ..good
            },
            "the requirement `approved` names the action `export`, which is not among the policy's actions",
        ),
    ] {
        let error = refused(&Guest {
            manifest,
            ..Guest::default()
        });
        assert!(
            matches!(&error, LoadError::Manifest { reason: found } if found == reason),
            "{error:?}"
        );
    }
}
