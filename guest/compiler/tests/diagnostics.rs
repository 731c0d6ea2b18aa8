//! What the compiler says about a rule set, word for word and place for place.
//!
//! Each `.toml` below `diagnostics/` is a test; the `.stderr` beside it is what `scopegate build` prints about it.
//! `BLESS=1 cargo test -p scopegate-compiler --test diagnostics` writes them anew: then read what has changed.

use std::fs;
use std::path::{Path, PathBuf};

use scopegate_compiler::{Diagnostics, Severity, compile};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics")
}

/// Every file below `folder` with that extension, in order.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// What the compiler has to say, whether the text compiles or not.
fn diagnostics(source: &str) -> Diagnostics {
    match compile(source) {
        Ok(compiled) => compiled.warnings,
        Err(diagnostics) => diagnostics,
    }
}

#[test]
fn every_mistake_is_reported_as_the_golden_file_says() {
    let bless = std::env::var_os("BLESS").is_some();
    let mut wrong = Vec::new();
    for path in files(&folder(), "toml") {
        let source = fs::read_to_string(&path).expect("the input is text");
        let name = path
            .file_name()
            .expect("a file has a name")
            .to_string_lossy();
        let rendered = diagnostics(&source).render(&source, &name, false);
        let golden = path.with_extension("stderr");
        if bless {
            fs::write(&golden, rendered).expect("the golden file can be written");
        } else if fs::read_to_string(&golden).ok().as_deref() != Some(&*rendered) {
            wrong.push(format!("{}\n{rendered}", path.display()));
        }
    }
    assert!(
        wrong.is_empty(),
        "BLESS=1 blesses these, if they are right:\n\n{}",
        wrong.join("\n")
    );
}

#[test]
fn every_golden_file_has_its_input() {
    for golden in files(&folder(), "stderr") {
        assert!(
            golden.with_extension("toml").exists(),
            "{} has no input",
            golden.display()
        );
    }
}

/// What holds of every diagnostic, whatever it says.
#[test]
fn every_diagnostic_has_a_place_a_message_and_a_remedy_and_they_stand_in_order() {
    for path in files(&folder(), "toml") {
        let source = fs::read_to_string(&path).expect("the input is text");
        let name = path.display();
        let found = diagnostics(&source).list;
        assert!(!found.is_empty(), "{name} has no mistake");
        assert!(
            found.is_sorted_by_key(|d| d.span.start),
            "{name}: the order of the file"
        );
        for diagnostic in found {
            let message = &diagnostic.message;
            assert!(
                source.get(diagnostic.span.clone()).is_some(),
                "{name}: {message}: the place"
            );
            assert!(
                !diagnostic.remedy.is_empty(),
                "{name}: {message}: what to do"
            );
            let first = message.chars().next().expect("a message says something");
            assert!(!first.is_uppercase(), "{name}: {message}: lower case");
            for rust in ["Some(", "None", "Expr", "::", "String", "i64", "usize"] {
                assert!(!message.contains(rust), "{name}: {message}: no Rust");
            }
        }
    }
}

/// What is advised compiles if it is followed word for word.
#[test]
fn advice_on_numbers_can_be_followed() {
    let head = r#"language = 1
name = "acme"
version = "1.0.0"
summary = "A test."
actions = ["scan"]
codes = { NO = "blocked" }
attributes = { n = { type = "number", summary = "N." }, m = { type = "number", summary = "M." } }
tables = { lim = { keys = ["text"], otherwise = 0, rows = { a = 9223372036854775807 } } }
"#;
    let n = "request.attributes.n";
    for (wrong, advice, mended) in [
        ("-N > 0", "`x < 0` instead of `-x > 0`", "N < 0"),
        ("N - M > 0", "`n > m` instead of `n - m > 0`", "N > M"),
        ("N + 1 > 5", "`n > 4` instead of `n + 1 > 5`", "N > 4"),
        (
            "lim(request.actor.id) + 1 > 5",
            "from 1 to 9223372036854775808: compare the parts, as `n > 4` instead of `n + 1 > 5`",
            "lim(request.actor.id) > 4",
        ),
        (
            "size(request.actor.id) * 2 > 4",
            "`x + x`",
            "size(request.actor.id) + size(request.actor.id) > 4",
        ),
        (
            "N > 9223372036854775808",
            "write a number from -9223372036854775808 to 9223372036854775807",
            "N > 9223372036854775807",
        ),
    ] {
        let text = |must: &str| {
            let must = must.replace('N', n).replace('M', "request.attributes.m");
            format!(
                "{head}[[requirement]]\nid = \"it\"\nfor = \"every\"\ngiven = 'has(request.attributes.n) && has(request.attributes.m)'\nmust = '{must}'\ncode = \"NO\"\nmessage = \"No.\"\nremedy = \"No.\"\nsource = \"x\"\n"
            )
        };
        let found = diagnostics(&text(wrong)).list;
        let remedies: Vec<&str> = found.iter().map(|one| &*one.remedy).collect();
        assert!(
            remedies.iter().any(|remedy| remedy.contains(advice)),
            "{wrong}: {remedies:?}"
        );
        let found = diagnostics(&text(mended));
        assert!(!found.has_errors(), "{mended}: {:?}", found.list);
    }
}

/// Warnings are of their own folder: everywhere else something does not compile.
#[test]
fn what_does_not_compile_says_so() {
    for path in files(&folder(), "toml") {
        let source = fs::read_to_string(&path).expect("the input is text");
        let found = diagnostics(&source);
        let lint = path.parent().is_some_and(|folder| folder.ends_with("lint"));
        assert_eq!(found.has_errors(), !lint, "{}", path.display());
        if lint {
            assert!(found.list.iter().all(|d| d.severity == Severity::Warning));
        }
    }
}

#[test]
fn lines_and_columns_count_characters_from_one() {
    let source = "language = 1\r\nname = 'é'; é = 2\n";
    let list = diagnostics(source).list;
    let positions: Vec<_> = list.iter().map(|d| d.position(source)).collect();
    assert_eq!(positions, [(2, 11)], "{list:?}");
}
