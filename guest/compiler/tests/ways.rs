//! In which ways requirements can be seen.

use scopegate_compiler::RuleSet;

#[test]
fn only_what_can_be_is_asked_for() {
    // The set, the guard and the condition; then whether it can be met, unmet, and not applying.
    for (set, given, must, expected) in [
        (
            r#""every""#,
            "",
            r#"request.actor.id != """#,
            [true, true, false],
        ),
        (
            r#"["scan", "retest"]"#,
            "",
            r#"request.actor.id != """#,
            [true, true, false],
        ),
        (
            r#""scan""#,
            "",
            r#"request.actor.id != """#,
            [true, true, true],
        ),
        (
            r#""some""#,
            "",
            r#"request.actor.id != """#,
            [true, true, true],
        ),
        (
            r#""every""#,
            "has(request.scan)",
            "request.scan.credits > 0",
            [true, true, true],
        ),
        (
            r#""every""#,
            "true",
            r#"request.actor.id != """#,
            [true, true, false],
        ),
        (
            r#""every""#,
            r#"request.action in ["scan", "retest"]"#,
            r#"request.actor.id != """#,
            [true, true, false],
        ),
        (
            r#""every""#,
            r#"request.action == "scan""#,
            r#"request.actor.id != """#,
            [true, true, true],
        ),
        (
            r#""every""#,
            "either",
            r#"request.actor.id != """#,
            [true, true, false],
        ),
        (
            r#""every""#,
            "false",
            r#"request.actor.id != """#,
            [false, false, true],
        ),
        (r#""every""#, "", "true", [true, false, false]),
        (r#""every""#, "", "false", [false, true, false]),
        (
            r#""scan""#,
            "",
            r#"request.action == "scan""#,
            [true, false, true],
        ),
        (
            r#""every""#,
            "",
            r#"request.action == "scan""#,
            [true, true, false],
        ),
        ("[]", "", r#"request.actor.id != """#, [false, false, true]),
    ] {
        let ways = ways(set, given, must);
        assert_eq!(ways, expected, "for {set}, {given}, {must}");
    }
}

/// The compiler folds the constant condition of a set as it folds that of a guard.
#[test]
fn a_set_whose_condition_is_constant_applies_always_or_never() {
    for (set, expected) in [
        (r#"{ of = "every", when = "true" }"#, [true, true, false]),
        (
            r#"{ of = "every", when = 'request.action in ["scan", "retest"]' }"#,
            [true, true, false],
        ),
        (r#"{ of = "every", when = "false" }"#, [false, false, true]),
        (
            r#"[{ of = "every", when = 'request.actor.id == "a"' }, { of = "every", when = "true" }]"#,
            [true, true, false],
        ),
    ] {
        assert_eq!(
            ways(set, "", r#"request.actor.id != """#),
            expected,
            "{set}"
        );
    }
}

/// Whether the only requirement of such a rule set can be met, can be unmet, and can be one that does not apply.
fn ways(set: &str, given: &str, must: &str) -> [bool; 3] {
    let given = if given.is_empty() {
        String::new()
    } else {
        format!("given = '''{given}'''\n")
    };
    let source = format!(
        "language = 1\nname = \"acme\"\nversion = \"1.0.0\"\nsummary = \"x\"\nactions = [\"scan\", \"retest\"]\ncodes = {{ NO = \"blocked\" }}\n[sets]\nsome = {{ of = \"every\", when = 'request.actor.id != \"x\"' }}\n[definitions]\nfirst = 'request.action == \"scan\"'\neither = 'first || request.action == \"retest\"'\n[[requirement]]\nid = \"it\"\nfor = {set}\n{given}must = '''{must}'''\ncode = \"NO\"\nmessage = \"No.\"\nremedy = \"No.\"\nsource = \"x\"\n"
    );
    let rules = RuleSet::check(&source)
        .unwrap_or_else(|wrong| panic!("{}", wrong.render(&source, "policy.toml", false)));
    let ways = rules.ways()[0];
    [ways.met, ways.unmet, ways.not_applying]
}
