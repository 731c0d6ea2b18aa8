//! Lays facts out in a policy's memory.
//!
//! Always true here: each fact is written once, front to back; nothing is written outside of the memory handed in, and what does not fit is found.

use scopegate_contract::{LAST_INSTANT, LIST, TEXT_BYTES};

use super::layout::{Laid, point, up};

/// Reads every fact.
pub(crate) const ALL: u64 = u64::MAX;

/// Where nothing is laid any more, for it did not fit: outside of every memory, and far from where addresses end.
pub(crate) const FULL: usize = usize::MAX / 4;

/// A fact that can be laid out.
///
/// In `reads` is a bit for each of its texts and lists; one without it is laid as an empty one.
pub(crate) trait Fact: Laid {
    /// How many texts and lists it has, those of lists' elements once, in the contract's order.
    const POINTERS: u32;

    /// Writes what the value points to behind `end`, and the fields of a record to `place`; gives where that ends. `WITHIN` has what may be
    /// over a limit count as what does not fit: lists that may be longer than others are not looked at closely.
    fn lay<const WITHIN: bool>(
        &self,
        memory: &mut [u8],
        place: usize,
        end: usize,
        reads: u64,
    ) -> usize;

    /// Writes what is no record to its place, of its layout's size; what it points to was laid behind `end`.
    fn put(&self, place: &mut [u8], end: usize, reads: u64);

    /// Whether it is surely within the limits.
    fn is_within(&self) -> bool;

    /// Where what the value points to ends, if it begins at `end`.
    fn room(&self, end: usize) -> usize {
        end
    }
}

/// Lays all of `fact` out at `address`, a multiple of its alignment, in `memory`, which begins at address 0. Gives the address at which it
/// ends; `None` if it does not fit.
pub(crate) fn lay<T: Fact>(fact: &T, memory: &mut [u8], address: usize) -> Option<usize> {
    laid::<T, false>(fact, memory, address, ALL)
}

/// The same for what is surely within the limits, and has no attributes; else `None`. Of its texts and lists only those with a bit in `reads`
/// are there to be read.
pub(crate) fn lay_within<T: Fact>(
    fact: &T,
    memory: &mut [u8],
    address: usize,
    reads: u64,
) -> Option<usize> {
    laid::<T, true>(fact, memory, address, reads)
}

fn laid<T: Fact, const WITHIN: bool>(
    fact: &T,
    memory: &mut [u8],
    address: usize,
    reads: u64,
) -> Option<usize> {
    const { assert!(T::POINTERS <= u64::BITS) };
    let end = lay_at::<T, WITHIN>(fact, memory, address, address + T::LAYOUT.size, reads);
    (end <= memory.len()).then_some(end)
}

/// Lays a value, which is a list's element or stands alone, out at `place`.
#[inline]
fn lay_at<T: Fact, const WITHIN: bool>(
    fact: &T,
    memory: &mut [u8],
    place: usize,
    end: usize,
    reads: u64,
) -> usize {
    let next = fact.lay::<WITHIN>(memory, place, end, reads);
    if let Some(place) = memory.get_mut(place..place + T::LAYOUT.size) {
        fact.put(place, end, reads);
    }
    next
}

/// For each field of a record, how many texts and lists the fields before it have.
pub(crate) const fn before<const N: usize>(pointers: [u32; N]) -> [u32; N] {
    let (mut before, mut sum, mut index) = ([0; N], 0, 0);
    while index < N {
        before[index] = sum;
        sum += pointers[index];
        index += 1;
    }
    before
}

/// A number, boolean or enum.
macro_rules! scalar {
    ($Type:ty: $value:ident => $bytes:expr, $is_within:expr) => {
        impl $crate::memory::Fact for $Type {
            const POINTERS: u32 = 0;

            #[inline]
            fn lay<const WITHIN: bool>(&self, _: &mut [u8], _: usize, end: usize, _: u64) -> usize {
                if WITHIN && !self.is_within() {
                    return $crate::memory::FULL;
                }
                end
            }

            #[inline]
            fn put(&self, place: &mut [u8], _: usize, _: u64) {
                let $value = *self;
                place.copy_from_slice(&$bytes);
            }

            #[inline]
            fn is_within(&self) -> bool {
                let $value = *self;
                $is_within
            }
        }

        impl $crate::memory::Lower for $Type {
            fn lower(
                &self,
                place: usize,
                room: &mut dyn $crate::memory::Room,
            ) -> Result<(), $crate::fault::Fault> {
                let $value = *self;
                room.write(place, &$bytes);
                Ok(())
            }
        }
    };
}

pub(crate) use scalar;

scalar!(bool: value => [u8::from(value)], { let _ = value; true });
scalar!(u32: value => value.to_le_bytes(), { let _ = value; true });
// Every such number of the contract is a time, but for an attribute's.
scalar!(i64: value => value.to_le_bytes(), (0..=LAST_INSTANT).contains(&value));

impl Fact for String {
    const POINTERS: u32 = 1;

    #[inline]
    fn lay<const WITHIN: bool>(
        &self,
        memory: &mut [u8],
        _: usize,
        end: usize,
        reads: u64,
    ) -> usize {
        if WITHIN && !self.is_within() {
            return FULL;
        }
        if reads & 1 == 0 {
            return end;
        }
        let next = end + self.len();
        match memory.get_mut(end..next) {
            Some(bytes) => copy(bytes, self.as_bytes()),
            None => return FULL,
        }
        next
    }

    #[inline]
    fn put(&self, place: &mut [u8], end: usize, reads: u64) {
        if reads & 1 == 0 {
            point(place, 0, 0);
        } else {
            point(place, end, self.len());
        }
    }

    #[inline]
    fn is_within(&self) -> bool {
        self.len() <= TEXT_BYTES as usize
    }

    fn room(&self, end: usize) -> usize {
        end + self.len()
    }
}

impl<T: Fact> Fact for Vec<T> {
    const POINTERS: u32 = 1 + T::POINTERS;

    fn lay<const WITHIN: bool>(
        &self,
        memory: &mut [u8],
        _: usize,
        end: usize,
        reads: u64,
    ) -> usize {
        if WITHIN && self.len() > LIST as usize {
            return FULL;
        }
        if reads & 1 == 0 {
            return if WITHIN && !self.iter().all(T::is_within) {
                FULL
            } else {
                end
            };
        }
        let mut place = up(end, T::LAYOUT.align);
        let mut end = place + T::LAYOUT.size * self.len();
        for value in self {
            end = lay_at::<T, WITHIN>(value, memory, place, end, reads >> 1);
            place += T::LAYOUT.size;
        }
        end
    }

    #[inline]
    fn put(&self, place: &mut [u8], end: usize, reads: u64) {
        if reads & 1 == 0 {
            point(place, 0, 0);
        } else {
            point(place, up(end, T::LAYOUT.align), self.len());
        }
    }

    fn is_within(&self) -> bool {
        self.len() <= LIST as usize && self.iter().all(T::is_within)
    }

    fn room(&self, end: usize) -> usize {
        let end = up(end, T::LAYOUT.align) + T::LAYOUT.size * self.len();
        self.iter().fold(end, |end, value| value.room(end))
    }
}

impl<T: Fact> Fact for Option<T> {
    const POINTERS: u32 = T::POINTERS;

    #[inline]
    fn lay<const WITHIN: bool>(
        &self,
        memory: &mut [u8],
        place: usize,
        end: usize,
        reads: u64,
    ) -> usize {
        match self {
            Some(value) => value.lay::<WITHIN>(memory, place + Self::LAYOUT.payload(), end, reads),
            None => end,
        }
    }

    #[inline]
    fn put(&self, place: &mut [u8], end: usize, reads: u64) {
        place[0] = u8::from(self.is_some());
        if let Some(value) = self {
            value.put(
                &mut place[Self::LAYOUT.payload()..][..T::LAYOUT.size],
                end,
                reads,
            );
        }
    }

    #[inline]
    fn is_within(&self) -> bool {
        self.as_ref().is_none_or(T::is_within)
    }

    fn room(&self, end: usize) -> usize {
        self.as_ref().map_or(end, |value| value.room(end))
    }
}

/// Copies `from`, which is as long as `to`: most texts are short, and for those a call of `memcpy` takes longer than the copy.
#[inline]
pub(super) fn copy(to: &mut [u8], from: &[u8]) {
    let length = from.len();
    if length >= 8 {
        if length <= 16 {
            ends::<8>(to, from);
        } else if length <= 32 {
            ends::<16>(to, from);
        } else {
            to.copy_from_slice(from);
        }
    } else if length >= 4 {
        ends::<4>(to, from);
    } else if length > 0 {
        ends::<1>(to, from);
        to[length / 2] = from[length / 2];
    }
}

/// Copies the first and the last `N` bytes, which may overlap.
#[inline]
fn ends<const N: usize>(to: &mut [u8], from: &[u8]) {
    let last = from.len() - N;
    to[..N].copy_from_slice(&from[..N]);
    to[last..][..N].copy_from_slice(&from[last..]);
}
