//! The schemas and the strict reader agree, and what the program prints is what the schemas say.

mod program;

use jsonschema::Validator;
use program::{check, denied, json, scopegate};
use scopegate::Request;
use serde_json::{Value, json};

const POLICY: &str = include_str!("../../../policies/webriskops/1.1.0/policy.toml");

fn schema(what: &str) -> Validator {
    let run = scopegate(&["schema", what], b"");
    assert_eq!((run.code, &*run.stderr), (0, ""));
    let schema = json(&run.stdout);
    jsonschema::meta::validate(&schema).unwrap_or_else(|error| panic!("{what}: {error}"));
    jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .unwrap_or_else(|error| panic!("{what}: {error}"))
}

fn is_read(request: &Value) -> bool {
    Request::from_json(request.to_string().as_bytes(), || 0).is_ok()
}

/// The requests of the default policy's cases.
fn requests() -> Vec<Value> {
    let bases = json(include_str!(
        "../../../policies/webriskops/1.1.0/bases.json"
    ));
    let cases = include_str!("../../../policies/webriskops/1.1.0/cases.jsonl");
    let request = |line| {
        let case = json(line);
        let mut request = bases[case["base"].as_str().expect("a base")].clone();
        merge(&mut request, &case["patch"]);
        request
    };
    cases.lines().map(request).collect()
}

fn merge(value: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *value = patch.clone();
        return;
    };
    if !value.is_object() {
        *value = json!({});
    }
    for (name, patch) in patch {
        merge(&mut value[name], patch);
    }
}

#[test]
fn every_case_is_a_request_by_schema_and_reader() {
    let schema = schema("request");
    for request in requests() {
        assert!(is_read(&request));
        if let Err(error) = schema.validate(&request) {
            panic!("{error}: {request}");
        }
    }
}

/// A request with everything in it.
fn full() -> Value {
    let mut full = json!({});
    for request in requests() {
        let request = request.as_object().expect("an object").clone();
        for (name, value) in request {
            full[name] = value;
        }
    }
    full["attributes"] = json!({ "text": "a", "number": -3, "truth": true, "texts": ["a", "b"] });
    full["access"]["revoked_at"] = json!("2026-11-23T12:00:00Z");
    full["approved_scope"]["expires_at"] = json!("2026-11-23t12:00:00+01:00");
    full["approved_scope"]["revoked_at"] = Value::Null;
    assert!(is_read(&full));
    full
}

/// Every place in `value`, as a JSON pointer.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(values) => values
            .iter()
            .for_each(|(name, value)| places(value, &format!("{at}/{name}"), found)),
        Value::Array(values) => values
            .iter()
            .enumerate()
            .for_each(|(index, value)| places(value, &format!("{at}/{index}"), found)),
        _ => {}
    }
}

#[test]
fn whatever_stands_in_a_place_schema_and_reader_agree() {
    let (schema, full) = (schema("request"), full());
    assert!(schema.is_valid(&full));
    let mut found = Vec::new();
    places(&full, "", &mut found);
    assert!(found.len() > 100, "{}", found.len());
    let values = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(u64::from(u32::MAX)),
        json!(u64::from(u32::MAX) + 1),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(1.5),
        json!(""),
        json!("ready"),
        json!("x".repeat(8_192)),
        json!("x".repeat(8_193)),
        json!("2026-02-28T23:59:59Z"),
        json!("2026-02-29T00:00:00Z"),
        json!("2026-11-23T12:00:00.0Z"),
        json!("2026-11-23T12:00:00.000+01:00"),
        json!("2026-11-23T12:00:00.001Z"),
        json!("2026-11-23T12:00:00.Z"),
        json!("2026-11-23T12:00:60Z"),
        json!("2026-11-23T12:00:00+24:00"),
        json!("2026-11-23 12:00:00Z"),
        json!([]),
        json!(["a"]),
        json!([1]),
        json!(vec![""; 256]),
        json!(vec![""; 257]),
        json!(vec![""; 1_001]),
        json!(vec!["read"; 257]),
        json!(vec![json!({ "url": "", "kind": "public" }); 10_001]),
        json!({}),
        json!({ "id": "a", "account": "b", "role": "owner" }),
        json!({ "id": "a", "account": "b", "role": "owner", "more": 1 }),
    ];
    let (mut valid, mut invalid) = (0, 0);
    for place in &found {
        for value in &values {
            let mut changed = full.clone();
            *changed.pointer_mut(place).expect("the place is there") = value.clone();
            let read = is_read(&changed);
            assert_eq!(
                schema.is_valid(&changed),
                read,
                "{place} = {}",
                shown(value)
            );
            *if read { &mut valid } else { &mut invalid } += 1;
        }
    }
    assert!(
        valid > 500 && invalid > 3_000,
        "{valid} valid, {invalid} invalid"
    );
}

fn shown(value: &Value) -> String {
    value.to_string().chars().take(60).collect()
}

#[test]
fn names_that_are_missing_or_not_known() {
    let (schema, full) = (schema("request"), full());
    let mut found = Vec::new();
    places(&full, "", &mut found);
    for place in &found {
        let value = full.pointer(place).expect("the place is there");
        let Some(names) = value
            .as_object()
            .map(|object| object.keys().cloned().collect::<Vec<_>>())
        else {
            continue;
        };
        for name in names {
            let mut changed = full.clone();
            changed
                .pointer_mut(place)
                .and_then(Value::as_object_mut)
                .expect("an object")
                .remove(&name);
            assert_eq!(
                schema.is_valid(&changed),
                is_read(&changed),
                "{place} without {name}"
            );
        }
        let mut changed = full.clone();
        changed.pointer_mut(place).expect("the place is there")["more"] = json!("x");
        assert_eq!(
            schema.is_valid(&changed),
            is_read(&changed),
            "{place} with more"
        );
    }
}

#[test]
fn attributes_are_limited_in_number_and_name() {
    let (schema, mut request) = (schema("request"), full());
    for (count, length, fits) in [
        (256, 8, true),
        (257, 8, false),
        (1, 8_192, true),
        (1, 8_193, false),
    ] {
        let attributes = (0..count).map(|number| (format!("{number:length$}"), json!(1)));
        request["attributes"] = Value::Object(attributes.collect());
        assert_eq!(
            (schema.is_valid(&request), is_read(&request)),
            (fits, fits),
            "{count} of {length}"
        );
    }
}

#[test]
fn what_check_prints_is_what_the_schema_says() {
    let schema = schema("decision");
    let lines: Vec<_> = requests().iter().map(Value::to_string).collect();
    let lines = lines.join("\n");
    let by_default = scopegate(
        &["check", "--format", "json", "--explain"],
        lines.as_bytes(),
    );
    assert_eq!(by_default.stdout.lines().count(), lines.lines().count());
    let input = format!(
        "{}\n{{}}\nnonsense\n{}",
        denied(),
        denied().replacen(":0", ":\"many\"", 1)
    );
    let by_acme = check(&[], input.as_bytes());
    assert_eq!(by_acme.stdout.lines().count(), 4);
    for line in by_default.stdout.lines().chain(by_acme.stdout.lines()) {
        if let Err(error) = schema.validate(&json(line)) {
            panic!("{error}: {line}");
        }
    }
    for wrong in [
        json!({}),
        json!({ "decision": "allow" }),
        json!({ "error": {} }),
        json!({ "error": { "path": "$", "message": "", "more": 1 } }),
        json!({ "error": { "path": "$", "message": "", "others": [] } }),
        json!({ "error": { "path": "$", "message": "", "others": [{ "path": "now" }] } }),
    ] {
        assert!(!schema.is_valid(&wrong), "{wrong}");
    }
}

fn as_json(policy: &str) -> Value {
    let table: toml::Table = toml::from_str(policy).expect("the policy is TOML");
    serde_json::to_value(table).expect("the policy holds no dates")
}

/// Every file of rules in the repository: policies, examples, and what the compiler's golden files are about.
fn rule_sets() -> Vec<(String, String)> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut folders: Vec<_> = ["policies", "docs", "guest", "host/cli/tests", "tests"]
        .map(|folder| root.join(folder))
        .into();
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("the folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy();
            let is_text = name.ends_with(".toml") || name.ends_with(".md");
            if path.is_dir() && !["target", "node_modules", "peers"].contains(&&*name) {
                folders.push(path);
            } else if is_text && let Ok(text) = std::fs::read_to_string(&path) {
                let place = path.display().to_string();
                if name.ends_with(".md") {
                    let blocks = text.split("```toml").skip(1);
                    let blocks = blocks.filter_map(|block| block.split_once('\n'));
                    let blocks = blocks.filter_map(|(_, block)| block.split_once("```"));
                    found.extend(blocks.map(|(block, _)| (place.clone(), block.to_owned())));
                } else {
                    found.push((place, text));
                }
            }
        }
    }
    found.retain(|(_, text)| text.contains("language = 1"));
    found
}

/// Whether it compiles: with the default policy as its base, if it extends one.
fn compiles(rules: &str) -> Result<(), String> {
    let text = match scopegate_compiler::extends(rules) {
        Some(_) => scopegate_compiler::extend(rules, POLICY).map_err(|wrong| wrong.to_string())?,
        None => rules.to_owned(),
    };
    scopegate_compiler::compile(&text).map_err(|wrong| wrong.to_string())?;
    Ok(())
}

#[test]
fn what_compiles_fits_the_schema() {
    let schema = schema("policy");
    let (mut fitting, mut others) = (0, 0);
    for (place, rules) in rule_sets() {
        let Ok(table) = toml::from_str::<toml::Table>(&rules) else {
            continue;
        };
        match compiles(&rules) {
            Ok(()) => {
                let value = serde_json::to_value(table).expect("it compiles, so it holds no dates");
                if let Err(error) = schema.validate(&value) {
                    panic!("{place}: {error}\n{rules}");
                }
                fitting += 1;
            }
            Err(_) => others += 1,
        }
    }
    assert!(fitting > 10 && others > 50, "{fitting} and {others}");
}

/// What an extension of the default policy may say, beside what every one says.
const EXTENSIONS: &[&str] = &[
    "",
    "actions = [\"rotate_key\"]",
    "[codes]\nOWN = \"own\"",
    "[sets]\nown = { of = \"every\", except = \"scan\" }",
    "[attributes.ticket]\ntype = \"text\"\nsummary = \"The ticket.\"",
    "[tables.rank_of]\nkeys = [\"text\"]\notherwise = 1\nrows = { a = 2 }",
    "[tables.supported_providers.rows]\nscan = [\"github\"]",
    "[tables.supported_providers]\notherwise = []",
    "[[ready]]\nstate = \"own\"\nwhen = 'true'",
    "[[ready]]\nstate = \"own\"",
    "[[drop]]\nrequirement = \"actor-in-account\"\nreason = \"Ours.\"",
    "[[drop]]\nready = \"authorization_ready\"\nreason = \"Ours.\"",
    "[[drop]]\nrequirement = \"actor-in-account\"",
    "[[drop]]\nrequirement = \"actor-in-account\"\nreason = \" \"",
    "[[drop]]\nrequirement = \"actor-in-account\"\nready = \"authorization_ready\"\nreason = \"Ours.\"",
    "[[drop]]\nreason = \"Ours.\"",
    "[[loosen]]\nrequirement = \"ownership-proven\"\nmust = 'true'\nreason = \"Ours.\"",
    "[[loosen]]\nrequirement = \"ownership-proven\"\nfor = \"scan\"\ngiven = 'true'\nreason = \"Ours.\"",
    "[[loosen]]\nrequirement = \"ownership-proven\"\nreason = \"Ours.\"",
    "[[loosen]]\nrequirement = \"ownership-proven\"\ncode = \"X\"\nreason = \"Ours.\"",
    "[[loosen]]\ndefinition = \"may_read\"\nis = 'approved'\nreason = \"Ours.\"",
    "[[loosen]]\ndefinition = \"may_read\"\nreason = \"Ours.\"",
    "[[loosen]]\ndefinition = \"may_read\"\nis = 'approved'\nmust = 'true'\nreason = \"Ours.\"",
    "actions = [\"rotate_key\"]\n[[join]]\nset = \"scanning\"\nactions = [\"rotate_key\"]",
    "actions = [\"rotate_key\"]\n[[join]]\nrequirement = \"ownership-proven\"\nactions = [\"rotate_key\"]",
    "[[join]]\nset = \"scanning\"",
    "[[join]]\nset = \"scanning\"\nrequirement = \"ownership-proven\"\nactions = []",
    "[[join]]\nactions = []",
    "[[join]]\nset = \"scanning\"\nactions = [1]",
    "join = 1",
    "drop = [1]",
    "[base]\nname = \"x\"\nversion = \"1.0.0\"\nrules_digest = \"x\"",
    "[more]",
];

#[test]
fn schema_and_compiler_agree_on_extensions() {
    let schema = schema("policy");
    let head = "language = 1\nextends = \"webriskops@1.0.0\"\nname = \"acme\"\nversion = \"1.0.0\"\nsummary = \"x\"\n";
    let mut texts: Vec<String> = EXTENSIONS
        .iter()
        .map(|own| format!("{head}{own}\n"))
        .collect();
    for line in head.lines() {
        texts.push(head.replace(&format!("{line}\n"), ""));
    }
    texts.push(head.replace("language = 1", "language = 2"));
    let mut counts = [0, 0];
    for text in texts {
        let (fits, compiles) = (schema.is_valid(&as_json(&text)), compiles(&text));
        // Whether a table is the base's only the compiler knows.
        let is_open = text.contains("otherwise = []");
        assert_eq!(fits, compiles.is_ok() || is_open, "{compiles:?}\n{text}");
        counts[usize::from(fits)] += 1;
    }
    assert!(counts[0] > 15 && counts[1] > 10, "{counts:?}");
}

#[test]
fn what_is_only_for_extensions_does_not_fit_alone() {
    let schema = schema("policy");
    let acme = include_str!("data/acme/policy.toml");
    for more in [
        "[[drop]]\nrequirement = \"enough-seats\"\nreason = \"x\"\n",
        "[[loosen]]\nrequirement = \"enough-seats\"\nmust = 'true'\nreason = \"x\"\n",
        "[[join]]\nset = \"x\"\nactions = []\n",
        "[tables.t.rows]\na = 1\n",
    ] {
        let text = format!("{acme}\n{more}");
        assert!(!schema.is_valid(&as_json(&text)), "{more}");
        assert!(compiles(&text).is_err(), "{more}");
    }
    // What the compiler writes fits too.
    let merged = scopegate_compiler::extend(
        "language = 1\nextends = \"webriskops@1.0.0\"\nname = \"acme\"\nversion = \"1.0.0\"\n[[drop]]\nrequirement = \"actor-in-account\"\nreason = \"Ours.\"\n",
        POLICY,
    );
    let merged = merged.expect("it extends");
    if let Err(error) = schema.validate(&as_json(&merged)) {
        panic!("{error}");
    }
}

#[test]
fn what_does_not_fit_the_schema_does_not_compile() {
    let schema = schema("policy");
    let acme = include_str!("data/acme/policy.toml");
    for (right, wrong) in [
        ("language = 1", "language = 2"),
        ("name = \"acme\"", "name = \"Acme\""),
        ("name = \"acme\"", ""),
        ("\"0.1.0\"", "\"1.0\""),
        ("actions = [\"scan\"", "actions = [\"Scan\""),
        ("actions = [\"scan\"", "actions = [\"scan\", \"scan\""),
        ("[codes]", "[codes]\nACTION_NOT_GOVERNED = \"x\""),
        ("\"missing_approval\"", "\" \""),
        ("type = \"number\"", "type = \"float\""),
        ("summary = \"The seats", "note = \"The seats"),
        ("id = \"enough-seats\"", "id = \"enough_seats\""),
        ("id = \"enough-seats\"", "id = 7"),
        (
            "for = [\"scan\", \"retest\"]",
            "for = { except = \"scan\" }",
        ),
        ("for = [\"scan\", \"retest\"]", "for = 1"),
        ("given = ", "when = "),
        ("remedy = \"Buy a seat.\"", "remedy = \"\""),
        ("remedy = \"Buy a seat.\"", ""),
        (
            "source = \"Plan, step 1\"",
            "source = \"Plan, step 1\"\nmore = 1",
        ),
        (
            "state = \"authorization_ready\"",
            "state = \"authorization-ready\"",
        ),
        ("mode = \"ticket_only\"", "mode = \"tickets\""),
        ("[fallbacks]\nfor = \"every\"", "[fallbacks]"),
        ("[[ready]]", "[tables.t]\nkeys = []\nrows = {}\n\n[[ready]]"),
        (
            "[[ready]]",
            "[tables.t]\nkeys = [\"text\"]\nrows = 1\n\n[[ready]]",
        ),
        (
            "[[ready]]",
            "[tables.t]\nkeys = [\"text\"]\notherwise = 0.5\nrows = {}\n\n[[ready]]",
        ),
        (
            "[[ready]]",
            "[definitions]\nrequest = \"true\"\n\n[[ready]]",
        ),
        ("[[ready]]", "[sets]\nevery = \"scan\"\n\n[[ready]]"),
    ] {
        assert!(acme.contains(right), "{right}");
        let policy = acme.replacen(right, wrong, 1);
        assert!(!schema.is_valid(&as_json(&policy)), "{wrong}");
        assert!(scopegate_compiler::compile(&policy).is_err(), "{wrong}");
    }
}
