//! Lays facts out in a policy's memory as they are read from JSON, without a value in between.
//!
//! Always true here: what is laid is what would be laid of the value that the strict reader reads. Where that takes a closer look, at the
//! text or at what is over a limit, nothing is said.

#[cfg(test)]
mod tests;

use scopegate_contract::{LIST, TEXT_BYTES};

use crate::json::{Cursor, Json, Names, Quick as _};
use crate::memory::answer::word;
use crate::memory::fact::{Fact, copy};
use crate::memory::layout::{Laid, point, up};

/// The elements for which a list has room at first.
const FEW: usize = 8;

/// A fact that can be laid out as it is read.
pub(crate) trait Transcribe: Fact {
    /// Reads the next value, and lays it out at `place`; in `reads` as [`Fact::lay`] has it. `None` if it has to be read strictly, or laid
    /// by itself: then anything may stand in the page.
    fn transcribe(
        from: &mut Cursor<'_, '_>,
        to: &mut Page<'_>,
        place: usize,
        reads: u64,
    ) -> Option<()>;
}

/// How a field of a record is transcribed.
pub(crate) struct Field {
    /// Where it stands in the record.
    pub(crate) offset: usize,
    /// How many texts and lists the fields before it have.
    pub(crate) pointers: u32,
    pub(crate) transcribe: Transcription,
    /// Lays out what stands for it where it is not given; `None` if it must be.
    pub(crate) lay_absent: Transcription,
}

/// Reads the next value, if there is one to read, and lays it out at a place, as [`Transcribe::transcribe`] does.
pub(crate) type Transcription = fn(&mut Cursor<'_, '_>, &mut Page<'_>, usize, u64) -> Option<()>;

/// Transcribes a record whose fields have the names `known`. It is the same code for all of them, which is not longer than the processor
/// has at hand.
pub(crate) fn transcribe_fields(
    from: &mut Cursor<'_, '_>,
    to: &mut Page<'_>,
    place: usize,
    reads: u64,
    known: &Names,
    fields: &[Field],
) -> Option<()> {
    let given = from.record(known, |from, index| {
        let field = fields.get(index)?;
        let reads = reads.unbounded_shr(field.pointers);
        (field.transcribe)(from, to, place + field.offset, reads)
    })?;
    for (index, field) in fields.iter().enumerate() {
        if given & 1 << index == 0 {
            let reads = reads.unbounded_shr(field.pointers);
            (field.lay_absent)(from, to, place + field.offset, reads)?;
        }
    }
    Some(())
}

/// Transcribes one of the cases with the names `known`, in the same order.
pub(crate) fn transcribe_case(
    from: &mut Cursor<'_, '_>,
    to: &mut Page<'_>,
    place: usize,
    known: &Names,
) -> Option<()> {
    let case = from.case(known)?;
    to.put(place, [u8::try_from(case).ok()?])
}

/// Lays out what stands for a `T` that is not given; `None` if it must be.
pub(crate) fn lay_absent<T: Json + Fact>(
    _: &mut Cursor<'_, '_>,
    to: &mut Page<'_>,
    place: usize,
    reads: u64,
) -> Option<()> {
    to.lay(&T::absent()?, place, reads)
}

/// A part of a policy's memory that is being written to.
pub(crate) struct Page<'m> {
    memory: &'m mut [u8],
    end: usize,
}

impl Page<'_> {
    /// Writes to a place.
    #[inline]
    pub(crate) fn put<const N: usize>(&mut self, place: usize, bytes: [u8; N]) -> Option<()> {
        *self.memory.get_mut(place..)?.first_chunk_mut()? = bytes;
        Some(())
    }

    /// Lays out what is no part of the text.
    pub(crate) fn lay<T: Fact>(&mut self, value: &T, place: usize, reads: u64) -> Option<()> {
        let end = self.end;
        self.end = value.lay::<true>(self.memory, place, end, reads);
        let is_laid = self.end <= self.memory.len();
        let place = self.memory.get_mut(place..place + T::LAYOUT.size)?;
        value.put(place, end, reads);
        is_laid.then_some(())
    }

    /// Writes where a text or list is.
    #[inline]
    fn point(&mut self, place: usize, address: usize, length: usize) -> Option<()> {
        point(self.memory.get_mut(place..place + 8)?, address, length);
        Some(())
    }

    /// Sets aside `count` places for values of the type `T`.
    #[inline]
    fn places<T: Laid>(&mut self, count: usize) -> Option<usize> {
        let begin = up(self.end, T::LAYOUT.align);
        self.end = begin + count * T::LAYOUT.size;
        (self.end <= self.memory.len()).then_some(begin)
    }
}

/// Lays the request that comes next out at `address`, a multiple of its alignment, in `memory`, which begins at address 0. Gives the address
/// at which it ends; `None` if it has to be read strictly, is over a limit, has attributes, or there is no room.
pub(crate) fn transcribe<T: Transcribe>(
    from: &mut Cursor<'_, '_>,
    memory: &mut [u8],
    address: usize,
    reads: u64,
) -> Option<usize> {
    let mut to = Page {
        memory,
        end: address,
    };
    let place = to.places::<T>(1)?;
    T::transcribe(from, &mut to, place, reads)?;
    Some(to.end)
}

/// The text that was laid at `place`, if it is there to be read.
pub(crate) fn text_at(memory: &[u8], place: usize) -> Option<&str> {
    let (address, length) = memory.get(place..place + 8)?.split_at(4);
    let (address, length) = (word(address) as usize, word(length) as usize);
    str::from_utf8(memory.get(address..)?.get(..length)?).ok()
}

/// A number or boolean.
macro_rules! transcribe_scalar {
    ($Type:ty) => {
        impl Transcribe for $Type {
            fn transcribe(
                from: &mut Cursor<'_, '_>,
                to: &mut Page<'_>,
                place: usize,
                reads: u64,
            ) -> Option<()> {
                let mut value = Self::blank();
                value.quick(from)?;
                to.lay(&value, place, reads)
            }
        }
    };
}

transcribe_scalar!(bool);
transcribe_scalar!(u32);
transcribe_scalar!(i64);

impl Transcribe for String {
    #[inline]
    fn transcribe(
        from: &mut Cursor<'_, '_>,
        to: &mut Page<'_>,
        place: usize,
        reads: u64,
    ) -> Option<()> {
        let text = from.bytes()?;
        if text.len() > TEXT_BYTES as usize {
            return None;
        }
        if reads & 1 == 0 {
            return to.point(place, 0, 0);
        }
        let begin = to.end;
        to.end += text.len();
        copy(to.memory.get_mut(begin..to.end)?, text);
        to.point(place, begin, text.len())
    }
}

impl<T: Transcribe> Transcribe for Vec<T> {
    fn transcribe(
        from: &mut Cursor<'_, '_>,
        to: &mut Page<'_>,
        place: usize,
        reads: u64,
    ) -> Option<()> {
        let size = T::LAYOUT.size;
        let before = to.end;
        let (mut begin, mut room, mut count) = (0, 0, 0);
        from.pass(b'[')?;
        while from.goes_on(count == 0, b']')? {
            if count == LIST as usize {
                return None;
            }
            if count == room {
                room = FEW.max(2 * room);
                let all = to.places::<T>(room)?;
                to.memory.copy_within(begin..begin + count * size, all);
                begin = all;
            }
            T::transcribe(from, to, begin + count * size, reads >> 1)?;
            count += 1;
        }
        if reads & 1 == 0 {
            to.end = before;
            return to.point(place, 0, 0);
        }
        to.point(place, begin, count)
    }
}

impl<T: Transcribe> Transcribe for Option<T> {
    #[inline]
    fn transcribe(
        from: &mut Cursor<'_, '_>,
        to: &mut Page<'_>,
        place: usize,
        reads: u64,
    ) -> Option<()> {
        let is_there = !from.null()?;
        to.put(place, [u8::from(is_there)])?;
        if !is_there {
            return Some(());
        }
        T::transcribe(from, to, place + Self::LAYOUT.payload(), reads)
    }
}
