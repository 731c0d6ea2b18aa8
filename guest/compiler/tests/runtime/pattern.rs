//! `matches`: the compiled state machines against another engine of the crate they are made with.

use regex_automata::nfa::thompson::pikevm::PikeVM;

use crate::machine::Machine;
use crate::random;

/// Each pattern, and a text that it matches.
const PATTERNS: [(&str, &str); 24] = [
    ("", ""),
    ("a", "cab"),
    ("^a", "ab"),
    ("a$", "ba"),
    ("^$", ""),
    ("^a$", "a"),
    ("a|b|", "c"),
    ("a+b*", "xaab"),
    ("^[0-9]{2,4}$", "421"),
    ("(ab)+", "cabab"),
    ("(?i)strasse", "\u{17F}TRASSE"),
    ("é", "café"),
    ("^.{3}$", "aé日"),
    (".", "日"),
    ("[^a-z]", "é"),
    ("^proj-[0-9]+$", "proj-42"),
    ("a.c", "a日c"),
    ("(?s)a.c", "a\nc"),
    ("^(a|b)*abb$", "ababb"),
    ("日+", "a日"),
    ("x?y", "y"),
    ("^(?:[a-z]+\\.)+[a-z]{2,}$", "a.b.de"),
    ("\\.$", "a."),
    ("[[:^ascii:]]", "\u{1F642}"),
];

fn text(random: &mut fastrand::Rng) -> String {
    const PARTS: [&str; 16] = [
        "a",
        "b",
        "c",
        "ab",
        "abb",
        "é",
        "日",
        "1",
        "42",
        "proj-",
        ".",
        "\n",
        "STRASSE",
        "ſ",
        "z.de",
        "\u{1F642}",
    ];
    (0..random.usize(..6))
        .map(|_| PARTS[random.usize(..PARTS.len())])
        .collect()
}

#[test]
fn a_state_machine_matches_what_the_regular_expression_matches() {
    let mut random = random("a_state_machine_matches_what_the_regular_expression_matches");
    for (pattern, example) in PATTERNS {
        let reference = PikeVM::new(pattern).expect("the pattern is right");
        let mut cache = reference.create_cache();
        let image = scopegate_compiler::pattern_image(pattern).expect("the pattern is small");
        let mut machine = Machine::new();
        let dfa = machine.put(&image).at;
        assert!(
            reference.is_match(&mut cache, example),
            "{pattern:?} on {example:?}"
        );
        for round in 0..400 {
            let text = if round == 0 {
                example.into()
            } else {
                text(&mut random)
            };
            let place = machine.put_last(text.as_bytes(), 0);
            let expected = reference.is_match(&mut cache, text.as_str());
            let found = machine.call("matches", &[dfa, place.at, place.len]) == 1;
            assert_eq!(found, expected, "{pattern:?} on {text:?}");
        }
    }
}

#[test]
fn what_is_not_regular_or_too_large_has_no_state_machine() {
    for pattern in [
        "(",
        "[z-a]",
        r"\bword",
        r"(a)\1",
        "(?<!a)b",
        "[01]*1[01]{20}",
    ] {
        assert_eq!(
            scopegate_compiler::pattern_image(pattern),
            None,
            "{pattern}"
        );
    }
}
