//! Verifies a log.
//!
//! Always true here: what is verified is one unbroken chain from its first line to its last.

use std::path::PathBuf;

use crate::error::ReadError;
use crate::hash::Hash;
use crate::record::{Body, Outcome};
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
    /// How many ends of files were set aside.
    pub torn: u64,
    /// The number of the first line: more than 1 if files before were removed.
    pub first: u64,
    /// The hash of the line before the first one; [`Hash::NONE`] if there was none.
    pub follows: Hash,
    /// The hash of the last line.
    pub last: Hash,
}

impl Verified {
    /// Whether nothing came before its first line.
    pub fn is_from_start(&self) -> bool {
        self.first == 1 && self.follows == Hash::NONE
    }
}

/// Verifies the log at `paths`, each a folder or one of its files, in as much memory as its longest line takes. `expect` is the hash that the
/// last line must have. `progress` is told how many bytes were read, and how many there are.
///
/// # Errors
///
/// The first place where the chain is broken; or the log cannot be read, or does not end as expected.
pub fn verify(
    paths: &[PathBuf],
    expect: Option<Hash>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Verified, ReadError> {
    let mut walk = Walk::open(paths)?;
    let mut verified = Verified {
        files: 0,
        lines: 0,
        decisions: 0,
        failures: 0,
        dropped: 0,
        torn: 0,
        first: 0,
        follows: Hash::NONE,
        last: Hash::NONE,
    };
    let mut expected_at = None;
    while let Some((_, record)) = walk.step()? {
        verified.lines += 1;
        verified.last = record.hash;
        if expect == Some(record.hash) {
            expected_at = Some(verified.lines);
        }
        match record.body {
            Body::File { .. } => verified.files += 1,
            Body::Decided(decided) => match decided.outcome {
                Outcome::Decision(_) => verified.decisions += 1,
                Outcome::Error { .. } => verified.failures += 1,
            },
            Body::Gap { dropped } => verified.dropped = verified.dropped.saturating_add(dropped),
            Body::Torn { .. } => verified.torn += 1,
        }
        if verified.lines.is_multiple_of(1024) {
            progress(walk.bytes_read(), walk.total_bytes());
        }
    }
    if let Some((first, follows)) = walk.first() {
        (verified.first, verified.follows) = (first, follows);
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
