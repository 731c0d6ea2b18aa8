//! How long a decision takes: the default policy on the requests of all its cases, beside the floor and other ways to decide them.
//!
//! Native Rust and the interpreter evaluate version 1.0.0 of the policy. Version 1.1.0 adds functions, and their reference implementations are written
//! for clarity, not for speed.

use std::hint::black_box;
use std::time::Instant;

use scopegate::{Engine, Policy, Proof, Request};
use scopegate_bench::empty::Empty;
use scopegate_bench::interpreter::Interpreter;
use scopegate_bench::rule_sets;
use scopegate_bench::timing::{Contender, ROUNDS, measure, median, resident_kib};
use scopegate_tests::edition::Edition;
use scopegate_tests::{cases, native};

/// Version 1.0.0 of the default policy in native Rust.
const BY_HAND: native::Policy = native::Policy::of(Edition::First);

#[expect(clippy::too_many_lines, reason = "a list of contenders")]
fn main() {
    let requests: &'static [Request] = Vec::leak(
        cases::all()
            .into_iter()
            .map(|(_, request)| request)
            .collect(),
    );
    let texts: Vec<String> = requests
        .iter()
        .map(|r| serde_json::to_string(r).expect("a request can be written"))
        .collect();
    let engine = Engine::new().expect("this machine runs WebAssembly");
    let as_components = Engine::builder()
        .as_components()
        .build()
        .expect("this machine runs WebAssembly");
    let load_into = |engine: &Engine, source: &str| {
        let component = scopegate_compiler::compile(source)
            .expect("the rule set is right")
            .component;
        engine.load(&component).expect("the component fits")
    };
    let load = |source: &str| load_into(&engine, source);
    let policy = load(&rule_sets::default_policy());
    let whole = load_into(&as_components, &rule_sets::default_policy());
    let first_rules = Edition::First.file("policy.toml");
    let first = load(&first_rules);
    let recorded = of_another_compiler(&engine, true);
    let foreign = of_another_compiler(&engine, false);
    let other = load(&rule_sets::for_other_actions(1_000));
    let more = load(&rule_sets::for_every_action(1_000));
    let few = load(&rule_sets::selected_by_a_key(20));
    let selected = load(&rule_sets::selected_by_a_key(1_000));
    let unselected = load(&rule_sets::not_selectable(1_000));
    let prefixes = rule_sets::prefixes(1_000);
    let mut empty = Empty::new();
    let interpreter = Interpreter::new(&first_rules);
    let contexts: Vec<_> = requests
        .iter()
        .map(|request| interpreter.context(request))
        .collect();
    agree(requests, &first, &interpreter, &contexts);
    let many: Vec<Request> = requests.iter().cycle().take(10_000).cloned().collect();

    let all = |policy: &Policy| {
        for request in requests {
            black_box(policy.evaluate(request).expect("every case is decided"));
        }
    };
    let mut contenders = [
        contender("an empty component, same signature", requests, || {
            for request in requests {
                empty.evaluate(request);
            }
        }),
        contender("the default policy", requests, || all(&policy)),
        contender("  through its component", requests, || all(&whole)),
        contender("  of another compiler, recorded", requests, || {
            all(&recorded);
        }),
        contender("  of another compiler, not recorded", requests, || {
            all(&foreign);
        }),
        contender("  in batches of ten thousand", &many, || {
            black_box(policy.evaluate_batch(&many));
        }),
        contender("  + 1,000 requirements for other actions", requests, || {
            all(&other);
        }),
        contender("  + 1,000 that apply and are met", requests, || all(&more)),
        contender("  + 20 selected by a key, one applies", requests, || {
            all(&few);
        }),
        contender("  + 1,000 selected by a key, one applies", requests, || {
            all(&selected);
        }),
        contender("  + 1,000 that no key selects", requests, || {
            all(&unselected);
        }),
        contender("  (those 1,000 alone in native Rust)", requests, || {
            for request in requests {
                let project = black_box(&*request.tenancy.project);
                let met = prefixes
                    .iter()
                    .filter(|prefix| !project.starts_with(&***prefix));
                black_box(met.count());
            }
        }),
        contender("  from JSON text to JSON text", requests, || {
            for text in &texts {
                let decision = policy.evaluate_json(text.as_bytes(), || 0);
                let mut out = Vec::with_capacity(512);
                decision
                    .expect("every case is decided")
                    .write_json(&mut out);
                black_box(out);
            }
        }),
        contender("version 1.0.0", requests, || all(&first)),
        contender("  the same rules in native Rust", requests, || {
            for request in requests {
                black_box(BY_HAND.decide(request));
            }
        }),
        contender("  their requirements in the cel crate", requests, || {
            for (request, context) in requests.iter().zip(&contexts) {
                black_box(interpreter.unmet(&request.action, context));
            }
        }),
    ];
    println!(
        "{} requests, every action; nanoseconds a decision, median of {ROUNDS} rounds measured in turn",
        requests.len()
    );
    let times = measure(&mut contenders);
    let (floor, default) = (times[0], times[1]);
    for (contender, time) in contenders.iter().zip(&times) {
        println!(
            "{:<42} {time:>9.0} ns  {:>6.2} x empty  {:>6.2} x default",
            contender.name,
            time / floor,
            time / default
        );
    }
    drop(contenders);
    loading(&rule_sets::default_policy());
    memory(&policy, requests);
}

/// The default policy as a compiler made it that this program does not have.
fn of_another_compiler(engine: &Engine, is_recorded: bool) -> Policy {
    let mut component = scopegate_compiler::compile(&rule_sets::default_policy())
        .expect("the rule set is right")
        .component;
    let compiler = scopegate_compiler::COMPILER.as_bytes();
    let at = component
        .windows(compiler.len())
        .rposition(|bytes| bytes == compiler)
        .expect("it says what made it");
    component[at + compiler.len() - 1] = b'x';
    let engine = engine.with_proof(is_recorded.then(|| Proof {
        component: scopegate_compiler::digest(&component),
        compiler: scopegate_compiler::compiler_of(&component).expect("it says what made it"),
    }));
    engine.load(&component).expect("the component fits")
}

fn contender<'c>(
    name: &'static str,
    requests: &[Request],
    work: impl FnMut() + 'c,
) -> Contender<'c> {
    Contender {
        name,
        decisions: requests.len(),
        work: Box::new(work),
    }
}

/// Nothing is timed that does not decide alike.
fn agree(
    requests: &[Request],
    policy: &Policy,
    interpreter: &Interpreter,
    contexts: &[cel::Context<'static, 'static>],
) {
    for (request, context) in requests.iter().zip(contexts) {
        let decision = policy.evaluate(request).expect("every case is decided");
        let unmet: Vec<&str> = decision
            .findings()
            .map(|finding| finding.requirement)
            .collect();
        let expected = BY_HAND.decide(request).unmet;
        let expected: Vec<&str> = expected
            .into_iter()
            .map(|index| native::RULES[index].id)
            .collect();
        assert_eq!(expected, unmet, "native: {request:?}");
        // Sets whose members belong only sometimes are beyond the interpreter's port.
        if request.access.is_some() || !["draft_patch", "export_ticket"].contains(&&*request.action)
        {
            assert_eq!(
                interpreter.unmet(&request.action, context),
                unmet.len(),
                "cel: {request:?}"
            );
        }
    }
}

/// From the component's bytes to its first decision, with and without compiled code at hand.
fn loading(source: &str) {
    let component = scopegate_compiler::compile(source)
        .expect("the rule set is right")
        .component;
    let folder = std::env::temp_dir().join(format!("scopegate-bench-{}", std::process::id()));
    let load = |engine: &Engine| {
        let start = Instant::now();
        let policy = engine.load(&component).expect("the component fits");
        black_box(policy.manifest());
        start.elapsed().as_secs_f64() * 1e3
    };
    let cold = (0..9)
        .map(|_| load(&Engine::new().expect("this machine runs WebAssembly")))
        .collect();
    let cached = || {
        Engine::builder()
            .cache(&folder)
            .build()
            .expect("the cache can be written")
    };
    load(&cached());
    let warm = (0..9).map(|_| load(&cached())).collect();
    println!(
        "loading the default component ({} bytes): {:.1} ms cold, {:.1} ms with its compiled code cached",
        component.len(),
        median(cold),
        median(warm)
    );
    std::fs::remove_dir_all(folder).expect("the cache can be removed");
}

/// A million decisions in one process.
fn memory(policy: &Policy, requests: &[Request]) {
    let decide = |count: usize| {
        for request in requests.iter().cycle().take(count) {
            black_box(policy.evaluate(request).expect("every case is decided"));
        }
        resident_kib()
    };
    let (early, late) = (decide(10_000), decide(990_000));
    match early.zip(late) {
        Some((early, late)) => println!(
            "resident memory: {early} KiB after 10,000 decisions, {late} KiB after 1,000,000"
        ),
        None => println!("resident memory: this system does not tell"),
    }
}
