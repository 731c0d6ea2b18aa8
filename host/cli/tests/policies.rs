//! What is done with policies: built, loaded, inspected, kept as code.

mod program;

use std::fs;

use program::{Run, allowed, denied, json, policy_digest, scopegate};

fn done(run: &Run) {
    assert_eq!((run.code, &*run.stderr), (0, ""));
}

#[test]
fn a_component_decides_as_its_rule_set() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("acme.wasm");
    let path = file.to_str().expect("a path");
    let run = scopegate(&["build", "tests/data/acme", "-o", path], b"");
    done(&run);
    let bytes = fs::read(&file).expect("the component");
    let digest = policy_digest("tests/data/acme");
    assert_eq!(
        run.stdout,
        format!("acme 0.1.0: {} bytes, {digest}, in `{path}`\n", bytes.len())
    );
    let input = format!("{}\n{}\n", allowed(), denied());
    let folder_path = folder.path().to_str().expect("a path");
    let by = |policy| {
        scopegate(
            &["check", "--format", "json", "--explain", "--policy", policy],
            input.as_bytes(),
        )
    };
    let expected = by("tests/data/acme/policy.toml");
    assert_eq!(expected.stdout.lines().count(), 2);
    for policy in ["tests/data/acme", path, folder_path] {
        assert_eq!(by(policy).stdout, expected.stdout, "{policy}");
    }
    // Nothing but the component is left, and it is written again as it was.
    done(&scopegate(
        &["build", "tests/data/acme/policy.toml", "-o", path],
        b"",
    ));
    assert_eq!(fs::read(&file).expect("the component"), bytes);
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1);
    let rules = scopegate(&["inspect", path, "--rules"], b"");
    done(&rules);
    assert_eq!(rules.stdout, include_str!("data/acme/policy.toml"));
}

#[test]
fn what_fails_to_compile_leaves_the_component_that_was_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("acme.wasm");
    fs::write(&file, "before").expect("a file");
    let path = file.to_str().expect("a path");
    let run = scopegate(&["build", "tests/data/bad/mistakes.toml", "-o", path], b"");
    assert_eq!((run.code, &*run.stdout), (1, ""));
    assert_eq!(fs::read(&file).expect("the file"), b"before");
}

#[test]
fn the_default_policy_is_described() {
    let run = scopegate(&["inspect", "--format", "json"], b"");
    done(&run);
    let described = json(&run.stdout);
    assert_eq!(described["name"], "webriskops");
    assert_eq!(described["version"], "1.1.0");
    assert_eq!(described["requirements"].as_array().map(Vec::len), Some(50));
    assert_eq!(described["imports"], serde_json::json!([]));
    assert_eq!(described["is_proven"], true);
    assert_eq!(
        described["digest"],
        policy_digest("../../policies/webriskops/1.1.0")
    );
    let version = scopegate(&["--version"], b"");
    let digest = described["digest"].as_str().expect("a digest");
    assert!(version.stdout.contains(digest), "{}", version.stdout);
    let text = scopegate(&["inspect"], b"");
    done(&text);
    assert!(
        text.stdout.contains("  50  revoke-reason-given"),
        "{}",
        text.stdout
    );
}

#[test]
fn the_default_policy_passes_its_cases() {
    let run = scopegate(
        &["test", "../../policies/webriskops/1.1.0", "--coverage"],
        b"",
    );
    done(&run);
    assert!(
        run.stdout.contains("50 of 50 requirements"),
        "{}",
        run.stdout
    );
}

#[test]
fn clauses_that_no_case_needs_are_listed() {
    let folder = tempfile::tempdir().expect("a folder");
    // No case has a scan, so no case needs any of it; but without `has` the rest does not compile.
    let reviewed = "[[ready]]\nstate = \"reviewed\"\nwhen = \"request.now > timestamp('2026-01-01T00:00:00Z') && has(request.scan) && request.scan.pages_reviewed\"\n";
    for (name, text) in [
        (
            "policy.toml",
            &*format!("{}\n{reviewed}", include_str!("data/acme/policy.toml")),
        ),
        ("bases.json", include_str!("data/acme/bases.json")),
    ] {
        fs::write(folder.path().join(name), text).expect("a file");
    }
    let cases: Vec<_> = include_str!("data/acme/cases.jsonl")
        .lines()
        .take(5)
        .collect();
    let cases = cases.join("\n");
    fs::write(folder.path().join("cases.jsonl"), cases).expect("a file");
    let path = folder.path().to_str().expect("a path");
    let run = scopegate(&["test", path, "--coverage", "--mutants"], b"");
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stdout.contains("5 of 5 cases passed"), "{}", run.stdout);
    assert!(
        run.stdout.contains(
            "UNNOTICED request.attributes.seats < 100 is dropped  requirement `enough-seats`"
        ),
        "{}",
        run.stdout
    );
    assert!(
        run.stdout.contains(
            "22 changes tried (2 requirements, 1 guard, 10 clauses, 4 boundaries, 2 list members, 3 actions of sets), 9 unnoticed"
        ),
        "{}",
        run.stdout
    );
    assert!(
        run.stdout
            .contains("2 of 2 requirements seen in every way they can be"),
        "{}",
        run.stdout
    );
}

#[test]
fn actions_are_decided_on_the_same_facts() {
    let facts = ["actions", "--policy", "tests/data/acme", "--format", "json"];
    let run = scopegate(&facts, allowed().as_bytes());
    done(&run);
    let actions: Vec<_> = run
        .stdout
        .lines()
        .map(|line| json(line)["action"].clone())
        .collect();
    assert_eq!(actions, ["scan", "retest", "share_report"]);
    assert!(
        run.stdout
            .starts_with(r#"{"action":"scan","decision":"allow","codes":[]"#)
    );
    // The action may be left out, but not be wrong.
    let without = allowed().replacen("\"action\":\"scan\",", "", 1);
    assert_eq!(scopegate(&facts, without.as_bytes()).stdout, run.stdout);
    let wrong = allowed().replacen("\"action\":\"scan\"", "\"action\":7", 1);
    let wrong = scopegate(&facts, wrong.as_bytes());
    assert_eq!((wrong.code, &*wrong.stdout), (3, ""));
    assert!(
        wrong.stderr.contains("`action`: expected a text"),
        "{}",
        wrong.stderr
    );
    for input in ["", "[]", "{}", "nonsense"] {
        assert_eq!(scopegate(&facts, input.as_bytes()).code, 3, "{input}");
    }
    // What the policy cannot judge is the request's fault too.
    let unjudged = denied().replacen("\"seats\":0", "\"seats\":\"many\"", 1);
    let unjudged = scopegate(&facts, unjudged.as_bytes());
    assert_eq!(unjudged.code, 3, "{}", unjudged.stderr);
    let said = "the policy cannot judge `attributes.seats`: the policy declares this attribute as a whole number";
    assert!(unjudged.stderr.contains(said), "{}", unjudged.stderr);
}

#[test]
fn compiled_code_is_kept_where_it_is_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let cache = folder.path().join("cache");
    let cache = cache.to_str().expect("a path");
    let check = || {
        scopegate(
            &["check", "--cache", cache],
            include_bytes!("data/scan.json"),
        )
    };
    let first = check();
    done(&first);
    assert_eq!(fs::read_dir(cache).expect("the folder").count(), 1);
    assert_eq!(check().stdout, first.stdout);
}

#[test]
fn figures_are_given() {
    let run = scopegate(&["bench", "--time", "1", "--format", "json"], b"");
    done(&run);
    let figures = json(&run.stdout);
    assert_eq!(figures["policy"]["name"], "webriskops");
    assert!(figures["requests"].as_u64() > Some(100));
    for figure in ["typed_nanoseconds", "batch_nanoseconds", "json_nanoseconds"] {
        assert!(figures[figure].as_u64() > Some(0), "{figures}");
    }
    let run = scopegate(
        &["bench", "-", "--time", "1", "--policy", "tests/data/acme"],
        allowed().as_bytes(),
    );
    done(&run);
    assert!(
        run.stdout.starts_with("acme 0.1.0, 1 request, one thread"),
        "{}",
        run.stdout
    );
    assert_eq!(scopegate(&["bench", "-"], b"{}").code, 1);
}

#[test]
fn every_shell_has_its_completions() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let run = scopegate(&["completions", shell], b"");
        done(&run);
        for word in ["scopegate", "check", "explain"] {
            assert!(run.stdout.contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn what_strangers_write_cannot_steer_a_terminal() {
    let action = allowed().replacen("\"scan\"", "\"\\u001b[31mscan\\u202e\"", 1);
    let run = scopegate(&["check", "--policy", "tests/data/acme"], action.as_bytes());
    assert_eq!(run.code, 2);
    assert!(
        run.stdout.contains("\\u{1b}[31mscan\\u{202e}"),
        "{}",
        run.stdout
    );
    assert!(!run.stdout.contains('\u{1b}') && !run.stdout.contains('\u{202e}'));
}
