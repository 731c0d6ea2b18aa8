//! The log's files are moved, removed, cut or replaced while it is written to, or between.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use tempfile::TempDir;

use super::{append, config, files, policy, read, request, verified};
use crate::{Appended, Body, Log, ReadError, Record, Start, verify_from};

/// What somebody does to the log in a folder, and to the file that is written to.
type Deed = fn(&Path, &Path);

/// What becomes of the lines that were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    /// Some are missing.
    Less,
    /// All are there, and so is something else.
    More,
    /// All are there, and nothing else.
    All,
}

const DEEDS: &[(&str, Deed, Left)] = &[
    (
        "renamed",
        |_, file| rename(file, &file.with_extension("old")),
        Left::Less,
    ),
    (
        "moved elsewhere",
        |folder, file| rename(file, &folder.with_extension("moved")),
        Left::Less,
    ),
    (
        "renamed as a file of the log is",
        |folder, file| {
            rename(
                file,
                &folder.join("decisions-00000007-20261125T120000Z.jsonl"),
            );
        },
        Left::All,
    ),
    (
        "removed",
        |_, file| fs::remove_file(file).expect("it goes"),
        Left::Less,
    ),
    (
        "removed with the folder's other files",
        |folder, _| {
            for entry in fs::read_dir(folder).expect("a folder") {
                fs::remove_file(entry.expect("a file").path()).expect("it goes");
            }
        },
        Left::Less,
    ),
    ("emptied", |_, file| write(file, ""), Left::Less),
    (
        "cut by a line",
        |_, file| {
            let text = read(file);
            let end = text[..text.len() - 1].rfind('\n').expect("a line") + 1;
            cut(file, end);
        },
        Left::Less,
    ),
    (
        "cut within a line",
        |_, file| cut(file, read(file).len() - 100),
        Left::Less,
    ),
    (
        "replaced by another",
        |_, file| replace(file, "nothing of a log\n"),
        Left::Less,
    ),
    (
        "replaced by an empty one",
        |_, file| replace(file, ""),
        Left::Less,
    ),
    (
        "replaced by an earlier copy",
        |_, file| {
            let text = read(file);
            let earlier: Vec<_> = text.lines().take(2).collect();
            replace(file, &(earlier.join("\n") + "\n"));
        },
        Left::Less,
    ),
    (
        "replaced by a copy of all",
        |_, file| replace(file, &read(file)),
        Left::All,
    ),
    (
        "replaced by a folder",
        |_, file| {
            fs::remove_file(file).expect("it goes");
            fs::create_dir(file).expect("a folder");
        },
        Left::Less,
    ),
    (
        "written to by somebody else",
        |_, file| {
            let mut file = OpenOptions::new().append(true).open(file).expect("a file");
            file.write_all(b"{\"format\":1}\n").expect("it is written");
        },
        Left::More,
    ),
    #[cfg(unix)]
    (
        "replaced by a link to where it is now",
        |folder, file| {
            let moved = folder.with_extension("moved");
            rename(file, &moved);
            std::os::unix::fs::symlink(&moved, file).expect("a link");
        },
        Left::All,
    ),
    #[cfg(unix)]
    (
        "replaced by a link to nothing",
        |folder, file| {
            fs::remove_file(file).expect("it goes");
            std::os::unix::fs::symlink(folder.join("nothing"), file).expect("a link");
        },
        Left::Less,
    ),
];

fn rename(from: &Path, to: &Path) {
    fs::rename(from, to).expect("it is renamed");
}

fn write(file: &Path, text: &str) {
    fs::write(file, text).expect("it is written");
}

fn cut(file: &Path, length: usize) {
    let open = OpenOptions::new().write(true).open(file).expect("a file");
    open.set_len(length as u64).expect("it is cut");
}

/// Puts another file in the place of the one that is there.
fn replace(file: &Path, text: &str) {
    let other = file.with_extension("new");
    write(&other, text);
    rename(&other, file);
}

/// A log's folder within one of the test's own, and a log of three decisions in it.
fn begun() -> (TempDir, std::path::PathBuf, Log) {
    let around = TempDir::new().expect("a folder");
    let folder = around.path().join("log");
    let log = Log::open(config(&folder)).expect("a log");
    for _ in 0..3 {
        append(&log, &policy(super::RULES), &request()).expect("it is written");
    }
    (around, folder, log)
}

/// What the log says of itself, by the names of its lines.
fn said(folder: &Path) -> Vec<String> {
    let mut said = Vec::new();
    for file in files(folder).iter().filter(|file| file.is_file()) {
        for line in read(file).lines() {
            match Record::read(line.as_bytes()).map(|record| record.body) {
                Ok(Body::Lost { reason, .. }) => said.push(format!("lost: {reason}")),
                Ok(Body::Paused { refused, .. }) => said.push(format!("paused: {refused}")),
                _ => {}
            }
        }
    }
    said
}

#[track_caller]
fn check(what: &str, folder: &Path, left: Left) {
    let found = verified(folder);
    match left {
        Left::All => assert!(
            matches!(&found, Ok(it) if it.altered > 0),
            "{what}: {found:?}"
        ),
        Left::Less | Left::More => assert!(found.is_err(), "{what}: {found:?}"),
    }
}

/// What is decided after it is written down in a file that goes on behind what is lost, and nobody takes the log for whole.
#[test]
fn what_is_done_to_an_open_file_is_noticed_before_the_next_line() {
    let policy = policy(super::RULES);
    for (what, deed, left) in DEEDS {
        let (_around, folder, log) = begun();
        let file = files(&folder).remove(0);
        deed(&folder, &file);
        for _ in 0..2 {
            let appended = append(&log, &policy, &request());
            assert_eq!(appended.expect(what), Appended::Written, "{what}");
        }
        assert_eq!(log.notices().len(), 1, "{what}");
        assert_eq!(log.trouble(), None, "{what}");
        let (counters, position) = log.close();
        assert_eq!((counters.written, position.sequence), (5, 8), "{what}");
        let lines = said(&folder);
        assert!(
            lines.len() == 1 && lines[0].starts_with("lost: "),
            "{what}: {lines:?}"
        );
        check(what, &folder, *left);
        // Nor does a new start make it whole.
        drop(Log::open(config(&folder)).expect("a log"));
        check(what, &folder, *left);
        if *what == "moved elsewhere" {
            // What comes after is a chain, for whoever asks for no more.
            let rest = verify_from(
                std::slice::from_ref(&folder),
                Some(Start::Record(5)),
                None,
                &mut |_, _| {},
            );
            let rest = rest.expect("a chain");
            assert_eq!((rest.first, rest.decisions), (5, 2));
            // And with the file back in its place nothing is missing.
            rename(&folder.with_extension("moved"), &file);
            assert_eq!(verified(&folder).expect("a chain").decisions, 5);
        }
    }
}

/// The same, while the log is closed: the note beside it tells what was there.
#[test]
fn what_is_done_to_a_closed_log_is_noticed_when_it_is_opened() {
    let policy = policy(super::RULES);
    for (what, deed, left) in DEEDS {
        // Without the note nothing is known of the log, and no line is missing behind something else.
        if *left != Left::Less || what.contains("other files") || what.contains("folder") {
            continue;
        }
        let (_around, folder, log) = begun();
        drop(log);
        let file = files(&folder).remove(0);
        deed(&folder, &file);
        if what.contains("link") {
            // Nobody can read it, and the service does not begin.
            Log::open(config(&folder)).expect_err(what);
            continue;
        }
        let found = verified(&folder);
        assert!(found.is_err(), "{what}: {found:?}");
        let log = Log::open(config(&folder)).expect(what);
        append(&log, &policy, &request()).expect(what);
        assert_eq!(log.notices().len(), 1, "{what}");
        drop(log);
        assert_eq!(said(&folder).len(), 1, "{what}");
        check(what, &folder, *left);
    }
}

/// While the folder is away nothing is written; when it is back the log goes on, and says how long it could not.
#[test]
fn a_folder_that_is_away_is_waited_for() {
    let policy = policy(super::RULES);
    let (around, folder, log) = begun();
    let away = around.path().join("away");
    rename(&folder, &away);
    while log.trouble().is_none() {
        std::thread::yield_now();
    }
    let reason = log.trouble().expect("it is away");
    assert!(reason.contains("log"), "{reason}");
    append(&log, &policy, &request()).expect_err("it is away");
    rename(&away, &folder);
    while log.trouble().is_some() {
        std::thread::yield_now();
    }
    append(&log, &policy, &request()).expect("it is back");
    let (_, position) = log.close();
    let found = verified(&folder).expect("a chain");
    assert_eq!(
        (found.decisions, found.refused, found.altered, found.last),
        (4, 1, 0, position.hash)
    );
    assert_eq!(said(&folder), ["paused: 1"]);
}

/// A folder that somebody puts in the place of the log's is no reason to forget what was written.
#[test]
fn another_folder_in_its_place_holds_the_rest() {
    let policy = policy(super::RULES);
    let (around, folder, log) = begun();
    let away = around.path().join("away");
    rename(&folder, &away);
    fs::create_dir(&folder).expect("a folder");
    append(&log, &policy, &request()).expect("it is written");
    // No other process writes there meanwhile.
    Log::open(config(&folder)).expect_err("it is in use");
    drop(log);
    assert!(matches!(
        verified(&folder),
        Err(ReadError::Beginning {
            first: 5,
            from: None
        })
    ));
    let all = [away, folder];
    let found = verify_from(&all, None, None, &mut |_, _| {}).expect("a chain");
    assert_eq!((found.decisions, found.altered), (4, 1));
}

/// It is noticed though nobody decides anything.
#[test]
fn what_is_done_while_nothing_is_written_is_noticed() {
    let (_around, folder, log) = begun();
    fs::remove_file(&files(&folder)[0]).expect("it goes");
    let mut notices = log.notices();
    while notices.is_empty() {
        std::thread::yield_now();
        notices = log.notices();
    }
    assert!(
        notices[0].contains("it is not there any more") && notices[0].contains("record 4"),
        "{notices:?}"
    );
    drop(log);
    assert_eq!(said(&folder).len(), 1);
}

/// A note that says nothing, as one that a crash cut off, keeps nobody from writing, and nothing from being verified again.
#[test]
fn a_note_that_says_nothing_is_written_anew() {
    for text in ["", "{", "{\"format\":1}"] {
        let (_around, folder, log) = begun();
        drop(log);
        write(&folder.join("head"), text);
        assert_eq!(verified(&folder).is_ok(), text.is_empty(), "{text}");
        drop(Log::open(config(&folder)).expect("a log"));
        verified(&folder).expect("a chain");
    }
}
