//! Requirements: unmet exactly where the oracle says, with guards and conditional sets of actions.

use std::collections::HashSet;

use fastrand::Rng;
use scopegate_tests::oracle::{
    ACTIONS, Asking, Generator, Requests, Rule, Samples, World, json, requirements,
};
use scopegate_tests::random::seed;

use super::{engine, policy};

const BATCHES: u64 = 10;
const TOGETHER: usize = 100;
const REQUESTS: usize = 60;

#[test]
fn requirements_are_unmet_where_cel_says() {
    let seed = seed(31);
    let (world, engine) = (World::new(), engine());
    let samples = Samples::of(&Requests::new(seed).take(500).collect::<Vec<_>>());
    let mut generator = Generator::new(seed, &world, &samples);
    let mut rng = Rng::with_seed(seed);
    let (mut compared, mut unmet) = (0, 0);
    for batch in 0..BATCHES {
        let rules: Vec<Rule> = (0..TOGETHER).map(|_| generator.rule()).collect();
        let component = policy(&engine, &requirements(&world, &rules, &mut rng));
        let asking = Asking::new(
            seed.wrapping_mul(1_000_033).wrapping_add(batch),
            &world,
            REQUESTS,
        );
        let asked: Vec<_> = rules.iter().map(|rule| asking.ask(rule.unmet())).collect();
        for (at, request) in asking.requests.iter().enumerate() {
            let decision = component.evaluate(request).expect("a decision");
            if !ACTIONS.contains(&&*request.action) {
                assert!(!decision.is_allowed() && decision.findings().len() == 0);
                continue;
            }
            let findings: HashSet<&str> = decision
                .findings()
                .map(|finding| finding.requirement)
                .collect();
            assert_eq!(findings.is_empty(), decision.is_allowed());
            for (index, rule) in rules.iter().enumerate() {
                let found = findings.contains(&*format!("c{index}"));
                let Some(answer) = asked[index].answers[at] else {
                    continue;
                };
                let expected = answer && rule.names(&request.action);
                assert_eq!(
                    found,
                    expected,
                    "component, oracle: unmet?\n{rule:#?}\n{}",
                    json(request)
                );
                compared += 1;
                unmet += u32::from(found);
            }
        }
    }
    println!("{compared} requirements compared, {unmet} unmet");
    assert!(unmet > compared / 20);
}
