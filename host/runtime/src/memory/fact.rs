//! Lays facts out in a policy's memory.
//!
//! Always true here: each fact is written once, front to back, and what does not fit is found before a byte outside is written.

use std::mem;

use scopegate_contract::{LAST_INSTANT, LIST, TEXT_BYTES};

use super::layout::{Laid, Layout, up};

/// A fact that can be laid out.
pub(crate) trait Fact: Laid {
    /// Writes the value to `place`, which has its layout's size, and what it points to into the room behind. `None` if that is too small.
    fn lay(&self, place: &mut [u8], room: &mut Room<'_>) -> Option<()>;

    /// Where the room that the value takes ends, if it begins at `end`.
    fn room(&self, end: usize) -> usize {
        end
    }
}

/// The free part of a memory, and what was seen while it was filled.
pub(crate) struct Room<'m> {
    free: &'m mut [u8],
    /// The address of its first byte.
    address: usize,
    /// Whether every fact so far is within the limits that hold everywhere.
    is_within: bool,
}

/// What was laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lying {
    /// The address at which it ends.
    pub(crate) end: usize,
    /// Whether every fact is surely within the limits, and no attribute is among them. Lists that may be longer than others are not looked
    /// at closely: the policy itself does, and says what is wrong.
    pub(crate) is_within: bool,
}

/// Lays `fact` out in `memory`, whose first byte has that address, a multiple of the fact's alignment; `None` if it does not fit.
pub(crate) fn lay<T: Fact>(fact: &T, memory: &mut [u8], address: usize) -> Option<Lying> {
    let (place, free) = memory.split_at_mut_checked(T::LAYOUT.size)?;
    let mut room = Room {
        free,
        address: address + T::LAYOUT.size,
        is_within: true,
    };
    fact.lay(place, &mut room)?;
    Some(Lying {
        end: room.address,
        is_within: room.is_within,
    })
}

impl<'m> Room<'m> {
    /// Notes whether a fact is within its limits.
    #[inline]
    pub(crate) fn note(&mut self, is_within: bool) {
        self.is_within &= is_within;
    }

    /// Takes `count` places of that layout, and gives them with their address.
    #[inline]
    fn take(&mut self, layout: Layout, count: usize) -> Option<(&'m mut [u8], usize)> {
        let address = up(self.address, layout.align);
        let (_, free) = mem::take(&mut self.free).split_at_mut_checked(address - self.address)?;
        let (places, free) = free.split_at_mut_checked(layout.size * count)?;
        self.free = free;
        self.address = address + places.len();
        Some((places, address))
    }

    /// Puts a text or list there: where, and how long.
    #[inline]
    fn point(place: &mut [u8], address: usize, length: usize) -> Option<()> {
        place[..4].copy_from_slice(&u32::try_from(address).ok()?.to_le_bytes());
        place[4..8].copy_from_slice(&u32::try_from(length).ok()?.to_le_bytes());
        Some(())
    }
}

impl Fact for bool {
    #[inline]
    fn lay(&self, place: &mut [u8], _: &mut Room<'_>) -> Option<()> {
        place[0] = u8::from(*self);
        Some(())
    }
}

impl Fact for u32 {
    #[inline]
    fn lay(&self, place: &mut [u8], _: &mut Room<'_>) -> Option<()> {
        place[..4].copy_from_slice(&self.to_le_bytes());
        Some(())
    }
}

impl Fact for i64 {
    #[inline]
    fn lay(&self, place: &mut [u8], room: &mut Room<'_>) -> Option<()> {
        // Every such number of the contract is a time, but for an attribute's.
        room.note((0..=LAST_INSTANT).contains(self));
        place[..8].copy_from_slice(&self.to_le_bytes());
        Some(())
    }
}

impl Fact for String {
    #[inline]
    fn lay(&self, place: &mut [u8], room: &mut Room<'_>) -> Option<()> {
        room.note(self.len() <= TEXT_BYTES as usize);
        let (bytes, free) = mem::take(&mut room.free).split_at_mut_checked(self.len())?;
        copy(bytes, self.as_bytes());
        let address = room.address;
        room.free = free;
        room.address += self.len();
        Room::point(place, address, self.len())
    }

    fn room(&self, end: usize) -> usize {
        end + self.len()
    }
}

impl<T: Fact> Fact for Vec<T> {
    fn lay(&self, place: &mut [u8], room: &mut Room<'_>) -> Option<()> {
        room.note(self.len() <= LIST as usize);
        let (places, address) = room.take(T::LAYOUT, self.len())?;
        for (value, place) in self.iter().zip(places.chunks_exact_mut(T::LAYOUT.size)) {
            value.lay(place, room)?;
        }
        Room::point(place, address, self.len())
    }

    fn room(&self, end: usize) -> usize {
        let end = up(end, T::LAYOUT.align) + T::LAYOUT.size * self.len();
        self.iter().fold(end, |end, value| value.room(end))
    }
}

impl<T: Fact> Fact for Option<T> {
    #[inline]
    fn lay(&self, place: &mut [u8], room: &mut Room<'_>) -> Option<()> {
        place[0] = u8::from(self.is_some());
        match self {
            Some(value) => value.lay(&mut place[Self::LAYOUT.payload()..][..T::LAYOUT.size], room),
            None => Some(()),
        }
    }

    fn room(&self, end: usize) -> usize {
        self.as_ref().map_or(end, |value| value.room(end))
    }
}

/// Copies `from`, which is as long as `to`: most texts are short, and for those a call of `memcpy` takes longer than the copy.
#[inline]
fn copy(to: &mut [u8], from: &[u8]) {
    match from.len() {
        0 => {}
        1..4 => {
            ends::<1>(to, from);
            to[from.len() / 2] = from[from.len() / 2];
        }
        4..8 => ends::<4>(to, from),
        8..16 => ends::<8>(to, from),
        16..=32 => ends::<16>(to, from),
        _ => to.copy_from_slice(from),
    }
}

/// Copies the first and the last `N` bytes, which may overlap.
#[inline]
fn ends<const N: usize>(to: &mut [u8], from: &[u8]) {
    let last = from.len() - N;
    to[..N].copy_from_slice(&from[..N]);
    to[last..][..N].copy_from_slice(&from[last..]);
}
