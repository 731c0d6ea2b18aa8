//! Counts the memory of one instance.
//!
//! Always true here: the memories of a store together are never larger than the limit.

use wasmtime::ResourceLimiter;

use crate::restore::MARKS_BYTES;

/// Core instances a component may consist of: a language runtime with its adapters takes a handful.
const CORE_INSTANCES: usize = 64;

/// Linear memories a component may have, all instances together.
const MEMORIES: usize = 16;

/// Tables a component may have, all instances together.
pub(crate) const TABLES: usize = 64;

/// Elements of all tables together.
pub(crate) const TABLE_ELEMENTS: usize = 1 << 20;

/// What a store may take, and what it has taken.
#[derive(Debug)]
pub(crate) struct Quota {
    limit_bytes: usize,
    bytes: usize,
    table_elements: usize,
    refused: bool,
}

impl Quota {
    pub(crate) fn new(limit_bytes: u64) -> Self {
        Self {
            limit_bytes: usize::try_from(limit_bytes).unwrap_or(usize::MAX),
            bytes: 0,
            table_elements: 0,
            refused: false,
        }
    }

    /// Allows the memory in which a restored module marks what it writes to, beside what the policy may have.
    pub(crate) fn allow_marks(&mut self) {
        self.limit_bytes = self.limit_bytes.saturating_add(MARKS_BYTES);
    }

    /// Bytes of linear memory, all memories together.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Forgets what was refused before.
    pub(crate) fn forgive(&mut self) {
        self.refused = false;
    }

    /// Whether more memory was asked for than there may be.
    pub(crate) fn was_refused(&self) -> bool {
        self.refused
    }
}

impl ResourceLimiter for Quota {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let bytes = self.bytes.saturating_sub(current).saturating_add(desired);
        let granted = bytes <= self.limit_bytes;
        if granted {
            self.bytes = bytes;
        } else {
            self.refused = true;
        }
        Ok(granted)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let elements = self
            .table_elements
            .saturating_sub(current)
            .saturating_add(desired);
        let granted = elements <= TABLE_ELEMENTS;
        if granted {
            self.table_elements = elements;
        } else {
            self.refused = true;
        }
        Ok(granted)
    }

    fn instances(&self) -> usize {
        CORE_INSTANCES
    }

    fn tables(&self) -> usize {
        TABLES
    }

    fn memories(&self) -> usize {
        MEMORIES
    }
}
