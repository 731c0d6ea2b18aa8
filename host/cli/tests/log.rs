//! `scopegate log`: what it shows, finds and decides again.

mod program;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use program::{allowed, denied, json, scopegate};
use scopegate::{Engine, Request};
use scopegate_log::{Config, Entry, Id, Log, Masks};
use tempfile::TempDir;

const RULES: &str = include_str!("data/acme/policy.toml");

/// A log of an allowed request, a denied one, and one that cannot be judged; and their ids.
fn log() -> (TempDir, Vec<String>) {
    log_masked(&[])
}

fn log_masked(masks: &[&str]) -> (TempDir, Vec<String>) {
    let component = scopegate_compiler::compile(RULES)
        .expect("the rules are right")
        .component;
    let engine = Engine::new().expect("an engine");
    let policy = engine.load(&component).expect("the component is right");
    let folder = TempDir::new().expect("a folder");
    let log = Log::open(Config {
        masks: Masks::new(masks).expect("facts"),
        ..Config::new(folder.path())
    })
    .expect("a log");
    let unjudged = denied().replacen("\"seats\":0", "\"seats\":\"many\"", 1);
    let ids = [allowed(), denied(), unjudged].map(|text| {
        let request = Request::from_json(text.as_bytes(), || 0).expect("a request");
        let decided = policy.evaluate(&request);
        let id = Id::new();
        log.append(&Entry {
            id,
            time: SystemTime::UNIX_EPOCH + Duration::from_millis(1_795_435_200_123),
            by: None,
            request_id: None,
            policy: policy.id(),
            request: &request,
            outcome: decided.as_ref(),
            duration: Duration::from_nanos(1_239),
        })
        .expect("it is written");
        id.to_string()
    });
    drop(log);
    (folder, ids.to_vec())
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path")
}

fn file(folder: &TempDir) -> PathBuf {
    let files = fs::read_dir(folder.path()).expect("a folder");
    files
        .map(|file| file.expect("a file").path())
        .find(|file| {
            file.extension()
                .is_some_and(|extension| extension == "jsonl")
        })
        .expect("a file of the log")
}

#[test]
fn show() {
    let (folder, ids) = log();
    let log = text(folder.path());
    let run = scopegate(&["log", "show", log], b"");
    assert_eq!((run.code, &*run.stderr), (0, ""));
    let lines: Vec<_> = run.stdout.lines().skip(1).collect();
    let at = "2026-11-23T12:00:00.123Z";
    assert_eq!(
        lines,
        [
            format!("{at} ALLOW scan  {}  acme 0.1.0", ids[0]),
            format!("{at} DENY  scan  {}  acme 0.1.0", ids[1]),
            "  unmet: authorization-ready, enough-seats".to_owned(),
            format!("{at} NONE  scan  {}  acme 0.1.0", ids[2]),
            lines[4].to_owned(),
        ]
    );
    assert!(lines[4].starts_with("  attributes.seats: "), "{}", lines[4]);
    for (options, shown) in [
        (&["--denied"][..], &ids[1..2]),
        (&["--id", &ids[2]], &ids[2..]),
        (&["--action", "scan"], &ids[..]),
        (&["--action", "retest"], &[]),
        (&["--failed"], &ids[2..]),
        (&["--denied", "--failed"], &ids[1..]),
    ] {
        let run = scopegate(
            &[&["log", "show", log, "--format", "json"], options].concat(),
            b"",
        );
        let found: Vec<_> = run
            .stdout
            .lines()
            .map(|line| json(line)["id"].as_str().expect("an id").to_owned())
            .collect();
        assert_eq!((run.code, &*found), (0, shown), "{options:?}");
    }
    let run = scopegate(&["log", "show", log, "--denied", "--id", &ids[0]], b"");
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("no such record"), "{}", run.stderr);
    let run = scopegate(&["log", "show", log, "--id", "nonsense"], b"");
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("nonsense"), "{}", run.stderr);
    let whole = scopegate(&["log", "show", log, "--format", "json"], b"");
    let file = file(&folder);
    assert_eq!(whole.stdout, fs::read_to_string(&file).expect("a file"));
    // What cannot be read hides nothing else.
    let broken = whole.stdout.replacen("\"deny\"", "\"allow\"", 1);
    fs::write(&file, broken).expect("it is written");
    let run = scopegate(&["log", "show", log, "--format", "json"], b"");
    assert_eq!((run.code, run.stdout.lines().count()), (3, 3));
    assert_eq!(
        run.stderr,
        format!(
            "error: {}:3: this line was changed: it does not have the hash that it says\n",
            file.display()
        )
    );
}

/// What is no log is said once, and nothing is not everything in order.
#[test]
fn no_log() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("other.jsonl");
    for (content, said) in [
        ("", "the file is empty"),
        (
            "some\nother\nlines\n",
            "this line is no record: it does not begin as one",
        ),
    ] {
        fs::write(&file, content).expect("it is written");
        for arguments in [
            &["log", "show"][..],
            &["log", "verify"],
            &["log", "replay", "--policy", "tests/data/acme"],
        ] {
            let run = scopegate(&[arguments, &[text(&file)]].concat(), b"");
            assert_eq!(run.code, 3, "{arguments:?}: {}", run.stderr);
            assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
            assert!(run.stderr.contains(said), "{}", run.stderr);
        }
    }
}

#[test]
fn verify() {
    let (folder, _) = log();
    let log = text(folder.path());
    let run = scopegate(&["log", "verify", log], b"");
    assert_eq!((run.code, &*run.stderr), (0, ""));
    assert!(
        run.stdout
            .starts_with("unbroken: 2 decisions, 4 lines, 1 files\n1 requests got no decision, as the log itself says\nit ends with sha256:"),
        "{}",
        run.stdout
    );
    let hash = run.stdout.trim_end().rsplit(' ').next().expect("a hash");
    let file = file(&folder);
    for log in [log, text(&file)] {
        assert_eq!(
            scopegate(&["log", "verify", log, "--expect", hash], b"").code,
            0
        );
    }
    let other = format!("sha256:{}", "0".repeat(64));
    let run = scopegate(&["log", "verify", log, "--expect", &other], b"");
    assert_eq!(run.code, 3);
    assert!(
        run.stderr
            .starts_with(&format!("error: the log does not hold `{other}`")),
        "{}",
        run.stderr
    );
    assert_eq!(
        scopegate(&["log", "verify", log, "--expect", "abc"], b"").code,
        1
    );

    let whole = fs::read_to_string(&file).expect("a file");
    let lines: Vec<_> = whole.lines().collect();
    fs::write(&file, [lines[0], lines[1], lines[3], ""].join("\n")).expect("it is written");
    let run = scopegate(&["log", "verify", log], b"");
    assert_eq!(
        (run.code, run.stderr),
        (
            3,
            format!(
                "error: {}:3: 1 line is missing before this one\n",
                file.display()
            )
        )
    );
    let run = scopegate(&["log", "verify", "tests/data/acme"], b"");
    assert_eq!(run.code, 1);
    assert!(
        run.stderr
            .starts_with("error: `tests/data/acme` holds no log: expected files such as"),
        "{}",
        run.stderr
    );
    let run = scopegate(&["log", "verify", "nowhere"], b"");
    assert_eq!(run.code, 1);
    assert!(
        run.stderr
            .starts_with("error: the log `nowhere` cannot be read: "),
        "{}",
        run.stderr
    );
}

#[test]
fn replay() {
    let (folder, ids) = log();
    let log = text(folder.path());
    let run = scopegate(&["log", "replay", log, "--policy", "tests/data/acme"], b"");
    assert_eq!(
        (run.code, &*run.stdout, &*run.stderr),
        (
            0,
            "3 recorded: 3 the same, 0 changed (0 now allowed, 0 now denied)\n",
            ""
        )
    );
    let rules = folder.path().join("policy.toml");
    let stricter = RULES.replacen("\"ready\"'", "\"disputed\"'", 1).replacen(
        "request.attributes.seats > 0",
        "request.attributes.seats >= 0",
        1,
    );
    fs::write(&rules, stricter).expect("it is written");
    let arguments = ["log", "replay", log, "--policy", text(&rules)];
    let run = scopegate(&arguments, b"");
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert_eq!(
        run.stdout,
        format!(
            "3 recorded: 1 the same, 2 changed (1 now allowed, 1 now denied)\n\
             \nscan  1 newly unmet: authorization-ready\n  such as  {}\n\
             \nscan  1 newly met: authorization-ready\n  such as  {}\n\
             \nscan  1 newly met: enough-seats\n  such as  {}\n",
            ids[0], ids[1], ids[1]
        )
    );
    let run = scopegate(&[&arguments[..], &["--format", "json"]].concat(), b"");
    let report = json(&run.stdout);
    assert_eq!((run.code, &report["changed"]), (2, &2.into()));
    assert_eq!(report["groups"][0]["change"], "newly_unmet");
    assert_eq!(report["groups"][0]["examples"][0], *ids[0]);
}

/// What is masked and no condition reads does not matter; what one reads does, and that is said.
#[test]
fn replay_of_a_masked_log() {
    for (mask, code, said) in [
        (
            "actor.id",
            0,
            "3 recorded: 3 the same, 0 changed (0 now allowed, 0 now denied)\n",
        ),
        ("responsibility.authorized_for", 0, "3 recorded: 3 the same"),
        ("scan.targets[].url", 0, "3 recorded: 3 the same"),
        ("deployment", 0, "3 recorded: 3 the same"),
        ("attributes.other", 0, "3 recorded: 3 the same"),
        (
            "responsibility.authorization_status",
            3,
            "3 recorded: 0 the same, 0 changed (0 now allowed, 0 now denied)\n\
             3 not decided again, because a fact is masked that this policy reads\n\
             nothing was decided again, so this proves nothing of the policy\n",
        ),
        ("responsibility", 3, "3 recorded: 0 the same"),
        // One request has no seats.
        ("attributes.seats", 3, "3 recorded: "),
        ("attributes.*", 3, "3 recorded: "),
        ("attributes", 3, "3 recorded: "),
    ] {
        let (folder, _) = log_masked(&[mask]);
        let log = text(folder.path());
        let run = scopegate(&["log", "replay", log, "--policy", "tests/data/acme"], b"");
        assert_eq!(run.code, code, "{mask}: {}{}", run.stdout, run.stderr);
        assert!(run.stdout.starts_with(said), "{mask}: {}", run.stdout);
        let proves_not = run.stdout.contains("this proves nothing of the");
        assert_eq!(proves_not, code == 3, "{mask}: {}", run.stdout);
    }
}

/// A log that begins later than with its first line passes only where that is asked for.
#[test]
fn verify_from() {
    let (folder, _) = log();
    let log = text(folder.path());
    let whole = fs::read_to_string(file(&folder)).expect("a file");
    let rules = Config {
        max_bytes: 1,
        ..Config::new(folder.path())
    };
    // Opened with so small files, it begins another one at the next line.
    let second = Log::open(rules).expect("a log");
    let request = Request::from_json(allowed().as_bytes(), || 0).expect("a request");
    let component = scopegate_compiler::compile(RULES).expect("rules").component;
    let policy = Engine::new().expect("an engine").load(&component);
    let policy = policy.expect("a policy");
    let decided = policy.evaluate(&request);
    let entry = Entry {
        id: Id::new(),
        time: SystemTime::UNIX_EPOCH,
        by: Some("platform"),
        request_id: None,
        policy: policy.id(),
        request: &request,
        outcome: decided.as_ref(),
        duration: Duration::ZERO,
    };
    second.append(&entry).expect("it is written");
    drop(second);
    fs::remove_file(file_with(&folder, &whole)).expect("it is removed");
    for (from, code) in [
        (&[][..], 3),
        (&["--from", "5"], 0),
        (&["--from", "6"], 0),
        (&["--from", "4"], 3),
        (&["--from", "7"], 3),
    ] {
        for command in [
            &["verify", log][..],
            &["replay", log, "--policy", "tests/data/acme"],
        ] {
            let run = scopegate(&[&["log"], command, from].concat(), b"");
            assert_eq!(run.code, code, "{from:?}: {}{}", run.stdout, run.stderr);
        }
    }
    let run = scopegate(&["log", "verify", log], b"");
    assert!(run.stderr.contains("--from 5"), "{}", run.stderr);
    let run = scopegate(&["log", "verify", log, "--from", "7"], b"");
    assert!(run.stderr.contains("ends with record 6"), "{}", run.stderr);
}

/// What is missing at the end is found by the note beside the log; without the note that is said.
#[test]
fn an_end_that_is_missing() {
    let (folder, _) = log();
    let (log, file) = (text(folder.path()), file(&folder));
    let whole = fs::read_to_string(&file).expect("a file");
    let lines: Vec<_> = whole.lines().collect();
    fs::write(&file, lines[..3].join("\n") + "\n").expect("it is written");
    let replay = ["log", "replay", log, "--policy", "tests/data/acme"];
    for arguments in [&["log", "verify", log][..], &replay] {
        let run = scopegate(arguments, b"");
        assert_eq!((run.code, &*run.stdout), (3, ""), "{arguments:?}");
        assert!(
            run.stderr.contains("record 4 was written"),
            "{}",
            run.stderr
        );
    }
    let head = folder.path().join("head");
    let unshown = "nothing shows that no line is missing behind that";
    for is_emptied in [true, false] {
        let changed = if is_emptied {
            fs::write(&head, "")
        } else {
            fs::remove_file(&head)
        };
        changed.expect("it is changed");
        let run = scopegate(&["log", "verify", log], b"");
        assert_eq!((run.code, &*run.stderr), (0, ""));
        assert!(run.stdout.contains(unshown), "{}", run.stdout);
    }
    let last = json(lines[2]);
    let hash = last["hash"].as_str().expect("a hash");
    let run = scopegate(&["log", "verify", log, "--expect", hash], b"");
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(!run.stdout.contains(unshown), "{}", run.stdout);
}

/// The file of the log with that text.
fn file_with(folder: &TempDir, text: &str) -> PathBuf {
    let files = fs::read_dir(folder.path()).expect("a folder");
    let mut files = files.map(|file| file.expect("a file").path());
    let found = files.find(|file| fs::read_to_string(file).is_ok_and(|it| it == text));
    found.expect("the file is there")
}
