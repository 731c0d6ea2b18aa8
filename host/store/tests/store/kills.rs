//! A process that writes is killed, 200 times: the store is whole each time.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::{env, fs};

use scopegate::Engine;
use scopegate_store::{Candidate, Store};

use crate::support::{component, engine, folder, store, version};

const KILLS: usize = 200;

/// Names the store to the process that writes.
const STORE: &str = "SCOPEGATE_TEST_STORE";

/// Not a test by itself: what the killed process does.
#[test]
fn writes_until_it_is_killed() {
    let Ok(path) = env::var(STORE) else {
        return;
    };
    let store = Store::open(path).expect("it opens");
    let engine = engine();
    let bytes = component("1.0.0", "");
    let seed = store.last_number("acme").expect("readable") + 1;
    for round in seed.. {
        let build = round % 7 + 2;
        let candidate =
            Candidate::new(&engine, folder(bytes.clone()), Some(build)).expect("it loads");
        let version = candidate.version().clone();
        println!("round");
        store.add(&candidate, "killed").expect("it is added");
        println!("added");
        store
            .activate("acme", &version, "killed", "")
            .expect("it becomes active");
        println!("active");
        let other =
            scopegate_store::Version::of("1.0.0", Some((round + 3) % 7 + 2)).expect("a version");
        // It may be there or not, but it is not active.
        let _ = store.remove("acme", &other);
        println!("removed");
    }
}

#[test]
fn a_killed_process_leaves_the_store_whole() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let (_kept, store) = store();
    let first = Candidate::new(&engine(), folder(component("1.0.0", "")), None).expect("it loads");
    store.add(&first, "tests").expect("it is added");
    store
        .activate("acme", &version("1.0.0"), "tests", "")
        .expect("it becomes active");
    let cache = tempfile::tempdir().expect("a folder");
    let loads = Engine::builder().cache(cache.path()).build();
    let loads = loads.expect("the engine starts");
    let mut states = BTreeSet::new();
    let mut number = 1;
    for kill in 0..KILLS {
        let mut child = Command::new(env::current_exe().expect("this program"))
            .args(["kills::writes_until_it_is_killed", "--exact", "--nocapture"])
            .env(STORE, store.folder())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        // Some way into its work, and then a moment that no clock decides.
        let steps = random.usize(1..9);
        let said = lines
            .map_while(Result::ok)
            .filter(|line| ["round", "added", "active", "removed"].contains(&line.as_str()))
            .take(steps)
            .last();
        for _ in 0..random.u32(..200_000) {
            std::hint::spin_loop();
        }
        child.kill().expect("it is killed");
        child.wait().expect("it ends");
        states.insert(said);

        let opened = Store::open(store.folder()).expect("it opens");
        let verified = opened.verify(&loads).expect("readable");
        assert!(
            verified.findings.is_empty(),
            "kill {kill}: {:?}",
            verified.findings
        );
        let history = opened.history("acme").expect("readable");
        let last = history.last().expect("one is active");
        assert!(last.number >= number, "kill {kill}: an activation is lost");
        number = last.number;
        let bytes = opened
            .component("acme", &last.version)
            .expect("the active one is there");
        assert_eq!(bytes.len(), component("1.0.0", "").len());
    }
    assert_eq!(states.len(), 4, "killed only after {states:?}");
    assert!(number > 20, "{number}");
    // What was left of writes that were cut off goes with the next one.
    store.add(&first, "tests").expect("it is there");
    store
        .activate("acme", &version("1.0.0"), "tests", "")
        .expect("it becomes active");
    store
        .remove(
            "acme",
            &scopegate_store::Version::of("1.0.0", Some(2)).expect("a version"),
        )
        .ok();
    let next = Candidate::new(&engine(), folder(component("1.0.1", "")), None).expect("it loads");
    store.add(&next, "tests").expect("it is added");
    for part in ["policies/acme", "policies/acme/journal", "activations"] {
        for entry in fs::read_dir(store.folder().join(part)).expect("readable") {
            let name = entry.expect("readable").file_name();
            assert!(!name.to_string_lossy().starts_with('.'), "{part}: {name:?}");
        }
    }
}
