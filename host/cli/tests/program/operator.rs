//! Somebody with a store, who gives one command after the other.

use std::fs;

use tempfile::TempDir;

use super::{Run, scopegate};

/// Somebody with a store in a folder.
pub(crate) struct Operator {
    folder: TempDir,
}

impl Operator {
    /// With an empty store.
    pub(crate) fn new() -> Self {
        let operator = Self {
            folder: tempfile::tempdir().expect("a folder"),
        };
        assert_eq!(operator.run(&["init"]).code, 0);
        operator
    }

    /// A file of theirs; `store` is the store.
    pub(crate) fn path(&self, name: &str) -> String {
        let path = self.folder.path().join(name);
        path.to_str().expect("a path").to_owned()
    }

    /// Runs `scopegate policy`.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        let store = self.path("store");
        let mut all = vec!["policy", "--store", &store, "--by", "tests"];
        all.extend(arguments);
        scopegate(&all, b"")
    }

    /// What is printed by a command that does what it should.
    pub(crate) fn done(&self, arguments: &[&str]) -> String {
        let run = self.run(arguments);
        assert_eq!((run.code, &*run.stderr), (0, ""), "{arguments:?}");
        run.stdout
    }

    /// What is said by a command that is refused.
    pub(crate) fn refused(&self, arguments: &[&str]) -> String {
        let run = self.run(arguments);
        assert_eq!((run.code, &*run.stdout), (1, ""), "{arguments:?}");
        run.stderr
    }

    /// Makes a folder with a policy of that name and version, with the cases of `acme`.
    pub(crate) fn policy(&self, name: &str, version: &str) -> String {
        let folder = self.path(&format!("{name}-{version}"));
        fs::create_dir(&folder).expect("a folder");
        for file in ["policy.toml", "cases.jsonl", "bases.json"] {
            let text = fs::read_to_string(format!("tests/data/acme/{file}")).expect("it is there");
            let text = text
                .replace("name = \"acme\"", &format!("name = \"{name}\""))
                .replace("version = \"0.1.0\"", &format!("version = \"{version}\""));
            fs::write(format!("{folder}/{file}"), text).expect("a file");
        }
        folder
    }

    /// Builds, signs and publishes a policy, as `docs/operating.md` says.
    pub(crate) fn publish_signed(&self, folder: &str, key: &str) {
        let wasm = format!("{folder}.wasm");
        let built = scopegate(&["build", folder, "-o", &wasm], b"");
        assert_eq!(built.code, 0, "{}", built.stderr);
        self.done(&["sign", &wasm, "--key", key]);
        self.done(&["add", folder, "--signature", &format!("{wasm}.minisig")]);
    }
}
