//! Whoever tampers is found, at the right place.

use std::fs;
use std::path::PathBuf;

use super::{broken, config, files, log_of, read, verified};
use crate::record::Record;
use crate::{Hash, ReadError, Source, Wrong, verify};

const LINES: usize = 9;

#[test]
fn a_log_is_a_chain() {
    let folder = log_of(LINES - 1, config);
    let verified = verified(folder.path()).expect("a chain");
    assert_eq!(
        (verified.files, verified.lines, verified.decisions),
        (1, 9, 8)
    );
    assert!(verified.is_from_start());
    let text = read(&files(folder.path())[0]);
    let line = text.lines().nth(1).expect("a decision");
    assert!(
        line.starts_with(r#"{"format":1,"kind":"decision","sequence":2,"id":"0"#),
        "{line}"
    );
    // Each name in its place, so that lines can be read by people and by `jq`.
    let value: serde_json::Value = serde_json::from_str(line).expect("JSON");
    assert_eq!(value["decision"]["decision"], "allow");
    assert_eq!(value["request"]["actor"]["id"], "user-0");
    assert_eq!(value["duration_ns"], 1_239);
    assert_eq!(value["policy"]["name"], "acme");
}

/// A pipe among the log's files is an error that names it. To read the pipe would block until somebody writes to it.
#[test]
#[cfg(unix)]
fn a_pipe_among_the_files_is_named() {
    let folder = log_of(1, config);
    let pipe = folder
        .path()
        .join("decisions-00000002-20261128T000000Z.jsonl");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("it runs").success());
    let said = verified(folder.path()).expect_err("it is no file");
    assert!(
        matches!(&said, ReadError::Io { path, .. } if *path == pipe),
        "{said}"
    );
}

#[test]
fn tampering_is_found_where_it_begins() {
    let folder = log_of(LINES - 1, config);
    let file = files(folder.path()).remove(0);
    let text = read(&file);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), LINES);
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    for _ in 0..1_500 {
        let mut new: Vec<Vec<u8>> = lines.iter().map(|line| line.as_bytes().to_vec()).collect();
        // The last line is not removed: that is what a noted hash is for.
        let at = random.usize(..LINES - 1);
        let what = random.usize(..4);
        let found_at = match what {
            0 => {
                let byte = random.usize(..new[at].len());
                let old = new[at][byte];
                while new[at][byte] == old {
                    new[at][byte] = random.u8(..);
                }
                at
            }
            1 => {
                new.remove(at);
                at
            }
            2 => {
                let copy = new[random.usize(..LINES)].clone();
                let is_next = copy == new[at];
                new.insert(at, copy);
                // The copy of a line before it: the second one is out of place.
                if is_next { at + 1 } else { at }
            }
            _ => {
                let other = random.usize(at + 1..LINES);
                new.swap(at, other);
                at
            }
        };
        let mut bytes = new.join(&b'\n');
        bytes.push(b'\n');
        fs::write(&file, bytes).expect("it is written");
        let (_, line, wrong) = broken(folder.path());
        assert_eq!(line, found_at as u64 + 1, "{what} at {at}: {wrong}");
    }
}

#[test]
fn what_is_said_of_each() {
    let folder = log_of(4, config);
    let file = files(folder.path()).remove(0);
    let text = read(&file);
    let lines: Vec<&str> = text.lines().collect();
    let rejoined = |lines: &[&str]| lines.join("\n") + "\n";
    let forged = {
        let mut chain = crate::chain::Chain {
            next: 3,
            last: Record::read(lines[1].as_bytes()).expect("a record").hash,
        };
        let mut out = Vec::new();
        chain.seal(
            crate::chain::Kind::Gap,
            br#""time":"","dropped":1"#,
            &mut out,
        );
        String::from_utf8(out).expect("text").trim().to_owned()
    };
    for (new, at, wrong) in [
        (text.replacen("user-1", "user-7", 1), 3, Wrong::Changed),
        (
            rejoined(&[lines[0], lines[1], lines[4]]),
            3,
            Wrong::Missing { lines: 2 },
        ),
        (rejoined(&lines[1..]), 1, Wrong::NoBeginning),
        (
            rejoined(&[lines[0], lines[1], lines[1], lines[2]]),
            3,
            Wrong::OutOfPlace {
                sequence: 2,
                expected: 3,
            },
        ),
        // With a hash of its own it fits; what follows does not.
        (
            rejoined(&[lines[0], lines[1], &forged, lines[3]]),
            4,
            Wrong::Replaced,
        ),
        (text.trim_end().to_owned(), 5, Wrong::Torn),
        (
            rejoined(&[lines[0], "", lines[1]]),
            2,
            Wrong::NotRecord {
                message: "it does not begin as one".to_owned(),
            },
        ),
        (text.replace('\n', "\r\n"), 1, Wrong::Changed),
        (String::new(), 0, Wrong::Empty),
    ] {
        fs::write(&file, new).expect("it is written");
        assert_eq!(broken(folder.path()), (file.clone(), at, wrong));
    }
}

#[test]
fn a_cut_end_shows_by_a_noted_hash() {
    let folder = log_of(4, config);
    let paths = [folder.path().to_owned()];
    let noted = verified(folder.path()).expect("a chain").last;
    let check = |expect| verify(&paths, Some(expect), &mut |_, _| {});
    check(noted).expect("it ends with it");
    let file = files(folder.path()).remove(0);
    let text = read(&file);
    let end = text[..text.len() - 1].rfind('\n').expect("a line") + 1;
    fs::write(&file, &text[..end]).expect("it is written");
    assert!(matches!(
        verified(folder.path()),
        Err(ReadError::Cut {
            sequence: 5,
            last: 4,
            ..
        })
    ));
    // Whoever cuts the note too is found by a hash that was noted elsewhere.
    fs::remove_file(folder.path().join("head")).expect("it is removed");
    verified(folder.path()).expect("nothing shows");
    assert!(matches!(
        check(noted),
        Err(ReadError::End { after: None, .. })
    ));
    assert!(matches!(
        check(Hash::NONE),
        Err(ReadError::End { after: None, .. })
    ));
    let earlier = Record::read(text.lines().nth(1).expect("a line").as_bytes())
        .expect("a record")
        .hash;
    assert!(matches!(
        check(earlier),
        Err(ReadError::End { after: Some(2), .. })
    ));
}

#[test]
fn no_content_makes_anything_panic() {
    let folder = log_of(3, config);
    let file = files(folder.path()).remove(0);
    let whole = fs::read(&file).expect("a file");
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let policy = super::policy(super::RULES);
    for round in 0..400 {
        let length = random.usize(..4_000);
        let mut bytes = if round % 2 == 0 {
            std::iter::repeat_with(|| random.u8(..))
                .take(length)
                .collect()
        } else {
            whole.clone()
        };
        if round % 4 == 0 {
            bytes.splice(0..0, *b"\x1f\x8b\x08\0");
        }
        for _ in 0..random.usize(1..5) {
            if !bytes.is_empty() {
                let at = random.usize(..bytes.len());
                bytes[at] = random.u8(..);
            }
        }
        fs::write(&file, &bytes).expect("it is written");
        let paths: [PathBuf; 1] = [folder.path().to_owned()];
        drop(verified(folder.path()));
        drop(crate::replay(&paths, &policy, &mut |_, _| {}));
        let mut source = Source::open(&paths).expect("a file");
        for _ in 0..10_000 {
            match source.advance() {
                Ok(true) => drop(Record::read(source.line().bytes)),
                Ok(false) => break,
                Err(_) => {}
            }
        }
        // And opened to write, it is a chain again, or still broken where it was.
        drop(crate::Log::open(config(folder.path())).expect("it opens"));
        for file in fs::read_dir(folder.path()).expect("a folder") {
            drop(fs::remove_file(file.expect("a file").path()));
        }
    }
}
