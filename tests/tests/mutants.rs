//! The cases prove the default policy piece by piece: delete one, and the compiler refuses the rest or a case fails.

use scopegate_compiler::{RuleSet, compile};
use scopegate_tests::mutation::unnoticed;
use scopegate_tests::{cases, rules};

#[test]
fn every_clause_of_every_condition_decides_a_case() {
    let text = cases::policy_file("policy.toml");
    let rules = RuleSet::check(&text).expect("the default policy is right");
    let mutants = rules.mutants();
    let left = unnoticed(&mutants, |mutant| {
        // Where the rest reads what only this clause proves present, there is no policy without the clause.
        let asked = rules::delete(&text, mutant.span.clone());
        let asked = format!(
            "{}true{}",
            &asked[..mutant.span.start],
            &asked[mutant.span.start..]
        );
        let proves = mutant.clause.contains("has(") && compile(&asked).is_err();
        (!proves).then(|| rules.component_without(mutant))
    });
    println!("{} clauses", mutants.len());
    for &index in &left {
        println!(
            "{}: no case notices that `{}` is missing",
            mutants[index].owner, mutants[index].clause
        );
    }
    assert!(left.is_empty());
}

#[test]
fn every_member_and_row_decides_a_case() {
    let text = cases::policy_file("policy.toml");
    let parts = rules::parts(&text);
    let left = unnoticed(&parts, |part| {
        Some(compile(&rules::delete(&text, part.clone())).ok()?.component)
    });
    println!("{} members and rows", parts.len());
    for &index in &left {
        // A scope of class `admin` is allowed nowhere; nor is a scope that nobody knows.
        let part = text[parts[index].clone()].trim_end();
        assert!(
            part.ends_with(" = \"admin\""),
            "no case notices that {part} is missing"
        );
    }
}

/// Whatever 1.1.0 asks more strictly than 1.0.0 did decides a case, each by itself.
#[test]
fn each_stricter_clause_decides_a_case() {
    let text = cases::policy_file("policy.toml");
    let mut laxer = vec![text.replace("excludes_any_spelling(", "excludes(")];
    for (at, _) in text.match_indices("!is_blank(") {
        let fact = text[at + "!is_blank(".len()..]
            .split(')')
            .next()
            .expect("the call ends");
        let end = at + "!is_blank()".len() + fact.len();
        laxer.push(format!("{}size({fact}) > 0{}", &text[..at], &text[end..]));
    }
    let left = unnoticed(&laxer, |text| Some(cases::compile(text)));
    assert_eq!(left, [0; 0], "which of {} are not noticed", laxer.len());
    assert_eq!(laxer.len(), 1 + 15);
}
