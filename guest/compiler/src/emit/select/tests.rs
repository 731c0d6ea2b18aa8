//! What is selected, and by what: a table of guards and conditions.

use super::groups::split;
use super::needs::{Finder, Needs, Value};
use crate::emit::{fold::fold, sample::rules, uses::guarded};
use crate::rules::{Rules, When};

fn needs(rules: &Rules) -> Vec<Needs> {
    let mut finder = Finder::new(rules);
    let conditions = rules.requirements.iter();
    conditions
        .map(|requirement| finder.needs(&fold(&guarded(requirement), rules, None), false))
        .collect()
}

fn shown(needs: &Needs) -> String {
    let facts = needs.iter().map(|(key, values)| {
        let values = values.iter().map(|value| match value {
            Value::Text(text) => format!("{text:?}"),
            Value::Case(case) => case.to_string(),
        });
        format!("{}: {}", key.path, values.collect::<Vec<_>>().join(" "))
    });
    facts.collect::<Vec<_>>().join("; ")
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn needs_are_read_off_the_structure() {
    const NO: &str = "request.actor.id == 'x'";
    const PROJECT: &str = "request.tenancy.project";
    let table: &[(&str, &str, &str)] = &[
        // Guards.
        (
            "request.tenancy.project == 'a'",
            "false",
            "tenancy.project: \"a\"",
        ),
        (
            "'a' == request.tenancy.project",
            "false",
            "tenancy.project: \"a\"",
        ),
        (
            "request.tenancy.project == ''",
            "false",
            "tenancy.project: \"\"",
        ),
        (
            "request.tenancy.project in ['b', 'a', 'b']",
            "false",
            "tenancy.project: \"a\" \"b\"",
        ),
        (
            "request.tenancy.project == 'a' && request.now > timestamp('2026-01-01T00:00:00Z')",
            "false",
            "tenancy.project: \"a\"",
        ),
        (
            "request.tenancy.project == 'a' || request.tenancy.project == 'b'",
            "false",
            "tenancy.project: \"a\" \"b\"",
        ),
        (
            "request.tenancy.project == 'a' && request.tenancy.account == 'b'",
            "false",
            "tenancy.account: \"b\"; tenancy.project: \"a\"",
        ),
        (
            "request.tenancy.project in ['a', 'b'] && request.tenancy.project == 'b'",
            "false",
            "tenancy.project: \"b\"",
        ),
        (
            "!(request.tenancy.project != 'a')",
            "false",
            "tenancy.project: \"a\"",
        ),
        ("request.actor.role == 'admin'", "false", "actor.role: 1"),
        (
            "request.actor.role in ['admin', 'owner']",
            "false",
            "actor.role: 0 1",
        ),
        // Conditions.
        (
            "",
            "request.tenancy.project != 'a'",
            "tenancy.project: \"a\"",
        ),
        (
            "",
            "!(request.tenancy.project == 'a')",
            "tenancy.project: \"a\"",
        ),
        (
            "",
            "!(request.tenancy.project in ['a', 'b'])",
            "tenancy.project: \"a\" \"b\"",
        ),
        (
            "",
            "request.tenancy.project != 'a' || request.actor.id == 'x'",
            "tenancy.project: \"a\"",
        ),
        (
            "",
            "request.tenancy.project != 'a' && request.tenancy.project != 'b'",
            "tenancy.project: \"a\" \"b\"",
        ),
        (
            "request.tenancy.project == 'a'",
            "request.tenancy.account != 'b'",
            "tenancy.account: \"b\"; tenancy.project: \"a\"",
        ),
        // Optional facts.
        (
            "has(request.access) && request.access.provider == 'github'",
            "false",
            "access.provider: \"github\"",
        ),
        (
            "",
            "!has(request.access) || request.access.provider != 'github'",
            "access.provider: \"github\"",
        ),
        (
            "has(request.attributes.team) && request.attributes.team == 'red'",
            "false",
            "attributes.team: \"red\"",
        ),
        // Through definitions and tables.
        ("ours", "false", "tenancy.project: \"ours\""),
        ("", "!ours || by_github", "tenancy.project: \"ours\""),
        ("project == 'a'", "false", "tenancy.project: \"a\""),
        ("project in few", "false", "tenancy.project: \"a\" \"b\""),
        ("by_github", "false", "access.provider: \"github\""),
        ("large", "false", "tenancy.project: \"x\" \"y\" \"z\""),
        (
            "request.tenancy.project in lists('two')",
            "false",
            "tenancy.project: \"a\" \"b\"",
        ),
        (
            "request.actor.role in [roles('b')]",
            "false",
            "actor.role: 1",
        ),
        // What may be unmet whatever the fact is.
        ("request.tenancy.project != 'a'", NO, ""),
        ("!(request.tenancy.project in ['a'])", NO, ""),
        ("", "request.tenancy.project == 'a'", ""),
        ("", "request.tenancy.project in few", ""),
        (
            "request.tenancy.project == 'a' || request.tenancy.account == 'b'",
            NO,
            "",
        ),
        (
            "request.tenancy.project == 'a' || request.actor.id.startsWith('x')",
            NO,
            "",
        ),
        (
            "",
            "request.tenancy.project != 'a' && request.actor.id == 'x'",
            "",
        ),
        ("!ours", NO, ""),
        ("!large", NO, ""),
        ("request.tenancy.project == request.tenancy.account", NO, ""),
        ("request.tenancy.project.startsWith('a')", NO, ""),
        (
            "request.tenancy.project in ['a', request.tenancy.account]",
            NO,
            "",
        ),
        (
            "(request.actor.id == 'x' ? request.tenancy.project : request.tenancy.account) == 'a'",
            NO,
            "",
        ),
        (
            "has(request.scan) && request.scan.targets.exists(t, t.url == 'a')",
            NO,
            "",
        ),
        ("has(request.scan) && request.scan.credits == 5", NO, ""),
        ("request.action == 'scan'", NO, ""),
    ];
    let requirements: Vec<_> = table
        .iter()
        .map(|(given, must, _)| (*given, *must))
        .collect();
    let rules = rules(&requirements);
    for ((given, must, expected), needs) in table.iter().zip(needs(&rules)) {
        assert_eq!(shown(&needs), *expected, "given {given:?}, must {must:?}");
    }
    let too_many: Vec<String> = (0..17).map(|n| format!("'v{n}'")).collect();
    let list = format!("{PROJECT} in [{}]", too_many.join(", "));
    let chain: Vec<String> = too_many
        .iter()
        .map(|value| format!("{PROJECT} == {value}"))
        .collect();
    for given in [list, chain.join(" || ")] {
        let needs = needs(&self::rules(&[(&given, NO)]));
        assert_eq!(shown(&needs[0]), "", "given {given:?}");
    }
}

#[test]
fn few_requirements_are_not_grouped() {
    for (count, groups) in [(7, 0), (8, 1)] {
        let guard = ("request.tenancy.project == 'a'", "false");
        let rules = rules(&vec![guard; count]);
        let list: Vec<_> = (0..count).map(|index| (index, When::Always)).collect();
        let split = split(&list, &needs(&rules), &mut 1_000);
        assert_eq!(split.groups.len(), groups);
        assert_eq!(split.rest.len(), if groups == 0 { count } else { 0 });
    }
}

#[test]
fn the_fact_with_the_most_values_comes_first() {
    let guards: Vec<String> = (0..20)
        .map(|n| {
            format!(
                "request.actor.role == 'owner' && request.tenancy.project == 'p{}'",
                n / 2
            )
        })
        .chain((0..10).map(|_| "request.actor.role == 'admin'".into()))
        .chain(["request.actor.id != ''".into()])
        .collect();
    let requirements: Vec<_> = guards.iter().map(|guard| (&**guard, "false")).collect();
    let rules = rules(&requirements);
    let needs = needs(&rules);
    let list: Vec<_> = (0..31).map(|index| (index, When::Always)).collect();
    let mut places = 1_000;
    let whole = split(&list, &needs, &mut places);
    let paths: Vec<&str> = whole.groups.iter().map(|group| &*group.key.path).collect();
    assert_eq!(paths, ["tenancy.project", "actor.role"]);
    assert_eq!(whole.groups[0].rows[&Value::Text("p3".into())], [6, 7]);
    assert_eq!(
        whole.groups[1].rows[&Value::Case(1)],
        (20..30).collect::<Vec<_>>()
    );
    assert_eq!(whole.rest, [(30, When::Always)]);
    assert_eq!(places, 970);
    // Without room for the larger group, the smaller one is made of what it may take.
    let cramped = split(&list, &needs, &mut 15);
    assert_eq!(cramped.rest.len(), 31);
    assert_eq!(cramped.groups.len(), 0);
}

#[test]
fn groups_are_of_what_applies_at_the_same_times() {
    let rules = rules(&vec![("request.tenancy.project == 'a'", "false"); 20]);
    let sometimes = When::Any(vec![vec![0]]);
    let when = |index: usize| {
        if index.is_multiple_of(2) {
            When::Always
        } else {
            sometimes.clone()
        }
    };
    let list: Vec<_> = (0..20).map(|index| (index, when(index))).collect();
    let split = split(&list, &needs(&rules), &mut 1_000);
    assert_eq!(split.groups.len(), 2);
    for group in split.groups {
        let of_group: Vec<usize> = (0..20).filter(|index| when(*index) == group.when).collect();
        assert_eq!(group.rows[&Value::Text("a".into())], of_group);
    }
}
