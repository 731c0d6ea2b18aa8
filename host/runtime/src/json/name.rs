//! Reads the names of a record's fields.
//!
//! Always true here: a name is known only if all of it is the same; its key only tells quickly which are not.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, Visitor};

use super::Path;
use super::leaf::Offer;

/// The names of a record's fields, in the contract's order.
pub(crate) struct Names {
    /// The names.
    pub(crate) names: &'static [&'static str],
    /// The [key] of each.
    pub(crate) keys: &'static [u64],
}

/// Reads the next name of a record, and gives its index.
pub(crate) struct Name<'p> {
    /// The record.
    pub(crate) at: &'p Path<'p>,
    /// The names it has.
    pub(crate) known: &'static Names,
    /// The index of the name that comes next if the record is written in the contract's order.
    pub(crate) next: usize,
}

impl Names {
    /// The keys of `names`.
    pub(crate) const fn keys<const N: usize>(names: [&str; N]) -> [u64; N] {
        let mut keys = [0; N];
        let mut index = 0;
        while index < N {
            keys[index] = key(names[index].as_bytes());
            index += 1;
        }
        keys
    }

    fn index(&self, name: &str, next: usize) -> Option<usize> {
        if self.names.get(next).is_some_and(|next| *next == name) {
            return Some(next);
        }
        let key = key(name.as_bytes());
        let mut known = self.keys.iter().zip(self.names);
        known.position(|(other, known)| *other == key && *known == name)
    }
}

/// The name's length and its ends, mixed.
const fn key(name: &[u8]) -> u64 {
    let length = name.len() as u64;
    match name.split_first_chunk::<8>() {
        None => {
            let (mut key, mut index) = (0, 0);
            while index < name.len() {
                key = key << 8 | name[index] as u64;
                index += 1;
            }
            key ^ length << 56
        }
        Some((first, _)) => {
            let Some((_, last)) = name.split_last_chunk::<8>() else {
                return length;
            };
            let (first, last) = (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
            first ^ last.rotate_left(29) ^ length << 56
        }
    }
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
        self.known.index(name, self.next).ok_or_else(|| {
            self.at.name(name).refuse(format_args!(
                "this name is not known here, {}",
                Offer(name, self.known.names)
            ))
        })
    }
}
