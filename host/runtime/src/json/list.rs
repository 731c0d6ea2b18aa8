//! Reads and writes lists.
//!
//! Always true here: a list that was read has no more elements than its path allows, and no element beyond is looked at.

use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, SeqAccess};
use serde::ser::Serializer;

use super::faults::elements;
use super::shape::{Shape, read_shape};
use super::{At, Cursor, Faults, Json, Path, Quick, Written};

/// No list's limit is lower.
const ALWAYS_ALLOWED: usize = scopegate_contract::LIST as usize;

impl<T: Json> Json for Vec<T> {
    fn read<'de, D: Deserializer<'de>>(from: D, at: &Path<'_>) -> Result<Self, D::Error> {
        read_shape(from, List(at, PhantomData))
    }

    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.iter().map(Written))
    }

    fn faults(written: &str, at: &Path<'_>, found: &mut Faults) {
        if !written.starts_with('[') {
            return found.read::<Self>(written, at);
        }
        let mut count = 0;
        elements(written, at, found, |element, found| {
            let limit = at.list_limit();
            if count == limit {
                found.note(at, too_many(limit));
            } else if count < limit {
                T::faults(element, &at.index(count), found);
            }
            count += 1;
        });
    }
}

impl<T: Quick> Quick for Vec<T> {
    fn blank() -> Self {
        Self::new()
    }

    fn quick(&mut self, from: &mut Cursor<'_, '_>) -> Option<()> {
        let mut count = 0;
        from.pass(b'[')?;
        while from.goes_on(count == 0, b']')? {
            if count == ALWAYS_ALLOWED {
                return None;
            }
            if count == self.len() {
                self.push(T::blank());
            }
            self[count].quick(from)?;
            count += 1;
        }
        self.truncate(count);
        Some(())
    }
}

struct List<'p, T>(&'p Path<'p>, PhantomData<T>);

impl<'de, T: Json> Shape<'de> for List<'_, T> {
    type Value = Vec<T>;
    const EXPECTED: &'static str = "a list";

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
        let at = self.0;
        let mut limit = ALWAYS_ALLOWED;
        let mut values = Vec::new();
        loop {
            if values.len() == limit {
                limit = at.list_limit();
            }
            let here = at.index(values.len());
            let value = if values.len() < limit {
                list.next_element_seed(At::new(&here))
            } else {
                list.next_element_seed(TooMany { at, limit })
                    .map(|_: Option<()>| None)
            };
            match value.map_err(|error| here.blame(error))? {
                Some(value) => values.push(value),
                None => return Ok(values),
            }
        }
    }
}

/// Refuses an element, whatever it is.
struct TooMany<'p> {
    at: &'p Path<'p>,
    limit: usize,
}

impl<'de> DeserializeSeed<'de> for TooMany<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, _: D) -> Result<(), D::Error> {
        Err(self.at.refuse(too_many(self.limit)))
    }
}

fn too_many(limit: usize) -> String {
    format!("this list has more than {limit} elements")
}
