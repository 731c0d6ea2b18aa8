//! Ready states: thousands of conditions, each asked of many requests.

use std::collections::HashSet;
use std::time::Instant;

use fastrand::Rng;
use scopegate::{Engine, Policy, Request};
use scopegate_tests::oracle::{
    Asked, Asking, Generator, Requests, Samples, World, json, ready, shrink,
};
use scopegate_tests::random::seed;

use super::{engine, on_a_large_stack, policy};

/// Distinct conditions.
const CONDITIONS: usize = 6_000;
/// Conditions of one component.
const TOGETHER: usize = 200;
/// Requests that each condition is asked of.
const REQUESTS: usize = 64;
/// One in this many conditions that chance made the same for all requests is kept all the same.
const CONSTANTS: u32 = 8;

/// What was seen.
#[derive(Default)]
struct Seen {
    distinct: HashSet<String>,
    both: usize,
    constants: usize,
    left_out: usize,
    evaluations: usize,
    unknown: usize,
}

#[test]
fn ready_states_are_what_cel_says() {
    on_a_large_stack(agree_on_ready_states);
}

fn agree_on_ready_states() {
    let seed = seed(30);
    let begin = Instant::now();
    let (world, engine) = (World::new(), engine());
    let samples = Samples::of(&Requests::new(seed).take(500).collect::<Vec<_>>());
    let mut generator = Generator::new(seed, &world, &samples);
    let mut rng = Rng::with_seed(seed);
    let mut seen = Seen::default();
    let mut number = 0;
    while seen.distinct.len() < CONDITIONS {
        number += 1;
        let requests = seed.wrapping_mul(1_000_003).wrapping_add(number);
        let asking = Asking::new(requests, &world, REQUESTS);
        let mut asked = Vec::new();
        while asked.len() < TOGETHER {
            let condition = generator.condition();
            if !seen.distinct.contains(&condition) {
                asked.extend(seen.choose(asking.ask(condition), &mut rng));
            }
        }
        let conditions: Vec<String> = asked.iter().map(|asked| asked.condition.clone()).collect();
        let component = policy(&engine, &ready(&world, &conditions, &mut rng));
        seen.agreement(&component, &asked, &asking)
            .unwrap_or_else(|disagreement| disagreement.report(&engine, &world));
    }
    seen.report(begin);
}

impl Seen {
    /// The condition, if it is worth asking the component.
    fn choose(&mut self, asked: Asked, rng: &mut Rng) -> Option<Asked> {
        if !asked.is_constant() {
            self.both += 1;
        } else if rng.u32(..CONSTANTS) == 0 {
            self.constants += 1;
        } else {
            self.left_out += 1;
            return None;
        }
        self.distinct.insert(asked.condition.clone());
        Some(asked)
    }

    fn agreement(
        &mut self,
        component: &Policy,
        asked: &[Asked],
        asking: &Asking,
    ) -> Result<(), Box<Disagreement>> {
        for (at, request) in asking.requests.iter().enumerate() {
            let decision = component
                .evaluate(request)
                .unwrap_or_else(|error| panic!("no decision: {error:?}\n{}", json(request)));
            let ready: HashSet<&str> = decision.ready().collect();
            for (index, asked) in asked.iter().enumerate() {
                let found = ready.contains(&*format!("c{index}"));
                let Some(answer) = asked.answers[at] else {
                    self.unknown += 1;
                    continue;
                };
                self.evaluations += 1;
                if found != answer {
                    return Err(Box::new(Disagreement {
                        condition: asked.condition.clone(),
                        request: request.clone(),
                        component: found,
                    }));
                }
            }
        }
        Ok(())
    }

    fn report(&self, begin: Instant) {
        let (conditions, evaluations) = (self.distinct.len(), self.evaluations);
        println!(
            "{conditions} conditions, {evaluations} evaluations, {} seen true and false, {} constant ({} more left out), {} unknown to the oracle, {:.1?}",
            self.both,
            self.constants,
            self.left_out,
            self.unknown,
            begin.elapsed()
        );
        assert!(conditions >= 5_000 && evaluations >= 100_000 && self.unknown < evaluations / 100);
        assert!(self.both >= conditions * 9 / 10, "too many constants");
    }
}

/// A condition that the component and the oracle see differently.
struct Disagreement {
    condition: String,
    request: Request,
    /// What the component says.
    component: bool,
}

impl Disagreement {
    /// Fails, with the smallest condition and request that still disagree.
    fn report(self, engine: &Engine, world: &World) {
        let Self {
            condition,
            request,
            component,
        } = self;
        let whole = condition.clone();
        let small = shrink::condition(condition, &mut |text| {
            disagree(engine, world, text, &request)
        });
        let request = shrink::request(request, &mut |smaller| {
            disagree(engine, world, &small, smaller)
        });
        panic!(
            "component {component}, oracle {}\n{whole}\nof which {small}\n{}",
            !component,
            json(&request)
        );
    }
}

/// Whether the two disagree on a condition that may be none.
fn disagree(engine: &Engine, world: &World, condition: &str, request: &Request) -> bool {
    let rules = ready(world, &[condition.to_owned()], &mut Rng::with_seed(0));
    let Ok(compiled) = scopegate_compiler::compile(&rules) else {
        return false;
    };
    let component = engine
        .load(&compiled.component)
        .expect("what compiles is loaded");
    let decision = component.evaluate(request).expect("a decision");
    let asked = Asking::of(vec![request.clone()], world).ask(condition.to_owned());
    asked.answers[0].is_some_and(|answer| answer == (decision.ready().len() == 0))
}
