//! The kinds of JSON values, and what a reader makes of each.
//!
//! Always true here: a reader names the kinds it takes; every other kind is a wrong type.

use std::fmt;

use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::error::quoted;

/// What a reader makes of each kind of JSON value. By default it refuses it.
pub(crate) trait Shape<'de>: Sized {
    /// What is read.
    type Value;

    /// What is expected, such as `a text`.
    const EXPECTED: &'static str;

    fn truth<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Err(wrong::<Self, E>(&format_args!("`{value}`")))
    }

    fn text<E: Error>(self, value: &str) -> Result<Self::Value, E> {
        Err(wrong::<Self, E>(&format_args!(
            "the text {}",
            quoted(value)
        )))
    }

    fn list<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        drop(list);
        Err(wrong::<Self, A::Error>(&"a list"))
    }

    fn object<A: MapAccess<'de>>(self, object: A) -> Result<Self::Value, A::Error> {
        drop(object);
        Err(wrong::<Self, A::Error>(&"an object"))
    }
}

/// Reads what `shape` makes of the next value.
pub(crate) fn read_shape<'de, S: Shape<'de>, D: Deserializer<'de>>(
    from: D,
    shape: S,
) -> Result<S::Value, D::Error> {
    from.deserialize_any(Shaped(shape))
}

/// The message for something of a kind that is not expected.
pub(crate) fn refusal(expected: &str, found: &dyn fmt::Display) -> String {
    format!("expected {expected}, found {found}")
}

fn wrong<'de, S: Shape<'de>, E: Error>(found: &dyn fmt::Display) -> E {
    E::custom(refusal(S::EXPECTED, found))
}

struct Shaped<S>(S);

impl<'de, S: Shape<'de>> Visitor<'de> for Shaped<S> {
    type Value = S::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(S::EXPECTED)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<S::Value, E> {
        self.0.truth(value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<S::Value, E> {
        Err(wrong::<S, E>(&format_args!("the number `{value}`")))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<S::Value, E> {
        Err(wrong::<S, E>(&format_args!("the number `{value}`")))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<S::Value, E> {
        Err(wrong::<S, E>(&format_args!("the number `{value}`")))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<S::Value, E> {
        self.0.text(value)
    }

    fn visit_unit<E: Error>(self) -> Result<S::Value, E> {
        Err(wrong::<S, E>(&"`null`"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<S::Value, A::Error> {
        self.0.list(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<S::Value, A::Error> {
        self.0.object(object)
    }
}
