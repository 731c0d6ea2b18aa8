//! Verifies a log.
//!
//! Always true here: what is verified is one unbroken chain from where it is to begin to the last line that was written.

use std::path::PathBuf;

use crate::ends::{Ends, Start};
use crate::error::ReadError;
use crate::hash::Hash;
use crate::record::{Body, Outcome, Record};

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
    /// Whether something shows that no line behind the last one is missing: the note beside the log, or the hash that was expected.
    pub is_end_shown: bool,
}

impl Verified {
    /// Whether nothing came before its first line.
    pub fn is_from_start(&self) -> bool {
        self.first == 1 && self.follows == Hash::NONE
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
    let (mut ends, mut walk) = Ends::open(paths)?;
    let mut verified = Verified::default();
    let mut expected_at = None;
    while let Some((_, record)) = walk.step()? {
        ends.see(&record)?;
        verified.count(&record);
        if expect == Some(record.hash) {
            expected_at = Some(verified.lines);
        }
        if verified.lines.is_multiple_of(1024) {
            progress(walk.bytes_read(), walk.total_bytes());
        }
    }
    ends.check(from)?;
    (verified.first, verified.follows) = ends.first;
    verified.is_first_kept = ends.is_first_kept;
    verified.is_end_shown = ends.is_end_noted() || expect.is_some();
    match expect {
        Some(expected) if expected != verified.last => Err(ReadError::End {
            expected,
            found: verified.last,
            after: expected_at.map(|at| verified.lines - at),
        }),
        _ => Ok(verified),
    }
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
            is_end_shown: false,
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
            Body::Removed { .. } => {}
        }
    }
}
