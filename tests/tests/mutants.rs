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
