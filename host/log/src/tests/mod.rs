//! What the tests share: a policy, requests, and logs in folders of their own.

mod loss;
mod masks;
mod replaying;
mod rotation;
mod tampering;
mod trouble;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use scopegate::{Engine, Policy, Request};
use tempfile::TempDir;

use crate::{AppendError, Appended, Config, Entry, Id, Log, ReadError, Verified, verify};

const RULES: &str = include_str!("../../../cli/tests/data/acme/policy.toml");
pub(crate) const ALLOWED: &[u8] = include_bytes!("../../../cli/tests/data/allowed.json");

fn policy(rules: &str) -> Policy {
    let component = scopegate_compiler::compile(rules)
        .expect("the rules are right")
        .component;
    let engine = Engine::new().expect("an engine");
    engine.load(&component).expect("the component is right")
}

fn request() -> Request {
    Request::from_json(ALLOWED, || 0).expect("the request is right")
}

/// A config whose log does not wait for the disk.
fn config(folder: &Path) -> Config {
    Config {
        sync: false,
        ..Config::new(folder)
    }
}

/// Decides `request`, and appends what came of it.
fn append(log: &Log, policy: &Policy, request: &Request) -> Result<Appended, AppendError> {
    append_as(Id::new(), log, policy, request)
}

fn append_as(
    id: Id,
    log: &Log,
    policy: &Policy,
    request: &Request,
) -> Result<Appended, AppendError> {
    let decided = policy.evaluate(request);
    log.append(&Entry {
        id,
        time: SystemTime::now(),
        by: None,
        request_id: None,
        policy: policy.id(),
        request,
        outcome: decided.as_ref(),
        duration: Duration::from_nanos(1_239),
    })
}

/// A log of `count` decisions.
fn log_of(count: usize, config: impl FnOnce(&Path) -> Config) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    let (log, policy) = (
        Log::open(config(folder.path())).expect("a log"),
        policy(RULES),
    );
    for number in 0..count {
        let mut request = request();
        request.actor.id = format!("user-{number}");
        append(&log, &policy, &request).expect("it is written");
    }
    drop(log);
    folder
}

/// The log's files, in their order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let files = crate::folder::list(folder).expect("a folder");
    files.into_iter().map(|file| file.path).collect()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("a file")
}

fn verified(path: &Path) -> Result<Verified, ReadError> {
    verify(&[path.to_owned()], None, &mut |_, _| {})
}

/// The line and what is wrong with it.
#[track_caller]
fn broken(path: &Path) -> (PathBuf, u64, crate::Wrong) {
    match verified(path) {
        Err(ReadError::Broken(breach)) => (breach.file, breach.line, breach.wrong),
        other => panic!("the chain is not broken: {other:?}"),
    }
}

#[test]
fn no_time_is_too_far() {
    let since = |seconds| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
    for (time, text) in [
        (since(0), "1970-01-01T00:00:00.000Z"),
        (since(253_402_300_799), "9999-12-31T23:59:59.000Z"),
        (since(1 << 62), "+262142-12-31T23:59:59.999Z"),
    ] {
        assert_eq!(crate::entry::time(time.expect("a time")), text);
    }
}
