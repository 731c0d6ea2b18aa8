//! The cases prove the default policy piece by piece: change one, and the compiler refuses the rest, a case fails, or the change is known
//! to go unnoticed.
//!
//! `BLESS=1 cargo test -p scopegate-tests --test mutants` writes what goes unnoticed anew: then read what has changed.

use std::fs;
use std::path::Path;

use scopegate_compiler::RuleSet;
use scopegate_tests::cases;
use scopegate_tests::mutation::unnoticed;

#[test]
fn every_change_of_the_rules_is_noticed_or_known() {
    let text = cases::policy_file("policy.toml");
    let rules = RuleSet::check(&text).expect("the default policy is right");
    let mutants = rules.mutants();
    let left = unnoticed(&mutants, |mutant| rules.component_of(mutant));
    println!("{} changes, {} unnoticed", mutants.len(), left.len());
    let lines = left.iter().map(|&index| {
        let mutant = &mutants[index];
        let clause: Vec<&str> = mutant.clause.split_whitespace().collect();
        let line = text[..mutant.span.start].matches('\n').count() + 1;
        format!(
            "{}, line {line}: {} {}\n",
            mutant.owner,
            clause.join(" "),
            mutant.change
        )
    });
    let lines: String = lines.collect();
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mutants-unnoticed.txt");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&golden, &lines).expect("the file can be written");
    }
    let known = fs::read_to_string(&golden).expect("the file is there");
    assert_eq!(
        lines, known,
        "what no case notices is another than is known"
    );
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
