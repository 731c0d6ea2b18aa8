//! Components from elsewhere, as the program and the service take them: compiled by another process, allowed no more than they are, and
//! contained.

mod program;

#[path = "../../runtime/tests/runtime/guest.rs"]
mod guest;

use std::fs;
use std::path::PathBuf;

use guest::{ALLOW, Guest, Texts};
#[cfg(target_os = "linux")]
use program::serving::signal;
use program::serving::{Caller, Serving, done, stored};
use program::{allowed, json, scopegate};
use serde_json::Value;
use tempfile::TempDir;

/// A store with a good policy of ours, and a folder beside it.
struct Place {
    folder: TempDir,
    store: String,
    request: String,
}

impl Place {
    fn new() -> Self {
        let (folder, store, request) = stored();
        Self {
            folder,
            store,
            request,
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The path of a file with the guest's component.
    fn component(&self, name: &str, guest: &Guest) -> String {
        let file = self.file(name);
        fs::write(&file, guest.component()).expect("a file");
        file.to_str().expect("a path").to_owned()
    }

    /// What is said on standard error to a command that fails.
    fn refused(&self, arguments: &[&str]) -> String {
        let run = scopegate(
            &[&["policy", "--store", &self.store], arguments].concat(),
            b"",
        );
        assert_eq!(run.code, 1, "{arguments:?}: {}", run.stdout);
        run.stderr
    }
}

/// A guest that imports WASI's clock, and allows `publish` after the first million seconds.
fn telling_time() -> Guest {
    let world = "world gate { import wasi:clocks/wall-clock@0.2.3;";
    let clock = "package wasi:clocks@0.2.3 { interface wall-clock { record datetime { seconds: u64, nanoseconds: u32 } now: func() -> datetime; } }";
    let body = format!(
        "(call $now (i32.const 512)) (if (result i32) (i64.gt_u (i64.load (i32.const 512)) (i64.const 1000000))
            (then {ALLOW}) (else (call $decide (i32.const 1) (i32.const 1) (i32.const 0))))"
    );
    Guest {
        wit: scopegate_contract::WIT.replace("world gate {", world) + clock,
        imports: r#"(import "wasi:clocks/wall-clock@0.2.3" "now" (func $now (param i32)))"#
            .to_owned(),
        ..Guest::publishing(&body)
    }
}

/// `text`, which is a request, about another action.
fn about(text: &str, action: &str) -> String {
    let mut request = json(text);
    request["action"] = action.into();
    request.to_string()
}

#[test]
fn another_process_compiles() {
    let place = Place::new();
    let component = place.component("guest.wasm", &Guest::default());
    let input = format!(
        "{}\n{}",
        about(&allowed(), "scan"),
        about(&allowed(), "publish")
    );
    let run = scopegate(
        &["check", "--format", "json", "--policy", &component],
        input.as_bytes(),
    );
    assert_eq!(run.code, 2, "{}", run.stderr);
    let decisions: Vec<Value> = run.stdout.lines().map(json).collect();
    assert_eq!(decisions[0]["decision"], "allow");
    assert_eq!(decisions[1]["decision"], "deny");
    // It is broken, and the other process says how.
    let broken = place.file("broken.wasm");
    let mut bytes = fs::read(&component).expect("it is there");
    bytes.truncate(bytes.len() - 10);
    fs::write(&broken, bytes).expect("a file");
    let run = scopegate(&["inspect", broken.to_str().expect("a path")], b"");
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("is broken"), "{}", run.stderr);
}

/// A valid policy that is slow to compile, because it has one large function.
fn long() -> Guest {
    let long = "(i32.store (i32.const 512) (i32.add (i32.load (i32.const 512)) (i32.load (i32.const 516))))".repeat(20_000);
    Guest {
        fields: format!("(func $long {long})"),
        ..Guest::default()
    }
}

#[test]
fn what_takes_too_much_to_compile_is_refused() {
    let place = Place::new();
    let component = place.component("long.wasm", &long());
    for (limit, expected) in [
        (
            ["--compile-ms", "1"],
            "to compile the component takes longer than 1ms",
        ),
        (
            ["--compile-bytes", "60000000"],
            "it may use 60000000 bytes of memory",
        ),
    ] {
        done(&place.store, &["allow", "guest", "--default"]);
        done(&place.store, &["allow", "guest", limit[0], limit[1]]);
        let said = place.refused(&["add", &component, "--name", "guest"]);
        assert!(said.contains(expected), "{said}");
    }
    done(
        &place.store,
        &["allow", "guest", "--compile-bytes", "1073741824"],
    );
    done(&place.store, &["add", &component, "--name", "guest"]);
}

/// A process that compiles a component for a service. It is stopped until this value is dropped.
#[cfg(target_os = "linux")]
struct Halted(u32);

#[cfg(target_os = "linux")]
impl Halted {
    /// Stops the compiling process of `serving`. `None` if there is no such process.
    fn of(serving: &Serving) -> Option<Self> {
        let parent = serving.child.id().to_string();
        let mut processes = fs::read_dir("/proc").expect("it is there").flatten();
        let found = processes.find(|process| {
            // The file has the process id, the name in parentheses, the state, and the parent's process id.
            let stat = fs::read_to_string(process.path().join("stat"));
            stat.is_ok_and(|stat| {
                let after_name = stat.rsplit_once(')').map_or("", |(_, after)| after);
                after_name.split_whitespace().nth(1) == Some(&parent)
            })
        });
        let id = found?.file_name().into_string().expect("a number");
        let id = id.parse().expect("a number");
        signal("-STOP", id);
        Some(Self(id))
    }
}

#[cfg(target_os = "linux")]
impl Drop for Halted {
    fn drop(&mut self) {
        signal("-CONT", self.0);
    }
}

/// While one version is still loading, the service listens, loads other versions, and swaps between them.
#[test]
#[cfg(target_os = "linux")]
fn a_version_that_is_slow_to_load_holds_up_no_other() {
    let place = Place::new();
    let mut guest = long();
    guest.manifest.name = "acme";
    let component = place.component("long.wasm", &guest);
    done(&place.store, &["add", &component]);
    let serving = Serving::choosing(&["--store", &place.store]);
    let mut caller = Caller::new(serving.address);
    let slow = "/v1/decisions?policy=acme@1.2.3";
    let halted = loop {
        if let Some(halted) = Halted::of(&serving) {
            break halted;
        }
        let (status, said) = caller.call("POST", slow, None, &place.request);
        assert_ne!(status, 200, "it was loaded before it was halted: {said}");
    };
    for next in ["0.2.0", "0.1.0"] {
        let next_version = format!("acme@{next}");
        done(
            &place.store,
            &["activate", &next_version, "--allow-downgrade"],
        );
        while caller.decide(&place.request)["policy"]["version"] != next {}
    }
    assert_ne!(caller.call("POST", slow, None, &place.request).0, 200);
    drop(halted);
    while caller.call("POST", slow, None, &place.request).0 != 200 {}
}

#[test]
fn a_policy_is_allowed_what_it_is_and_no_more() {
    let place = Place::new();
    let component = place.component("guest.wasm", &telling_time());
    let said = place.refused(&["add", &component]);
    assert!(
        said.contains("imports `wasi:clocks/wall-clock@0.2.3`")
            && said.contains("build it without WASI"),
        "{said}"
    );
    done(&place.store, &["allow", "guest", "--wasi", "yes"]);
    let said = place.refused(&["add", &component, "--name", "acme"]);
    assert!(said.contains("imports `wasi:"), "{said}");
    done(&place.store, &["add", &component, "--name", "guest"]);
    done(&place.store, &["activate", "guest@1.2.3"]);

    let serving = Serving::choosing(&["--store", &place.store]);
    let mut caller = Caller::new(serving.address);
    let request = about(&place.request, "publish");
    let path = "/v1/decisions?policy=guest";
    let (status, decision) = caller.call("POST", path, None, &request);
    assert_eq!(
        (status, &decision["decision"]),
        (200, &Value::from("allow")),
        "{decision}"
    );
    // What it is allowed changes: it is loaded again, and no longer decides if it cannot be.
    done(&place.store, &["allow", "guest", "--wasi", "no"]);
    serving.says("a version cannot be used");
    while caller.call("POST", path, None, &request).0 == 200 {}
    let (status, problem) = caller.call("POST", path, None, &request);
    assert_eq!(status, 503, "{problem}");
    done(&place.store, &["allow", "guest", "--wasi", "yes"]);
    while caller.call("POST", path, None, &request).0 != 200 {}
    let (_, good) = caller.call("POST", "/v1/decisions?policy=acme", None, &place.request);
    assert_eq!(good["policy"]["name"], "acme");
}

#[test]
fn a_removed_key_stops_a_running_service() {
    let place = Place::new();
    let at = |name: &str| place.file(name).to_str().expect("a path").to_owned();
    let key = at("ops");
    done(&place.store, &["key", "new", &key]);
    done(
        &place.store,
        &["key", "trust", &at("ops.pub"), "--label", "ops"],
    );
    for version in ["0.1.0", "0.2.0"] {
        let component = format!("{}/policies/acme/{version}/policy.wasm", place.store);
        done(&place.store, &["sign", &component, "--key", &at("ops.key")]);
    }
    done(&place.store, &["key", "require", "yes"]);
    let serving = Serving::new(&["--store", &place.store, "--config", &defaulted(&place)]);
    let mut caller = Caller::new(serving.address);
    caller.decide(&place.request);
    done(&place.store, &["key", "remove", "ops", "--yes"]);
    serving.says("a version cannot be used");
    while caller.call("POST", "/v1/decisions", None, &place.request).0 == 200 {}
    let (status, problem) = caller.call("POST", "/v1/decisions", None, &place.request);
    assert_eq!(
        (status, &problem["type"]),
        (503, &Value::from("urn:scopegate:problem:no-policy"))
    );
    let (_, policies) = caller.call("GET", "/v1/policies", None, "");
    assert!(policies.to_string().contains("`ops`"), "{policies}");
    done(
        &place.store,
        &["key", "trust", &at("ops.pub"), "--label", "ops"],
    );
    while caller.call("POST", "/v1/decisions", None, &place.request).0 != 200 {}
}

/// Nobody can say who signed what is damaged, so it does not go on deciding either.
#[test]
fn a_removed_key_stops_what_is_damaged_too() {
    let place = Place::new();
    let at = |name: &str| place.file(name).to_str().expect("a path").to_owned();
    done(&place.store, &["key", "new", &at("ops")]);
    done(
        &place.store,
        &["key", "trust", &at("ops.pub"), "--label", "ops"],
    );
    let component = format!("{}/policies/acme/0.1.0/policy.wasm", place.store);
    done(&place.store, &["sign", &component, "--key", &at("ops.key")]);
    done(&place.store, &["key", "require", "yes"]);
    let serving = Serving::new(&["--store", &place.store]);
    let mut caller = Caller::new(serving.address);
    caller.decide(&place.request);
    let mut bytes = fs::read(&component).expect("it is there");
    bytes.push(0);
    fs::write(&component, bytes).expect("it can be written");
    done(&place.store, &["key", "remove", "ops", "--yes"]);
    while caller.call("POST", "/v1/decisions", None, &place.request).0 == 200 {}
    let (status, problem) = caller.call("POST", "/v1/decisions", None, &place.request);
    assert_eq!(status, 503, "{problem}");
}

/// A configuration in which `acme` is the default.
fn defaulted(place: &Place) -> String {
    let file = place.file("scopegate.toml");
    fs::write(&file, "default_policy = \"acme\"\n").expect("a file");
    file.to_str().expect("a path").to_owned()
}

/// What means harm, and what it is.
#[expect(clippy::too_many_lines, reason = "a table")]
fn hostile() -> Vec<(&'static str, Guest)> {
    let publishing = |body: &str, fields: &str| Guest {
        fields: fields.to_owned(),
        ..Guest::publishing(body)
    };
    let texts = |change: fn(&mut Texts)| {
        let mut guest = Guest::default();
        change(&mut guest.manifest);
        guest
    };
    let endless = "(loop $again (br $again)) unreachable";
    vec![
        ("an endless loop", publishing(endless, "")),
        (
            "an endless start",
            Guest {
                fields: format!("(func $start {endless}) (start $start)"),
                ..Guest::default()
            },
        ),
        (
            "an endless description",
            Guest {
                describe: endless.to_owned(),
                ..Guest::default()
            },
        ),
        (
            "a memory bomb",
            publishing(
                "(loop $more (br_if $more (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) unreachable",
                "",
            ),
        ),
        (
            "a memory of four gigabytes",
            Guest {
                pages: 65_536,
                ..Guest::default()
            },
        ),
        (
            "a table bomb",
            publishing(
                "(loop $more (br_if $more (i32.ne (table.grow $t (ref.null func) (i32.const 65536)) (i32.const -1)))) unreachable",
                "(table $t 1 funcref)",
            ),
        ),
        ("a trap", publishing("unreachable", "")),
        (
            "endless recursion",
            publishing(
                "(drop (call $deeper (i64.const 0))) unreachable",
                "(func $deeper (param i64) (result i64) (i64.add (call $deeper (i64.add (local.get 0) (i64.const 1))) (local.get 0)))",
            ),
        ),
        (
            "a list of four billion",
            publishing(
                "(drop (call $decide (i32.const 1) (i32.const 0) (i32.const 0))) (i32.store (i32.const 12) (i32.const -1)) (i32.const 0)",
                "",
            ),
        ),
        ("a result nowhere", publishing("(i32.const -4)", "")),
        (
            "an unknown verdict",
            publishing(
                "(call $decide (i32.const 2) (i32.const 0) (i32.const 0))",
                "",
            ),
        ),
        (
            "an allowance with findings",
            publishing(
                "(call $decide (i32.const 0) (i32.const 1) (i32.const 0))",
                "",
            ),
        ),
        (
            "a denial without",
            publishing(
                "(call $decide (i32.const 1) (i32.const 0) (i32.const 0))",
                "",
            ),
        ),
        (
            "an index out of range",
            publishing(
                "(call $decide (i32.const 1) (i32.const 3) (i32.const 0))",
                "",
            ),
        ),
        (
            "a name that is a path",
            texts(|texts| texts.name = "../../etc"),
        ),
        ("another's name", texts(|texts| texts.name = "acme")),
        (
            "a version that is none",
            texts(|texts| texts.version = "1/2"),
        ),
        ("imports", telling_time()),
    ]
}

#[test]
fn hostile_components_over_http_are_refused_or_contained() {
    let place = Place::new();
    let tokens = place.file("tokens");
    let digest = scopegate_server::Tokens::digest("secret");
    fs::write(&tokens, format!("ops administer {digest}\n")).expect("a file");
    // So that none of them takes seconds.
    done(
        &place.store,
        &[
            "allow",
            "guest",
            "--time-ms",
            "500",
            "--fuel",
            "20000000",
            "--memory-bytes",
            "50000000",
        ],
    );
    let config = defaulted(&place);
    let options = [
        "--store",
        &place.store,
        "--config",
        &config,
        "--tokens",
        tokens.to_str().expect("a path"),
    ];
    let serving = Serving::new(&options);
    let mut caller = Caller::new(serving.address);
    let (mut refused, mut contained) = (0, 0);
    for (number, (what, mut guest)) in hostile().into_iter().enumerate() {
        let version = format!("1.2.{number}");
        if guest.manifest.version == "1.2.3" {
            guest.manifest.version = version.clone().leak();
        }
        let component = guest.component();
        let path = format!("/v1/policies/guest/{version}");
        let headers = [
            ("authorization", "Bearer secret"),
            ("content-type", "application/wasm"),
        ];
        let (status, text) = caller.send("PUT", &path, &headers, &component);
        if (400..500).contains(&status) {
            refused += 1;
        } else {
            assert!((200..300).contains(&status), "{what}: {status} {text}");
            let body = format!(r#"{{"version": "{version}"}}"#);
            let activate = "/v1/policies/guest/activate";
            let (status, answer) = caller.call("POST", activate, Some("secret"), &body);
            assert_eq!(status, 200, "{what}: {answer}");
            let request = about(&place.request, "publish");
            let decide = "/v1/decisions?policy=guest";
            let (status, problem) = caller.call("POST", decide, Some("secret"), &request);
            assert!(
                status >= 500 && problem.get("decision").is_none(),
                "{what}: {status} {problem}"
            );
            contained += 1;
        }
        let (status, good) = caller.call("POST", "/v1/decisions", Some("secret"), &place.request);
        assert_eq!(
            (status, &good["decision"]),
            (200, &Value::from("allow")),
            "after {what}"
        );
    }
    assert!(
        refused >= 6 && contained >= 10,
        "{refused} refused, {contained} contained"
    );
}
