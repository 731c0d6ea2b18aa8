//! Stores in folders of their own, and small policies to keep in them.

use std::path::Path;

use scopegate::Engine;
use scopegate_store::{Candidate, Folder, Store, StoreError, Version};
use tempfile::TempDir;

/// A rule set; `extra` makes its rules differ.
pub(crate) fn rules(version: &str, extra: &str) -> String {
    format!(
        r#"language = 1
name = "acme"
version = "{version}"
summary = "Who may scan. {extra}"
actions = ["scan"]
codes = {{ ACTOR_REQUIRED = "responsibility_blocked" }}

[[requirement]]
id = "actor-known"
for = "every"
must = 'request.actor.id != ""'
code = "ACTOR_REQUIRED"
message = "Nobody asks for it."
remedy = "Sign in."
source = "Example, step 1"
"#
    )
}

pub(crate) fn component(version: &str, extra: &str) -> Vec<u8> {
    let compiled = scopegate_compiler::compile(&rules(version, extra));
    compiled.expect("the rules are right").component
}

pub(crate) fn folder(component: Vec<u8>) -> Folder {
    Folder {
        component,
        ..Folder::default()
    }
}

pub(crate) fn engine() -> Engine {
    Engine::new().expect("the engine starts")
}

pub(crate) fn version(text: &str) -> Version {
    text.parse().expect("it is a version")
}

pub(crate) fn store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::create(folder.path().join("store")).expect("a store");
    (folder, store)
}

/// Publishes a small policy.
pub(crate) fn publish(store: &Store, text: &str, extra: &str) -> Result<(), StoreError> {
    let candidate = Candidate::new(&engine(), folder(component(text, extra)), None)?;
    store.add(&candidate, "tests").map(|_| ())
}

/// The component's file of a version.
pub(crate) fn file(store: &Store, version: &str) -> std::path::PathBuf {
    store
        .folder()
        .join(Path::new("policies/acme"))
        .join(version)
        .join("policy.wasm")
}
