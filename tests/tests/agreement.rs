//! The component agrees with the native reference on random requests, whole and with any one requirement dropped.

use scopegate::{Engine, Policy as Component};
use scopegate_tests::edition::Edition;
use scopegate_tests::expected::Expected;
use scopegate_tests::native::{Policy, RULES};
use scopegate_tests::random::{self, Requests, seed};
use scopegate_tests::{cases, rules};

fn component() -> Component {
    component_of(Edition::DEFAULT)
}

fn component_of(edition: Edition) -> Component {
    let engine = Engine::new().expect("an engine");
    engine
        .load(&cases::component_of(edition))
        .expect("the default policy")
}

/// The first request that the two decide differently, and both decisions.
fn disagreement(
    component: &Component,
    native: Policy,
    requests: &[scopegate::Request],
) -> Option<String> {
    requests
        .iter()
        .zip(component.evaluate_batch(requests))
        .find_map(|(request, decision)| {
            let native = Expected::by_native(&native.decide(request));
            let component = decision.map(|decision| Expected::by_component(&decision));
            let json = || serde_json::to_string(request).expect("a request can be written");
            (component.as_ref().ok() != Some(&native))
                .then(|| format!("{}\nnative    {native:?}\ncomponent {component:?}", json()))
        })
}

#[test]
fn on_random_requests() {
    let requests: Vec<_> = Requests::new(seed(20)).take(25_000).collect();
    for edition in Edition::ALL {
        let component = component_of(edition);
        // Many together are decided on all cores.
        for requests in requests.chunks(5_000) {
            assert_eq!(
                disagreement(&component, Policy::of(edition), requests),
                None
            );
        }
    }
}

#[test]
fn on_names_that_print_as_nothing_and_pages_in_other_spellings() {
    let requests: Vec<_> = random::spelled(seed(27)).take(25_000).collect();
    for edition in Edition::ALL {
        let component = component_of(edition);
        for requests in requests.chunks(5_000) {
            assert_eq!(
                disagreement(&component, Policy::of(edition), requests),
                None
            );
        }
    }
    // Where the editions differ, the later one is the stricter.
    let [first, later] = Edition::ALL.map(Policy::of);
    let differ = requests.iter().filter(|request| {
        let (first, later) = (first.decide(request), later.decide(request));
        assert!(
            first.unmet.iter().all(|index| later.unmet.contains(index)),
            "{request:?}"
        );
        first.unmet != later.unmet
    });
    assert!(differ.count() > 1_000);
}

#[test]
fn on_urls() {
    let component = component();
    let requests: Vec<_> = random::of_one_page(seed(24)).take(25_000).collect();
    let mut seen = [[0_u32; 2]; 3];
    for (requests, native) in requests
        .chunks(500)
        .map(|requests| (requests, Policy::WHOLE))
    {
        assert_eq!(disagreement(&component, native, requests), None);
        for unmet in requests.iter().map(|request| native.decide(request).unmet) {
            for (rule, counts) in (9..12).zip(&mut seen) {
                counts[usize::from(unmet.contains(&rule))] += 1;
            }
        }
    }
    assert!(
        seen.iter().flatten().all(|count| *count > 1_000),
        "{seen:?}"
    );
}

#[test]
fn one_by_one_as_in_a_batch() {
    let component = component();
    for request in Requests::new(seed(21)).take(1_000) {
        let alone = component.evaluate(&request).expect("a decision");
        assert_eq!(
            Expected::by_component(&alone),
            Expected::by_native(&Policy::WHOLE.decide(&request))
        );
    }
}

#[test]
fn with_each_requirement_dropped() {
    let engine = Engine::new().expect("an engine");
    let text = cases::policy_file("policy.toml");
    let requests: Vec<_> = Requests::new(seed(22)).take(1_000).collect();
    for (index, rule) in RULES.iter().enumerate() {
        let component = engine
            .load(&cases::compile(&rules::without(&text, rule.id)))
            .expect("a policy");
        assert_eq!(component.manifest().requirements.len(), RULES.len() - 1);
        assert_eq!(
            disagreement(&component, Policy::WHOLE.without(index), &requests),
            None,
            "without {}",
            rule.id
        );
    }
}

#[test]
fn with_every_second_requirement_dropped() {
    let engine = Engine::new().expect("an engine");
    let requests: Vec<_> = Requests::new(seed(23)).take(1_000).collect();
    for parity in 0..2 {
        let (mut text, mut native) = (cases::policy_file("policy.toml"), Policy::WHOLE);
        for (index, rule) in RULES
            .iter()
            .enumerate()
            .filter(|(index, _)| index % 2 == parity)
        {
            text = rules::without(&text, rule.id);
            native = native.without(index);
        }
        let component = engine.load(&cases::compile(&text)).expect("a policy");
        assert_eq!(
            disagreement(&component, native, &requests),
            None,
            "without half of the requirements"
        );
    }
}
