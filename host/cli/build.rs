//! Compiles the default policy, so that the program decides out of the box, and takes the preview page in, if it is built.

use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{env, fs, io};

use scopegate_compiler::RuleSet;
use sha2::{Digest, Sha256};

const RULES: &str = "../../policies/webriskops/1.1.0/policy.toml";

/// Where `npm run build` in `host/browser` puts the page.
const PREVIEW: &str = "../browser/dist";

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
    let component = rules
        .component()
        .unwrap_or_else(|_| panic!("the default policy `{RULES}` is too large"));
    let out: PathBuf = env::var_os("OUT_DIR")
        .expect("Cargo names the output folder")
        .into();
    write(&out.join("default.wasm"), &component);

    write(&out.join("preview.rs"), preview().as_bytes());

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

/// The files of the preview page, as Rust; none if it is not built.
fn preview() -> String {
    watch_preview();
    let mut files = Vec::new();
    if let Ok(root) = fs::canonicalize(PREVIEW) {
        list(&root, "", &mut files);
    }
    files.sort();
    let file = |(path, place): &(String, PathBuf)| {
        let place = place.display().to_string();
        format!("PreviewFile {{ path: {path:?}, bytes: include_bytes!({place:?}) }},\n")
    };
    let files: String = files.iter().map(file).collect();
    format!("&[\n{files}]\n")
}

/// Has this script run again when the page was built.
///
/// Cargo takes a path that does not exist for changed at every build, and one that changed after this script began for changed at the next. So the
/// folder is made where it is missing, and dated back. Where it cannot be made, the page cannot be built there either.
fn watch_preview() {
    let folder = Path::new(PREVIEW);
    if !folder.exists() {
        let made = fs::create_dir(folder)
            .and_then(|()| fs::File::open(folder))
            .and_then(|folder| folder.set_modified(SystemTime::UNIX_EPOCH));
        if made.is_err() {
            return;
        }
    }
    println!("cargo::rerun-if-changed={PREVIEW}");
}

/// Adds the files of `folder`, whose paths below the root begin with `before`.
fn list(folder: &Path, before: &str, files: &mut Vec<(String, PathBuf)>) {
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let entries =
        entries.unwrap_or_else(|error| panic!("`{}` cannot be read: {error}", folder.display()));
    for path in entries.iter().map(fs::DirEntry::path) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let below = format!("{before}{name}");
        if path.is_dir() {
            list(&path, &format!("{below}/"), files);
        } else {
            files.push((below, path));
        }
    }
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
