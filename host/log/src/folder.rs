//! The files of a log.
//!
//! Always true here: their order is that of the numbers in their names.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use chrono::NaiveDateTime;

use crate::entry;

const PREFIX: &str = "decisions-";
const TIME: &str = "%Y%m%dT%H%M%SZ";
pub(crate) const PLAIN: &str = ".jsonl";
pub(crate) const COMPRESSED: &str = ".jsonl.gz";

/// A file of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogFile {
    pub(crate) number: u64,
    pub(crate) started: SystemTime,
    pub(crate) is_compressed: bool,
    pub(crate) path: PathBuf,
}

/// The name of a file.
pub(crate) fn name(number: u64, started: SystemTime) -> String {
    let started = entry::utc(started).format(TIME);
    format!("{PREFIX}{number:08}-{started}{PLAIN}")
}

/// What a path's name says, if it is one of ours.
pub(crate) fn parse(path: &Path) -> Option<LogFile> {
    let name = path.file_name()?.to_str()?.strip_prefix(PREFIX)?;
    let (name, is_compressed) = match name.strip_suffix(COMPRESSED) {
        Some(name) => (name, true),
        None => (name.strip_suffix(PLAIN)?, false),
    };
    let (number, started) = name.split_once('-')?;
    if !number.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let started = NaiveDateTime::parse_from_str(started, TIME).ok()?;
    Some(LogFile {
        number: number.parse().ok()?,
        started: started.and_utc().into(),
        is_compressed,
        path: path.to_owned(),
    })
}

/// The files in `folder`, in their order. Of a file that is there both plain and compressed the plain one counts: it is removed last.
pub(crate) fn list(folder: &Path) -> io::Result<Vec<LogFile>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        files.extend(parse(&entry?.path()));
    }
    files.sort_by(|one, other| {
        (one.number, one.started, one.is_compressed).cmp(&(
            other.number,
            other.started,
            other.is_compressed,
        ))
    });
    files.dedup_by(|second, first| {
        (first.number, first.started) == (second.number, second.started)
            && second.is_compressed
            && !first.is_compressed
    });
    Ok(files)
}
