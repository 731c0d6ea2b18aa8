//! The vectors are what this version decides. `SCOPEGATE_WRITE_VECTORS=1` writes them anew.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::PathBuf;

use flate2::read::GzDecoder;
use flate2::{Compression, GzBuilder};
use scopegate_tests::edition::Edition;
use scopegate_tests::vectors::{Decided, Invalid, decided, invalid};
use serde::Serialize;
use serde::de::DeserializeOwned;

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("vectors")
        .join(name)
}

fn lines<T: Serialize>(values: &[T]) -> String {
    let line = |value| serde_json::to_string(value).expect("a line") + "\n";
    values.iter().map(line).collect()
}

fn parsed<T: DeserializeOwned>(text: &str) -> Vec<T> {
    let line = |line| serde_json::from_str(line).expect("a vector");
    text.lines().map(line).collect()
}

/// The vectors as they are written, which are `vectors` if they are to be written anew.
fn written<T: Serialize + DeserializeOwned>(name: &str, vectors: &[T]) -> Vec<T> {
    let file = file(name);
    if std::env::var_os("SCOPEGATE_WRITE_VECTORS").is_some() {
        let to = fs::File::create(&file).expect("it can be written");
        let mut to = GzBuilder::new().write(to, Compression::best());
        to.write_all(lines(vectors).as_bytes())
            .expect("it can be written");
        to.finish().expect("it can be written");
    }
    let mut text = String::new();
    let from = fs::File::open(&file).expect("it is there");
    GzDecoder::new(from)
        .read_to_string(&mut text)
        .expect("it is text");
    parsed(&text)
}

#[test]
fn decisions_of_the_first_edition() {
    decisions(Edition::First, "decisions.jsonl.gz");
}

#[test]
fn decisions_of_the_default_edition() {
    decisions(Edition::DEFAULT, "decisions-1.1.0.jsonl.gz");
}

fn decisions(edition: Edition, file: &str) {
    let vectors = decided(edition);
    let written: Vec<Decided> = written(file, &vectors);
    assert_eq!(written.len(), vectors.len());
    for (written, vector) in written.iter().zip(&vectors) {
        assert!(
            written == vector,
            "{}\n{}\n{}",
            vector.request,
            written.decision,
            vector.decision
        );
    }
    let with = |text: &str| {
        vectors
            .iter()
            .filter(|vector| vector.decision.contains(text))
            .count()
    };
    assert!(vectors.len() > 5_300);
    assert!(with("\"decision\":\"allow\"") > 300 && with("\"decision\":\"deny\"") > 300);
}

#[test]
fn texts_that_are_no_requests() {
    let vectors = invalid();
    let written: Vec<Invalid> = written("invalid.jsonl.gz", &vectors);
    assert_eq!(written.len(), vectors.len());
    for (written, vector) in written.iter().zip(&vectors) {
        assert!(
            written == vector,
            "{}: {} and {}",
            vector.name,
            written.path,
            vector.path
        );
    }
    let paths: BTreeSet<_> = vectors.iter().map(|vector| &vector.path).collect();
    assert!(
        vectors.len() >= 200 && paths.len() >= 100,
        "{} texts, {} paths",
        vectors.len(),
        paths.len()
    );
}
