//! Where a log begins and ends, and whether it is all there.
//!
//! Always true here: who reads a whole log and asks [`Ends`] at its end knows that nothing before it is missing that should be there, and
//! nothing behind it that the note beside it names.

use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::error::ReadError;
use crate::hash::{Hash, HashError};
use crate::home::Head;
use crate::record::{Body, Record};
use crate::walk::Walk;

/// Where a log is to begin, if it need not begin with its first line: something before it may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Nothing from the line with this number on may be missing.
    Record(u64),
    /// It begins behind the line with this hash.
    Behind(Hash),
}

impl FromStr for Start {
    type Err = HashError;

    fn from_str(text: &str) -> Result<Self, HashError> {
        match text.parse() {
            Ok(number) => Ok(Self::Record(number)),
            Err(_) => text.parse().map(Self::Behind),
        }
    }
}

/// What is known of the ends of a log that is being read.
pub(crate) struct Ends {
    /// Where it was to end when it was written to last, and where that stands.
    note: Option<(PathBuf, Head)>,
    /// The number of the first line, and the hash of the one before it.
    pub(crate) first: (u64, Hash),
    /// Whether the log says that it removed itself what was before the first line.
    pub(crate) is_first_kept: bool,
    /// The number of the last line; 0 before the first.
    last: u64,
}

impl Ends {
    /// Opens the log at `paths`, each a folder or one of its files.
    pub(crate) fn open(paths: &[PathBuf]) -> Result<(Self, Walk), ReadError> {
        // First, for the log may be written to meanwhile.
        let note = note(paths)?;
        let walk = match (Walk::open(paths), &note) {
            (Err(ReadError::NoLog { .. }), Some((note, head))) if head.sequence > 0 => {
                return Err(ReadError::Cut {
                    note: note.clone(),
                    sequence: head.sequence,
                    last: 0,
                });
            }
            (walk, _) => walk?,
        };
        let ends = Self {
            note,
            first: (0, Hash::NONE),
            is_first_kept: false,
            last: 0,
        };
        Ok((ends, walk))
    }

    /// Takes note of the next record; an error if it is not the one that the note names.
    pub(crate) fn see(&mut self, record: &Record<'_>) -> Result<(), ReadError> {
        if self.last == 0 {
            self.first = (record.sequence, record.previous);
        }
        self.last = record.sequence;
        if let Body::Removed { through, last } = record.body {
            let is_before_first = through.checked_add(1) == Some(self.first.0);
            self.is_first_kept |= is_before_first && last == self.first.1;
        }
        match &self.note {
            Some((note, head)) if head.sequence == record.sequence && head.hash != record.hash => {
                Err(ReadError::Anew {
                    note: note.clone(),
                    sequence: head.sequence,
                })
            }
            _ => Ok(()),
        }
    }

    /// Checks, behind the last record, that the log is all there from where it is to begin.
    pub(crate) fn check(&self, from: Option<Start>) -> Result<(), ReadError> {
        self.check_beginning(from)?;
        match &self.note {
            Some((note, head)) if head.sequence > self.last => Err(ReadError::Cut {
                note: note.clone(),
                sequence: head.sequence,
                last: self.last,
            }),
            _ => Ok(()),
        }
    }

    /// Whether a note says where the log ends: otherwise nobody can tell whether lines are missing there.
    pub(crate) fn is_end_noted(&self) -> bool {
        self.note.is_some()
    }

    fn check_beginning(&self, from: Option<Start>) -> Result<(), ReadError> {
        let (first, follows) = self.first;
        let is_from_start = first == 1 && follows == Hash::NONE;
        match from {
            None if is_from_start || self.is_first_kept => Ok(()),
            None => Err(ReadError::Beginning { first, from: None }),
            Some(Start::Record(from)) if first > from => Err(ReadError::Beginning {
                first,
                from: Some(from),
            }),
            Some(Start::Record(from)) if self.last < from => Err(ReadError::Before {
                from,
                last: self.last,
            }),
            Some(Start::Behind(expected)) if expected != follows => Err(ReadError::Follows {
                expected,
                found: follows,
            }),
            Some(_) => Ok(()),
        }
    }
}

/// Where the log was to end when it was written to last, if the last of its `paths` is a folder that says so.
fn note(paths: &[PathBuf]) -> Result<Option<(PathBuf, Head)>, ReadError> {
    let Some(folder) = paths.last().filter(|path| path.is_dir()) else {
        return Ok(None);
    };
    let note = Head::path(folder);
    match read_note(folder) {
        Ok(head) => Ok(head.map(|head| (note, head))),
        Err(source) => Err(ReadError::Io { path: note, source }),
    }
}

/// The note in `folder`. One that is being written says something at the second look.
fn read_note(folder: &Path) -> io::Result<Option<Head>> {
    Head::read(folder).or_else(|_| Head::read(folder))
}
