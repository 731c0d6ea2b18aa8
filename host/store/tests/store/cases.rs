//! Cases and their bases as files have them: names once, any line ends, everything wrong with a request at once.

use std::fs;

use scopegate_compiler::{digest, plain_text};
use scopegate_store::cases::read_texts;
use scopegate_store::{Added, Candidate, Folder};

use crate::support::{component, engine, store};

/// A request, as a base has it.
const BASE: &str = r#"{
    "action": "scan", "now": "2026-11-23T12:00:00.000Z", "deployment": "cloud",
    "actor": {"id": "u", "account": "a", "role": "developer"},
    "tenancy": {"account": "a", "project": "p", "client_workspace": ""}, "agency_account": "",
    "responsibility": {
        "authorization_status": "ready", "ownership_proof_status": "verified", "accepted_scope_status": "ready",
        "provider_access_status": "granted", "remediation_approval_status": "approved", "retest_status": "not_needed",
        "evidence_review": {
            "of": {"account": "a", "project": "p", "client_workspace": ""},
            "evidence": true, "severity": true, "confidence": true, "boundary_wording": true
        }
    }
}"#;

fn line(rest: &str) -> String {
    format!(r#"{{"name": "a case", {rest}, "expect": {{"decision": "allow"}}}}"#)
}

fn bases() -> String {
    format!("{{\"b\": {BASE}}}\n")
}

/// What is wrong with one case.
fn wrong(rest: &str, bases: &str) -> String {
    let read = read_texts(&line(rest), Some(bases));
    read.expect_err("it is wrong").to_string()
}

#[test]
fn a_name_that_is_there_twice_is_an_error() {
    let one_line = BASE.replace('\n', "");
    let twice = |from: &str, to: &str| {
        assert!(one_line.contains(from), "{from}");
        one_line.replacen(from, to, 1)
    };
    let (good, other) = (bases(), one_line.replace("\"u\"", "\"\""));
    for (rest, bases, expected) in [
        (
            r#""base": "b", "patch": {"actor": {"id": "x"}, "actor": {"id": ""}}"#.to_owned(),
            good.clone(),
            "`actor` is given twice",
        ),
        (
            r#""base": "b", "patch": {"actor": {"id": "", "id": "x"}}"#.to_owned(),
            good.clone(),
            "`actor.id` is given twice",
        ),
        (
            r#""base": "b", "patch": {"actor": {"id": "", "\u0069d": "x"}}"#.to_owned(),
            good.clone(),
            "`actor.id` is given twice",
        ),
        (
            format!(
                r#""request": {}"#,
                twice(r#""id": "u""#, r#""id": "", "id": "u""#)
            ),
            good.clone(),
            "`actor.id`: this name is given twice",
        ),
        (
            format!(
                r#""request": {}, "patch": {{}}"#,
                twice(r#""id": "u""#, r#""id": "", "id": "u""#)
            ),
            good.clone(),
            "`actor.id` is given twice",
        ),
        (
            r#""base": "b", "base": "b""#.to_owned(),
            good.clone(),
            "duplicate field `base`",
        ),
        (
            r#""base": "b""#.to_owned(),
            format!(r#"{{"b": {one_line}, "b": {other}}}"#),
            "`b` is given twice",
        ),
        (
            r#""base": "b""#.to_owned(),
            format!(
                r#"{{"b": {}}}"#,
                twice(r#""role": "#, r#""role": "owner", "role": "#)
            ),
            "`b.actor.role` is given twice",
        ),
        // A base that no case needs, too.
        (
            r#""base": "b""#.to_owned(),
            format!(r#"{{"b": {one_line}, "c": {{"x": 1, "x": 1}}}}"#),
            "`c.x` is given twice",
        ),
    ] {
        let error = wrong(&rest, &bases);
        assert!(error.contains(expected), "{rest}: {error}");
    }
}

#[test]
fn all_that_is_wrong_with_a_request_is_said_at_once() {
    let patch = r#"{"actor": {"id": null, "name": "x"}, "tenancy": null, "agency_account": null, "deployment": "moon"}"#;
    let error = wrong(&format!(r#""base": "b", "patch": {patch}"#), &bases());
    for path in [
        "`actor.id`: this name is missing",
        "`actor.name`: this name is not known here",
        "`tenancy`: this name is missing",
        "`agency_account`: this name is missing",
        "`deployment`: `moon` is not known here",
    ] {
        assert!(error.contains(path), "{path}: {error}");
    }
    let error = wrong(r#""request": {"now": "2026-11-23T12:00:00Z"}"#, &bases());
    for name in [
        "action",
        "deployment",
        "actor",
        "tenancy",
        "agency_account",
        "responsibility",
    ] {
        assert!(
            error.contains(&format!("`{name}`: this name is missing")),
            "{error}"
        );
    }
}

#[test]
fn line_ends_and_marks_make_no_difference_to_what_is_published() {
    let cases = format!("{}\n\n", line(r#""base": "b""#));
    let publish = |dress: &dyn Fn(&str) -> String| {
        let (_kept, store) = store();
        let folder = Folder {
            component: component("1.0.0", ""),
            cases: Some((dress(&cases), Some(dress(&bases())))),
            ..Folder::default()
        };
        let candidate = Candidate::new(&engine(), folder, None).expect("it passes its cases");
        let Added::Published(manifest) = store.add(&candidate, "tests").expect("it is added")
        else {
            panic!("it was not there")
        };
        let verified = store.verify(&engine()).expect("the store can be read");
        assert!(verified.findings.is_empty(), "{:?}", verified.findings);
        let file = store.folder().join("policies/acme/1.0.0/cases.jsonl");
        let kept = fs::read_to_string(file).expect("the cases are kept");
        (manifest.cases_digest, kept)
    };
    let expected = (
        Some(digest(format!("{cases}{}", bases()).as_bytes())),
        cases.clone(),
    );
    let crlf = |text: &str| text.replace('\n', "\r\n");
    assert_eq!(publish(&str::to_owned), expected);
    assert_eq!(publish(&crlf), expected);
    assert_eq!(publish(&|text| format!("\u{feff}{text}")), expected);
    assert_eq!(publish(&|text| format!("\u{feff}{}", crlf(text))), expected);
    assert_eq!(plain_text(&crlf(&cases)), cases);
}
