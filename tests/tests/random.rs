//! Random requests are worth asking: they show each side of everything the default policy judges.

use scopegate_tests::edition::Edition;
use scopegate_tests::native::{self, READY, RULES};
use scopegate_tests::random::Requests;

/// At least this share of 20,000 requests shows each side: enough to notice a wrong condition.
const OFTEN: u32 = 40;

#[test]
fn random_requests_show_each_side_of_each_requirement() {
    let mut seen = [[0; 3]; RULES.len()];
    for request in Requests::new(1).take(20_000) {
        for (index, counts) in seen.iter_mut().enumerate() {
            counts[native::outcome(Edition::DEFAULT, index, &request) as usize] += 1;
        }
    }
    for (rule, [not_applying, met, unmet]) in RULES.iter().zip(seen) {
        println!(
            "{:32} does not apply {not_applying:5}  met {met:5}  unmet {unmet:5}",
            rule.id
        );
        // The first two are for every action and have no guard.
        let applies_always = ["actor-known", "actor-in-account"].contains(&rule.id);
        let applies = met.min(unmet);
        assert!(
            applies >= OFTEN && (applies_always || not_applying >= OFTEN),
            "{} is seen too seldom on some side",
            rule.id
        );
    }
}

#[test]
fn random_requests_are_allowed_and_denied_with_each_ready_state_and_fallback() {
    let verdicts: Vec<_> = Requests::new(2)
        .take(20_000)
        .map(|request| native::decide(&request))
        .collect();
    let often = |what: &str, count: usize| {
        println!("{what:32} {count:5}");
        assert!(
            (OFTEN as usize..verdicts.len() - OFTEN as usize).contains(&count),
            "{what}: {count}"
        );
    };
    often(
        "allow",
        verdicts.iter().filter(|verdict| verdict.allow).count(),
    );
    for (index, state) in READY.iter().enumerate() {
        often(
            state,
            verdicts
                .iter()
                .filter(|verdict| verdict.ready.contains(&index))
                .count(),
        );
    }
    for mode in &scopegate::AccessMode::ALL[..4] {
        often(
            mode.name(),
            verdicts
                .iter()
                .filter(|verdict| verdict.fallbacks.contains(mode))
                .count(),
        );
    }
}
