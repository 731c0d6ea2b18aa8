//! Selection at its edges: beside the plainest way to say which requirements are unmet.

use std::fmt::Write as _;

use scopegate::{Engine, Policy, Request};
use scopegate_tests::cases;

/// A requirement for one or more projects, and what must hold.
struct Rule {
    projects: Vec<String>,
    met: bool,
}

fn rule(projects: &[&str], met: bool) -> Rule {
    Rule {
        projects: projects
            .iter()
            .map(|project| (*project).to_owned())
            .collect(),
        met,
    }
}

const HEAD: &str = "language = 1\nname = 'edges'\nversion = '1.0.0'\nsummary = 's'\nactions = ['scan']\ncodes = { NO = 'no' }\n";

fn requirement(index: usize, given: &str, must: &str) -> String {
    format!(
        "[[requirement]]\nid='r{index}'\nfor='scan'\ngiven='''{given}'''\nmust='''{must}'''\ncode='NO'\nmessage='m'\nremedy='r'\nsource=''\n"
    )
}

fn load(rules: &str) -> Policy {
    Engine::new()
        .expect("an engine")
        .load(&cases::compile(rules))
        .unwrap_or_else(|error| panic!("{error:?}"))
}

fn request() -> Request {
    let (_, base) = cases::bases().into_iter().next().expect("a base");
    let mut request = cases::request(&base).expect("a base is a request");
    request.action = "scan".into();
    request
}

/// The indices of what is unmet, as the component lists it.
fn unmet(policy: &Policy, request: &Request) -> Vec<usize> {
    let decision = policy.evaluate(request).expect("a decision");
    let findings = decision.findings();
    findings
        .map(|finding| finding.requirement[1..].parse().expect("an index"))
        .collect()
}

/// For each project exactly those rules are unmet that are for it and not met.
fn agree(rules: &[Rule], projects: &[&str]) {
    let mut source = HEAD.to_owned();
    for (index, rule) in rules.iter().enumerate() {
        let given = match rule.projects.as_slice() {
            [one] => format!("request.tenancy.project == {one:?}"),
            several => format!("request.tenancy.project in {several:?}"),
        };
        let must = if rule.met {
            "request.actor.id == request.actor.id"
        } else {
            "request.actor.id == 'nobody'"
        };
        source += &requirement(index, &given, must);
    }
    let policy = load(&source);
    let mut request = request();
    for project in projects {
        (*project).clone_into(&mut request.tenancy.project);
        let expected: Vec<usize> = (0..rules.len())
            .filter(|index| {
                !rules[*index].met && rules[*index].projects.iter().any(|p| p == project)
            })
            .collect();
        assert_eq!(unmet(&policy, &request), expected, "of {project:?}");
    }
}

#[test]
fn values_of_every_shape_are_found() {
    let long = "x".repeat(8_193);
    let longest = "x".repeat(8_192);
    let mut rules: Vec<Rule> = [
        "",
        "a",
        "ab",
        "abc",
        "abcdefgh",
        "abcdefgi",
        "abcdefghi",
        "abcdefghj",
        "bbcdefgh",
        "é",
        "~",
        // Again: several requirements for one value.
        "ab",
        "",
        "abcdefgh",
    ]
    .iter()
    .enumerate()
    .map(|(index, project)| rule(&[project], index % 5 == 4))
    .collect();
    // A text that is longer than any fact may be, and the longest that is one.
    rules.push(rule(&[&longest], false));
    rules.push(Rule {
        projects: vec![long],
        met: false,
    });
    rules.push(rule(&["a", "a", "b", "a"], false));
    rules.push(rule(&["", "b", "abcdefghi"], false));
    let projects = [
        "",
        "a",
        "b",
        "ab",
        "abc",
        "abd",
        "abcdefg",
        "abcdefgh",
        "abcdefgi",
        "abcdefgj",
        "abcdefghi",
        "abcdefghj",
        "bbcdefgh",
        "é",
        "~",
        "\u{80}",
        "zzz",
        "abcdefghijklmnop",
        &longest,
    ];
    agree(&rules, &projects);
}

#[test]
fn many_values_are_told_apart() {
    let names: Vec<String> = (0..1_000)
        .map(|index| format!("p-{index:04}-suffix"))
        .collect();
    let rules: Vec<Rule> = names.iter().map(|name| rule(&[name], false)).collect();
    let mut projects: Vec<&str> = names.iter().map(String::as_str).collect();
    projects.extend([
        "p-1000-suffix",
        "p-0000-suffiy",
        "p-",
        "o-0000-suffix",
        "q-0000-suffix",
    ]);
    agree(&rules, &projects);
}

/// Requirements for two facts' values and for none, in turn: what each finds is put in one order.
#[test]
fn findings_of_several_facts_rise() {
    let mut source = HEAD.to_owned();
    for index in 0..300 {
        let given = match index % 3 {
            0 => format!("request.tenancy.project == 'p{}'", index % 2),
            1 => format!("request.tenancy.account == 'a{}'", index % 4),
            _ => "request.tenancy.project.startsWith('p')".to_owned(),
        };
        source += &requirement(index, &given, "request.actor.id == 'nobody'");
    }
    let policy = load(&source);
    let mut request = request();
    for (project, account) in [
        ("p0", "a0"),
        ("p1", "a3"),
        ("p", "a1"),
        ("q", "a2"),
        ("q", ""),
        ("p1", ""),
    ] {
        request.tenancy.project = project.into();
        request.tenancy.account = account.into();
        let expected: Vec<usize> = (0..300)
            .filter(|index| match index % 3 {
                0 => project == format!("p{}", index % 2),
                1 => account == format!("a{}", index % 4),
                _ => project.starts_with('p'),
            })
            .collect();
        assert_eq!(unmet(&policy, &request), expected, "{project} {account}");
    }
}

/// Nothing is left of a fact that an instance has just seen present.
#[test]
fn an_absent_fact_selects_nothing() {
    let mut source = format!("{HEAD}[attributes.team]\ntype = 'text'\nsummary = 's'\n");
    for index in 0..40 {
        let given = if index % 2 == 0 {
            format!(
                "has(request.access) && request.access.provider == 'x{}'",
                index % 4
            )
        } else {
            format!(
                "has(request.attributes.team) && request.attributes.team == 'x{}'",
                index % 3
            )
        };
        source += &requirement(index, &given, "request.actor.id == 'nobody'");
    }
    let policy = load(&source);
    let bases = cases::bases();
    let mut request = bases
        .values()
        .map(|base| cases::request(base).expect("a base is a request"))
        .find(|request| request.access.is_some())
        .expect("a base has access");
    request.action = "scan".into();
    let access = request.access.clone();
    for round in 0..4 {
        request.access.clone_from(&access);
        request.access.as_mut().expect("it is there").provider = "x2".into();
        request.attributes = vec![scopegate::Attribute {
            name: "team".into(),
            value: scopegate::AttributeValue::Text("x1".into()),
        }];
        let expected: Vec<usize> = (0..40)
            .filter(|index| {
                if index % 2 == 0 {
                    index % 4 == 2
                } else {
                    index % 3 == 1
                }
            })
            .collect();
        assert_eq!(unmet(&policy, &request), expected, "round {round}");
        request.access = None;
        request.attributes.clear();
        assert_eq!(unmet(&policy, &request), [] as [usize; 0], "round {round}");
    }
}

#[test]
fn ten_thousand_with_one_key_may_all_be_unmet() {
    let mut source = format!(
        "{HEAD}[definitions]\nd='request.tenancy.project==\"p\"'\ne='request.tenancy.account==\"a\"'\nf='request.actor.id==\"x\"'\n"
    );
    for index in 0..scopegate_compiler::REQUIREMENTS {
        let given = if index % 2 == 0 { "d" } else { "e" };
        write!(
            source,
            "[[requirement]]\nid='r{index}'\nfor='scan'\ngiven='{given}'\nmust='f'\ncode='NO'\nmessage='m'\nremedy='r'\nsource=''\n"
        )
        .expect("a string can be written to");
    }
    // As short as can be: a mebibyte has room for fewer with a guard.
    let most = source[..scopegate_compiler::SOURCE_BYTES.min(source.len())]
        .rfind("[[requirement]]")
        .expect("there are requirements");
    if source.len() > scopegate_compiler::SOURCE_BYTES {
        source.truncate(most);
    }
    let count = source.matches("[[requirement]]").count();
    assert!(count > 8_000, "{count}");
    let policy = load(&source);
    let mut request = request();
    request.tenancy.project = "p".into();
    request.tenancy.account = "a".into();
    assert_eq!(unmet(&policy, &request), (0..count).collect::<Vec<_>>());
    request.tenancy.account = "b".into();
    assert_eq!(
        unmet(&policy, &request),
        (0..count).step_by(2).collect::<Vec<_>>()
    );
    request.tenancy.project = "q".into();
    assert_eq!(unmet(&policy, &request), [] as [usize; 0]);
}
