//! Reads a policy's answers from its memory.
//!
//! Always true here: whatever stands in memory, what is read is a valid value of its type or an error, and no more is copied than a result may have.

use std::cell::Cell;

use super::layout::{Laid, Layout};
use crate::fault::Fault;

/// A part of an answer that can be read.
pub(crate) trait Answer: Laid + Sized {
    /// Reads the value from `place`, which has its layout's size, and what it points to from `memory`.
    fn read(place: &[u8], memory: &Memory<'_>) -> Result<Self, Fault>;
}

/// The memory of an instance, and how much of it may still be copied.
pub(crate) struct Memory<'m> {
    bytes: &'m [u8],
    limit: usize,
    left: Cell<usize>,
}

impl<'m> Memory<'m> {
    /// All of an instance's memory, from which an answer of at most `limit` bytes is read.
    pub(crate) fn new(bytes: &'m [u8], limit: usize) -> Self {
        Self {
            bytes,
            limit,
            left: Cell::new(limit),
        }
    }

    /// Reads the answer at `address`.
    #[inline]
    pub(crate) fn answer<T: Answer>(&self, address: u32) -> Result<T, Fault> {
        T::read(self.places(address, 1, T::LAYOUT)?, self)
    }

    /// `count` places of that layout.
    #[inline]
    fn places(&self, address: u32, count: u32, layout: Layout) -> Result<&'m [u8], Fault> {
        let (from, count) = (address as usize, count as usize);
        if !from.is_multiple_of(layout.align) {
            return Err(misplaced("an address that is not aligned"));
        }
        let size = layout.size.saturating_mul(count);
        self.bytes
            .get(from..)
            .and_then(|bytes| bytes.get(..size))
            .ok_or_else(|| misplaced("an address outside of its memory"))
    }

    /// The places of a text or list that `place` points to.
    #[inline]
    pub(crate) fn pointed(&self, place: &[u8], layout: Layout) -> Result<&'m [u8], Fault> {
        self.places(word(&place[..4]), word(&place[4..]), layout)
    }

    /// Counts `bytes` that are copied.
    #[inline]
    fn spend(&self, bytes: usize) -> Result<(), Fault> {
        match self.left.get().checked_sub(bytes) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => Err(Fault::ResultTooLarge { limit: self.limit }),
        }
    }
}

/// What a tag says that no case has.
pub(crate) fn unknown_case(tag: u8) -> Fault {
    misplaced(&format!("the tag {tag} where no case has it"))
}

fn misplaced(what: &str) -> Fault {
    Fault::Trapped(format!("the policy's answer has {what}").into())
}

/// The number in a word's bytes.
#[inline]
pub(crate) fn word(bytes: &[u8]) -> u32 {
    u32::from_le_bytes(bytes.try_into().expect("a word has four bytes"))
}

impl Answer for u32 {
    #[inline]
    fn read(place: &[u8], _: &Memory<'_>) -> Result<Self, Fault> {
        Ok(word(place))
    }
}

impl Answer for u64 {
    fn read(place: &[u8], _: &Memory<'_>) -> Result<Self, Fault> {
        Ok(Self::from_le_bytes(
            place.try_into().expect("the place has its size"),
        ))
    }
}

impl Answer for String {
    fn read(place: &[u8], memory: &Memory<'_>) -> Result<Self, Fault> {
        let bytes = memory.pointed(place, Layout::scalar(1))?;
        memory.spend(bytes.len())?;
        match str::from_utf8(bytes) {
            Ok(text) => Ok(text.to_owned()),
            Err(_) => Err(misplaced("a text that is not UTF-8")),
        }
    }
}

impl<T: Answer> Answer for Box<T> {
    fn read(place: &[u8], memory: &Memory<'_>) -> Result<Self, Fault> {
        T::read(place, memory).map(Self::new)
    }
}

impl<T: Answer> Answer for Vec<T> {
    fn read(place: &[u8], memory: &Memory<'_>) -> Result<Self, Fault> {
        let places = memory.pointed(place, T::LAYOUT)?;
        memory.spend(places.len() / T::LAYOUT.size * size_of::<T>())?;
        places
            .chunks_exact(T::LAYOUT.size)
            .map(|place| T::read(place, memory))
            .collect()
    }
}

impl<T: Answer, E: Answer> Answer for Result<T, E> {
    #[inline]
    fn read(place: &[u8], memory: &Memory<'_>) -> Result<Self, Fault> {
        let payload = &place[Self::LAYOUT.payload()..];
        match place[0] {
            0 => T::read(&payload[..T::LAYOUT.size], memory).map(Ok),
            1 => E::read(&payload[..E::LAYOUT.size], memory).map(Err),
            tag => Err(unknown_case(tag)),
        }
    }
}
