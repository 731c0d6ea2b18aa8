//! Compiles the default policy, so that the program decides out of the box.

use std::path::{Path, PathBuf};
use std::{env, fs};

use scopegate_compiler::RuleSet;
use sha2::{Digest, Sha256};

const RULES: &str = "../../policies/webriskops/1.0.0/policy.toml";

fn main() {
    println!("cargo::rerun-if-changed={RULES}");
    let source = fs::read_to_string(RULES)
        .unwrap_or_else(|error| panic!("the default policy `{RULES}` cannot be read: {error}"));
    let rules = RuleSet::check(&source).unwrap_or_else(|diagnostics| {
        panic!(
            "the default policy does not compile:\n{}",
            diagnostics.render(&source, RULES, false)
        )
    });
    let component = rules.component();
    let out: PathBuf = env::var_os("OUT_DIR")
        .expect("Cargo names the output folder")
        .into();
    write(&out.join("default.wasm"), &component);

    println!("cargo::rustc-env=SCOPEGATE_POLICY_NAME={}", rules.name());
    println!(
        "cargo::rustc-env=SCOPEGATE_POLICY_VERSION={}",
        rules.version()
    );
    println!(
        "cargo::rustc-env=SCOPEGATE_POLICY_DIGEST={}",
        digest(&component)
    );
}

fn write(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes)
        .unwrap_or_else(|error| panic!("`{}` cannot be written: {error}", path.display()));
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .fold(String::from("sha256:"), |hex, byte| {
            format!("{hex}{byte:02x}")
        })
}
