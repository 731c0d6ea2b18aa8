//! Which optional facts are proven present at some place of a condition.

use std::collections::BTreeMap;

use crate::ir::{Base, Place};

/// Identifies an optional fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Optional {
    /// By the place of its presence byte in the request.
    Request(u32),
    /// By the place of its presence byte in an element.
    Element(usize, u32),
    /// A declared attribute.
    Attribute(usize),
}

impl Optional {
    pub(crate) fn at(place: &Place) -> Self {
        match place.base {
            Base::Request => Self::Request(place.offset),
            Base::Element(var) => Self::Element(var, place.offset),
        }
    }
}

/// A set of optional facts, each with its path for messages.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    /// Every fact there is: what holds where nothing can be.
    everything: bool,
    known: BTreeMap<Optional, String>,
}

impl Facts {
    pub(crate) fn none() -> Self {
        Self::default()
    }

    pub(crate) fn everything() -> Self {
        Self {
            everything: true,
            known: BTreeMap::new(),
        }
    }

    pub(crate) fn one(fact: Optional, path: String) -> Self {
        Self {
            everything: false,
            known: BTreeMap::from([(fact, path)]),
        }
    }

    pub(crate) fn has(&self, fact: Optional) -> bool {
        self.everything || self.known.contains_key(&fact)
    }

    pub(crate) fn add(&mut self, fact: Optional, path: String) {
        self.known.insert(fact, path);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (Optional, &str)> {
        self.known.iter().map(|(fact, path)| (*fact, path.as_str()))
    }

    /// What holds where both hold.
    pub(crate) fn and(&self, other: &Self) -> Self {
        let mut both = self.clone();
        both.everything |= other.everything;
        both.known
            .extend(other.known.iter().map(|(fact, path)| (*fact, path.clone())));
        both
    }

    /// What holds where one of the two does.
    pub(crate) fn or(&self, other: &Self) -> Self {
        if self.everything {
            return other.clone();
        }
        if other.everything {
            return self.clone();
        }
        Self {
            everything: false,
            known: self
                .known
                .iter()
                .filter(|(fact, _)| other.known.contains_key(fact))
                .map(|(fact, path)| (*fact, path.clone()))
                .collect(),
        }
    }
}
