//! What a service does when something happens to what it stands on: its log, its store, its files, its signals.

#![cfg(unix)]

mod program;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use program::operator::Operator;
use program::serving::{Caller, Serving, done, signal, stored};
use program::{json, pipe, scopegate};
use scopegate_server::Tokens;

fn text(path: &Path) -> &str {
    path.to_str().expect("a path")
}

/// Whether it is ready, and what it says of that.
fn ready(caller: &mut Caller) -> (u16, String) {
    caller.send("GET", "/readyz", &[], b"")
}

fn metric(caller: &mut Caller, name: &str) -> Option<String> {
    let (_, metrics) = caller.send("GET", "/metrics", &[], b"");
    let mut lines = metrics.lines();
    let found = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    found.map(str::to_owned)
}

#[test]
fn a_service_whose_log_is_gone_is_not_ready_and_says_why() {
    let (folder, store, request) = stored();
    let (log, away) = (folder.path().join("log"), folder.path().join("away"));
    let serving = Serving::new(&["--store", &store, "--decision-log", text(&log)]);
    let mut caller = Caller::new(serving.address);
    caller.decide(&request);
    assert_eq!(ready(&mut caller), (200, "ready\n".to_owned()));
    fs::rename(&log, &away).expect("it is moved");
    let said = loop {
        let (status, said) = ready(&mut caller);
        if status == 503 {
            break said;
        }
    };
    assert!(said.contains(text(&log)), "{said}");
    serving.says("the decision log cannot be written");
    let (status, problem) = caller.call("POST", "/v1/decisions", None, &request);
    assert_eq!(status, 503, "{problem}");
    fs::rename(&away, &log).expect("it is moved");
    while ready(&mut caller).0 != 200 {}
    serving.says("the decision log is written again");
    caller.decide(&request);
    // A file that is removed is said to be, and the log does not pass for whole.
    for entry in fs::read_dir(&log).expect("a folder") {
        let file = entry.expect("a file").path();
        if file.extension().is_some_and(|it| it == "jsonl") {
            fs::remove_file(file).expect("it is removed");
        }
    }
    let said = serving.says("the decision log is not as it was written");
    assert!(said.contains("it is not there any more"), "{said}");
    caller.decide(&request);
    drop(serving);
    let run = scopegate(&["log", "verify", text(&log)], b"");
    assert_eq!(run.code, 3, "{}", run.stdout);
    assert!(
        run.stderr.contains("the beginning is missing"),
        "{}",
        run.stderr
    );
}

#[test]
fn lines_of_the_log_name_caller_and_request() {
    let (folder, store, request) = stored();
    let (log, tokens) = (folder.path().join("log"), folder.path().join("tokens"));
    let line = format!("platform decide {}\n", Tokens::digest("secret"));
    fs::write(&tokens, line).expect("a file");
    let serving = Serving::new(&[
        "--store",
        &store,
        "--decision-log",
        text(&log),
        "--tokens",
        text(&tokens),
    ]);
    let mut caller = Caller::new(serving.address);
    let headers = [
        ("content-type", "application/json"),
        ("authorization", "Bearer secret"),
        ("x-request-id", "order-17"),
    ];
    let (status, answer) = caller.send("POST", "/v1/decisions", &headers, request.as_bytes());
    assert_eq!(status, 200, "{answer}");
    drop(serving);
    let run = scopegate(&["log", "show", text(&log)], b"");
    assert!(
        run.stdout.contains("by platform  request order-17"),
        "{}",
        run.stdout
    );
    let run = scopegate(&["log", "show", text(&log), "--format", "json"], b"");
    let line = json(run.stdout.lines().last().expect("a line"));
    assert_eq!(line["by"], "platform");
    assert_eq!(line["request_id"], "order-17");
}

/// A file may have so many bytes only: the write's error is said, and nothing ends.
#[test]
fn a_log_that_may_not_grow_ends_nothing() {
    let (folder, store, request) = stored();
    let log = folder.path().join("log");
    let limited = ["-c", "ulimit -f 16; exec \"$@\"", "sh"];
    let serving = Serving::under(
        "sh",
        &limited,
        &["--store", &store, "--decision-log", text(&log)],
    );
    let mut caller = Caller::new(serving.address);
    while caller.call("POST", "/v1/decisions", None, &request).0 == 200 {}
    let said = serving.says("the decision log cannot be written");
    assert!(said.contains("File too large"), "{said}");
    assert_eq!(ready(&mut caller).0, 503);
    drop(serving);
    let run = scopegate(&["log", "verify", text(&log)], b"");
    assert_eq!(run.code, 0, "{}", run.stderr);
}

#[test]
fn a_hangup_reads_the_configuration_again() {
    let (folder, store, request) = stored();
    let file = folder.path().join("scopegate.toml");
    fs::write(&file, "batch = 10\n").expect("a file");
    let serving = Serving::new(&["--store", &store, "--config", text(&file)]);
    let mut caller = Caller::new(serving.address);
    signal("-HUP", serving.child.id());
    serving.says("the configuration and its files were read again");
    caller.decide(&request);
    fs::write(&file, "batch = 11\n\n[decision_log]\nmax_bytes = 5\n").expect("a file");
    signal("-HUP", serving.child.id());
    let said = serving.says("restart the service for these keys");
    assert!(said.contains("batch, decision_log"), "{said}");
    fs::write(&file, "batsh = 11\n").expect("a file");
    signal("-HUP", serving.child.id());
    let said = serving.says("the configuration cannot be read again");
    assert!(said.contains("batsh"), "{said}");
    caller.decide(&request);
    serving.end();
}

#[test]
fn tokens_count_as_their_lines_say_at_once() {
    let (folder, store, request) = stored();
    let file = folder.path().join("tokens");
    let line = |name: &str| format!("{name} decide {}\n", Tokens::digest(name));
    let write = |text: &str| {
        let new = folder.path().join("new");
        fs::write(&new, text).expect("a file");
        fs::rename(&new, &file).expect("it is moved");
    };
    write(&(line("one") + &line("two")));
    let serving = Serving::new(&["--store", &store, "--tokens", text(&file)]);
    let mut caller = Caller::new(serving.address);
    let mut counts = |token: &str| match caller
        .call("POST", "/v1/decisions", Some(token), &request)
        .0
    {
        200 => true,
        401 => false,
        status => panic!("{status}"),
    };
    assert!(counts("one") && counts("two"));
    // A bad line holds up neither who is new nor who is gone.
    write(&(line("one") + "two decide nonsense\n" + &line("three")));
    while counts("two") {}
    assert!(counts("one") && counts("three"));
    let said = serving.says("some lines of the tokens do not count");
    assert!(said.contains("line 2 of the tokens"), "{said}");
    // What everybody may write gives nobody anything, and takes away what is gone.
    let open = |mode| fs::set_permissions(&file, fs::Permissions::from_mode(mode));
    open(0o666).expect("it is changed");
    serving.says("no new token of the file counts");
    fs::write(&file, line("one") + &line("four")).expect("a file");
    while counts("three") {}
    assert!(counts("one") && !counts("four"));
    open(0o600).expect("it is changed");
    while !counts("four") {}
    // Without the file none counts, as soon as no editor can be the reason.
    fs::remove_file(&file).expect("it is removed");
    while counts("one") {}
    write(&line("one"));
    while !counts("one") {}
    // Nobody waits for who never writes to a pipe.
    fs::remove_file(&file).expect("it is removed");
    pipe(&file);
    while counts("one") {}
    let rest = serving.end();
    let errors = |what: &str| rest.iter().filter(|line| line.contains(what)).count();
    assert_eq!(errors("soon none counts"), 2, "{rest:#?}");
    assert_eq!(errors("so none counts"), 2, "{rest:#?}");
    assert_eq!(errors("it is no regular file"), 2, "{rest:#?}");
    assert_eq!(errors("some lines of the tokens"), 0, "{rest:#?}");
}

#[test]
fn tokens_that_everybody_may_write_begin_no_service() {
    let (folder, store, _) = stored();
    let within = folder.path().join("within");
    fs::create_dir(&within).expect("a folder");
    let file = within.join("tokens");
    fs::write(&file, format!("one decide {}\n", Tokens::digest("one"))).expect("a file");
    for (of_file, of_folder, said) in [
        (0o606, 0o700, "everybody may write to"),
        (0o600, 0o707, "everybody may put another file in its place"),
    ] {
        let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode));
        set(&file, of_file).expect("it is changed");
        set(&within, of_folder).expect("it is changed");
        let arguments = ["--store", &store, "--tokens", text(&file)];
        let run = scopegate(
            &[&["serve", "--listen", "127.0.0.1:0"], &arguments[..]].concat(),
            b"",
        );
        assert_eq!(run.code, 1);
        assert!(run.stderr.contains(said), "{}", run.stderr);
    }
}

#[test]
fn a_store_that_is_away_is_said_once_and_so_is_that_it_is_back() {
    let (folder, store, request) = stored();
    let serving = Serving::new(&["--store", &store]);
    let mut caller = Caller::new(serving.address);
    let away = folder.path().join("away");
    fs::rename(&store, &away).expect("it is moved");
    let said = serving.says("the store cannot be read");
    assert!(said.contains(&store), "{said}");
    // Long enough for many looks.
    let age = |caller: &mut Caller| metric(caller, "scopegate_policy_age_seconds");
    while age(&mut caller).is_none_or(|age| age.parse::<u64>().expect("a number") < 2) {}
    caller.decide(&request);
    fs::rename(&away, &store).expect("it is moved");
    serving.says("the store can be read again");
    let rest = serving.end();
    assert!(
        !rest.iter().any(|line| line.contains("cannot be read")),
        "{rest:#?}"
    );
}

/// Puts a file in the place of another, as a store does.
fn put(path: &Path, text: &str) {
    let new = path.with_extension("new");
    fs::write(&new, text).expect("a file");
    fs::rename(&new, path).expect("it is moved");
}

/// What is loaded is what was activated, so it goes on, whatever the manifest says meanwhile.
#[test]
fn a_manifest_that_is_altered_stops_nothing() {
    let (_folder, store, request) = stored();
    let manifest = Path::new(&store).join("policies/acme/0.1.0/manifest.json");
    let text = fs::read_to_string(&manifest).expect("it is there");
    let serving = Serving::new(&["--store", &store]);
    let mut caller = Caller::new(serving.address);
    for key in ["digest", "rules_digest"] {
        let (before, behind) = text
            .split_once(&format!(r#""{key}": "sha256:"#))
            .expect("it stands there");
        let zeros = "0".repeat(64);
        let altered = format!(r#"{before}"{key}": "sha256:{zeros}{}"#, &behind[64..]);
        put(&manifest, &altered);
        let said = serving.says("a version cannot be used");
        let expected = format!("its `{key}` is not what the component says");
        assert!(
            said.contains("manifest.json` is damaged") && said.contains(&expected),
            "{said}"
        );
        caller.decide(&request);
        assert_eq!(ready(&mut caller).0, 200);
        let failure = |caller: &mut Caller| {
            let (_, listing) = caller.call("GET", "/v1/policies", None, "");
            assert_eq!(listing["policies"][0]["active"], "0.1.0", "{listing}");
            listing["policies"][0]["last_failure"].clone()
        };
        assert!(failure(&mut caller).to_string().contains(&expected));
        put(&manifest, &text);
        while !failure(&mut caller).is_null() {}
        caller.decide(&request);
    }
    let rest = serving.end();
    assert!(
        !rest.iter().any(|line| line.contains("cannot be used")),
        "{rest:#?}"
    );
}

/// What a start would refuse is said before it.
#[test]
fn cases_that_are_removed_are_said_to_be_damaged() {
    let operator = Operator::new();
    operator.done(&["add", &operator.policy("acme", "0.1.0")]);
    operator.done(&["activate", "acme@0.1.0"]);
    let store = operator.path("store");
    let serving = Serving::new(&["--store", &store]);
    let cases = Path::new(&store).join("policies/acme/0.1.0/cases.jsonl");
    fs::remove_file(&cases).expect("it is removed");
    let said = serving.says("a version is damaged");
    assert!(said.contains("cases.jsonl` is damaged"), "{said}");
    assert_eq!(ready(&mut Caller::new(serving.address)).0, 200);
}

#[test]
fn signals_that_ask_for_nothing_end_nothing() {
    let (_folder, store, request) = stored();
    let serving = Serving::new(&["--store", &store]);
    for name in ["-USR1", "-USR2", "-ALRM", "-HUP"] {
        signal(name, serving.child.id());
    }
    serving.says("read again");
    Caller::new(serving.address).decide(&request);
    serving.end();
}

/// A pipe in the place of a component keeps no change of what is asked for from counting.
#[test]
fn a_pipe_in_a_store_holds_up_nothing() {
    let (_folder, store, request) = stored();
    let serving = Serving::new(&["--store", &store]);
    let mut caller = Caller::new(serving.address);
    caller.decide(&request);
    let component = Path::new(&store).join("policies/acme/0.1.0/policy.wasm");
    fs::remove_file(&component).expect("it is removed");
    pipe(&component);
    let settings = Path::new(&store).join("store.json");
    let asked = fs::read_to_string(&settings).expect("it is there");
    let asked = asked.replace(
        r#""require_signature": false"#,
        r#""require_signature": true"#,
    );
    fs::write(&settings, asked).expect("it is written");
    while caller.call("POST", "/v1/decisions", None, &request).0 != 503 {}
    serving.end();
}

/// The same bytes but one, the same size, the same times: only the digest tells.
#[test]
fn an_active_version_that_is_altered_is_said_to_be_damaged() {
    let (_folder, store, request) = stored();
    let component = Path::new(&store).join("policies/acme/0.1.0/policy.wasm");
    let bytes = fs::read(&component).expect("it is there");
    let time = fs::metadata(&component).and_then(|it| it.modified());
    let write = |bytes: &[u8]| {
        fs::write(&component, bytes).expect("it is written");
        let file = fs::File::options().write(true).open(&component);
        let file = file.expect("it opens");
        file.set_modified(*time.as_ref().expect("a time"))
            .expect("it is set");
    };
    let mut altered = bytes.clone();
    *altered.last_mut().expect("a byte") ^= 1;
    let serving = Serving::new(&["--store", &store]);
    write(&altered);
    let said = serving.says("a version is damaged");
    // A connection on which nothing is asked for so long is ended.
    let mut caller = Caller::new(serving.address);
    assert!(
        said.contains("policy.wasm") && said.contains("0.1.0"),
        "{said}"
    );
    let failure = |caller: &mut Caller| {
        let (_, listing) = caller.call("GET", "/v1/policies", None, "");
        listing["policies"][0]["last_failure"].clone()
    };
    let failed = "scopegate_activation_failed{policy=\"acme\"}";
    while failure(&mut caller).is_null() {}
    let said = failure(&mut caller).to_string();
    assert!(said.contains("0.1.0: active but damaged"), "{said}");
    assert_eq!(metric(&mut caller, failed).as_deref(), Some("1"));
    caller.decide(&request);
    write(&bytes);
    serving.says("as it was published again");
    let mut caller = Caller::new(serving.address);
    while !failure(&mut caller).is_null() {}
    assert_eq!(metric(&mut caller, failed).as_deref(), Some("0"));
    // After a new start nothing decides, and it is said why.
    fs::remove_file(&component).expect("it is removed");
    drop(serving);
    for remove_all in [false, true] {
        if remove_all {
            fs::remove_dir_all(component.parent().expect("a folder")).expect("it is removed");
        }
        let run = scopegate(
            &["serve", "--listen", "127.0.0.1:0", "--store", &store],
            b"",
        );
        assert_eq!(run.code, 1);
        let said = run.stderr;
        assert!(said.contains("acme 0.1.0: active but damaged"), "{said}");
        assert!(said.contains("activate another version"), "{said}");
    }
}

/// What is removed by hand is said at once, and what is loaded goes on.
#[test]
fn an_active_version_that_is_removed_is_said_to_be_gone() {
    let (_folder, store, request) = stored();
    let serving = Serving::new(&["--store", &store]);
    let mut caller = Caller::new(serving.address);
    let folder = Path::new(&store).join("policies/acme/0.1.0");
    fs::remove_dir_all(folder).expect("it is removed");
    serving.says("the active version cannot be found");
    // The service logs the failure a moment before its list of policies shows it.
    let failure = loop {
        let (_, listing) = caller.call("GET", "/v1/policies", None, "");
        let failure = &listing["policies"][0]["last_failure"];
        if !failure.is_null() {
            break failure.to_string();
        }
    };
    assert!(failure.contains("not in the store any more"), "{failure}");
    caller.decide(&request);
    done(&store, &["activate", "acme@0.2.0"]);
    while !caller.call("GET", "/v1/policies", None, "").1["policies"][0]["last_failure"].is_null() {
    }
}

#[test]
fn a_default_policy_that_is_not_there_begins_no_service() {
    let (folder, store, _) = stored();
    let file = folder.path().join("scopegate.toml");
    fs::write(&file, "default_policy = \"acmee\"\n").expect("a file");
    for with in [&["--store", &store][..], &[]] {
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--config", text(&file)];
        let run = scopegate(&[&arguments, with].concat(), b"");
        assert_eq!(run.code, 1);
        assert!(run.stderr.contains("`acmee`"), "{}", run.stderr);
    }
}

/// Whatever text stands in a configuration, what is printed is read as the same.
#[test]
fn any_text_of_a_configuration_is_printed_so_that_it_is_read_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("scopegate.toml");
    let seed: u64 = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let mut texts: Vec<String> = [
        "a\u{ad}b",
        "",
        "\"",
        "'''",
        "\"\"\"",
        "a\nb\r\n",
        "\\u",
        "\u{7f}",
        "\u{1f600}",
        "é",
    ]
    .map(str::to_owned)
    .into();
    texts.extend((0..300).map(|_| (0..random.usize(..9)).map(|_| random.char(..)).collect()));
    let escaped = |text: &String| {
        let escaped = text.chars().fold(String::new(), |escaped, it| {
            escaped + &format!("\\U{:08x}", u32::from(it))
        });
        format!("\"{escaped}\"")
    };
    let list: Vec<_> = texts.iter().map(escaped).collect();
    let mut written = format!("allowed_hosts = [{}]\n", list.join(", "));
    for (index, text) in texts.iter().enumerate() {
        written += &format!(
            "[[tenant]]\naccount = \"{index}\"\nproject = {0}\npolicy = {0}\n",
            escaped(&(text.clone() + "x"))
        );
    }
    fs::write(&file, &written).expect("a file");
    let printed = scopegate(&["serve", "--print-config", "--config", text(&file)], b"");
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    let value = |text: &str| toml::from_str::<toml::Table>(text).expect("TOML");
    let (before, after) = (value(&written), value(&printed.stdout));
    for key in ["allowed_hosts", "tenant"] {
        assert_eq!(before[key], after[key], "{key}");
    }
    fs::write(&file, &printed.stdout).expect("a file");
    let again = scopegate(&["serve", "--print-config", "--config", text(&file)], b"");
    assert_eq!(again.stdout, printed.stdout);
}
