//! Files end and begin; the chain goes on.

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;

use super::{append, broken, config, files, log_of, policy, read, request, verified};
use crate::{Config, Log, Wrong};

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
        // Without the oldest the rest is a chain still, and says that it is not from the start.
        fs::remove_file(&all[0]).expect("it is removed");
        let rest = verified(folder.path()).expect("a chain");
        assert!(!rest.is_from_start());
        assert_eq!(rest.last, position.hash);
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
    let folder = log_of(12, |folder| Config {
        keep: NonZeroUsize::new(2),
        ..small(folder)
    });
    assert_eq!(files(folder.path()).len(), 2);
    let rest = verified(folder.path()).expect("a chain");
    assert!(!rest.is_from_start());
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
