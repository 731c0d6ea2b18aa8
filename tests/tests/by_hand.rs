//! The default policy's rules and the same policy written by hand in Rust decide alike: two readings of one specification.
//!
//! It is the suite `sdk` that builds the component and says in `SCOPEGATE_BY_HAND` where it is.

use scopegate::{Engine, Origin, Policy};
use scopegate_tests::expected::Expected;
use scopegate_tests::random::{self, Requests, seed};
use scopegate_tests::{by_hand, cases};

/// Random requests, and those that turn on URLs alone.
const REQUESTS: usize = 100_000;
const OF_ONE_PAGE: usize = 25_000;
/// Requests that are decided together.
const TOGETHER: usize = 5_000;

#[test]
#[ignore = "it needs the component that tests/suites/sdk/run builds"]
fn rules_and_code_decide_alike() {
    let engine = Engine::new().expect("an engine");
    let load = |component: &[u8]| -> Policy { engine.load(component).expect("the component fits") };
    let (rules, code) = (load(&cases::component()), load(&by_hand::component()));
    assert_eq!(
        (rules.origin(), code.origin()),
        (Origin::Compiled, Origin::Foreign)
    );
    let seed = seed(5);
    let requests = Requests::new(seed).take(REQUESTS);
    let requests = requests.chain(random::of_one_page(seed).take(OF_ONE_PAGE));
    let requests: Vec<_> = requests.collect();
    let mut allowed = 0;
    for requests in requests.chunks(TOGETHER) {
        let (rules, code) = (
            rules.evaluate_batch(requests),
            code.evaluate_batch(requests),
        );
        for ((request, rules), code) in requests.iter().zip(rules).zip(code) {
            let found = |decision| Expected::by_component(&decision);
            let (rules, code) = (rules.map(found), code.map(found));
            let json = || serde_json::to_string(request).expect("a request can be written");
            assert_eq!(rules.as_ref().ok(), code.as_ref().ok(), "{}", json());
            allowed += usize::from(rules.is_ok_and(|rules| rules.decision == "allow"));
        }
    }
    println!(
        "{} requests alike, {allowed} of them allowed",
        requests.len()
    );
    assert!(allowed > REQUESTS / 100, "{allowed}");
}
