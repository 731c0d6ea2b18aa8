//! Seals lines, and tells whether a line's seal is unbroken.
//!
//! Always true here: a line's hash is that of all its bytes before `,"hash":`, and `}`.

use std::fmt;
use std::io::Write as _;

use crate::hash::{HASH_BYTES, Hash};

/// The version of the lines.
pub(crate) const FORMAT: u32 = 1;

const NAME: &[u8] = b",\"hash\":\"";
const END: &[u8] = b"\"}";

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// The first of a file.
    File,
    Decision,
    /// There was no decision.
    Failure,
    /// Decisions were dropped.
    Gap,
    /// The end of a file was set aside.
    Torn,
    /// Lines were no longer where they had been written.
    Lost,
    /// Finished files were removed, as the operator asked.
    Removed,
    /// Nothing could be written for a while.
    Paused,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File => "file",
            Self::Decision => "decision",
            Self::Failure => "failure",
            Self::Gap => "gap",
            Self::Torn => "torn",
            Self::Lost => "lost",
            Self::Removed => "removed",
            Self::Paused => "paused",
        })
    }
}

/// What the next line follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Chain {
    /// The next line's number.
    pub(crate) next: u64,
    /// The hash of the line before it.
    pub(crate) last: Hash,
}

impl Chain {
    pub(crate) const START: Self = Self {
        next: 1,
        last: Hash::NONE,
    };

    /// Writes the next line behind what is in `out`: `body` is what stands between its number and the hash of the line before.
    pub(crate) fn seal(&mut self, kind: Kind, body: &[u8], out: &mut Vec<u8>) {
        let start = out.len();
        let Self { next, last } = self;
        // Writing to a `Vec` cannot fail.
        let _ = write!(
            out,
            r#"{{"format":{FORMAT},"kind":"{kind}","sequence":{next},"#
        );
        out.extend_from_slice(body);
        let _ = write!(out, r#","previous":"{last}""#);
        let hash = Hash::of(&[&out[start..], b"}"]);
        out.extend_from_slice(NAME);
        let _ = write!(out, "{hash}");
        out.extend_from_slice(END);
        out.push(b'\n');
        *self = Self {
            next: next.saturating_add(1),
            last: hash,
        };
    }
}

/// Whether `line` begins as every record does, be it one or not.
pub(crate) fn begins(line: &[u8]) -> bool {
    line.starts_with(b"{\"format\":")
}

/// Whether `line`, without its end, has the hash that it says.
pub(crate) fn is_sealed(line: &[u8]) -> bool {
    let Some(at) = line.len().checked_sub(NAME.len() + HASH_BYTES + END.len()) else {
        return false;
    };
    let (content, seal) = line.split_at(at);
    let Some(hash) = seal
        .strip_prefix(NAME)
        .and_then(|seal| seal.strip_suffix(END))
        .and_then(|hash| str::from_utf8(hash).ok())
        .and_then(|hash| hash.parse::<Hash>().ok())
    else {
        return false;
    };
    hash == Hash::of(&[content, b"}"])
}
