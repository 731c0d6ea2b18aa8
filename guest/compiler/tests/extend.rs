//! Rules of one's own on top of a base: what is added, what may not be, and what is written down.

use scopegate_compiler::{OwnPlaces, RuleSet, base_of, compile, extend, extends};

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
            "[[loosen]]\nrequirement = \"actor-known\"\nreason = \"x\"",
            "it is not said what is loosened",
        ),
        (
            "[[drop]]\nrequirement = \"actor-known\"\nreason = \"x\"\nmore = 1",
            "`more` means nothing here",
        ),
        ("actions = [1]", "an action is a text"),
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
    let (own_said, others) = OwnPlaces::new(&text, &own).placed(&wrong);
    assert!(others.list.is_empty());
    let span = own_said.list[0].span.clone();
    assert_eq!(&own[span], "idd");
    // What is wrong with the base itself stays in the text of both.
    let base = BASE.replacen("request.actor.id", "request.actor.idd", 1);
    let own = format!("{HEAD}{TICKET}");
    let text = extend(&own, &base).expect("it extends");
    let wrong = compile(&text).expect_err("it has no such field");
    let (own_said, others) = OwnPlaces::new(&text, &own).placed(&wrong);
    assert!(own_said.list.is_empty());
    assert_eq!(&text[others.list[0].span.clone()], "idd");
}

#[test]
fn what_is_written_twice_is_found_where_it_is_ones_own() {
    // The base has the very same lines.
    let line = "must = 'request.actor.id != \"nobody\"'\n";
    let requirement = |id: &str| {
        TICKET
            .replace("given = \"has(request.task)\"\n", "")
            .replace("ticket", id)
    };
    let base = extended(&requirement("first").replace(
        "must = '''request.task.id != \"\" || request.action == \"scan\"'''\n",
        line,
    ));
    let own = format!(
        "{HEAD}{}",
        requirement("second").replace(
            "must = '''request.task.id != \"\" || request.action == \"scan\"'''\n",
            line,
        )
    );
    let text = extend(&own, &base).expect("it extends");
    let places = OwnPlaces::new(&text, &own);
    let found: Vec<_> = text
        .match_indices("\"nobody\"")
        .map(|(at, word)| places.find(&(at..at + word.len())))
        .collect();
    let at = own.find("\"nobody\"").expect("it is there");
    assert_eq!(found, [None, Some(at..at + 8)]);
}

#[test]
fn a_rule_set_that_extends_says_what_it_is() {
    for (line, expected) in [
        ("language = 1\n", "the rule set has no `language`"),
        ("name = \"acme\"\n", "the rule set has no `name`"),
        ("version = \"2.0.0\"\n", "the rule set has no `version`"),
    ] {
        let wrong = extend(&HEAD.replace(line, ""), BASE).expect_err("it is refused");
        assert!(wrong.to_string().contains(expected), "{wrong}");
    }
    let wrong = extend(&HEAD.replace("language = 1", "language = 2"), BASE);
    let wrong = wrong.expect_err("it is refused").to_string();
    assert!(wrong.contains("version 1 of the rule language"), "{wrong}");
}

#[test]
fn requirements_stand_behind_those_of_a_base_that_lists_them_in_brackets() {
    let base = r#"
language = 1
name = "base"
version = "1.0.0"
summary = "A base."
actions = ["scan"]
codes = { NO = "blocked" }
requirement = [{ id = "known", for = "every", must = 'request.actor.id != ""', code = "NO", message = "No.", remedy = "No.", source = "x" }]
ready = []
"#;
    compile(base).expect("the base compiles");
    let own = format!(
        "{HEAD}requirement = [{{ id = \"own\", for = \"every\", must = 'request.actor.id != \"x\"', code = \"NO\", message = \"No.\", remedy = \"No.\", source = \"x\" }}]\n"
    );
    let text = extend(&own, base).unwrap_or_else(|wrong| panic!("{wrong}"));
    compile(&text).unwrap_or_else(|wrong| panic!("{}", wrong.render(&text, "policy.toml", false)));
    let all: toml::Table = toml::from_str(&text).expect("TOML");
    let ids = all["requirement"].as_array().expect("a list").iter();
    let ids: Vec<_> = ids.filter_map(|one| one["id"].as_str()).collect();
    assert_eq!(ids, ["known", "own"]);
}

const JOINING: &str = r#"
actions = ["rotate_key"]
[[requirement]]
id = "own"
for = "rotate_key"
must = 'request.actor.id != "nobody"'
code = "MISSING_APPROVAL"
message = "No."
remedy = "No."
source = "x"
"#;

#[test]
fn actions_of_ones_own_join_sets_and_requirements_of_the_base() {
    let before = extended(JOINING);
    let named = |text: &str| {
        let rules = RuleSet::check(text)
            .unwrap_or_else(|wrong| panic!("{}", wrong.render(text, "policy.toml", false)));
        let ids: Vec<String> = rules.requirements().map(str::to_owned).collect();
        let of = ids.into_iter().map(|id| {
            let actions = rules.actions_of(&id).join(" ");
            (id, actions)
        });
        of.collect::<Vec<_>>()
    };
    let before = named(&before);
    // Each set and each requirement in turn: the action is asked for more, and no other action for anything else.
    for (join, asked) in [
        ("set = \"scanning\"", "ownership-proven"),
        ("set = \"changing\"", "change-previewed"),
        ("requirement = \"scope-accepted\"", "scope-accepted"),
        ("requirement = \"ownership-proven\"", "ownership-proven"),
    ] {
        let own = format!("{JOINING}\n[[join]]\n{join}\nactions = [\"rotate_key\"]\n");
        let after = named(&extended(&own));
        assert_eq!(before.len(), after.len());
        let mut joined = Vec::new();
        for ((id, before), (_, after)) in before.iter().zip(&after) {
            if before != after {
                assert_eq!(&format!("{before} rotate_key"), after, "{join}: {id}");
                joined.push(id.as_str());
            }
        }
        assert!(!joined.is_empty(), "{join}");
        if !join.contains("changing") {
            assert!(joined.contains(&asked), "{join}: {joined:?}");
        }
        // It is no change of the base that needs a reason.
        let base = base_of(&extended(&own)).expect("it says what it extends");
        assert_eq!((base.dropped.len(), base.loosened.len()), (0, 0));
    }
}

#[test]
fn nothing_joins_that_would_ask_for_less() {
    let base = BASE.replace(
        "sharing = [\"share_report\"",
        "free = [\"within\"]\nwithin = [\"prepare_ticket\"]\nbound = { of = \"every\", except = \"free\" }\nsharing = [\"share_report\"",
    );
    for (join, expected) in [
        (
            "set = \"free\"\nactions = [\"rotate_key\"]",
            "takes the actions of `free` out of other sets",
        ),
        (
            "set = \"within\"\nactions = [\"rotate_key\"]",
            "takes the actions of `within` out of other sets",
        ),
        (
            "set = \"scanning\"\nactions = [\"apply_change\"]",
            "`apply_change` is an action of the base",
        ),
        (
            "set = \"none\"\nactions = [\"rotate_key\"]",
            "the base has no set `none`",
        ),
        (
            "requirement = \"own\"\nactions = [\"rotate_key\"]",
            "the base has no requirement `own`",
        ),
        (
            "set = \"scanning\"",
            "it is not said which actions join `scanning`",
        ),
        (
            "actions = [\"rotate_key\"]",
            "it is not said what the actions join",
        ),
        (
            "set = \"scanning\"\nactions = [1]",
            "it is not said which actions join `scanning`",
        ),
        (
            "set = \"every\"\nactions = [\"rotate_key\"]",
            "`every` is joined by every action already",
        ),
        // A set would let the actions of the base join that are in it.
        (
            "set = \"scanning\"\nactions = [\"every\"]",
            "`every` is a set",
        ),
        (
            "set = \"scanning\"\nactions = [\"mine\"]",
            "`mine` is a set",
        ),
        (
            "set = \"scanning\"\nactions = [\"changing\"]",
            "`changing` is a set",
        ),
        (
            "set = \"scanning\"\nactions = [\"rotate_kye\"]",
            "`rotate_kye` is no action of this file",
        ),
        (
            "set = \"scanning\"\nreason = \"x\"\nactions = [\"rotate_key\"]",
            "`reason` means nothing here",
        ),
    ] {
        let own = format!(
            "{HEAD}{JOINING}\n[sets]\nmine = [\"rotate_key\", \"apply_change\"]\n[[join]]\n{join}\n"
        );
        let wrong = extend(&own, &base).expect_err("it is refused").to_string();
        assert!(wrong.contains(expected), "{join}: {wrong}");
    }
}

#[test]
fn line_ends_and_marks_make_no_difference() {
    let own = format!("{HEAD}{TICKET}");
    let dressed = |text: &str| format!("\u{feff}{}", text.replace('\n', "\r\n"));
    let expected = extend(&own, BASE).expect("it extends the base");
    assert_eq!(extends(&dressed(&own)).as_deref(), Some("webriskops@1.0.0"));
    assert_eq!(extend(&dressed(&own), BASE).as_ref(), Ok(&expected));
    assert_eq!(extend(&own, &dressed(BASE)).as_ref(), Ok(&expected));
    assert_eq!(extend(&dressed(&own), &dressed(BASE)), Ok(expected));
}
