//! A name as it stands before its value.
//!
//! Always true here: a name is found only where all of it stands, its quotes and the colon included.

/// The most bytes of a name, its quotes and a colon.
pub(crate) const QUOTED_BYTES: usize = 32;

/// A name in quotes, and a colon.
#[derive(Clone, Copy)]
pub(super) struct Quoted {
    /// Its bytes, eight in each.
    words: [u64; QUOTED_BYTES / 8],
    /// The bits of those.
    masks: [u64; QUOTED_BYTES / 8],
    /// How many they are.
    pub(super) length: usize,
}

impl Quoted {
    /// No name.
    pub(super) const NONE: Self = Self::new(b"");

    pub(super) const fn new(name: &[u8]) -> Self {
        let length = name.len() + 3;
        assert!(length <= QUOTED_BYTES, "a name is too long");
        let (mut words, mut masks) = ([0; QUOTED_BYTES / 8], [0; QUOTED_BYTES / 8]);
        let mut index = 0;
        while index < length {
            let byte = match index {
                0 => b'"',
                _ if index <= name.len() => name[index - 1],
                _ if index == name.len() + 1 => b'"',
                _ => b':',
            };
            let shift = index % 8 * 8;
            words[index / 8] |= (byte as u64) << shift;
            masks[index / 8] |= 0xff << shift;
            index += 1;
        }
        Self {
            words,
            masks,
            length,
        }
    }

    /// Whether `text` begins with it.
    #[inline]
    pub(super) fn begins(&self, text: &[u8; QUOTED_BYTES]) -> bool {
        let (eights, _) = text.as_chunks();
        let mut words = eights.iter().zip(self.words.iter().zip(&self.masks));
        words.all(|(eight, (word, mask))| (u64::from_le_bytes(*eight) ^ word) & mask == 0)
    }
}
