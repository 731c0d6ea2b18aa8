//! What a policy's decision says, kept small: most decisions have few indices, and are moved about.
//!
//! Always true here: whatever was given is what comes out, in its order, wrong ones too.

use std::iter;

use crate::contract::{RawDecision, Verdict};
use crate::facts::AccessMode;
use crate::fault::Fault;
use crate::memory::{Answer, Laid, Layout, Memory, word};

/// A decision as the policy gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Judged {
    pub(crate) verdict: Verdict,
    lists: Lists,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Lists {
    /// Rising indices below 64, and modes in their order: a bit each.
    Low {
        unmet: u64,
        ready: u64,
        fallbacks: u64,
    },
    /// Any others.
    Any(Box<Given>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Given {
    unmet: Vec<u32>,
    ready: Vec<u32>,
    /// Their places among all modes.
    fallbacks: Vec<u32>,
}

/// Indices into a manifest's list.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Indices<'d> {
    Low(u64),
    Any(&'d [u32]),
}

/// Rising numbers below 64, a bit each; `None` if they are others.
fn bits(numbers: impl Iterator<Item = u32>) -> Option<u64> {
    let (mut bits, mut least) = (0_u64, 0);
    for number in numbers {
        if number < least || number >= u64::BITS {
            return None;
        }
        bits |= 1 << number;
        least = number + 1;
    }
    Some(bits)
}

impl Judged {
    /// The unmet requirements.
    pub(crate) fn unmet(&self) -> Indices<'_> {
        match &self.lists {
            Lists::Low { unmet, .. } => Indices::Low(*unmet),
            Lists::Any(given) => Indices::Any(&given.unmet),
        }
    }

    /// The ready states.
    pub(crate) fn ready(&self) -> Indices<'_> {
        match &self.lists {
            Lists::Low { ready, .. } => Indices::Low(*ready),
            Lists::Any(given) => Indices::Any(&given.ready),
        }
    }

    /// The modes that stay open, by their places among all.
    pub(crate) fn fallbacks(&self) -> Indices<'_> {
        match &self.lists {
            Lists::Low { fallbacks, .. } => Indices::Low(*fallbacks),
            Lists::Any(given) => Indices::Any(&given.fallbacks),
        }
    }
}

impl From<RawDecision<Vec<u32>, Vec<AccessMode>>> for Judged {
    fn from(raw: RawDecision<Vec<u32>, Vec<AccessMode>>) -> Self {
        let fallbacks: Vec<u32> = raw.fallbacks.iter().map(|mode| *mode as u32).collect();
        let low = [&raw.unmet, &raw.ready, &fallbacks].map(|given| bits(given.iter().copied()));
        let lists = match low {
            [Some(unmet), Some(ready), Some(fallbacks)] => Lists::Low {
                unmet,
                ready,
                fallbacks,
            },
            _ => Lists::Any(Box::new(Given {
                unmet: raw.unmet,
                ready: raw.ready,
                fallbacks,
            })),
        };
        Self {
            verdict: raw.verdict,
            lists,
        }
    }
}

/// A list of indices or modes of which all are low, or that is to be read in another way.
struct Low(Option<u64>);

/// The same of modes.
struct LowModes(Option<u64>);

impl Laid for Low {
    const LAYOUT: Layout = Layout::LIST;
}

impl Laid for LowModes {
    const LAYOUT: Layout = Layout::LIST;
}

impl Answer for Low {
    #[inline]
    fn read(place: &[u8], memory: &Memory<'_>) -> Result<Self, Fault> {
        let words = memory.pointed(place, u32::LAYOUT)?.chunks_exact(4);
        Ok(Self(bits(words.map(word))))
    }
}

impl Answer for LowModes {
    #[inline]
    fn read(place: &[u8], memory: &Memory<'_>) -> Result<Self, Fault> {
        let tags = memory.pointed(place, AccessMode::LAYOUT)?;
        let known = tags
            .iter()
            .all(|tag| usize::from(*tag) < AccessMode::ALL.len());
        let low = known.then(|| bits(tags.iter().map(|tag| u32::from(*tag))));
        Ok(Self(low.flatten()))
    }
}

impl Laid for Judged {
    const LAYOUT: Layout = RawDecision::<Low, LowModes>::LAYOUT;
}

impl Answer for Judged {
    #[inline]
    fn read(place: &[u8], memory: &Memory<'_>) -> Result<Self, Fault> {
        let low = RawDecision::<Low, LowModes>::read(place, memory)?;
        match (low.unmet.0, low.ready.0, low.fallbacks.0) {
            (Some(unmet), Some(ready), Some(fallbacks)) => Ok(Self {
                verdict: low.verdict,
                lists: Lists::Low {
                    unmet,
                    ready,
                    fallbacks,
                },
            }),
            _ => RawDecision::<Vec<u32>, Vec<AccessMode>>::read(place, memory).map(Self::from),
        }
    }
}

impl<'d> Indices<'d> {
    pub(crate) fn is_empty(self) -> bool {
        self.len() == 0
    }

    pub(crate) fn len(self) -> usize {
        match self {
            Self::Low(bits) => bits.count_ones() as usize,
            Self::Any(indices) => indices.len(),
        }
    }

    /// Each index, in order.
    pub(crate) fn iter(self) -> impl ExactSizeIterator<Item = u32> + 'd {
        let (mut bits, any): (u64, &[u32]) = match self {
            Self::Low(bits) => (bits, &[]),
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
    pub(crate) fn is_rising(self) -> bool {
        match self {
            Self::Low(_) => true,
            Self::Any(indices) => indices.is_sorted_by(|one, next| one < next),
        }
    }

    /// The last of rising indices.
    pub(crate) fn last(self) -> Option<u32> {
        match self {
            Self::Low(bits) => bits.checked_ilog2(),
            Self::Any(indices) => indices.last().copied(),
        }
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
            for fallbacks in [
                vec![],
                AccessMode::ALL.to_vec(),
                vec![AccessMode::ReadOnly; 2],
            ] {
                let judged = Judged::from(RawDecision {
                    verdict: Verdict::Deny,
                    unmet: given.clone(),
                    ready: vec![1],
                    fallbacks: fallbacks.clone(),
                });
                let unmet = judged.unmet();
                assert_eq!(unmet.iter().collect::<Vec<_>>(), given);
                assert_eq!(unmet.iter().len(), given.len());
                assert_eq!(unmet.is_empty(), given.is_empty());
                let rises = given.is_sorted_by(|a, b| a < b);
                assert_eq!(unmet.is_rising(), rises, "{given:?}");
                assert_eq!(unmet.last(), given.last().copied());
                assert_eq!(judged.ready().iter().collect::<Vec<_>>(), [1]);
                let modes = judged.fallbacks();
                let rises = fallbacks.is_sorted_by(|a, b| a < b);
                assert_eq!(modes.is_rising(), rises);
                let modes = modes.iter().map(|index| AccessMode::ALL[index as usize]);
                assert_eq!(modes.collect::<Vec<_>>(), fallbacks);
            }
        }
    }
}
