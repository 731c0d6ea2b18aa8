//! `scopegate test`: what is changed unnoticed, what cases cover, and why they fail.

mod program;

use std::fs;

use program::{Run, scopegate};

const BASES: &str = include_str!("data/acme/bases.json");

fn requirement(id: &str, more: &str) -> String {
    format!(
        "[[requirement]]\nid = \"{id}\"\n{more}\ncode = \"NO\"\nmessage = \"No.\"\nremedy = \"No.\"\nsource = \"x\"\n"
    )
}

/// A policy in a folder of its own.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new(rules: &str, cases: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in [
            ("policy.toml", rules),
            ("bases.json", BASES),
            ("cases.jsonl", &cases.join("\n")),
        ] {
            fs::write(folder.path().join(name), text).expect("a file");
        }
        Self(folder)
    }

    fn test(&self, options: &[&str]) -> Run {
        let path = self.0.path().to_str().expect("a path");
        scopegate(&[&["test", path], options].concat(), b"")
    }

    /// The line of the file that begins like this, from 1.
    fn line(&self, begins: &str) -> usize {
        let text = fs::read_to_string(self.0.path().join("policy.toml")).expect("the rules");
        let at = text.lines().position(|line| line.starts_with(begins));
        at.unwrap_or_else(|| panic!("no line begins with {begins}")) + 1
    }
}

/// A rule set of three requirements, of which only the last is really tested.
fn half_tested() -> String {
    [
        "language = 1\nname = \"cov\"\nversion = \"1.0.0\"\nsummary = \"x\"\nactions = [\"scan\", \"retest\"]\ncodes = { NO = \"blocked\" }\n",
        &requirement("named", "for = \"scan\"\nmust = 'request.actor.id != \"\"'"),
        &requirement(
            "no-viewer",
            "for = \"scan\"\ngiven = 'request.deployment == \"cloud\"'\nmust = 'request.actor.role != \"viewer\"'",
        ),
        &requirement("retest-ok", "for = \"retest\"\nmust = 'request.actor.id != \"user-9\"'"),
    ]
    .concat()
}

const HALF: [&str; 5] = [
    r#"{"name":"ok","base":"scan","patch":{},"expect":{"decision":"allow"}}"#,
    r#"{"name":"both bad","base":"scan","patch":{"actor":{"id":"","role":"viewer"}},"expect":{"decision":"deny"}}"#,
    r#"{"name":"self hosted","base":"scan","patch":{"deployment":"self_hosted"},"expect":{"decision":"allow"}}"#,
    r#"{"name":"retest ok","base":"scan","patch":{"action":"retest"},"expect":{"decision":"allow"}}"#,
    r#"{"name":"retest bad","base":"scan","patch":{"action":"retest","actor":{"id":"user-9"}},"expect":{"decision":"deny"}}"#,
];

#[test]
fn requirements_guards_and_single_clauses_that_no_case_needs_are_listed() {
    let folder = Folder::new(&half_tested(), &HALF);
    let run = folder.test(&["--mutants"]);
    assert_eq!(run.code, 1, "{}", run.stdout);
    for unnoticed in [
        "UNNOTICED the requirement named is dropped  requirement `named`",
        "UNNOTICED the requirement no-viewer is dropped  requirement `no-viewer`",
        "UNNOTICED given request.deployment == \"cloud\" is dropped  requirement `no-viewer`",
    ] {
        assert!(
            run.stdout.contains(unnoticed),
            "{unnoticed}: {}",
            run.stdout
        );
    }
    assert!(
        run.stdout
            .contains("4 changes tried (3 requirements, 1 guard), 3 unnoticed"),
        "{}",
        run.stdout
    );
    // With a case for each, nothing is.
    let more = [
        r#"{"name":"nobody","base":"scan","patch":{"actor":{"id":""}},"expect":{"decision":"deny"}}"#,
        r#"{"name":"viewer","base":"scan","patch":{"actor":{"role":"viewer"}},"expect":{"decision":"deny"}}"#,
        r#"{"name":"viewer elsewhere","base":"scan","patch":{"deployment":"self_hosted","actor":{"role":"viewer"}},"expect":{"decision":"allow"}}"#,
    ];
    let run = Folder::new(&half_tested(), &[&HALF[..], &more].concat()).test(&["--mutants"]);
    assert_eq!((run.code, &*run.stderr), (0, ""), "{}", run.stdout);
    assert!(run.stdout.contains("0 unnoticed"), "{}", run.stdout);
}

/// A rule set that extends the default policy, with a requirement of the base loosened.
fn extending() -> String {
    [
        "language = 1\nextends = \"webriskops@1.0.0\"\nname = \"acme\"\nversion = \"1.0.0\"\nsummary = \"x\"\n[codes]\nNO = \"blocked\"\n",
        &requirement(
            "own-rule",
            "for = \"every\"\nmust = 'request.actor.id != \"nobody\" && request.actor.id != \"\"'",
        ),
        "[[loosen]]\nrequirement = \"ownership-proven\"\nmust = 'request.tenancy.project != \"\"'\nreason = \"Ours.\"\n",
    ]
    .concat()
}

#[test]
fn only_ones_own_rules_are_judged_at_the_places_of_ones_own_file() {
    let folder = Folder::new(
        &extending(),
        &[
            r#"{"name":"nobody","base":"scan","patch":{"actor":{"id":"nobody"}},"expect":{"decision":"deny"}}"#,
        ],
    );
    let run = folder.test(&["--coverage", "--mutants"]);
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    let rows: Vec<_> = run
        .stdout
        .lines()
        .filter(|line| line.ends_with("not covered"))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(rows, ["ownership-proven", "own-rule"], "{}", run.stdout);
    assert!(
        run.stdout.contains("0 of 2 requirements seen in every way they can be; those of the base are judged with `--base`"),
        "{}",
        run.stdout
    );
    for (what, line) in [
        (
            "request.actor.id != \"\" is dropped  requirement `own-rule`",
            "must = 'request.actor.id",
        ),
        (
            "the requirement own-rule is dropped  requirement `own-rule`",
            "must = 'request.actor.id",
        ),
        (
            "the requirement ownership-proven is dropped  requirement `ownership-proven`",
            "must = 'request.tenancy",
        ),
    ] {
        let expected = format!(
            "UNNOTICED {what}, {}:{}\n",
            folder.0.path().join("policy.toml").display(),
            folder.line(line)
        );
        assert!(run.stdout.contains(&expected), "{expected}\n{}", run.stdout);
    }
    assert!(!run.stdout.contains("actor-known"), "{}", run.stdout);
    // The base's on request.
    let run = folder.test(&["--coverage", "--base"]);
    assert!(run.stdout.contains("actor-known"), "{}", run.stdout);
    assert!(run.stdout.contains("of 51 requirements"), "{}", run.stdout);
}

#[test]
fn what_cannot_be_is_not_asked_for() {
    let rules = format!(
        "language = 1\nname = \"acme\"\nversion = \"1.0.0\"\nsummary = \"x\"\nactions = [\"scan\", \"retest\"]\ncodes = {{ NO = \"blocked\" }}\n{}",
        requirement(
            "known",
            "for = \"every\"\nmust = 'request.actor.id != \"\"'"
        ),
    );
    let cases = [
        HALF[0],
        r#"{"name":"nobody","base":"scan","patch":{"actor":{"id":""}},"expect":{"decision":"deny"}}"#,
    ];
    let run = Folder::new(&rules, &cases).test(&["--coverage"]);
    assert_eq!((run.code, &*run.stderr), (0, ""), "{}", run.stdout);
    let row = run.stdout.lines().find(|line| line.starts_with("known"));
    let cells: Vec<_> = row.expect("a row").split_whitespace().collect();
    assert_eq!(cells, ["known", "1", "1", "-"]);
}

#[test]
fn a_case_that_fails_says_which_requirements_and_which_facts() {
    let rules = half_tested();
    for (case, expected) in [
        (
            r#"{"name":"x","base":"scan","patch":{"actor":{"id":"","role":"viewer"}},"expect":{"decision":"allow"}}"#,
            &[
                "unmet named",
                "actor.id = \"\"",
                "unmet no-viewer",
                "actor.role = \"viewer\"",
            ][..],
        ),
        (
            r#"{"name":"x","base":"scan","expect":{"decision":"deny","requirements":["named"]}}"#,
            &["holds named", "actor.id = \"user-17\""],
        ),
        (
            r#"{"name":"x","base":"scan","patch":{"deployment":"self_hosted"},"expect":{"decision":"deny","requirements":["no-viewer"]}}"#,
            &[
                "not applying no-viewer: its guard does not hold",
                "deployment = \"self_hosted\"",
            ],
        ),
        (
            r#"{"name":"x","base":"scan","expect":{"decision":"deny","requirements":["retest-ok"]}}"#,
            &["not applying retest-ok: it is not for this action"],
        ),
        (
            r#"{"name":"x","base":"scan","expect":{"decision":"deny","requirements":["made-up"]}}"#,
            &["unknown made-up: the policy has no such requirement"],
        ),
        (
            r#"{"name":"x","base":"scan","expect":{"decision":"deny"}}"#,
            &[
                "holds named",
                "holds no-viewer",
                "actor.role = \"developer\"",
            ],
        ),
        (
            r#"{"name":"x","base":"scan","patch":{"action":"sing"},"expect":{"decision":"allow"}}"#,
            &["no requirement names the action"],
        ),
    ] {
        let run = Folder::new(&rules, &[case]).test(&[]);
        assert_eq!((run.code, &*run.stderr), (1, ""), "{case}");
        let mut rest = &*run.stdout;
        for part in expected {
            let at = rest.find(part);
            let at = at.unwrap_or_else(|| panic!("{part} for {case}: {}", run.stdout));
            rest = &rest[at + part.len()..];
        }
    }
}

#[test]
fn elements_of_lists_are_named_by_their_positions() {
    let explained = |must: &str, attributes: &str| -> String {
        let rules = format!(
            "language = 1\nname = \"acme\"\nversion = \"1.0.0\"\nsummary = \"x\"\nactions = [\"scan\"]\ncodes = {{ NO = \"blocked\" }}\nattributes = {{ tags = {{ type = \"texts\", summary = \"x\" }}, more = {{ type = \"texts\", summary = \"x\" }} }}\n[definitions]\nclean = 'has(request.attributes.tags) && !request.attributes.tags.exists(t, t == \"bad\")'\n{}",
            requirement(
                "it",
                &format!(
                    "for = \"every\"\ngiven = 'has(request.attributes.tags) && has(request.attributes.more) && has(request.scan)'\nmust = '''{must}'''"
                )
            ),
        );
        let case = format!(
            r#"{{"name":"x","base":"scan","patch":{{"attributes":{attributes}, "scan": {SCAN}}},"expect":{{"decision":"allow"}}}}"#
        );
        Folder::new(&rules, &[&case]).test(&[]).stdout
    };
    let tags = r#"{"tags":["a","bad","c"],"more":["x"]}"#;
    for (must, facts) in [
        (
            r#"!request.attributes.tags.exists(t, t == "bad")"#,
            &["attributes.tags[1] = \"bad\""][..],
        ),
        (
            r#"request.attributes.tags.all(t, t != "bad")"#,
            &["attributes.tags[1] = \"bad\""],
        ),
        (
            r#"request.attributes.tags.exists(t, t == "z")"#,
            &["attributes.tags = [\"a\",\"bad\",\"c\"]"],
        ),
        (
            r#"request.attributes.tags.exists_one(t, t == "z")"#,
            &["attributes.tags = [\"a\",\"bad\",\"c\"]"],
        ),
        (
            r#""z" in request.attributes.tags"#,
            &["attributes.tags = [\"a\",\"bad\",\"c\"]"],
        ),
        (
            r#"!("bad" in request.attributes.tags)"#,
            &["attributes.tags = [\"a\",\"bad\",\"c\"]"],
        ),
        ("clean", &["attributes.tags[1] = \"bad\""]),
        (
            r#"!request.attributes.tags.exists(t, request.attributes.more.exists(m, m == "x" && t == "c"))"#,
            &["attributes.more[0] = \"x\"", "attributes.tags[2] = \"c\""],
        ),
        (
            r#"!(request.actor.id == "" ? request.attributes.more : request.attributes.tags).exists(t, t == "bad")"#,
            &["attributes.tags = [\"a\",\"bad\",\"c\"]"],
        ),
        (
            r#"!request.scan.targets.exists(t, t.kind == "personal_data")"#,
            &["scan.targets[1].kind = \"personal_data\""],
        ),
        (
            r#"!request.scan.excluded.exists(p, p == "/b")"#,
            &["scan.excluded[1] = \"/b\""],
        ),
        (
            r#"!request.scan.excluded.exists(p, p.startsWith("/b"))"#,
            &["scan.excluded[1] = \"/b\""],
        ),
        (
            r#"request.scan.excluded.all(p, !p.startsWith("/b"))"#,
            &["scan.excluded[1] = \"/b\""],
        ),
        (
            r#"!["a", "user-17"].exists(p, p == request.actor.id)"#,
            &["actor.id = \"user-17\""],
        ),
    ] {
        let said = explained(must, tags);
        for fact in facts {
            assert!(said.contains(fact), "{fact} of {must}: {said}");
        }
    }
}

const SCAN: &str = r#"{"accepted_for":{"account":"acct-1","project":"proj-1","client_workspace":""},"targets":[{"url":"https://shop.example/","kind":"public"},{"url":"https://shop.example/a","kind":"personal_data"}],"accepted":[],"excluded":["/a","/b"],"pages_reviewed":true,"page_limit":50,"credits":10}"#;
