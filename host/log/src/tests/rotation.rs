//! Files end and begin; the chain goes on.

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;

use super::{append, broken, config, files, log_of, policy, read, request, verified};
use crate::{Config, Hash, Log, ReadError, Start, Wrong, verify_from};

/// Three lines a file: one that begins it, two decisions.
fn small(folder: &Path) -> Config {
    Config {
        max_bytes: 2_500,
        ..config(folder)
    }
}

#[test]
fn the_chain_goes_on_over_files() {
    for compress in [false, true] {
        let folder = log_of(12, |folder| Config {
            compress,
            ..small(folder)
        });
        let all = files(folder.path());
        assert!(all.len() > 3, "{all:?}");
        let compressed = all
            .iter()
            .filter(|file| file.extension().is_some_and(|extension| extension == "gz"));
        assert_eq!(
            compressed.count(),
            if compress { all.len() - 1 } else { 0 },
            "{all:?}"
        );
        let found = verified(folder.path()).expect("a chain");
        assert_eq!((found.files, found.decisions), (all.len() as u64, 12));
        // Opened again, it goes on.
        let log = Log::open(small(folder.path())).expect("a log");
        append(&log, &policy(super::RULES), &request()).expect("it is written");
        let (_, position) = log.close();
        let found = verified(folder.path()).expect("a chain");
        assert_eq!((found.decisions, found.last), (13, position.hash));

        // A file that is missing is missed; and so is what was in it.
        fs::remove_file(&all[1]).expect("it is removed");
        let (file, line, wrong) = broken(folder.path());
        assert_eq!((file.as_path(), line), (all[2].as_path(), 1));
        assert_eq!(
            wrong,
            Wrong::MissingFiles {
                number: 3,
                expected: 2
            }
        );
        // Without the oldest the rest is a chain still, for whoever asks for no more.
        fs::remove_file(&all[0]).expect("it is removed");
        let Err(ReadError::Beginning { first, from: None }) = verified(folder.path()) else {
            panic!("the beginning is missing")
        };
        let paths = [folder.path().to_owned()];
        let check = |from, expect| verify_from(&paths, Some(from), expect, &mut |_, _| {});
        let rest = check(Start::Record(first), Some(position.hash)).expect("a chain");
        assert!(!rest.is_from_start() && !rest.is_first_kept);
        assert_eq!((rest.first, rest.last), (first, position.hash));
        check(Start::Record(first + 1), None).expect("there is more than that");
        check(Start::Behind(rest.follows), None).expect("it begins there");
        check(Start::Record(first - 1), None).expect_err("it begins behind that");
        check(Start::Behind(Hash::NONE), None).expect_err("it begins behind that");
    }
}

#[test]
fn a_compressed_file_that_is_cut_or_changed_is_found() {
    let folder = log_of(12, |folder| Config {
        compress: true,
        ..small(folder)
    });
    let file = files(folder.path()).remove(1);
    let whole = fs::read(&file).expect("a file");
    let mut changed = whole.clone();
    changed[whole.len() / 2] ^= 0x10;
    for bytes in [&whole[..whole.len() / 2], &changed] {
        fs::write(&file, bytes).expect("it is written");
        assert_eq!(broken(folder.path()).0, file);
    }
}

#[test]
fn only_so_many_files_are_kept() {
    for (compress, keep) in [(false, 1), (false, 2), (true, 2), (true, 3)] {
        let with = |folder: &Path| Config {
            keep: NonZeroUsize::new(keep),
            compress,
            ..small(folder)
        };
        let folder = log_of(12, with);
        assert_eq!(files(folder.path()).len(), keep);
        let rest = verified(folder.path()).expect("a chain");
        assert!(!rest.is_from_start() && rest.is_first_kept);
        // What somebody else removes is missing.
        let first = files(folder.path()).remove(0);
        fs::remove_file(&first).expect("it is removed");
        let found = verified(folder.path());
        assert!(found.is_err(), "{compress} {keep}: {found:?}");
    }
}

/// What is removed when the log is opened with fewer files to keep is said too.
#[test]
fn fewer_files_are_kept_from_then_on() {
    let folder = log_of(12, small);
    assert!(files(folder.path()).len() > 3);
    let with = |folder: &Path| Config {
        keep: NonZeroUsize::new(2),
        ..config(folder)
    };
    drop(Log::open(with(folder.path())).expect("a log"));
    assert_eq!(files(folder.path()).len(), 2);
    assert!(verified(folder.path()).expect("a chain").is_first_kept);
}

#[test]
fn a_torn_end_is_set_aside() {
    let folder = log_of(3, config);
    let file = files(folder.path()).remove(0);
    let text = read(&file);
    for (cut, decisions, kept) in [
        (text.len() - 1, 3, true),
        (text.len() - 100, 3, true),
        (text.len(), 4, false),
    ] {
        fs::write(&file, &text[..cut]).expect("it is written");
        // The line was never written whole, so no note names it.
        fs::remove_file(folder.path().join("head")).expect("it is removed");
        let log = Log::open(config(folder.path())).expect("a log");
        append(&log, &policy(super::RULES), &request()).expect("it is written");
        drop(log);
        let found = verified(folder.path()).expect("a chain");
        assert_eq!(
            (found.decisions, found.torn),
            (decisions, u64::from(kept)),
            "{cut}"
        );
        let end = text[..text.len() - 1].rfind('\n').expect("a line") + 1;
        let aside = file.with_file_name(format!(
            "{}.torn-1",
            file.file_name().expect("a name").display()
        ));
        assert_eq!(aside.exists(), kept);
        if kept {
            assert_eq!(read(&aside), text[end..cut]);
            fs::remove_file(aside).expect("it is removed");
        }
    }
}

#[test]
fn one_process_writes() {
    let folder = log_of(1, config);
    let _log = Log::open(config(folder.path())).expect("a log");
    let error = Log::open(config(folder.path())).expect_err("it is in use");
    assert!(
        error.to_string().contains("in use by another process"),
        "{error}"
    );
}
