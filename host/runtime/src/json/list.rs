//! Reads and writes lists.
//!
//! Always true here: a list that was read has no more elements than its path allows, and no element beyond is looked at.

use serde::de::{DeserializeSeed, Deserializer, SeqAccess};
use serde::ser::Serializer;

use super::shape::{Shape, read_shape};
use super::{At, Json, Path, Written};

/// No list's limit is lower.
const ALWAYS_ALLOWED: usize = scopegate_contract::LIST as usize;

impl<T: Json> Json for Vec<T> {
    fn read<'de, D: Deserializer<'de>>(from: D, at: &Path<'_>) -> Result<Self, D::Error> {
        struct List<'p, T>(&'p Path<'p>, std::marker::PhantomData<T>);
        impl<'de, T: Json> Shape<'de> for List<'_, T> {
            type Value = Vec<T>;
            const EXPECTED: &'static str = "a list";
            fn list<A: SeqAccess<'de>>(self, list: A) -> Result<Vec<T>, A::Error> {
                Elements::new(self.0).read(list)
            }
        }
        read_shape(from, List(at, std::marker::PhantomData))
    }

    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.iter().map(Written))
    }

    fn heap_bytes(&self) -> usize {
        self.len() * size_of::<T>() + self.iter().map(Json::heap_bytes).sum::<usize>()
    }
}

/// Reads the elements of a list.
struct Elements<'p> {
    at: &'p Path<'p>,
    limit: usize,
}

impl<'p> Elements<'p> {
    pub(crate) fn new(at: &'p Path<'p>) -> Self {
        Self {
            at,
            limit: ALWAYS_ALLOWED,
        }
    }

    pub(crate) fn read<'de, T: Json, A: SeqAccess<'de>>(
        mut self,
        mut list: A,
    ) -> Result<Vec<T>, A::Error> {
        let mut values = Vec::new();
        loop {
            if values.len() == self.limit {
                self.limit = self.at.list_limit();
            }
            let here = self.at.index(values.len());
            let element = Element {
                list: self.at,
                element: At::new(&here),
                over: values.len() >= self.limit,
                limit: self.limit,
            };
            match list
                .next_element_seed(element)
                .map_err(|error| here.blame(error))?
            {
                Some(value) => values.push(value),
                None => return Ok(values),
            }
        }
    }
}

struct Element<'p, T> {
    list: &'p Path<'p>,
    element: At<'p, T>,
    over: bool,
    limit: usize,
}

impl<'de, T: Json> DeserializeSeed<'de> for Element<'_, T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<T, D::Error> {
        if self.over {
            return Err(self.list.refuse(format_args!(
                "this list has more than {} elements",
                self.limit
            )));
        }
        self.element.deserialize(from)
    }
}
