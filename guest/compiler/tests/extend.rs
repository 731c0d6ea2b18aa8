//! Rules of one's own on top of a base: what is added, what may not be, and what is written down.

use scopegate_compiler::{base_of, compile, extend, extends, placed};

const BASE: &str = include_str!("../../../policies/webriskops/1.0.0/policy.toml");

const HEAD: &str = r#"language = 1
extends = "webriskops@1.0.0"
name = "acme"
version = "2.0.0"
summary = "What ACME asks beyond it."
"#;

/// A requirement of one's own.
const TICKET: &str = r#"
[[requirement]]
id = "ticket"
for = "every"
must = '''request.task.id != "" || request.action == "scan"'''
given = "has(request.task)"
code = "MISSING_APPROVAL"
message = "There is no ticket."
remedy = "Open one."
source = "ACME"
"#;

fn extended(own: &str) -> String {
    let own = format!("{HEAD}{own}");
    extend(&own, BASE)
        .unwrap_or_else(|wrong| panic!("{}", wrong.render(&own, "policy.toml", false)))
}

fn refused(own: &str) -> String {
    let own = format!("{HEAD}{own}");
    let Err(wrong) = extend(&own, BASE) else {
        panic!("this is refused: {own}");
    };
    wrong.render(&own, "policy.toml", false)
}

#[test]
fn a_text_says_what_it_extends() {
    assert_eq!(extends(HEAD).as_deref(), Some("webriskops@1.0.0"));
    assert_eq!(extends(BASE), None);
    assert_eq!(extends("extends = 1"), None);
    assert_eq!(extends("= no TOML"), None);
}

#[test]
fn everything_of_the_base_stands() {
    let text = extended("");
    let base: toml::Table = toml::from_str(BASE).expect("it is TOML");
    let mut all: toml::Table = toml::from_str(&text).expect("it is TOML");
    let described = all.remove("base").expect("it says what it extends");
    assert_eq!(described["name"].as_str(), Some("webriskops"));
    for (key, expected) in [
        ("name", "acme"),
        ("version", "2.0.0"),
        ("summary", "What ACME asks beyond it."),
    ] {
        assert_eq!(all[key].as_str(), Some(expected));
        all.insert(key.to_owned(), base[key].clone());
    }
    assert_eq!(all, base);
    compile(&text).expect("it compiles");
}

#[test]
fn what_is_added_comes_behind_and_is_spelled_as_it_was() {
    let own = format!(
        r#"actions = ["rotate_key", "scan"]

[codes]
TICKET_REQUIRED = 'ticket_missing'

[sets]
rotating = ["rotate_key"]

[definitions]
ticketed = 'has(request.attributes.ticket)'

[attributes.ticket]
type = "text"
summary = "The ticket."

[tables.colours]
keys = ["text"]
otherwise = "none"
rows = {{ github = "black" }}

[[ready]]
state = "ticket_ready"
when = 'ticketed && colours(request.actor.id) != "none"'
{TICKET}"#
    );
    let text = extended(&own);
    compile(&text).unwrap_or_else(|wrong| panic!("{}", wrong.render(&text, "policy.toml", false)));
    let (base, all): (toml::Table, toml::Table) = (
        toml::from_str(BASE).expect("TOML"),
        toml::from_str(&text).expect("TOML"),
    );
    for part in ["requirement", "ready"] {
        let (before, after) = (base[part].as_array(), all[part].as_array());
        let (before, after) = before.zip(after).expect("both are lists");
        assert_eq!(after[..before.len()], before[..], "{part}");
        assert_eq!(after.len(), before.len() + 1, "{part}");
    }
    let actions = all["actions"].as_array().expect("a list");
    assert_eq!(
        actions.last().and_then(toml::Value::as_str),
        Some("rotate_key")
    );
    assert!(
        text.contains(r#"must = '''request.task.id != "" || request.action == "scan"'''"#),
        "{text}"
    );
}

#[test]
fn what_is_dropped_or_loosened_is_written_down() {
    let text = extended(
        r#"
[[drop]]
requirement = "actor-in-account"
reason = "Our agencies act for many accounts."

[[drop]]
ready = "authorization_ready"
reason = "Nobody looks at it."

[[loosen]]
requirement = "ownership-proven"
must = 'request.tenancy.project != ""'
reason = "Staging sites have no owner."
"#,
    );
    compile(&text).expect("it compiles");
    let base = base_of(&text).expect("it says what it extends");
    let changes = |all: &[scopegate_compiler::Change]| -> Vec<(String, String)> {
        all.iter()
            .map(|change| (change.name.clone(), change.reason.clone()))
            .collect()
    };
    assert_eq!(
        changes(&base.dropped),
        [
            (
                "actor-in-account".into(),
                "Our agencies act for many accounts.".into()
            ),
            ("authorization_ready".into(), "Nobody looks at it.".into()),
        ]
    );
    assert_eq!(
        changes(&base.loosened),
        [(
            "ownership-proven".into(),
            "Staging sites have no owner.".into()
        )]
    );
    assert!(!text.contains(r#"id = "actor-in-account""#));
    // One more on top: what it extends itself is remembered.
    let again = extend(
        &HEAD
            .replace("webriskops", "acme")
            .replace("name = \"acme\"", "name = \"two\""),
        &text,
    );
    let again = base_of(&again.expect("it extends")).expect("it says so");
    assert_eq!(again.name, "acme");
    assert_eq!(again.base.as_deref(), Some(&base));
}

#[test]
fn what_would_change_the_base_without_a_word_is_refused() {
    for (own, expected) in [
        (
            "[codes]\nAUTHORIZATION_REQUIRED = \"x\"",
            "the base has `AUTHORIZATION_REQUIRED` in `[codes]` already",
        ),
        (
            "[sets]\nscanning = [\"scan\"]",
            "the base has `scanning` in `[sets]` already",
        ),
        (
            "[definitions]\nmay_read = 'true'",
            "the base has `may_read` in `[definitions]` already",
        ),
        (
            "[fallbacks]\nfor = \"every\"\nmodes = []",
            "the base has fallbacks already",
        ),
        (
            "[[requirement]]\nid = \"actor-known\"",
            "the base has `actor-known` already",
        ),
        (
            "[[ready]]\nstate = \"authorization_ready\"",
            "the base has `authorization_ready` already",
        ),
        (
            "[[drop]]\nrequirement = \"actor-known\"",
            "there is no reason for it",
        ),
        (
            "[[drop]]\nrequirement = \"actor-known\"\nreason = \" \"",
            "there is no reason for it",
        ),
        (
            "[[drop]]\nrequirement = \"none\"\nreason = \"x\"",
            "the base has no requirement `none`",
        ),
        ("[[drop]]\nreason = \"x\"", "it is not said what is dropped"),
        (
            "[[loosen]]\nreason = \"x\"",
            "it is not said what is loosened",
        ),
        (
            "[[loosen]]\nrequirement = \"actor-known\"\ncode = \"X\"\nreason = \"x\"",
            "`code` of a requirement of the base cannot be changed",
        ),
        (
            "[[loosen]]\ndefinition = \"none\"\nis = 'true'\nreason = \"x\"",
            "the base has no definition `none`",
        ),
        (
            "[base]\nname = \"x\"",
            "`base` is no part of a rule set that extends another",
        ),
        (
            "[extra]",
            "`extra` is no part of a rule set that extends another",
        ),
        ("drop = 1", "this is no list of tables"),
        ("codes = 1", "`codes` is no table"),
        ("x = ", "this is not TOML"),
    ] {
        let said = refused(own);
        assert!(said.contains(expected), "{own}: {said}");
        assert!(said.contains("help: "), "{said}");
    }
}

/// A value in one line.
fn written(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => format!("{text:?}"),
        toml::Value::Array(all) => format!(
            "[{}]",
            all.iter().map(written).collect::<Vec<_>>().join(", ")
        ),
        toml::Value::Table(all) => {
            let all = all
                .iter()
                .map(|(key, value)| format!("{key:?} = {}", written(value)));
            format!("{{ {} }}", all.collect::<Vec<_>>().join(", "))
        }
        other => other
            .as_integer()
            .map_or_else(|| "true".to_owned(), |number| number.to_string()),
    }
}

#[test]
fn rows_are_added_and_none_is_replaced() {
    let base: toml::Table = toml::from_str(BASE).expect("it is TOML");
    let tables = base["tables"].as_table().expect("it has tables");
    let (name, rows) = tables
        .iter()
        .find_map(|(name, table)| Some((name, table.get("rows")?.as_table()?)))
        .expect("one has rows");
    let (key, row) = rows.iter().next().expect("it has a row");
    let said = refused(&format!("[tables.{name}]\nkeys = [\"text\"]"));
    assert!(
        said.contains(&format!(
            "the base says what `keys` of the table `{name}` is"
        )),
        "{said}"
    );
    if !row.is_table() {
        let said = refused(&format!(
            "[tables.{name}]\nrows = {{ {key:?} = {} }}",
            written(row)
        ));
        assert!(
            said.contains(&format!("the base has a row `{key}`")),
            "{said}"
        );
    }
    let text = extended(&format!(
        "[tables.{name}]\nrows = {{ a-new-one = {} }}",
        written(row)
    ));
    let all: toml::Table = toml::from_str(&text).expect("it is TOML");
    let after = all["tables"][name]["rows"].as_table().expect("rows");
    assert_eq!(after.len(), rows.len() + 1);
    assert!(rows.iter().all(|(key, row)| after.get(key) == Some(row)));
}

#[test]
fn what_is_wrong_is_shown_where_it_is_written() {
    let own = format!(
        "{HEAD}{}",
        TICKET.replace("request.task.id", "request.task.idd")
    );
    let text = extend(&own, BASE).expect("it extends");
    let wrong = compile(&text).expect_err("it has no such field");
    let (own_said, others) = placed(&wrong, &text, &own);
    assert!(others.list.is_empty());
    let span = own_said.list[0].span.clone();
    assert_eq!(&own[span], "idd");
    // What is wrong with the base itself stays in the text of both.
    let base = BASE.replacen("request.actor.id", "request.actor.idd", 1);
    let own = format!("{HEAD}{TICKET}");
    let text = extend(&own, &base).expect("it extends");
    let wrong = compile(&text).expect_err("it has no such field");
    let (own_said, others) = placed(&wrong, &text, &own);
    assert!(own_said.list.is_empty());
    assert_eq!(&text[others.list[0].span.clone()], "idd");
}
