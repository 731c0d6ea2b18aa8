//! Lays facts out in a policy's memory.
//!
//! Always true here: each fact is written once, front to back, and what does not fit is found before a byte outside is written.

use std::mem;

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

/// The free part of a memory.
pub(crate) struct Room<'m> {
    free: &'m mut [u8],
    /// The address of its first byte.
    address: usize,
}

/// Lays `fact` out in `memory`, whose first byte has that address, a multiple of the fact's alignment. Gives the address at which what was
/// laid out ends; `None` if it does not fit.
pub(crate) fn lay<T: Fact>(fact: &T, memory: &mut [u8], address: usize) -> Option<usize> {
    let (place, free) = memory.split_at_mut_checked(T::LAYOUT.size)?;
    let mut room = Room {
        free,
        address: address + T::LAYOUT.size,
    };
    fact.lay(place, &mut room)?;
    Some(room.address)
}

impl<'m> Room<'m> {
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
    fn lay(&self, place: &mut [u8], _: &mut Room<'_>) -> Option<()> {
        place[..8].copy_from_slice(&self.to_le_bytes());
        Some(())
    }
}

impl Fact for String {
    #[inline]
    fn lay(&self, place: &mut [u8], room: &mut Room<'_>) -> Option<()> {
        let (bytes, address) = room.take(Layout::scalar(1), self.len())?;
        copy(bytes, self.as_bytes());
        Room::point(place, address, self.len())
    }

    fn room(&self, end: usize) -> usize {
        end + self.len()
    }
}

impl<T: Fact> Fact for Vec<T> {
    fn lay(&self, place: &mut [u8], room: &mut Room<'_>) -> Option<()> {
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
    const WORD: usize = size_of::<u64>();
    let length = from.len();
    if (WORD..=2 * WORD).contains(&length) {
        // Two words that overlap.
        let last = length - WORD;
        to[..WORD].copy_from_slice(&from[..WORD]);
        to[last..].copy_from_slice(&from[last..]);
    } else if length < WORD {
        for (to, from) in to.iter_mut().zip(from) {
            *to = *from;
        }
    } else {
        to.copy_from_slice(from);
    }
}
