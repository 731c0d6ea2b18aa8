//! The component agrees with the `cel` crate on random conditions and random requests.

use std::collections::HashSet;
use std::time::Instant;

use fastrand::Rng;
use scopegate::{Engine, Policy, Request};
use scopegate_tests::oracle::{
    Batch, Generator, Oracle, Question, Requests, Samples, World, written_out,
};
use scopegate_tests::random::seed;

/// Distinct conditions.
const CONDITIONS: usize = 6_000;
/// Conditions of one component.
const TOGETHER: usize = 200;
/// Requests that each condition is asked of.
const REQUESTS: usize = 64;
/// One in this many conditions that chance made the same for all requests is kept all the same.
const CONSTANTS: u32 = 8;

/// A condition and what it is of each request, as the oracle says.
struct Asked {
    condition: String,
    answers: Vec<Option<bool>>,
}

impl Asked {
    fn is_constant(&self) -> bool {
        let mut answers = self.answers.iter().flatten();
        let first = answers.next();
        answers.all(|answer| Some(answer) == first)
    }
}

/// Requests as both sides see them.
struct Asking {
    requests: Vec<Request>,
    oracles: Vec<Oracle>,
}

impl Asking {
    fn new(seed: u64, world: &World) -> Self {
        let requests: Vec<Request> = Requests::new(seed).take(REQUESTS).collect();
        let oracles = requests
            .iter()
            .map(|request| Oracle::new(world, request))
            .collect();
        Self { requests, oracles }
    }

    fn ask(&self, condition: String) -> Asked {
        let question = Question::new(&written_out(&condition));
        let answer = |(oracle, request): (&Oracle, &Request)| match oracle.answer(&question) {
            Ok(answer) => Some(answer),
            // The oracle counts nanoseconds in 64 bits: differences of more than 292 years are beyond it.
            Err(error) if error.starts_with("Overflow") => None,
            Err(error) => panic!(
                "the oracle has no answer: {error}\n{condition}\n{}",
                json(request)
            ),
        };
        let answers = self
            .oracles
            .iter()
            .zip(&self.requests)
            .map(answer)
            .collect();
        Asked { condition, answers }
    }
}

fn json(request: &Request) -> String {
    serde_json::to_string(request).expect("a request can be written")
}

fn policy(engine: &Engine, rules: &str) -> Policy {
    match scopegate_compiler::compile(rules) {
        Ok(compiled) => engine
            .load(&compiled.component)
            .unwrap_or_else(|error| panic!("{error:?}\n{rules}")),
        Err(diagnostics) => panic!("{}", diagnostics.render(rules, "policy.toml", false)),
    }
}

#[test]
fn ready_states_are_what_cel_says() {
    let seed = seed(30);
    let begin = Instant::now();
    let (world, engine) = (World::new(), Engine::new().expect("an engine"));
    let samples = Samples::of(&Requests::new(seed).take(500).collect::<Vec<_>>());
    let mut generator = Generator::new(seed, &world, &samples);
    let mut rng = Rng::with_seed(seed);
    let mut distinct = HashSet::new();
    let (mut both, mut constants, mut skipped) = (0, 0, 0);
    let mut number = 0;
    while distinct.len() < CONDITIONS {
        number += 1;
        let asking = Asking::new(seed.wrapping_mul(1_000_003).wrapping_add(number), &world);
        let mut asked = Vec::new();
        while asked.len() < TOGETHER {
            let condition = generator.condition();
            if distinct.contains(&condition) {
                continue;
            }
            let question = asking.ask(condition);
            if question.is_constant() {
                if rng.u32(..CONSTANTS) > 0 {
                    skipped += 1;
                    continue;
                }
                constants += 1;
            } else {
                both += 1;
            }
            distinct.insert(question.condition.clone());
            asked.push(question);
        }
        let conditions: Vec<String> = asked.iter().map(|asked| asked.condition.clone()).collect();
        let batch = Batch {
            world: &world,
            conditions: &conditions,
        };
        agree_as_ready(&policy(&engine, &batch.as_ready(&mut rng)), &asked, &asking);
    }
    println!(
        "{} conditions, {} evaluations, {both} seen true and false, {constants} constant ({skipped} more left out), {:.1?}",
        distinct.len(),
        distinct.len() * REQUESTS,
        begin.elapsed()
    );
}

fn agree_as_ready(policy: &Policy, asked: &[Asked], asking: &Asking) {
    for (at, request) in asking.requests.iter().enumerate() {
        let decision = policy
            .evaluate(request)
            .unwrap_or_else(|error| panic!("no decision: {error:?}\n{}", json(request)));
        let ready: HashSet<&str> = decision.ready.iter().map(|state| &**state).collect();
        for (index, asked) in asked.iter().enumerate() {
            let found = ready.contains(&*format!("c{index}"));
            assert_eq!(
                found,
                asked.answers[at].unwrap_or(found),
                "component, oracle\n{}\n{}",
                asked.condition,
                json(request)
            );
        }
    }
}
