//! Mutants: what is changed of each part of a rule set, and what the compiler makes of it.

use scopegate_compiler::{Mutation, RuleSet};

const HEAD: &str = r#"language = 1
name = "acme"
version = "1.0.0"
summary = "A rule set."
actions = ["scan", "retest", "share_report"]
codes = { NO = "blocked" }
attributes = { ticket = { type = "text", summary = "A ticket." }, tags = { type = "texts", summary = "Tags." } }
"#;

fn requirement(given: &str, must: &str) -> String {
    let given = if given.is_empty() {
        String::new()
    } else {
        format!("given = '''{given}'''\n")
    };
    format!(
        "[[requirement]]\nid = \"it\"\nfor = \"scan\"\n{given}must = '''{must}'''\ncode = \"NO\"\nmessage = \"No.\"\nremedy = \"No.\"\nsource = \"x\"\n"
    )
}

fn check(more: &str) -> RuleSet {
    let source = format!("{HEAD}{more}");
    RuleSet::check(&source)
        .unwrap_or_else(|wrong| panic!("{}", wrong.render(&source, "policy.toml", false)))
}

/// Each mutant in a line; one that the compiler refuses is marked.
fn mutants(more: &str) -> Vec<String> {
    let rules = check(more);
    let all = rules.mutants();
    let lines = all.iter().map(|mutant| {
        let mark = match rules.component_of(mutant) {
            Some(component) => {
                assert_ne!(Ok(component), rules.component(), "{mutant:?}");
                ""
            }
            None => " (refused)",
        };
        let kind = format!("{:?}", mutant.mutation).to_lowercase();
        format!("{kind}: {} {}{mark}", mutant.clause, mutant.change)
    });
    lines.collect()
}

/// Each row has a requirement's guard, its condition, and the mutants that are expected of it.
const CHANGES: &[(&str, &str, &[&str])] = &[
    (
        "",
        r#"request.actor.id != """#,
        &["requirement: it is dropped"],
    ),
    ("", "true", &[]),
    (
        r#"request.deployment == "cloud""#,
        r#"request.actor.role != "viewer""#,
        &[
            "requirement: it is dropped",
            r#"guard: request.deployment == "cloud" is dropped"#,
        ],
    ),
    // The condition reads a fact that the guard proves present. To drop the guard, the mutant moves it into the condition.
    (
        "has(request.scan)",
        "request.scan.credits <= 3",
        &[
            "requirement: it is dropped",
            "guard: has(request.scan) is dropped",
            "boundary: request.scan.credits <= 3 has `<` instead of `<=`",
        ],
    ),
    (
        "",
        r#"has(request.scan) && (request.scan.credits > 3 || request.actor.id == "a") && request.actor.id != "b""#,
        &[
            "requirement: it is dropped",
            "clause: has(request.scan) is dropped",
            r#"clause: request.scan.credits > 3 || request.actor.id == "a" is dropped"#,
            r#"clause: request.actor.id != "b" is dropped"#,
            "clause: request.scan.credits > 3 is dropped",
            r#"clause: request.actor.id == "a" is dropped"#,
            "boundary: request.scan.credits > 3 has `>=` instead of `>`",
        ],
    ),
    (
        "",
        r#"request.actor.id in ["a", "b"] && !(request.actor.role in ["viewer"])"#,
        &[
            "requirement: it is dropped",
            r#"clause: request.actor.id in ["a", "b"] is dropped"#,
            r#"clause: !(request.actor.role in ["viewer"]) is dropped"#,
            r#"member: "a" is dropped"#,
            r#"member: "b" is dropped"#,
            r#"member: "viewer" is dropped"#,
        ],
    ),
    (
        "",
        r#"request.actor.role == "agency" ? size(request.actor.id) < 9 : true"#,
        &[
            "requirement: it is dropped",
            r#"clause: request.actor.role == "agency" is taken for true"#,
            r#"clause: request.actor.role == "agency" is taken for false"#,
            "clause: size(request.actor.id) < 9 is taken for false",
            "boundary: size(request.actor.id) < 9 has `<=` instead of `<`",
            "clause: true is taken for false",
        ],
    ),
    (
        "has(request.scan)",
        r#"request.scan.targets.all(t, t.kind == "public" || t.url >= "a")"#,
        &[
            "requirement: it is dropped",
            "guard: has(request.scan) is dropped",
            r#"quantifier: request.scan.targets.all(t, t.kind == "public" || t.url >= "a") has `exists` instead of `all`"#,
            r#"clause: t.kind == "public" || t.url >= "a" is taken for true"#,
            r#"clause: t.kind == "public" is dropped"#,
            r#"clause: t.url >= "a" is dropped"#,
            r#"boundary: t.url >= "a" has `>` instead of `>=`"#,
        ],
    ),
    // The checker expands a macro over a literal list, so the checked rules have no such list any more.
    (
        "",
        r#"["a", request.agency_account].exists(x, x == request.actor.id)"#,
        &[
            "requirement: it is dropped",
            r#"quantifier: ["a", request.agency_account].exists(x, x == request.actor.id) has `all` instead of `exists`"#,
            r#"member: "a" is dropped"#,
            "member: request.agency_account is dropped",
            "clause: x == request.actor.id is taken for true",
            "clause: x == request.actor.id is taken for false",
        ],
    ),
    (
        "has(request.scan)",
        "request.scan.targets.all(t, request.scan.accepted.exists_one(p, accepts(p, t.url)))",
        &[
            "requirement: it is dropped",
            "guard: has(request.scan) is dropped",
            "quantifier: request.scan.targets.all(t, request.scan.accepted.exists_one(p, accepts(p, t.url))) has `exists` instead of `all`",
            "clause: request.scan.accepted.exists_one(p, accepts(p, t.url)) is taken for true",
            "clause: request.scan.accepted.exists_one(p, accepts(p, t.url)) is taken for false",
            "quantifier: request.scan.accepted.exists_one(p, accepts(p, t.url)) has `exists` instead of `exists_one`",
            "clause: accepts(p, t.url) is taken for true",
            "clause: accepts(p, t.url) is taken for false",
        ],
    ),
    (
        "has(request.scan)",
        r#"request.scan.pages_reviewed == (request.actor.role == "developer")"#,
        &[
            "requirement: it is dropped",
            "guard: has(request.scan) is dropped",
            "clause: request.scan.pages_reviewed is taken for true",
            "clause: request.scan.pages_reviewed is taken for false",
            r#"clause: request.actor.role == "developer" is taken for true"#,
            r#"clause: request.actor.role == "developer" is taken for false"#,
        ],
    ),
    // A negation, and a comparison with a literal, has one pair of mutants together with its operand.
    (
        "has(request.scan)",
        r#"!(request.actor.id == "a") ? request.scan.pages_reviewed == true : false"#,
        &[
            "requirement: it is dropped",
            "guard: has(request.scan) is dropped",
            r#"clause: !(request.actor.id == "a") is taken for true"#,
            r#"clause: !(request.actor.id == "a") is taken for false"#,
            "clause: request.scan.pages_reviewed == true is taken for true",
            "clause: false is taken for true",
        ],
    ),
    // A size is never negative, so `<=` instead of `== 0` would change nothing.
    (
        "has(request.scan)",
        "request.scan.credits == 10 && size(request.actor.id) == 0",
        &[
            "requirement: it is dropped",
            "guard: has(request.scan) is dropped",
            "clause: request.scan.credits == 10 is dropped",
            "clause: size(request.actor.id) == 0 is dropped",
            "boundary: request.scan.credits == 10 has `>=` instead of `==`",
            "boundary: request.scan.credits == 10 has `<=` instead of `==`",
            "boundary: size(request.actor.id) == 0 has `>=` instead of `==`",
        ],
    ),
];

#[test]
fn every_small_change_of_a_condition_is_made() {
    for (given, must, expected) in CHANGES {
        assert_eq!(mutants(&requirement(given, must)), *expected, "{must}");
    }
}

#[test]
fn every_part_of_a_rule_set_has_mutants() {
    let more = r#"
[sets]
some = ["scan", { of = "retest", when = 'request.actor.id != ""' }]
most = { of = "every", except = "scan" }

[tables.ranks]
keys = ["deployment"]
rows = { cloud = 1, self_hosted = 2 }

[tables.providers]
keys = ["text"]
otherwise = []
rows = { scan = ["github", "gitlab"], retest = [] }

[definitions]
people = '["anna", "ben"]'
known = 'request.actor.id in people'
plain = 'request.actor.id'

[[requirement]]
id = "it"
for = ["some", "most"]
must = '''known && plain != "" && ranks(request.deployment) > 1 && request.actor.id in providers(request.action)'''
code = "NO"
message = "No."
remedy = "No."
source = "x"
groups = ["all"]

[[ready]]
state = "all_held"
when = 'holds("all")'

[fallbacks]
for = ["scan", "retest"]
when = 'request.actor.id != "x"'

[[fallbacks.modes]]
mode = "ticket_only"
when = "true"
"#;
    let expected = [
        r#"member: "scan" is dropped"#,
        r#"member: { of = "retest", when = 'request.actor.id != ""' } is dropped"#,
        r#"clause: request.actor.id != "" is taken for true"#,
        r#"clause: request.actor.id != "" is taken for false"#,
        r#"member: "scan" is dropped"#,
        "row: cloud gives 2",
        "row: self_hosted gives 1",
        r#"member: "github" is dropped"#,
        r#"member: "gitlab" is dropped"#,
        "row: scan gives []",
        r#"member: "anna" is dropped"#,
        r#"member: "ben" is dropped"#,
        "clause: request.actor.id in people is taken for true",
        "clause: request.actor.id in people is taken for false",
        r#"member: "some" is dropped"#,
        r#"member: "most" is dropped"#,
        r#"action: ["some", "most"] is without `scan`"#,
        r#"action: ["some", "most"] is without `retest`"#,
        r#"action: ["some", "most"] is without `share_report`"#,
        "requirement: it is dropped",
        "clause: known is dropped",
        r#"clause: plain != "" is dropped"#,
        "clause: ranks(request.deployment) > 1 is dropped",
        "clause: request.actor.id in providers(request.action) is dropped",
        "boundary: ranks(request.deployment) > 1 has `>=` instead of `>`",
        r#"member: "all" is dropped"#,
        r#"clause: holds("all") is taken for true"#,
        r#"clause: holds("all") is taken for false"#,
        r#"member: "scan" is dropped"#,
        r#"member: "retest" is dropped"#,
        r#"clause: request.actor.id != "x" is taken for true"#,
        r#"clause: request.actor.id != "x" is taken for false"#,
        "clause: true is taken for false",
    ];
    assert_eq!(mutants(more), expected);
}

#[test]
fn a_requirement_loses_each_action_that_a_set_gives_it() {
    let sets = "[sets]\nboth = [\"scan\", \"retest\"]\n";
    for (set, given, expected) in [
        (r#""every""#, "", &["scan", "retest", "share_report"][..]),
        (r#""both""#, "", &["scan", "retest"]),
        (r#"["both", "share_report"]"#, "", &["scan", "retest"]),
        (
            r#"{ of = "every", except = "scan" }"#,
            "",
            &["retest", "share_report"],
        ),
        // Those that are named are members, and a single action is the requirement.
        (r#"["scan", "retest"]"#, "", &[]),
        (r#""scan""#, "", &[]),
        // What is never asked for an action cannot be missed there.
        (
            r#""every""#,
            r#"request.action != "retest""#,
            &["scan", "share_report"],
        ),
    ] {
        let one = requirement(given, r#"request.actor.id != """#);
        let one = one.replace(r#"for = "scan""#, &format!("for = {set}"));
        let found = mutants(&format!("{sets}{one}"));
        let found: Vec<&String> = found
            .iter()
            .filter(|line| line.starts_with("action"))
            .collect();
        let expected: Vec<String> = expected
            .iter()
            .map(|action| format!("action: {set} is without `{action}`"))
            .collect();
        assert_eq!(found, expected.iter().collect::<Vec<_>>(), "{set} {given}");
    }
}

/// However a condition is written, what is changed is a rule set that reads; it is refused for what it means alone.
#[test]
fn every_mutant_can_be_read() {
    let default = include_str!("../../../policies/webriskops/1.0.0/policy.toml");
    let odd = format!(
        "{HEAD}{}",
        requirement(
            "( ( has ( request.scan ) ) ) // why && not\n && ((request.actor.id) != ('(')) ",
            "!(!(((request.scan.credits)>(3)) || (request.scan.page_limit<=-3 && ((true))))) // || (\n && (request.actor.id in ['a',  // one &&\n ('b') , \"c\" ,] || size((request.actor.id)) >= (2)\n)",
        )
        .replace('\u{a0}', " ")
    );
    let escaped = format!(
        "{HEAD}{}",
        requirement("", "true").replace(
            "must = '''true'''",
            r#"must = "request.actor.id != \"a\\\"(\" && (request.actor.id in [\"\u0062\", \"c)\"] || request.actor.account == \"\")""#
        )
    );
    let mut count = 0;
    // The default policy is large: some of its mutants, from all of its parts.
    for (source, step) in [(default, 7), (&*odd, 1), (&*escaped, 1)] {
        let rules = RuleSet::check(source)
            .unwrap_or_else(|wrong| panic!("{}", wrong.render(source, "policy.toml", false)));
        for mutant in rules.mutants().into_iter().step_by(step) {
            for text in mutant.texts(source) {
                count += 1;
                let Err(wrong) = RuleSet::check(&text) else {
                    continue;
                };
                let meant = [
                    "may be absent",
                    "the table never gives",
                    "no requirement is in a group",
                ];
                assert!(
                    wrong
                        .list
                        .iter()
                        .all(|one| meant.iter().any(|meant| one.message.contains(meant))),
                    "{mutant:?}: {}",
                    wrong.render(&text, "policy.toml", false)
                );
            }
        }
    }
    assert!(count > 120, "{count}");
}

#[test]
fn requirements_guards_and_rows_are_told_apart() {
    let rules = check(&requirement(
        "has(request.scan)",
        "request.scan.credits > 3",
    ));
    let kinds: Vec<Mutation> = rules.mutants().iter().map(|one| one.mutation).collect();
    let expected = [Mutation::Requirement, Mutation::Guard, Mutation::Boundary];
    assert_eq!(kinds, expected);
}
