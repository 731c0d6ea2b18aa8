//! Both ways to ask a compiled policy give the same: its core module called directly, and its component's typed functions.

use std::thread;

use fastrand::Rng;
use scopegate::{Engine, Origin, Policy, Request};
use scopegate_tests::cases;
use scopegate_tests::oracle::{
    Generator, Requests as Conditional, Samples, World, ready, requirements,
};
use scopegate_tests::random::{Requests, seed};

/// Requests to the default policy.
const REQUESTS: usize = 1_000_000;
/// Requests that are decided together.
const TOGETHER: usize = 500;
/// One in this many is explained too, and written by `serde_json` as well.
const CLOSER: usize = 16;
/// Random rule sets, and the requests to each.
const RULE_SETS: u64 = 60;
const ASKED: usize = 500;

/// A policy, loaded both ways.
struct Both {
    direct: Policy,
    component: Policy,
}

impl Both {
    fn load(component: &[u8]) -> Self {
        let direct = Engine::new().expect("an engine");
        let whole = Engine::builder()
            .as_components()
            .build()
            .expect("an engine");
        let load = |engine: &Engine| engine.load(component).expect("the component fits");
        let both = Self {
            direct: load(&direct),
            component: load(&whole),
        };
        assert_eq!(both.direct.origin(), Origin::Compiled);
        assert_eq!(both.direct.manifest(), both.component.manifest());
        assert_eq!(both.direct.id(), both.component.id());
        both
    }

    /// Holds the two to the same answers, to the byte.
    fn agree(&self, requests: &[Request]) {
        let batch = self.component.evaluate_batch(requests);
        for ((index, request), component) in requests.iter().enumerate().zip(batch) {
            let context = || serde_json::to_string(request).expect("a request can be written");
            let direct = self.direct.evaluate(request);
            let (direct, component) = match (direct, component) {
                (Ok(direct), Ok(component)) => (direct, component),
                (direct, component) => {
                    assert_eq!(
                        format!("{direct:?}"),
                        format!("{component:?}"),
                        "{}",
                        context()
                    );
                    continue;
                }
            };
            let (mut one, mut other) = (Vec::new(), Vec::new());
            direct.write_json(&mut one);
            component.write_json(&mut other);
            assert!(one == other, "{direct:?}\n{component:?}\n{}", context());
            if index % CLOSER == 0 {
                let written = serde_json::to_vec(&component).expect("a decision can be written");
                assert!(one == written, "{direct:?}\n{}", context());
                assert_eq!(
                    self.direct.explain(request).expect("what decides explains"),
                    self.component
                        .explain(request)
                        .expect("what decides explains"),
                    "{}",
                    context()
                );
            }
        }
    }
}

#[test]
fn on_a_million_requests_to_the_default_policy() {
    let (both, seed) = (Both::load(&cases::component()), seed(40));
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for number in 0..threads {
            let both = &both;
            scope.spawn(move || {
                let mut requests =
                    Requests::new(seed.wrapping_mul(1_000_003).wrapping_add(number as u64));
                for _ in 0..REQUESTS.div_ceil(TOGETHER * threads) {
                    let together: Vec<Request> = requests.by_ref().take(TOGETHER).collect();
                    both.agree(&together);
                }
            });
        }
    });
}

#[test]
fn on_random_rule_sets() {
    let seed = seed(41);
    let world = World::new();
    let samples = Samples::of(&Conditional::new(seed).take(500).collect::<Vec<_>>());
    let mut generator = Generator::new(seed, &world, &samples);
    let mut rng = Rng::with_seed(seed);
    for number in 0..RULE_SETS {
        let rules = if number % 3 == 0 {
            let conditions: Vec<String> = (0..40).map(|_| generator.condition()).collect();
            ready(&world, &conditions, &mut rng)
        } else {
            let rules: Vec<_> = (0..40).map(|_| generator.rule()).collect();
            requirements(&world, &rules, &mut rng)
        };
        let requests = Conditional::new(seed.wrapping_mul(1_000_033).wrapping_add(number));
        Both::load(&cases::compile(&rules)).agree(&requests.take(ASKED).collect::<Vec<_>>());
    }
}

#[test]
fn on_what_is_over_a_limit_or_takes_more_memory() {
    let both = Both::load(&cases::component());
    let base = cases::request(&cases::bases()["scan"]).expect("a request");
    let scan = |targets: usize, bytes: usize| {
        let mut request = base.clone();
        let scan = request.scan.as_mut().expect("the base scans");
        let mut target = scan.targets[0].clone();
        target.url = format!("{}{}", target.url, "a".repeat(bytes));
        scan.targets = vec![target; targets];
        request
    };
    both.agree(&[
        scan(1, 0),
        scan(1, 9_000),
        scan(10_000, 0),
        scan(10_001, 0),
        scan(10_000, 900),
        scan(0, 0),
        base.clone(),
    ]);
}
