//! Verifies a log.
//!
//! Always true here: what is verified is one unbroken chain from where it is to begin to the last line that was written.

use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::error::ReadError;
use crate::hash::{Hash, HashError};
use crate::home::Head;
use crate::record::{Body, Outcome, Record};
use crate::walk::Walk;

/// A log that is one unbroken chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// Its files.
    pub files: u64,
    /// Its lines.
    pub lines: u64,
    /// How many of them are decisions.
    pub decisions: u64,
    /// How many say why a request got none.
    pub failures: u64,
    /// How many decisions the log says it is missing.
    pub dropped: u64,
    /// How many decisions were refused because they could not be written, as the log says.
    pub refused: u64,
    /// How many ends of files were set aside.
    pub torn: u64,
    /// How often a file was altered by somebody else, and has all its lines again.
    pub altered: u64,
    /// The number of the first line: more than 1 if files before were removed.
    pub first: u64,
    /// The hash of the line before the first one; [`Hash::NONE`] if there was none.
    pub follows: Hash,
    /// Whether the log says that it removed itself what was before the first line.
    pub is_first_kept: bool,
    /// The hash of the last line.
    pub last: Hash,
}

impl Verified {
    /// Whether nothing came before its first line.
    pub fn is_from_start(&self) -> bool {
        self.first == 1 && self.follows == Hash::NONE
    }
}

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

/// Verifies the whole log at `paths`, each a folder or one of its files, in as much memory as its longest line takes. `expect` is the hash
/// that the last line must have. `progress` is told how many bytes were read, and how many there are.
///
/// # Errors
///
/// The first place where the chain is broken; its beginning or end is missing; or the log cannot be read, or does not end as expected.
pub fn verify(
    paths: &[PathBuf],
    expect: Option<Hash>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Verified, ReadError> {
    verify_from(paths, None, expect, progress)
}

/// The same of a log that may begin later, as `from` says; without it the beginning may be missing only if the log itself removed it.
///
/// # Errors
///
/// As [`verify`].
pub fn verify_from(
    paths: &[PathBuf],
    from: Option<Start>,
    expect: Option<Hash>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Verified, ReadError> {
    // First, for the log may be written to meanwhile.
    let note = note(paths)?;
    let mut walk = match (Walk::open(paths), &note) {
        (Err(ReadError::NoLog { .. }), Some((note, head))) if head.sequence > 0 => {
            return Err(ReadError::Cut {
                note: note.clone(),
                sequence: head.sequence,
                last: 0,
            });
        }
        (walk, _) => walk?,
    };
    let mut verified = Verified::default();
    let (mut expected_at, mut last) = (None, 0);
    while let Some((_, record)) = walk.step()? {
        if verified.lines == 0 {
            (verified.first, verified.follows) = (record.sequence, record.previous);
        }
        last = record.sequence;
        verified.count(&record);
        if expect == Some(record.hash) {
            expected_at = Some(verified.lines);
        }
        if let Some((note, head)) = &note
            && head.sequence == record.sequence
            && head.hash != record.hash
        {
            return Err(ReadError::Anew {
                note: note.clone(),
                sequence: head.sequence,
            });
        }
        if verified.lines.is_multiple_of(1024) {
            progress(walk.bytes_read(), walk.total_bytes());
        }
    }
    verified.check_beginning(from)?;
    match note {
        Some((note, head)) if head.sequence > last => {
            return Err(ReadError::Cut {
                note,
                sequence: head.sequence,
                last,
            });
        }
        _ => {}
    }
    match expect {
        Some(expected) if expected != verified.last => Err(ReadError::End {
            expected,
            found: verified.last,
            after: expected_at.map(|at| verified.lines - at),
        }),
        _ => Ok(verified),
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

impl Default for Verified {
    fn default() -> Self {
        Self {
            files: 0,
            lines: 0,
            decisions: 0,
            failures: 0,
            dropped: 0,
            refused: 0,
            torn: 0,
            altered: 0,
            first: 0,
            follows: Hash::NONE,
            is_first_kept: false,
            last: Hash::NONE,
        }
    }
}

impl Verified {
    /// Takes note of one more record.
    fn count(&mut self, record: &Record<'_>) {
        self.lines += 1;
        self.last = record.hash;
        match &record.body {
            Body::File { .. } => self.files += 1,
            Body::Decided(decided) => match decided.outcome {
                Outcome::Decision(_) => self.decisions += 1,
                Outcome::Error { .. } => self.failures += 1,
            },
            Body::Gap { dropped } => self.dropped = self.dropped.saturating_add(*dropped),
            Body::Torn { .. } => self.torn += 1,
            Body::Lost { .. } => self.altered += 1,
            Body::Paused { refused, .. } => self.refused = self.refused.saturating_add(*refused),
            Body::Removed { through, last } => {
                let is_before_first = through.checked_add(1) == Some(self.first);
                self.is_first_kept |= is_before_first && *last == self.follows;
            }
        }
    }

    fn check_beginning(&self, from: Option<Start>) -> Result<(), ReadError> {
        let first = self.first;
        match from {
            None if self.is_from_start() || self.is_first_kept => Ok(()),
            None => Err(ReadError::Beginning { first, from: None }),
            Some(Start::Record(from)) if first > from => Err(ReadError::Beginning {
                first,
                from: Some(from),
            }),
            Some(Start::Behind(expected)) if expected != self.follows => Err(ReadError::Follows {
                expected,
                found: self.follows,
            }),
            Some(_) => Ok(()),
        }
    }
}
