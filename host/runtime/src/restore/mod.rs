//! Makes a core module restorable, so that its instances can be used again although nothing is known about who made it.
//!
//! A fresh instance for each decision costs some 10 to 40 µs, most of it page faults. Instead, the module is rewritten: each instruction that
//! writes to its memory also marks the block that it writes to, in a second memory that only the host reads. After a call the host copies the
//! marked blocks back from an image of the memory as it was at the start. Each of the contract's functions ends by setting the module's mutable
//! globals to their initial values. A module that asks its allocator for room sees a [size](size) of the memory that begins anew, too. Tables cannot
//! change: a module that changes them is not rewritten.
//!
//! Invariant: before each call, memory, globals and tables are for the module as they were after instantiation, whatever it did.

mod globals;
mod image;
mod mark;
mod module;
mod size;
mod survey;
#[cfg(test)]
mod tests;

pub(crate) use image::Image;
pub(crate) use module::{SIZE, WRITTEN, restorable};

/// Bytes of a block: the smaller, the less is copied for a few words written; the larger, the fewer marks are looked through.
const BLOCK: usize = 1 << BLOCK_BITS;

/// The bits of an address within a block.
const BLOCK_BITS: u32 = 8;

/// Pages of the memory with the marks: one byte for each block of 4 GiB. Those that are never marked take no memory.
const MARKS_PAGES: u64 = (1 << (32 - BLOCK_BITS)) / PAGE;

/// Bytes of the memory with the marks.
pub(crate) const MARKS_BYTES: usize = 1 << (32 - BLOCK_BITS);

/// Bytes of a page of linear memory.
const PAGE: u64 = 65_536;

/// Bytes behind a block that a write which begins in it can reach: those of the widest store.
const REACH: usize = 16;
