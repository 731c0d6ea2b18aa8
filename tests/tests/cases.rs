//! Every case of the default policy, through the native reference and through the component.

use scopegate::Engine;
use scopegate_tests::cases;
use scopegate_tests::edition::Edition;
use scopegate_tests::expected::Expected;
use scopegate_tests::native::{self, Outcome, READY, RULES};

#[test]
fn the_native_reference_decides_every_case() {
    for edition in Edition::ALL {
        for (case, request) in cases::of(edition) {
            assert_eq!(
                Expected::by_native(&native::Policy::of(edition).decide(&request)),
                case.expect,
                "{} in {edition:?}",
                case.name
            );
        }
    }
}

#[test]
fn the_component_decides_every_case() {
    for edition in Edition::ALL {
        component_decides(edition);
    }
}

fn component_decides(edition: Edition) {
    let policy = Engine::new()
        .expect("an engine")
        .load(&cases::component_of(edition))
        .expect("the default policy");
    for (case, request) in cases::of(edition) {
        let decision = policy
            .evaluate(&request)
            .unwrap_or_else(|error| panic!("{}: {error}", case.name));
        assert_eq!(
            Expected::by_component(&decision),
            case.expect,
            "{}",
            case.name
        );
        let by_id = |finding: &scopegate::Finding<'_>| {
            policy
                .manifest()
                .requirements
                .iter()
                .find(|it| it.id == finding.requirement)
        };
        for finding in decision.findings() {
            let requirement = by_id(&finding).expect("a requirement of the manifest");
            assert_eq!(
                (finding.message, finding.remedy, finding.source),
                (
                    &*requirement.message,
                    &*requirement.remedy,
                    &*requirement.source
                )
            );
        }
    }
}

#[test]
fn the_cases_show_each_requirement_met_unmet_and_not_applying() {
    let requests: Vec<_> = cases::all()
        .into_iter()
        .map(|(_, request)| request)
        .collect();
    for (index, rule) in RULES.iter().enumerate() {
        let seen = |outcome| {
            requests
                .iter()
                .any(|request| native::outcome(Edition::DEFAULT, index, request) == outcome)
        };
        assert!(seen(Outcome::Met) && seen(Outcome::Unmet), "{}", rule.id);
        // The first two are for every action: they do not apply to an action that no requirement names.
        assert!(seen(Outcome::NotApplying), "{}", rule.id);
    }
}

#[test]
fn the_cases_show_each_ready_state_and_fallback_and_its_absence() {
    let verdicts: Vec<_> = cases::all()
        .into_iter()
        .map(|(_, request)| native::decide(&request))
        .collect();
    for (index, state) in READY.iter().enumerate() {
        let count = verdicts
            .iter()
            .filter(|verdict| verdict.ready.contains(&index))
            .count();
        assert!(0 < count && count < verdicts.len(), "{state}");
    }
    let denied = || verdicts.iter().filter(|verdict| !verdict.allow);
    for mode in &scopegate::AccessMode::ALL[..4] {
        let count = denied()
            .filter(|verdict| verdict.fallbacks.contains(mode))
            .count();
        assert!(0 < count && count < denied().count(), "{mode}");
    }
}

#[test]
fn no_two_cases_have_one_name() {
    let mut names: Vec<_> = cases::all()
        .into_iter()
        .map(|(case, _)| case.name)
        .collect();
    names.sort();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
}

/// A later edition has the cases of the earlier one, and its requirements with their codes, in their order.
#[test]
fn an_edition_keeps_what_is_not_its_own() {
    let names = |edition| -> Vec<_> {
        cases::of(edition)
            .into_iter()
            .map(|(case, _)| case.name)
            .collect()
    };
    let (first, later) = (names(Edition::First), names(Edition::DEFAULT));
    assert_eq!(later[..first.len()], first);
    let engine = Engine::new().expect("an engine");
    let requirements = |edition| -> Vec<_> {
        let policy = engine
            .load(&cases::component_of(edition))
            .expect("a policy");
        let requirements = policy.manifest().requirements.iter();
        requirements
            .map(|it| (it.id.clone(), it.code.clone()))
            .collect()
    };
    assert_eq!(requirements(Edition::First), requirements(Edition::DEFAULT));
}
