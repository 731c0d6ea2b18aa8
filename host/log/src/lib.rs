//! The log of decisions: one JSON line each, chained by hash.
//!
//! A [`Log`] writes decisions to files in a folder; [`verify()`] finds a line that was changed, removed, inserted or moved; [`replay()`] decides
//! every recorded request again under another policy and says what changes.
//!
//! Always true here: a line's hash covers all its bytes and the hash of the line before it, over the ends of files too. Whoever can write to
//! the log can make a new chain: note the last hash elsewhere, and give it to [`verify()`].

mod chain;
mod entry;
mod error;
mod folder;
mod hash;
mod log;
mod mask;
mod record;
mod recover;
mod replay;
mod source;
mod store;
#[cfg(test)]
mod tests;
mod tidy;
mod verify;
mod walk;
mod writer;

pub use entry::{Entry, Id};
pub use error::{AppendError, Breach, MaskError, OpenError, ReadError, Wrong};
pub use hash::{Hash, HashError};
pub use log::{Appended, Config, Counters, Log, Position, WhenStuck};
pub use mask::{COPIES, MARKER, Masks};
pub use record::{Body, Decided, Outcome, PolicyName, Record};
pub use replay::{Change, EXAMPLES, GROUPS, Group, Replay, replay};
pub use source::{Line, Source};
pub use verify::{Verified, verify};
pub use walk::Walk;
