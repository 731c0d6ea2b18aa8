//! The contract's types as they stand in a policy's linear memory: the canonical ABI, worked out from the same lists that make the Rust types.
//!
//! Always true here: no byte outside of the memory that is handed in is read or written, whatever a policy put there.

mod answer;
mod fact;
mod layout;
mod lower;
#[cfg(test)]
mod tests;
mod transcribe;

pub(crate) use answer::{Answer, Memory, unknown_case, word};
pub(crate) use fact::{ALL, FULL, Fact, before, lay, lay_within, scalar};
pub(crate) use layout::{Laid, Layout};
pub(crate) use lower::{Lower, Room, lower};
pub(crate) use transcribe::{
    Field, Page, Transcribe, Transcription, lay_absent, text_at, transcribe, transcribe_case,
    transcribe_fields,
};
