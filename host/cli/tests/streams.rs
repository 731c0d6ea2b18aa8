//! What `check` makes of every form in which requests come, on standard output in JSON.

mod program;

use program::{Run, allowed, check, denied, json, policy_digest, scopegate};

/// The verdict of each line; `!` and the path for an error.
fn verdicts(run: &Run) -> Vec<String> {
    let verdict = |line: &str| {
        let line = json(line);
        match line["error"]["path"].as_str() {
            Some(path) => {
                assert!(line["error"]["message"].is_string(), "{line}");
                format!("!{path}")
            }
            None => line["decision"].as_str().expect("a verdict").to_owned(),
        }
    };
    run.stdout.lines().map(verdict).collect()
}

/// Checks what `input` gives: the lines and the exit code.
#[track_caller]
fn gives(input: impl AsRef<[u8]>, expected: &[&str], code: i32) {
    let run = check(&[], input.as_ref());
    assert_eq!(verdicts(&run), expected, "{}", run.stderr);
    assert_eq!(run.code, code);
    assert_eq!(run.stderr, "");
}

fn pretty(text: &str) -> String {
    serde_json::to_string_pretty(&json(text)).expect("a value is JSON")
}

#[test]
fn an_object() {
    gives(allowed(), &["allow"], 0);
    gives(denied(), &["deny"], 2);
    gives(pretty(&allowed()), &["allow"], 0);
    gives(format!("\n\t {}\r\n\n", allowed()), &["allow"], 0);
}

#[test]
fn a_list() {
    let (yes, no) = (allowed(), denied());
    gives(format!("[{yes},{no}]"), &["allow", "deny"], 2);
    gives(format!("[{yes}]"), &["allow"], 0);
    gives(
        format!(" [\n{},\n{}\n]\n", pretty(&yes), pretty(&no)),
        &["allow", "deny"],
        2,
    );
    gives(
        format!("[{yes}]\n[{no}]\n{yes}"),
        &["allow", "deny", "allow"],
        2,
    );
}

#[test]
fn a_list_with_elements_that_are_no_requests() {
    let yes = allowed();
    gives(
        format!(r#"[{yes}, 1, "a, b]", null, {{}}, [{yes}], -1e5 ,{yes}]"#),
        &["allow", "!$", "!$", "!$", "!action", "!$", "!$", "allow"],
        3,
    );
}

#[test]
fn json_lines() {
    let (yes, no) = (allowed(), denied());
    gives(
        format!("{yes}\n{no}\n{yes}"),
        &["allow", "deny", "allow"],
        2,
    );
    gives(format!("{yes}\r\n\r\n  {no}  \r\n"), &["allow", "deny"], 2);
}

#[test]
fn objects_in_many_lines() {
    let (yes, no) = (allowed(), denied());
    gives(
        format!("{}\n{}\n", pretty(&yes), pretty(&no)),
        &["allow", "deny"],
        2,
    );
    gives(
        format!("{yes}\n{}\n{yes}", pretty(&no)),
        &["allow", "deny", "allow"],
        2,
    );
}

#[test]
fn a_broken_line_does_not_lose_the_next() {
    let (yes, no) = (allowed(), denied());
    let cut = &yes[..yes.len() - 1];
    let cut_in_text = &yes[..yes.find("user-17").expect("the id") + 2];
    for broken in [
        cut,
        cut_in_text,
        &format!("{yes}}}"),
        &format!("{yes} {yes}"),
        "{",
        "}",
        "{]",
        r#"{"action":"#,
        r#"{"action":["#,
        r#"{"action": nul"#,
        "nonsense",
        "\"text",
        ",",
    ] {
        for (input, expected) in [
            (
                format!("{no}\n{broken}\n{yes}\n{yes}\n"),
                &["deny", "!", "allow", "allow"][..],
            ),
            (format!("{broken}\n{yes}\n{no}\n"), &["!", "allow", "deny"]),
            (
                format!("{broken}\n\n{broken}\n{yes}\n"),
                &["!", "!", "allow"],
            ),
            (format!("{yes}\n{broken}"), &["allow", "!"]),
        ] {
            // Two broken lines at the beginning are as well one broken request in many lines.
            if input.starts_with(broken) && expected == ["!", "!", "allow"] {
                continue;
            }
            let run = check(&[], input.as_bytes());
            let got: Vec<_> = verdicts(&run)
                .iter()
                .map(|line| line.split('$').next().unwrap_or_default().to_owned())
                .collect();
            let got: Vec<_> = got
                .iter()
                .map(|line| if line.starts_with('!') { "!" } else { line })
                .collect();
            assert_eq!(got, expected, "{broken}");
            assert_eq!(run.code, 3, "{broken}");
        }
    }
}

#[test]
fn values_in_lines_that_are_no_requests() {
    let yes = allowed();
    gives(
        format!("{yes}\n1\n\"text\"\nnull\n{{}}\n{yes}\n"),
        &["allow", "!$", "!$", "!$", "!action", "allow"],
        3,
    );
}

#[test]
fn what_cannot_be_told_apart_ends_the_input() {
    let (yes, no) = (allowed(), denied());
    gives(
        format!("[{yes},{{\"action\": x}},{no}]"),
        &["allow", "!action"],
        3,
    );
    gives(format!("[{yes} {no}]"), &["allow", "!$"], 3);
    gives(format!("[{yes},]"), &["allow", "!$"], 3);
    gives(format!("[{yes}"), &["allow", "!$"], 3);
    gives(format!("[{yes},"), &["allow", "!$"], 3);
    gives(format!("[,{yes}]"), &["!$"], 3);
    gives(format!("[{yes},{}", &no[..20]), &["allow", "!$"], 3);
    let broken = pretty(&no).replacen("\"cloud\"", "cloud", 1);
    gives(
        format!("{}\n{broken}\n{}", pretty(&yes), pretty(&yes)),
        &["allow", "!deployment"],
        3,
    );
    gives(format!("{broken}\n{}", pretty(&yes)), &["!deployment"], 3);
}

#[test]
fn an_invalid_request_does_not_end_anything() {
    let (yes, no) = (allowed(), denied());
    let wrong = yes.replacen("\"developer\"", "\"boss\"", 1);
    gives(
        format!("[{wrong},{no},{wrong},{yes}]"),
        &["!actor.role", "deny", "!actor.role", "allow"],
        3,
    );
    gives(format!("{wrong}\n{no}\n"), &["!actor.role", "deny"], 3);
    gives(
        format!("{}\n{}\n", pretty(&wrong), pretty(&yes)),
        &["!actor.role", "allow"],
        3,
    );
}

#[test]
fn nothing() {
    for input in ["", " \n\t\r\n", "[]", "[ ]\n", "\u{feff}"] {
        gives(input, &["!$"], 3);
        let run = check(&[], input.as_bytes());
        assert!(run.stdout.contains("there is no request"), "{}", run.stdout);
    }
}

#[test]
fn an_empty_list_is_no_request_wherever_it_stands() {
    let yes = allowed();
    for (input, expected) in [
        (format!("{yes}\n[]"), &["allow", "!$"][..]),
        (format!("{yes}\n[]\n[ ]\n"), &["allow", "!$", "!$"]),
        (format!("[]\n{yes}"), &["!$", "allow"]),
        (format!("[{yes}]\n[\n]\n{yes}"), &["allow", "!$", "allow"]),
        (format!("{}\n[]\n", pretty(&yes)), &["allow", "!$"]),
    ] {
        gives(input, expected, 3);
    }
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let run = check(&[], br#"{"action": "scan", "colour": 1, "actor": {}}"#);
    let line = json(&run.stdout);
    assert_eq!(line["error"]["path"], "colour", "{line}");
    let others = line["error"]["others"]
        .as_array()
        .expect("there are others");
    let paths: Vec<_> = others.iter().map(|other| &other["path"]).take(11).collect();
    assert_eq!(
        paths,
        [
            "actor.id",
            "actor.account",
            "actor.role",
            "deployment",
            "tenancy",
            "tenancy.account",
            "tenancy.project",
            "tenancy.client_workspace",
            "agency_account",
            "responsibility",
            "responsibility.authorization_status",
        ]
    );
    let people = scopegate(&["check"], br#"{"action": "scan", "colour": 1}"#);
    assert_eq!(people.code, 3);
    let lines: Vec<_> = people.stderr.lines().collect();
    assert!(lines[0].contains("`colour`: this name is not known here"));
    assert_eq!(lines[1], "  also `deployment`: this name is missing");
    assert_eq!(lines.len(), 27, "{}", people.stderr);
    let actions = scopegate(&["actions"], br#"{"colour": 1}"#);
    assert!(
        !actions.stderr.contains("also `action`"),
        "{}",
        actions.stderr
    );
    let missing = scopegate(&["actions"], b"{}");
    assert!(
        missing
            .stderr
            .contains("`deployment`: this name is missing\n  also `actor`:")
    );
    assert!(!missing.stderr.contains("`action`"), "{}", missing.stderr);
    assert!(
        actions
            .stderr
            .contains("also `actor`: this name is missing")
    );
}

#[test]
fn bytes_that_are_no_text() {
    let (yes, no) = (allowed(), denied());
    let mut latin = yes.clone().into_bytes();
    let at = yes.find("user-17").expect("the id");
    latin[at] = 0xe9;
    let with = |before: &str, after: &str| [before.as_bytes(), &latin, after.as_bytes()].concat();
    gives(with("", ""), &["!actor.id"], 3);
    gives(with("", &format!("\n{no}\n")), &["!actor.id", "deny"], 3);
    gives(with("[", &format!(",{no}]")), &["!actor.id", "deny"], 3);
    gives(yes.replacen("user-17", "\\ud800", 1), &["!actor.id"], 3);
}

#[test]
fn byte_order_marks() {
    gives(format!("\u{feff}{}", allowed()), &["allow"], 0);
    let utf16: Vec<u8> = "\u{feff}{}"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    gives(&utf16, &["!$"], 3);
    assert!(check(&[], &utf16).stdout.contains("save it as UTF-8"));
}

#[test]
fn large_streams_are_decided_piece_by_piece() {
    let (yes, no) = (allowed(), denied());
    let count = 3_000;
    let lines = format!("{yes}\n{no}\n").repeat(count);
    let list = format!("[{}]", vec![format!("{yes},{no}"); count].join(","));
    for input in [lines, list] {
        let run = check(&[], input.as_bytes());
        assert_eq!(run.code, 2);
        let expected = ["allow", "deny"].repeat(count);
        assert!(verdicts(&run) == expected);
    }
}

#[test]
fn a_large_request_is_read_whole() {
    let mut request = json(&allowed());
    let urls: Vec<_> = (0..256)
        .map(|number| format!("{number}{}", "x".repeat(8_000)))
        .collect();
    request["attributes"] = serde_json::json!({ "urls": urls });
    let text = request.to_string();
    assert!(text.len() > 2_000_000);
    gives(
        format!("{text}\n{text}\n{}", denied()),
        &["allow", "allow", "deny"],
        2,
    );
    gives(format!("[{text},{text}]"), &["allow", "allow"], 0);
    gives(pretty(&text), &["allow"], 0);
}

#[test]
fn deep_nesting_is_no_trouble() {
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    gives(
        format!("{}\n{{\"action\":{deep}}}\n{}", allowed(), denied()),
        &["allow", "!action", "deny"],
        3,
    );
}

#[test]
fn a_decision_is_what_the_domain_says_field_by_field() {
    let run = check(&[], denied().as_bytes());
    let digest = policy_digest("tests/data/acme");
    assert_eq!(
        run.stdout,
        format!(
            concat!(
                r#"{{"decision":"deny","codes":["AUTHORIZATION_REQUIRED","SEATS_REQUIRED"],"findings":["#,
                r#"{{"requirement":"authorization-ready","code":"AUTHORIZATION_REQUIRED","state":"responsibility_blocked","message":"Authorization is not confirmed.","#,
                r#""remedy":"Confirm that you may have this project scanned.","source":"Customer responsibilities, step 2"}},"#,
                r#"{{"requirement":"enough-seats","code":"SEATS_REQUIRED","state":"missing_approval","message":"The plan has no seat left.","#,
                r#""remedy":"Buy a seat.","source":"Plan, step 1"}}],"#,
                r#""ready":[],"blocked":["responsibility_blocked","missing_approval"],"fallbacks":["ticket_only"],"#,
                r#""policy":{{"name":"acme","version":"0.1.0","digest":"{}"}}}}"#,
                "\n"
            ),
            digest
        )
    );
    assert_eq!(run.code, 2);
}

#[test]
fn explanations_come_with_the_decision() {
    let run = check(
        &["--explain"],
        format!("{}\n{}", denied(), allowed()).as_bytes(),
    );
    let lines: Vec<_> = run.stdout.lines().map(json).collect();
    assert_eq!(
        lines[0]["explanations"],
        serde_json::json!([
            { "requirement": "authorization-ready", "facts": [{ "path": "responsibility.authorization_status", "value": "disputed" }] },
            { "requirement": "enough-seats", "facts": [{ "path": "attributes.seats", "value": 0 }] },
        ])
    );
    assert_eq!(lines[1]["explanations"], serde_json::json!([]));
    assert!(run.stdout.starts_with(r#"{"decision":"deny","codes":["#));
}

#[test]
fn what_the_policy_cannot_judge_is_invalid() {
    let unjudged = denied().replacen("\"seats\":0", "\"seats\":\"many\"", 1);
    gives(&unjudged, &["!attributes.seats"], 3);
    // What is invalid is worse than a denial.
    gives(
        format!("{}\n{{}}\n{unjudged}\n", denied()),
        &["deny", "!action", "!attributes.seats"],
        3,
    );
}

#[test]
fn the_clock_stands_for_now() {
    let timeless = allowed().replacen("\"now\":\"2026-11-23T12:00:00Z\",", "", 1);
    assert!(!timeless.contains("\"now\""));
    gives(timeless, &["allow"], 0);
}

#[test]
fn files_and_standard_input_in_turn() {
    let run = scopegate(
        &[
            "check",
            "tests/data/denied.json",
            "-",
            "tests/data/allowed.json",
            "--format",
            "json",
            "--policy",
            "tests/data/acme",
        ],
        denied().as_bytes(),
    );
    assert_eq!(verdicts(&run), ["deny", "deny", "allow"]);
    assert_eq!(run.code, 2);
}

#[test]
fn a_reader_that_leaves_is_no_panic() {
    use std::io::{BufRead as _, BufReader, Write as _};
    let mut child = program::command(&["check", "--format", "json", "--policy", "tests/data/acme"])
        .spawn()
        .expect("the program starts");
    let (mut stdin, stdout) = (
        child.stdin.take().expect("an input"),
        child.stdout.take().expect("an output"),
    );
    let mut first = String::new();
    // What was decided comes before more is asked for.
    stdin
        .write_all(format!("{}\n", allowed()).as_bytes())
        .expect("the program reads");
    let mut reader = BufReader::new(stdout);
    reader.read_line(&mut first).expect("the program writes");
    assert!(first.starts_with(r#"{"decision":"allow""#));
    drop(reader);
    // The program ends at the first line that it cannot write.
    while stdin
        .write_all(format!("{}\n", allowed()).repeat(100).as_bytes())
        .is_ok()
    {}
    let output = child.wait_with_output().expect("the program ends");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn many_broken_lines_take_no_longer_than_they_are() {
    let (yes, cut) = (allowed(), &denied()[..100]);
    for broken in [
        "{\"a\":[\n",
        "{\"a\":\n",
        "[{\n",
        &format!("{cut}\n"),
        "{\"a\n",
    ] {
        // Each could begin a request that goes on to the end.
        let count = 10_000;
        let run = check(
            &[],
            format!("{yes}\n{}{yes}\n", broken.repeat(count)).as_bytes(),
        );
        let verdicts = verdicts(&run);
        assert_eq!(verdicts.first().map(String::as_str), Some("allow"));
        assert_eq!(run.code, 3);
        if broken.starts_with('{') {
            assert_eq!(verdicts.len(), count + 2, "{broken}");
            assert_eq!(verdicts.last().map(String::as_str), Some("allow"));
        }
    }
}
