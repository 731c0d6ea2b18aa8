//! The log of decisions: one JSON line each, chained by hash.
//!
//! A [`Log`] writes decisions to files in a folder; [`verify()`] finds a line that was changed, removed, inserted or moved; [`replay()`] decides
//! every recorded request again under another policy and says what changes.
//!
//! Always true here: a line's hash covers all its bytes and the hash of the line before it, over the ends of files too. Whoever can write to
//! the log can make a new chain: note the last hash elsewhere, and give it to [`verify()`].

mod chain;
mod current;
mod ends;
mod entry;
mod error;
mod fill;
mod folder;
mod hash;
mod home;
mod log;
mod mask;
mod record;
mod recover;
mod regular;
mod replay;
mod shared;
mod source;
mod store;
#[cfg(test)]
mod tests;
mod tidy;
mod verify;
mod walk;
mod writer;

pub use ends::Start;
pub use entry::{Entry, Id};
pub use error::{AppendError, Breach, MaskError, OpenError, ReadError, Wrong};
pub use fill::Reads;
pub use hash::{Hash, HashError};
pub use log::{Appended, Config, Log, WhenStuck};
pub use mask::{COPIES, MARKER, Masks};
pub use record::{Body, Decided, Outcome, PolicyName, Record};
pub use replay::{Change, EXAMPLES, GROUPS, Group, Replay, replay, replay_reading};
pub use shared::{Counters, Position};
pub use source::{Line, Source};
pub use verify::{Verified, verify, verify_from};
pub use walk::Walk;
