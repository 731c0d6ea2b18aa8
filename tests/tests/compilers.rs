//! Components of released compilers decide as they always did, whether a store proved them or not.

use std::fs;
use std::path::{Path, PathBuf};

use scopegate::{Engine, Origin, Policy, Proof, Request};
use scopegate_tests::random::{Requests, seed};

/// Random requests to each component.
const REQUESTS: usize = 20_000;
/// One in this many is explained and asked as JSON, too.
const CLOSER: usize = 16;

/// A component that a released compiler made.
struct Kept {
    /// The rules that it was made of.
    rules: PathBuf,
    component: Vec<u8>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn folders(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).expect("the folder can be read");
    let mut paths: Vec<_> = entries
        .map(|entry| entry.expect("an entry can be read").path())
        .collect();
    paths.sort();
    paths
}

/// The components below `tests/compilers`, named `<policy>-<version>.wasm`.
fn kept() -> Vec<Kept> {
    let compilers = folders(&root().join("tests/compilers"));
    let files = compilers
        .iter()
        .filter(|path| path.is_dir())
        .flat_map(|folder| folders(folder));
    let kept: Vec<_> = files
        .map(|file| {
            let stem = file.file_stem().and_then(|stem| stem.to_str());
            let (name, version) = stem
                .and_then(|stem| stem.rsplit_once('-'))
                .expect("a file is named <policy>-<version>.wasm");
            Kept {
                rules: root().join(format!("policies/{name}/{version}/policy.toml")),
                component: fs::read(&file).expect("the component can be read"),
            }
        })
        .collect();
    assert!(!kept.is_empty());
    kept
}

/// The component with the claim that a compiler made it that never was, so that no compiler makes its bytes.
fn of_another_compiler(component: &[u8]) -> Vec<u8> {
    let name = scopegate_contract::COMPILER_SECTION.as_bytes();
    let at = component
        .windows(name.len())
        .rposition(|bytes| bytes == name)
        .expect("it says what made it");
    let mut other = component.to_vec();
    let version = other[at..].iter().position(|byte| *byte == b'.');
    other[at + version.expect("the compiler has a version") + 1] = b'x';
    other
}

fn load(component: &[u8], is_recorded: bool) -> Policy {
    let engine = Engine::new().expect("an engine");
    let loaded = engine.load(component).expect("the component fits");
    let compiler = scopegate_compiler::compiler_of(component).expect("it says what made it");
    let proof = is_recorded.then(|| Proof {
        component: loaded.id().digest.clone(),
        compiler,
    });
    let engine = engine.with_proof(proof);
    engine.load(component).expect("the component fits")
}

/// The decision as JSON, without the digest.
fn decided(policy: &Policy, request: &Request) -> String {
    let decision = policy.evaluate(request);
    let decision = decision.expect("a random request is within the limits");
    let mut json = Vec::new();
    decision.write_json(&mut json);
    let json = String::from_utf8(json).expect("JSON is UTF-8");
    json.replace(&policy.id().digest, "DIGEST")
}

#[test]
fn components_of_released_compilers_decide_as_before() {
    let seed = seed(60);
    for Kept { rules, component } in kept() {
        let rules = fs::read_to_string(rules).expect("the rules can be read");
        let today = scopegate_compiler::compile(&rules).expect("the rules compile");
        let today = load(&today.component, false);
        assert_eq!(today.origin(), Origin::Compiled);
        let other = of_another_compiler(&component);
        let ways = [
            ("kept", load(&component, true), None),
            ("recorded", load(&other, true), Some(Origin::Recorded)),
            ("foreign", load(&other, false), Some(Origin::Foreign)),
        ];
        for (what, policy, origin) in &ways {
            match origin {
                Some(origin) => assert_eq!(policy.origin(), *origin, "{what}"),
                None => assert_ne!(policy.origin(), Origin::Foreign, "{what}"),
            }
        }
        for (index, request) in Requests::new(seed).take(REQUESTS).enumerate() {
            let expected = decided(&today, &request);
            for (what, policy, _) in &ways {
                assert_eq!(decided(policy, &request), expected, "{what} {request:?}");
                if index % CLOSER == 0 {
                    let explained = policy.explain(&request).expect("what decides explains");
                    let expected = today.explain(&request).expect("what decides explains");
                    assert_eq!(explained, expected, "{what} {request:?}");
                    let json = serde_json::to_vec(&request).expect("a request can be written");
                    let one = policy.evaluate_json(&json, || 0).expect("it decides");
                    let other = policy.evaluate(&request).expect("it decides");
                    assert_eq!(one, other, "{what} {request:?}");
                }
            }
        }
        // An instance is used again for each of them, as long as its memory does not grow.
        for (what, policy, _) in &ways {
            assert!(policy.instances().idle > 0, "{what}");
        }
    }
}
