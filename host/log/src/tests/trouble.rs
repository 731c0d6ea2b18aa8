//! The disk is full or slow.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

use super::{append, config, files, policy, request, verified};
use crate::current::{Sink, World};
use crate::{AppendError, Appended, Config, Log, WhenStuck};

/// A file on a disk that may be full: then half of what is written arrives.
struct Full(File, Arc<AtomicBool>);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.1.load(SeqCst) {
            self.0.write_all(&bytes[..bytes.len() / 2])?;
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Sink for Full {
    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.0.set_len(length)
    }

    fn metadata(&self) -> io::Result<fs::Metadata> {
        self.0.metadata()
    }
}

fn world(is_full: &Arc<AtomicBool>) -> World {
    let is_full = Arc::clone(is_full);
    World {
        open: Box::new(move |path, _| {
            let file = OpenOptions::new().append(true).create(true).open(path)?;
            Ok(Box::new(Full(file, Arc::clone(&is_full))))
        }),
        clock: Box::new(SystemTime::now),
    }
}

#[test]
fn block_refuses_what_it_cannot_write() {
    let folder = TempDir::new().expect("a folder");
    let (is_full, policy) = (Arc::default(), policy(super::RULES));
    let log = Log::open_in(config(folder.path()), world(&is_full)).expect("a log");
    for round in 0..3 {
        is_full.store(true, SeqCst);
        let error = append(&log, &policy, &request()).expect_err("the disk is full");
        assert!(
            matches!(&error, AppendError::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull)
        );
        assert!(
            error
                .to_string()
                .starts_with("the decision cannot be written to the log `"),
            "{error}"
        );
        is_full.store(false, SeqCst);
        assert_eq!(
            append(&log, &policy, &request()).expect("there is room"),
            Appended::Written
        );
        assert_eq!(log.counters().written, round + 1);
    }
    assert_eq!(log.counters().failures, 3);
    assert_eq!(log.counters().dropped, 0);
    let (_, position) = log.close();
    // Nothing of what was refused is there.
    let found = verified(folder.path()).expect("a chain");
    assert_eq!(
        (found.decisions, found.dropped, found.last),
        (3, 0, position.hash)
    );
}

#[test]
fn drop_counts_what_it_cannot_write() {
    let folder = TempDir::new().expect("a folder");
    let (is_full, policy) = (Arc::new(AtomicBool::new(true)), policy(super::RULES));
    let config = || Config {
        when_stuck: WhenStuck::Drop,
        ..config(folder.path())
    };
    let log = Log::open_in(config(), world(&is_full)).expect("a log");
    for _ in 0..5 {
        append(&log, &policy, &request()).expect("it never fails for want of room");
    }
    let (counters, _) = log.close();
    assert_eq!((counters.written, counters.dropped), (0, 5));
    // What is known of the gap at the end is lost with the process if the disk stays full: nothing is in the file.
    let path = files(folder.path()).remove(0);
    assert_eq!(fs::metadata(path).expect("a file").len(), 0);
}

#[test]
fn the_log_says_what_is_missing_when_it_can_write_again() {
    /// A disk that is full once.
    struct Once(File, Arc<AtomicBool>);

    impl Write for Once {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.1.swap(false, SeqCst) {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.0.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            self.0.flush()
        }
    }

    impl Sink for Once {
        fn sync(&mut self) -> io::Result<()> {
            Ok(())
        }

        fn cut(&mut self, length: u64) -> io::Result<()> {
            self.0.set_len(length)
        }

        fn metadata(&self) -> io::Result<fs::Metadata> {
            self.0.metadata()
        }
    }

    let folder = TempDir::new().expect("a folder");
    let is_full = Arc::new(AtomicBool::new(true));
    let world = World {
        open: Box::new(move |path, _| {
            let file = OpenOptions::new().append(true).create(true).open(path)?;
            Ok(Box::new(Once(file, Arc::clone(&is_full))))
        }),
        clock: Box::new(SystemTime::now),
    };
    let config = Config {
        when_stuck: WhenStuck::Drop,
        ..config(folder.path())
    };
    let (log, policy) = (
        Log::open_in(config, world).expect("a log"),
        policy(super::RULES),
    );
    for _ in 0..5 {
        append(&log, &policy, &request()).expect("it never fails for want of room");
    }
    let (counters, _) = log.close();
    let found = verified(folder.path()).expect("a chain");
    assert!(found.dropped >= 1);
    assert_eq!(
        (found.decisions, found.dropped),
        (counters.written, counters.dropped)
    );
    assert_eq!(found.decisions + found.dropped, 5);
}

/// A disk that is stuck until it is told to go on.
struct Slow(File, Arc<Mutex<Receiver<()>>>);

impl Write for Slow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Whoever is gone lets it run.
        let _ = self.1.lock().expect("nobody panicked").recv();
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Sink for Slow {
    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.0.set_len(length)
    }

    fn metadata(&self) -> io::Result<fs::Metadata> {
        self.0.metadata()
    }
}

#[test]
fn drop_never_waits_and_the_log_says_what_is_missing() {
    let folder = TempDir::new().expect("a folder");
    let (go, stuck) = channel();
    let stuck = Arc::new(Mutex::new(stuck));
    let world = World {
        open: Box::new(move |path, _| {
            let file = OpenOptions::new().append(true).create(true).open(path)?;
            Ok(Box::new(Slow(file, Arc::clone(&stuck))))
        }),
        clock: Box::new(SystemTime::now),
    };
    let config = Config {
        when_stuck: WhenStuck::Drop,
        queue: NonZeroUsize::MIN.saturating_add(3),
        ..config(folder.path())
    };
    let (log, policy) = (
        Log::open_in(config, world).expect("a log"),
        policy(super::RULES),
    );
    let (mut queued, mut dropped) = (0, 0);
    for _ in 0..100 {
        match append(&log, &policy, &request()).expect("it never fails for want of room") {
            Appended::Dropped => dropped += 1,
            _ => queued += 1,
        }
    }
    assert!(dropped >= 90 && queued >= 4, "{queued} and {dropped}");
    assert_eq!(log.counters().dropped, dropped);
    drop(go);
    let (counters, position) = log.close();
    assert_eq!(
        (counters.written, counters.dropped, counters.queued_bytes),
        (queued, dropped, 0)
    );
    let found = verified(folder.path()).expect("a chain");
    assert_eq!(
        (found.decisions, found.dropped, found.last),
        (queued, dropped, position.hash)
    );
}

#[test]
fn a_file_begins_when_the_last_one_is_old() {
    let folder = TempDir::new().expect("a folder");
    let now = Arc::new(Mutex::new(
        SystemTime::UNIX_EPOCH + Duration::from_hours(500_000),
    ));
    let clock = Arc::clone(&now);
    let world = World {
        clock: Box::new(move || *clock.lock().expect("nobody panicked")),
        ..World::real()
    };
    let config = Config {
        max_age: Duration::from_hours(1),
        ..config(folder.path())
    };
    let (log, policy) = (
        Log::open_in(config, world).expect("a log"),
        policy(super::RULES),
    );
    for minutes in [0, 59, 2, 30, 29] {
        *now.lock().expect("nobody panicked") += Duration::from_mins(minutes);
        append(&log, &policy, &request()).expect("it is written");
    }
    drop(log);
    assert_eq!(files(folder.path()).len(), 2);
    verified(folder.path()).expect("a chain");
}

#[test]
fn many_threads_write_one_chain() {
    let folder = TempDir::new().expect("a folder");
    let (log, policy) = (
        Log::open(Config {
            max_bytes: 20_000,
            compress: true,
            ..config(folder.path())
        })
        .expect("a log"),
        policy(super::RULES),
    );
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50 {
                    append(&log, &policy, &request()).expect("it is written");
                }
            });
        }
    });
    drop(log);
    assert_eq!(verified(folder.path()).expect("a chain").decisions, 200);
}

#[test]
fn a_folder_that_cannot_be_is_an_error() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let error = Log::open(config(&Path::new(file.path()).join("log"))).expect_err("no folder");
    assert!(
        error.to_string().ends_with("cannot be opened to write"),
        "{error}"
    );
}
