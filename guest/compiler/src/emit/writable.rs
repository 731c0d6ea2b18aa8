//! The part of memory that a component writes to: laid out first, so that all that follows stays as it is.

use super::count;
use super::data::Data;
use super::uses::Uses;
use crate::contract::CONTRACT;
use crate::rules::Rules;

/// Addresses.
#[derive(Clone, Copy)]
pub(super) struct Writable {
    /// For each declared attribute: the address of its value during a call, 0 if absent.
    pub(super) attributes: u32,
    /// Bytes that remember conditions already evaluated in this call: 0 not yet, 1 false, 2 true.
    pub(super) memos: u32,
    /// Words for indices that nobody reads, with room for every requirement.
    pub(super) nowhere: u32,
    /// The indices of a decision's unmet requirements, with room for one more.
    pub(super) unmet: u32,
    /// The indices of a decision's ready states, with room for one more.
    pub(super) ready: u32,
    /// A decision's fallbacks, with room for one more.
    pub(super) fallbacks: u32,
    /// What `evaluate` returns.
    pub(super) result: u32,
    /// What `evaluate-batch` returns: a list.
    pub(super) results: u32,
    /// What `explain` returns.
    pub(super) explained: u32,
}

impl Writable {
    pub(super) fn new(rules: &Rules, uses: &Uses, data: &mut Data) -> Self {
        let layout = &CONTRACT.result;
        let modes = CONTRACT.enums[CONTRACT.access_mode()].cases.len();
        Self {
            attributes: data.reserve(4 * count(rules.attributes.len()), 4),
            memos: data.reserve(count(uses.memos(rules)), 4),
            nowhere: data.reserve(4 * count(rules.requirements.len() + 1), 4),
            unmet: data.reserve(4 * count(rules.requirements.len() + 1), 4),
            ready: data.reserve(4 * count(rules.ready.len() + 1), 4),
            fallbacks: data.reserve(count(modes + 1), 4),
            result: data.reserve(layout.size, layout.align),
            results: data.reserve(8, 4),
            explained: data.reserve(layout.size, layout.align),
        }
    }
}
