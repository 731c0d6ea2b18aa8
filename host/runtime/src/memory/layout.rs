//! Sizes and places of the canonical ABI.
//!
//! Always true here: everything is worked out while the crate is compiled, and a test holds it to what `wit-parser` says of `gate.wit`.

/// The bytes a value takes in linear memory, and what its address is a multiple of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) size: usize,
    pub(crate) align: usize,
}

impl Layout {
    /// A text or a list: its address and its length.
    pub(crate) const LIST: Self = Self { size: 8, align: 4 };

    /// A number, boolean or enum of so many bytes.
    pub(crate) const fn scalar(bytes: usize) -> Self {
        Self {
            size: bytes,
            align: bytes,
        }
    }

    /// A record with these fields.
    pub(crate) const fn record<const N: usize>(fields: [Self; N]) -> Self {
        let (mut size, mut align, mut index) = (0, 1, 0);
        while index < N {
            let field = fields[index];
            size = up(size, field.align) + field.size;
            align = most(align, field.align);
            index += 1;
        }
        Self {
            size: up(size, align),
            align,
        }
    }

    /// Where each of a record's fields begins.
    pub(crate) const fn offsets<const N: usize>(fields: [Self; N]) -> [usize; N] {
        let (mut offsets, mut end, mut index) = ([0; N], 0, 0);
        while index < N {
            offsets[index] = up(end, fields[index].align);
            end = offsets[index] + fields[index].size;
            index += 1;
        }
        offsets
    }

    /// A byte that tells the case, and one of these payloads.
    pub(crate) const fn variant<const N: usize>(payloads: [Self; N]) -> Self {
        let (mut size, mut align, mut index) = (0, 1, 0);
        while index < N {
            size = most(size, payloads[index].size);
            align = most(align, payloads[index].align);
            index += 1;
        }
        Self {
            size: up(align + size, align),
            align,
        }
    }

    /// Where the payload of such a variant begins.
    pub(crate) const fn payload(self) -> usize {
        // The tag is one byte, and the payload's alignment is the variant's.
        self.align
    }
}

/// A type of the contract whose values stand in linear memory.
pub(crate) trait Laid {
    const LAYOUT: Layout;
}

impl Laid for bool {
    const LAYOUT: Layout = Layout::scalar(1);
}

impl Laid for u32 {
    const LAYOUT: Layout = Layout::scalar(4);
}

impl Laid for u64 {
    const LAYOUT: Layout = Layout::scalar(8);
}

impl Laid for i64 {
    const LAYOUT: Layout = Layout::scalar(8);
}

impl Laid for String {
    const LAYOUT: Layout = Layout::LIST;
}

impl<T: Laid> Laid for Box<T> {
    const LAYOUT: Layout = T::LAYOUT;
}

impl<T: Laid> Laid for Vec<T> {
    const LAYOUT: Layout = Layout::LIST;
}

impl<T: Laid> Laid for Option<T> {
    const LAYOUT: Layout = Layout::variant([T::LAYOUT]);
}

impl<T: Laid, E: Laid> Laid for Result<T, E> {
    const LAYOUT: Layout = Layout::variant([T::LAYOUT, E::LAYOUT]);
}

const fn most(one: usize, other: usize) -> usize {
    if one < other { other } else { one }
}

/// The next multiple of `align`.
pub(super) const fn up(address: usize, align: usize) -> usize {
    address.next_multiple_of(align)
}

/// Writes a pointer to a text or list: its address and its length, four bytes each. Four bytes are enough because a memory has at most 4 GiB.
#[inline]
pub(super) fn point(place: &mut [u8], address: usize, length: usize) {
    place[..8].copy_from_slice(&(address as u64 | (length as u64) << 32).to_le_bytes());
}
