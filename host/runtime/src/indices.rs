//! Indices into a manifest's list, kept small: most decisions have few, and are moved about.
//!
//! Always true here: whatever was given is what comes out, in its order, wrong ones too.

use std::iter;

use crate::facts::AccessMode;
use crate::fault::Fault;
use crate::memory::{Answer, Laid, Layout, Memory, word};

/// Indices, as a policy gives them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Indices {
    /// Rising ones below 64, a bit each.
    Low(u64),
    /// Any others.
    Any(Box<[u32]>),
}

/// Access modes, as a policy gives them: their places among all modes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Modes(Indices);

impl Indices {
    /// The indices that `given` gives, in its order.
    fn new(given: impl Iterator<Item = u32> + Clone) -> Self {
        let (mut bits, mut least) = (0_u64, 0);
        for index in given.clone() {
            if index < least || index >= u64::BITS {
                return Self::Any(given.collect());
            }
            bits |= 1 << index;
            least = index + 1;
        }
        Self::Low(bits)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Low(bits) => bits.count_ones() as usize,
            Self::Any(indices) => indices.len(),
        }
    }

    /// Each index, in order.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = u32> + '_ {
        let (mut bits, any): (u64, &[u32]) = match self {
            Self::Low(bits) => (*bits, &[]),
            Self::Any(indices) => (0, indices),
        };
        let mut any = any.iter();
        let next = move || {
            if bits == 0 {
                return any.next().copied();
            }
            let lowest = bits.trailing_zeros();
            bits &= bits - 1;
            Some(lowest)
        };
        Counted {
            left: self.len(),
            each: iter::from_fn(next),
        }
    }

    /// Whether each is greater than the one before.
    pub(crate) fn is_rising(&self) -> bool {
        match self {
            Self::Low(_) => true,
            Self::Any(indices) => indices.is_sorted_by(|one, next| one < next),
        }
    }

    /// The last of rising indices.
    pub(crate) fn last(&self) -> Option<u32> {
        match self {
            Self::Low(bits) => bits.checked_ilog2(),
            Self::Any(indices) => indices.last().copied(),
        }
    }
}

impl Modes {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether each ranks behind the one before.
    pub(crate) fn is_rising(&self) -> bool {
        self.0.is_rising()
    }

    /// Each mode, in order.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = AccessMode> + '_ {
        self.0.iter().map(|index| AccessMode::ALL[index as usize])
    }
}

impl From<Vec<u32>> for Indices {
    fn from(given: Vec<u32>) -> Self {
        Self::new(given.iter().copied())
    }
}

impl From<Vec<AccessMode>> for Modes {
    fn from(given: Vec<AccessMode>) -> Self {
        Self(Indices::new(given.iter().map(|mode| *mode as u32)))
    }
}

impl Laid for Indices {
    const LAYOUT: Layout = Layout::LIST;
}

impl Laid for Modes {
    const LAYOUT: Layout = Layout::LIST;
}

impl Answer for Indices {
    #[inline]
    fn read(place: &[u8], memory: &Memory<'_>) -> Result<Self, Fault> {
        let words = memory.list(place, u32::LAYOUT)?.chunks_exact(4);
        Ok(Self::new(words.map(word)))
    }
}

impl Answer for Modes {
    #[inline]
    fn read(place: &[u8], memory: &Memory<'_>) -> Result<Self, Fault> {
        let tags = memory.list(place, AccessMode::LAYOUT)?;
        for tag in tags.chunks_exact(1) {
            AccessMode::read(tag, memory)?;
        }
        Ok(Self(Indices::new(tags.iter().map(|tag| u32::from(*tag)))))
    }
}

/// An iterator that is known to give so many.
struct Counted<I> {
    left: usize,
    each: I,
}

impl<I: Iterator> Iterator for Counted<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        self.left = self.left.saturating_sub(1);
        self.each.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<I: Iterator> ExactSizeIterator for Counted<I> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_comes_out() {
        for given in [
            vec![],
            vec![0],
            vec![63],
            vec![64],
            vec![0, 1, 5, 63],
            vec![0, 64],
            vec![3, 2],
            vec![2, 2],
            vec![u32::MAX],
            (0..64).collect(),
            (0..65).collect(),
        ] {
            let indices = Indices::from(given.clone());
            assert_eq!(indices.iter().collect::<Vec<_>>(), given);
            assert_eq!(indices.iter().len(), given.len());
            assert_eq!(indices.is_empty(), given.is_empty());
            assert_eq!(
                indices.is_rising(),
                given.is_sorted_by(|a, b| a < b),
                "{given:?}"
            );
            assert_eq!(indices.last(), given.last().copied());
        }
        for given in [
            vec![],
            AccessMode::ALL.to_vec(),
            vec![AccessMode::ReadOnly; 2],
        ] {
            let modes = Modes::from(given.clone());
            assert_eq!(modes.iter().collect::<Vec<_>>(), given);
            assert_eq!(modes.is_rising(), given.is_sorted_by(|a, b| a < b));
        }
    }
}
