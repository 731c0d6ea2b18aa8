//! Reads the names of a record's fields.
//!
//! Always true here: a name that is not known is an error that offers those that are.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, Visitor};

use super::leaf::Offer;
use super::{Names, Path};

/// Reads the next name of a record, and gives its index.
pub(crate) struct Name<'p> {
    /// The record.
    pub(crate) at: &'p Path<'p>,
    /// The names it has.
    pub(crate) known: &'static Names,
}

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<usize, D::Error> {
        from.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<usize, E> {
        let known = self.known.index(name.as_bytes());
        known.ok_or_else(|| self.at.name(name).refuse(unknown(name, self.known)))
    }
}

/// What is said of a name that is not one of those known.
pub(super) fn unknown(name: &str, known: &Names) -> String {
    format!("this name is not known here, {}", Offer(name, known.all()))
}
