//! Each requirement of the compiled policy applies and holds where the native reference's does, one by one.

use scopegate::Engine;
use scopegate_compiler::RuleSet;
use scopegate_tests::edition::Edition;
use scopegate_tests::native::{self, Outcome, RULES};
use scopegate_tests::random::{Requests, seed, spelled};
use std::collections::HashSet;

#[test]
fn each_requirement_applies_and_holds_as_the_native_one() {
    for edition in Edition::ALL {
        applies_and_holds(edition);
    }
}

fn applies_and_holds(edition: Edition) {
    let rules = RuleSet::check(&edition.file("policy.toml")).expect("the default policy");
    let ids: Vec<_> = rules.requirements().collect();
    assert_eq!(ids, RULES.map(|rule| rule.id));
    let engine = Engine::new().expect("an engine");
    let policy = engine.load(&rules.coverage_component()).expect("a policy");
    let requests = Requests::new(seed(25)).take(3_000);
    for request in requests.chain(spelled(seed(26)).take(3_000)) {
        let decision = policy.evaluate(&request).expect("a decision");
        let states: HashSet<&str> = decision.ready().collect();
        for (index, id) in ids.iter().enumerate() {
            let applies = states.contains(&*format!("applies_{index}"));
            let holds = states.contains(&*format!("holds_{index}"));
            let outcome = native::outcome(edition, index, &request);
            let expected = (outcome != Outcome::NotApplying, outcome != Outcome::Unmet);
            assert_eq!((applies, holds), expected, "{id} for {request:?}");
        }
    }
}
