//! A store of policies, from the command line.

mod program;

use std::fs;

use program::operator::Operator;
use program::{allowed, json, scopegate};

#[test]
fn versions_are_published_activated_and_gone_back_on() {
    let stored = Operator::new();
    let said = stored.done(&["add", "tests/data/acme"]);
    assert!(
        said.starts_with("acme 0.1.0 is published, sha256:"),
        "{said}"
    );
    let said = stored.done(&["add", "tests/data/acme"]);
    assert_eq!(
        said,
        "acme 0.1.0 is there already, with the same bytes: nothing changed\n"
    );
    let rules = include_str!("data/acme/policy.toml");
    let next = stored.path("next.toml");
    fs::write(
        &next,
        rules.replace("version = \"0.1.0\"", "version = \"0.2.0\""),
    )
    .expect("a file");
    stored.done(&["add", &next]);
    fs::write(
        &next,
        rules.replace("language = 1", "# Other rules.\nlanguage = 1"),
    )
    .expect("a file");
    let said = stored.refused(&["add", &next]);
    assert!(
        said.contains("acme 0.1.0 is published with other rules"),
        "{said}"
    );

    let said = stored.refused(&["activate", "acme"]);
    assert!(said.contains("which version of `acme`?"), "{said}");
    let said = stored.done(&["activate", "acme@0.1.0", "--why", "first"]);
    assert_eq!(said, "acme 0.1.0 is active (activation 1)\n");
    let said = stored.done(&["activate", "acme@0.2.0"]);
    assert_eq!(said, "acme 0.2.0 is active, after 0.1.0 (activation 2)\n");
    let said = stored.done(&["rollback", "acme", "--why", "too strict"]);
    assert_eq!(said, "acme 0.1.0 is active, after 0.2.0 (activation 3)\n");
    let history = stored.done(&["history", "acme"]);
    let whys: Vec<&str> = history
        .lines()
        .map(|line| line.split_once("by tests").expect("somebody did it").1)
        .collect();
    assert_eq!(whys, [": first", "", ": too strict"]);
    let said = stored.refused(&["remove", "acme@0.1.0"]);
    assert!(said.contains("acme 0.1.0 is active"), "{said}");
    stored.done(&["remove", "acme@0.2.0"]);
    let shown = stored.done(&["show", "acme"]);
    let shown: serde_json::Value = serde_json::from_str(&shown).expect("it is JSON");
    assert_eq!(
        (&shown["version"], &shown["added_by"]),
        (&"0.1.0".into(), &"tests".into())
    );
    let listed = stored.done(&["list", "--format", "json"]);
    let listed: serde_json::Value = serde_json::from_str(&listed).expect("one line");
    assert_eq!(listed["active"]["version"], "0.1.0");
    assert_eq!(
        stored.done(&["verify"]),
        "1 versions are as published, 0 things are wrong\n"
    );
}

#[test]
fn signatures_are_made_asked_for_and_withdrawn() {
    let stored = Operator::new();
    let (key, wasm) = (stored.path("ops"), stored.path("acme.wasm"));
    let (secret, public) = (format!("{key}.key"), format!("{key}.pub"));
    stored.done(&["key", "new", &key]);
    assert!(
        stored
            .refused(&["key", "new", &key])
            .contains("cannot be written")
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(&secret).expect("the key").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    stored.done(&["key", "trust", &public, "--label", "ops"]);
    assert_eq!(
        stored.done(&["key", "require", "yes"]),
        "components must be signed\n"
    );
    assert_eq!(
        scopegate(&["build", "tests/data/acme", "-o", &wasm], b"").code,
        0
    );
    let said = stored.refused(&["add", &wasm]);
    assert!(
        said.contains("is not signed, and this store requires it"),
        "{said}"
    );
    stored.done(&["sign", &wasm, "--key", &secret]);
    stored.done(&["add", &wasm]);
    stored.done(&["activate", "acme@0.1.0"]);
    let said = stored.refused(&["key", "remove", "ops"]);
    assert!(
        said.contains("acme 0.1.0: the component is signed by"),
        "{said}"
    );
    let said = stored.done(&["key", "remove", "ops", "--yes"]);
    assert!(
        said.contains("acme 0.1.0, which is active, no longer decides"),
        "{said}"
    );
    assert!(stored.done(&["key", "list"]).contains("removed"));
    let said = stored.refused(&["activate", "acme@0.1.0"]);
    assert!(said.contains("the key `ops`, which was removed"), "{said}");
}

#[test]
fn what_is_not_there_is_named() {
    let stored = Operator::new();
    for (arguments, expected) in [
        (
            &["show", "acme"][..],
            "there is no policy `acme` in the store",
        ),
        (
            &["activate", "acme@1.0.0"],
            "there is no version 1.0.0 of the policy `acme`",
        ),
        (&["activate", "acme@one"], "`one` is no semantic version"),
        (&["rollback", "../acme"], "`../acme` is no name"),
        (&["key", "remove", "x"], "no trusted key is called `x`"),
        (&["add", "tests/data/failing"], "fails its own cases"),
    ] {
        let said = stored.refused(arguments);
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
    let said = scopegate(&["policy", "--store", "/nowhere/at/all", "list"], b"").stderr;
    assert!(said.contains("`/nowhere/at/all` is no store"), "{said}");
}

#[test]
fn what_is_begun_passes_its_cases_and_they_cover_it() {
    let stored = Operator::new();
    for (name, extends) in [
        ("acme", None),
        ("other", Some("webriskops@1.1.0")),
        // What earlier programs had built in can be extended still.
        ("earlier", Some("webriskops@1.0.0")),
    ] {
        let folder = stored.path(name);
        let mut arguments = vec!["new", &folder];
        arguments.extend(extends.into_iter().flat_map(|base| ["--extends", base]));
        stored.done(&arguments);
        let run = scopegate(&["test", &folder, "--coverage"], b"");
        assert_eq!((run.code, &*run.stderr), (0, ""), "{name}: {}", run.stdout);
        assert!(
            run.stdout
                .starts_with(&format!("{name} 0.1.0: 2 of 2 cases passed\n")),
            "{}",
            run.stdout
        );
        // The first cases ask for one action only, so no case notices when a requirement loses one of the base's other actions.
        let run = scopegate(&["test", &folder, "--mutants"], b"");
        let unnoticed = run
            .stdout
            .lines()
            .filter(|line| line.starts_with("UNNOTICED"));
        let other = unnoticed
            .clone()
            .filter(|line| !line.starts_with("UNNOTICED for \"every\" is without"));
        assert_eq!(other.collect::<Vec<_>>(), [""; 0], "{name}");
        let expected = if extends.is_some() { (1, 14) } else { (0, 0) };
        assert_eq!((run.code, unnoticed.count()), expected, "{name}");
        assert!(stored.refused(&arguments).contains("is there already"));
        stored.done(&["add", &folder]);
    }
    assert!(
        stored
            .refused(&["new", "/tmp/Not A Name"])
            .contains("is no name for a policy")
    );
}

#[test]
fn a_base_is_pinned() {
    let stored = Operator::new();
    let (base, own) = (stored.path("base"), stored.path("own"));
    stored.done(&["new", &base]);
    stored.done(&["new", &own, "--extends", "../base"]);
    let lint = || scopegate(&["lint", &own], b"");
    assert_eq!(lint().code, 0);
    let rules = format!("{base}/policy.toml");
    let text = fs::read_to_string(&rules).expect("the rules");
    fs::write(&rules, text + "\n# Another line.\n").expect("a file");
    let said = lint().stderr;
    assert!(
        said.contains("`../base` has changed") && said.contains("remove that file"),
        "{said}"
    );
    fs::remove_file(format!("{own}/policy.lock")).expect("the lock");
    assert_eq!(lint().code, 0);
    // From the store as well; what is not there is named.
    stored.done(&["add", &base]);
    let third = stored.path("third");
    stored.done(&["new", &third, "--extends", "base@0.1.0"]);
    stored.done(&["add", &third]);
    let fourth = stored.path("fourth");
    stored.done(&["new", &fourth, "--extends", "base@9.0.0"]);
    let said = stored.refused(&["add", &fourth]);
    assert!(
        said.contains("there is no version 9.0.0 of the policy `base`"),
        "{said}"
    );
}

/// What extends itself is refused with the way round, and what extends too many with the limit; each in two lines.
#[test]
fn what_extends_itself_or_too_many_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = fs::canonicalize(folder.path()).expect("the folder");
    let write = |name: &str, extends: &str| {
        let own = folder.join(name);
        fs::create_dir_all(&own).expect("a folder");
        let text = format!(
            "language = 1\nextends = \"{extends}\"\nname = \"{name}\"\nversion = \"1.0.0\"\nsummary = \"x\"\n"
        );
        fs::write(own.join("policy.toml"), text).expect("a file");
    };
    let lint = |name: &str| {
        let path = folder.join(name);
        let run = scopegate(&["lint", path.to_str().expect("a path")], b"");
        assert_eq!(run.code, 1, "{name}: {}", run.stderr);
        let place = format!("{}/", folder.display());
        run.stderr.replace(&place, "")
    };
    let itself = "`self/policy.toml` extends itself: self/policy.toml -> self/policy.toml";
    for base in [".", "./", "policy.toml", "../self"] {
        write("self", base);
        let said = lint("self");
        assert!(said.contains(itself), "{base}: {said}");
        assert!(said.lines().count() <= 3, "{base}: {said}");
    }
    write("self", "");
    assert!(lint("self").contains("that names nothing"));
    write("one", "../two");
    write("two", "../one");
    let said = lint("one");
    let round =
        "`one/policy.toml` extends itself: one/policy.toml -> two/policy.toml -> one/policy.toml";
    assert!(said.contains(round), "{said}");
    // A chain with sixteen bases compiles; the next rule set on top does not.
    write("base0", "webriskops@1.0.0");
    for index in 1..=100 {
        write(&format!("base{index}"), &format!("../base{}", index - 1));
    }
    let path = folder.join("base15");
    let run = scopegate(&["lint", path.to_str().expect("a path")], b"");
    assert_eq!(run.code, 0, "{}", run.stderr);
    for index in [16, 100] {
        let said = lint(&format!("base{index}"));
        assert!(
            said.contains("more than 16 rule sets extend one another"),
            "{said}"
        );
        assert!(said.lines().count() <= 6, "{said}");
    }
    // What is not there is named once, by whoever extends it.
    write("base0", "../nowhere");
    let said = lint("base3");
    assert_eq!(said.matches(" extends ").count(), 1, "{said}");
    assert!(
        said.contains("base0/policy.toml` extends `../nowhere`"),
        "{said}"
    );
}

/// A version of the store decides wherever a policy is named.
#[test]
fn a_version_of_the_store_is_a_policy() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("store");
    let store = store.to_str().expect("a path");
    let run = |arguments: &[&str]| scopegate(arguments, allowed().as_bytes());
    for arguments in [&["init"][..], &["add", "tests/data/acme/policy.toml"]] {
        assert_eq!(
            run(&[&["policy", "--store", store], arguments].concat()).code,
            0
        );
    }
    let check =
        |policy: &str, more: &[&str]| run(&[&["check", "-", "--policy", policy], more].concat());
    let at = ["--store", store];
    assert_eq!(check("acme@0.1.0", &at).code, 0);
    for (policy, more, expected) in [
        ("acme", &at[..], "no version of `acme` is active"),
        ("acme@0.9.0", &at, "0.9.0"),
        (
            "other@0.1.0",
            &at,
            "there is no policy `other` in the store",
        ),
        ("acme@0.1.0", &[], "no store is named"),
        ("acme@zero", &at, "zero"),
    ] {
        let run = check(policy, more);
        assert_eq!(run.code, 1, "{policy}");
        assert!(run.stderr.contains(expected), "{policy}: {}", run.stderr);
    }
    assert_eq!(
        run(&["policy", "--store", store, "activate", "acme@0.1.0"]).code,
        0
    );
    assert_eq!(check("acme", &at).code, 0);
    for command in ["inspect", "actions", "bench"] {
        let options: &[&str] = match command {
            "inspect" => &["inspect", "acme"],
            "actions" => &["actions", "-", "--policy", "acme"],
            _ => &[
                "bench",
                "--time",
                "1",
                "tests/data/allowed.json",
                "--policy",
                "acme",
            ],
        };
        let run = run(&[options, &at].concat());
        assert_ne!(run.code, 1, "{command}: {}", run.stderr);
    }
    // The policy built in has a name too, and so has that of earlier programs, with the component that it had.
    let digests = [
        ("1.1.0", env!("SCOPEGATE_POLICY_DIGEST")),
        (
            "1.0.0",
            "sha256:720f8cf36d76b6e7f023c71bf5cd44df42b623213059341b7e76128ecf754109",
        ),
    ];
    for (version, digest) in digests {
        let name = format!("webriskops@{version}");
        let built_in = run(&["inspect", &name, "--format", "json"]);
        assert_eq!(built_in.code, 0, "{}", built_in.stderr);
        let described = json(&built_in.stdout);
        assert_eq!(
            (&described["version"], &described["digest"]),
            (&version.into(), &digest.into())
        );
    }
    let missing = run(&["inspect", "webriskops@0.9.0"]);
    assert_eq!(missing.code, 1, "{}", missing.stderr);
}
