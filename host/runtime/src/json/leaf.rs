//! Reads texts, booleans, enum cases and what may be absent.
//!
//! Always true here: a text that was read is at most [`TEXT_BYTES`] long.

use std::fmt;
use std::marker::PhantomData;

use scopegate_contract::TEXT_BYTES;
use serde::de::{Deserializer, Error, Visitor};
use serde::ser::Serializer;

use super::error::quoted;
use super::shape::{Shape, read_shape};
use super::{Cursor, Json, Names, Path, Quick};

impl Json for String {
    fn read<'de, D: Deserializer<'de>>(from: D, _: &Path<'_>) -> Result<Self, D::Error> {
        struct Text;
        impl Shape<'_> for Text {
            type Value = String;
            const EXPECTED: &'static str = "a text";
            fn text<E: Error>(self, value: &str) -> Result<String, E> {
                text(value)
            }
        }
        read_shape(from, Text)
    }

    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self)
    }
}

impl Quick for String {
    fn blank() -> Self {
        Self::new()
    }

    #[inline]
    fn quick(&mut self, from: &mut Cursor<'_, '_>) -> Option<()> {
        let text = from.text()?;
        self.clear();
        self.push_str(text);
        (text.len() <= TEXT_BYTES as usize).then_some(())
    }
}

impl Json for bool {
    fn read<'de, D: Deserializer<'de>>(from: D, _: &Path<'_>) -> Result<Self, D::Error> {
        struct Truth;
        impl Shape<'_> for Truth {
            type Value = bool;
            const EXPECTED: &'static str = "`true` or `false`";
            fn truth<E: Error>(self, value: bool) -> Result<bool, E> {
                Ok(value)
            }
        }
        read_shape(from, Truth)
    }

    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bool(*self)
    }
}

impl Quick for bool {
    fn blank() -> Self {
        false
    }

    #[inline]
    fn quick(&mut self, from: &mut Cursor<'_, '_>) -> Option<()> {
        *self = from.peek()? == b't';
        let is_word = if *self {
            from.word("true")
        } else {
            from.word("false")
        };
        is_word.then_some(())
    }
}

/// `value`, if it is no longer than a text may be.
pub(crate) fn text<E: Error>(value: &str) -> Result<String, E> {
    if value.len() > TEXT_BYTES as usize {
        return Err(E::custom(format_args!(
            "this text has {} bytes, at most {TEXT_BYTES} are allowed",
            value.len()
        )));
    }
    Ok(value.to_owned())
}

/// Reads the text of one of `cases`, and gives its index.
pub(crate) fn case<'de, D: Deserializer<'de>>(
    from: D,
    cases: &'static Names,
) -> Result<usize, D::Error> {
    struct Case(&'static Names);
    impl Shape<'_> for Case {
        type Value = usize;
        const EXPECTED: &'static str = "a text";
        fn text<E: Error>(self, value: &str) -> Result<usize, E> {
            self.0.index(value.as_bytes()).ok_or_else(|| {
                E::custom(format_args!(
                    "{} is not known here, {}",
                    quoted(value),
                    Offer(value, self.0.all())
                ))
            })
        }
    }
    read_shape(from, Case(cases))
}

/// What was meant, or else what there is.
pub(super) struct Offer<'a>(pub(super) &'a str, pub(super) &'static [&'static str]);

impl fmt::Display for Offer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(given, known) = *self;
        if let Some(meant) = meant(given, known) {
            return write!(f, "did you mean `{meant}`?");
        }
        f.write_str("expected ")?;
        for (index, name) in known.iter().enumerate() {
            let before = match index {
                0 => "",
                _ if index + 1 == known.len() => " or ",
                _ => ", ",
            };
            write!(f, "{before}`{name}`")?;
        }
        Ok(())
    }
}

/// The known name that `given` is a slip of, if there is one.
fn meant(given: &str, known: &[&'static str]) -> Option<&'static str> {
    // Names are short. What is much longer is no slip, and measuring it would take long.
    if given.len() > 64 {
        return None;
    }
    let nearest = known
        .iter()
        .map(|name| (strsim::damerau_levenshtein(given, name), *name))
        .min()?;
    (nearest.0 <= 1 + nearest.1.len() / 5).then_some(nearest.1)
}

/// Reads what may be `null`.
pub(super) fn option<'de, T: Json, D: Deserializer<'de>>(
    from: D,
    at: &Path<'_>,
) -> Result<Option<T>, D::Error> {
    struct Maybe<'p, T>(&'p Path<'p>, PhantomData<T>);
    impl<'de, T: Json> Visitor<'de> for Maybe<'_, T> {
        type Value = Option<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a value or `null`")
        }

        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
            T::read(from, self.0).map(Some)
        }
    }
    from.deserialize_option(Maybe(at, PhantomData))
}
