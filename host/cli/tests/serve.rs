//! The service as a process: it follows the store, whoever changes it, and no answer is lost or mixed.

mod program;

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use program::scopegate;
use program::serving::{Caller, Serving, done, stored};
use scopegate_store::{Direction, Store};
use serde_json::Value;

const SWAPS: usize = 100;
const CALLERS: usize = 2;

/// Which version decided, if the decision is the one that it gives.
fn version(decision: &Value) -> &str {
    let version = decision["policy"]["version"]
        .as_str()
        .expect("it names its policy");
    let expected = if version == "0.1.0" { "allow" } else { "deny" };
    assert_eq!(decision["decision"], expected, "{decision}");
    version
}

/// Makes a version active, and waits until the service decides with it: it sees it by itself.
fn swap(store: &Store, caller: &mut Caller, request: &str, next: &str) {
    let asked = next.parse().expect("a version");
    store
        .activate_toward(Direction::Any, "acme", &asked, "tests", "a swap")
        .expect("it becomes active");
    while version(&caller.decide(request)) != next {}
}

#[test]
fn a_hundred_swaps_under_load_lose_and_mix_nothing() {
    let (_folder, store, request) = stored();
    let serving = Serving::new(&["--store", &store]);
    let (is_over, decided) = (AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        for _ in 0..CALLERS {
            scope.spawn(|| {
                let mut caller = Caller::new(serving.address);
                while !is_over.load(Ordering::Relaxed) {
                    version(&caller.decide(&request));
                    decided.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let opened = Store::open(&store).expect("it opens");
        let mut caller = Caller::new(serving.address);
        for turn in 0..SWAPS {
            let next = if turn % 2 == 0 { "0.2.0" } else { "0.1.0" };
            swap(&opened, &mut caller, &request, next);
        }
        is_over.store(true, Ordering::Relaxed);
    });
    let decided = decided.load(Ordering::Relaxed);
    println!("{decided} decisions during {SWAPS} swaps, none failed");
    assert!(decided > 1_000, "{decided}");
}

#[test]
fn what_does_not_load_does_not_decide() {
    let (_folder, store, request) = stored();
    let serving = Serving::new(&["--store", &store]);
    let mut caller = Caller::new(serving.address);
    assert_eq!(version(&caller.decide(&request)), "0.1.0");
    // Somebody damages what becomes active.
    let component = Path::new(&store).join("policies/acme/0.2.0/policy.wasm");
    let bytes = fs::read(&component).expect("it is there");
    let opened = Store::open(&store).expect("it opens");
    fs::remove_dir_all(Path::new(&store).join("policies/acme/0.1.0")).expect("it is gone");
    swap(&opened, &mut caller, &request, "0.2.0");
    fs::write(&component, &bytes[1..]).expect("it is damaged");
    // What was loaded goes on.
    assert_eq!(version(&caller.decide(&request)), "0.2.0");
    drop(serving);
    let run = scopegate(
        &["serve", "--listen", "127.0.0.1:0", "--store", &store],
        b"",
    );
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(
        run.stderr.contains("no version in the store"),
        "{}",
        run.stderr
    );
}

/// The component of 0.2.0 is out of reach for a while; nothing in the store changes when it is there again.
#[test]
#[cfg(unix)]
fn a_version_that_could_not_be_loaded_is_tried_again() {
    let (folder, store, request) = stored();
    let component = Path::new(&store).join("policies/acme/0.2.0/policy.wasm");
    let away = folder.path().join("away.wasm");
    fs::rename(&component, &away).expect("it is moved");
    let there = folder.path().join("there.wasm");
    std::os::unix::fs::symlink(&there, &component).expect("a link");
    let serving = Serving::choosing(&["--store", &store]);
    let mut caller = Caller::new(serving.address);
    let asked = "/v1/decisions?policy=acme@0.2.0";
    assert_eq!(caller.call("POST", asked, None, &request).0, 404);
    fs::rename(&away, &there).expect("it is moved");
    loop {
        let (status, decision) = caller.call("POST", asked, None, &request);
        if status == 200 {
            assert_eq!(version(&decision), "0.2.0");
            break;
        }
        assert_eq!(status, 404, "{decision}");
    }
    assert_eq!(version(&caller.decide(&request)), "0.1.0");
}

/// What does not belong into a store, or cannot be read, hides nothing else: not a swap, and not a key that is removed.
#[test]
fn what_is_no_version_hides_no_other() {
    let (_folder, store, request) = stored();
    let serving = Serving::new(&["--store", &store]);
    let mut caller = Caller::new(serving.address);
    let policies = Path::new(&store).join("policies");
    fs::write(policies.join(".DS_Store"), "a file").expect("a file");
    fs::write(policies.join("acme/notes"), "a file").expect("a file");
    fs::create_dir(policies.join("acme/0.9.0")).expect("a folder that is half a copy");
    fs::create_dir(policies.join("acme/0.8.0")).expect("a folder");
    fs::write(policies.join("acme/0.8.0/manifest.json"), "{").expect("half a manifest");
    let opened = Store::open(&store).expect("it opens");
    for next in ["0.2.0", "0.1.0"] {
        swap(&opened, &mut caller, &request, next);
    }
    opened.require_signature(true).expect("it is written");
    while caller.call("POST", "/v1/decisions", None, &request).0 != 503 {}
    opened.require_signature(false).expect("it is written");
    while caller.call("POST", "/v1/decisions", None, &request).0 != 200 {}
    drop(serving);
    // Nor does it keep a service from beginning, and `verify` names each.
    let serving = Serving::new(&["--store", &store]);
    assert_eq!(
        version(&Caller::new(serving.address).decide(&request)),
        "0.1.0"
    );
    let run = scopegate(&["policy", "--store", &store, "verify"], b"");
    assert_eq!(run.code, 1);
    for stray in [".DS_Store", "acme/notes", "acme/0.9.0", "acme/0.8.0"] {
        let name = stray.rsplit('/').next().expect("a name");
        assert!(run.stdout.contains(name), "{stray}: {}", run.stdout);
    }
}

/// 0.1.0 goes on since 0.2.0 cannot be loaded; other rules that are published under its number were never activated.
#[test]
fn what_was_never_activated_does_not_decide_under_the_number_of_what_was() {
    let (folder, store, request) = stored();
    let serving = Serving::choosing(&["--store", &store]);
    let mut caller = Caller::new(serving.address);
    assert_eq!(version(&caller.decide(&request)), "0.1.0");
    let opened = Store::open(&store).expect("it opens");
    let (first, second) = (
        "0.1.0".parse().expect("a version"),
        "0.2.0".parse().expect("a version"),
    );
    for next in ["0.2.0", "0.1.0"] {
        swap(&opened, &mut caller, &request, next);
    }
    // What is stored of 0.2.0 is damaged in a way that only its load tells: its cases.
    let manifest = Path::new(&store).join("policies/acme/0.2.0/manifest.json");
    let text = fs::read_to_string(&manifest).expect("it is there");
    let other = text.replace(
        "\"cases_digest\": null",
        &format!("\"cases_digest\": \"sha256:{}\"", "0".repeat(64)),
    );
    assert_ne!(other, text);
    fs::write(&manifest, other).expect("it is written");
    done(&store, &["allow", "acme", "--time-ms", "4000"]);
    serving.says("a version cannot be used");
    opened
        .activate("acme", &second, "tests", "")
        .expect("it becomes active");
    opened.remove("acme", &first).expect("it is removed");
    let rules = include_str!("data/acme/policy.toml").replace("\"ready\"'", "\"disputed\"'");
    let file = folder.path().join("other.toml");
    fs::write(&file, rules).expect("a file");
    done(&store, &["add", file.to_str().expect("a path")]);
    let asked = "/v1/decisions?policy=acme@0.1.0";
    loop {
        let (status, decision) = caller.call("POST", asked, None, &request);
        if status == 200 && decision["decision"] == "deny" {
            break;
        }
    }
    // The new 0.1.0 decides where it is asked by name, and nowhere else.
    assert_eq!(caller.call("POST", "/v1/decisions", None, &request).0, 503);
}

#[test]
fn administrators_publish_and_activate_over_http_and_decisions_are_logged() {
    let (folder, store, request) = stored();
    let path = |name: &str| {
        folder
            .path()
            .join(name)
            .to_str()
            .expect("a path")
            .to_owned()
    };
    let (tokens, log) = (path("tokens"), path("log"));
    let line = |name: &str, role: &str, token: &str| {
        format!(
            "{name} {role} {}\n",
            scopegate_server::Tokens::digest(token)
        )
    };
    fs::write(
        &tokens,
        line("ops", "administer", "secret") + &line("app", "decide", "other"),
    )
    .expect("a file");
    let serving = Serving::new(&[
        "--store",
        &store,
        "--tokens",
        &tokens,
        "--decision-log",
        &log,
    ]);
    let mut caller = Caller::new(serving.address);
    let (status, _) = caller.call("POST", "/v1/decisions", None, &request);
    assert_eq!(status, 401);
    let (status, decision) = caller.call("POST", "/v1/decisions", Some("other"), &request);
    assert_eq!((status, version(&decision)), (200, "0.1.0"));
    let body = r#"{"version": "0.2.0"}"#;
    let activate = "/v1/policies/acme/activate";
    assert_eq!(caller.call("POST", activate, Some("other"), body).0, 403);
    let (status, activated) = caller.call("POST", activate, Some("secret"), body);
    assert_eq!(
        (status, &activated["version"]),
        (200, &"0.2.0".into()),
        "{activated}"
    );
    let (_, decision) = caller.call("POST", "/v1/decisions", Some("other"), &request);
    assert_eq!(version(&decision), "0.2.0");
    let (status, _) = caller.call("POST", "/v1/policies/acme/rollback", Some("secret"), "{}");
    assert_eq!(status, 200);
    // Tokens are read again; who is gone is refused.
    fs::write(&tokens, line("ops", "administer", "secret")).expect("a file");
    while caller
        .call("POST", "/v1/decisions", Some("other"), &request)
        .0
        != 401
    {}
    drop(serving);
    let verified = scopegate(&["log", "verify", &log], b"");
    assert_eq!(verified.code, 0, "{}", verified.stderr);
    let replayed = scopegate(&["log", "replay", &log, "--policy", "tests/data/acme"], b"");
    assert_eq!(replayed.code, 2, "{}{}", replayed.stdout, replayed.stderr);
}

#[test]
fn the_configuration_is_printed_read_again_and_misspelt_keys_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("scopegate.toml");
    let path = file.to_str().expect("a path");
    let printed = scopegate(
        &["serve", "--print-config", "--store", "/var/lib/scopegate"],
        b"",
    );
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    fs::write(&file, &printed.stdout).expect("a file");
    let again = scopegate(&["serve", "--print-config", "--config", path], b"");
    assert_eq!(again.stdout, printed.stdout);
    let over = scopegate(
        &[
            "serve",
            "--print-config",
            "--config",
            path,
            "--listen",
            "127.0.0.1:1",
        ],
        b"",
    );
    assert!(over.stdout.contains("listen = \"127.0.0.1:1\""));
    let tenants = r#"
[[tenant]]
account = "a \"b\""
project = "c"
policy = "acme@0.1.0"

[[tenant]]
account = "d"
policy = "acme"
"#;
    fs::write(&file, tenants).expect("a file");
    let printed = scopegate(&["serve", "--print-config", "--config", path], b"");
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    fs::write(&file, &printed.stdout).expect("a file");
    let again = scopegate(&["serve", "--print-config", "--config", path], b"");
    assert_eq!(again.stdout, printed.stdout);
    assert!(
        printed.stdout.contains(r#"account = "a \"b\"""#)
            && printed.stdout.contains(r#"project = "c""#)
    );
    for (text, expected) in [
        ("listn = 1", "unknown field `listn`"),
        ("batch = \"x\"", "invalid type"),
        (
            "public_url = \"http://gate.example.com\"",
            "http is for names of this machine only",
        ),
        ("[", "TOML parse error"),
        ("[[tenant]]\npolicy = 'x'", "missing field `account`"),
        ("[[tenant]]\naccount = ''\npolicy = 'x'", "a name is empty"),
    ] {
        fs::write(&file, text).expect("a file");
        let run = scopegate(&["serve", "--print-config", "--config", path], b"");
        assert_eq!(run.code, 1);
        assert!(
            run.stderr.contains(expected) && run.stderr.contains(path),
            "{}",
            run.stderr
        );
    }
}
