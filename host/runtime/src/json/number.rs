//! Reads whole numbers, exactly.
//!
//! Always true here: a number is judged by how it is written, so `-0` is one and `-0.0` is none, and none is ever rounded.

use std::borrow::Cow;

use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::Serializer;
use serde_json::value::RawValue;

use super::error::quoted;
use super::shape::refusal;
use super::{Json, Path};

impl Json for u32 {
    fn read<'de, D: Deserializer<'de>>(from: D, at: &Path<'_>) -> Result<Self, D::Error> {
        let raw = raw(from, at)?;
        let written = raw.get();
        let number = whole_number(written).map_err(D::Error::custom)?;
        Self::try_from(number).map_err(|_| {
            D::Error::custom(format_args!(
                "{} is out of range, expected 0 to {}",
                quoted(written),
                Self::MAX
            ))
        })
    }

    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u32(*self)
    }
}

/// The next value as it is written.
pub(crate) fn raw<'de, D: Deserializer<'de>>(
    from: D,
    at: &Path<'_>,
) -> Result<Cow<'de, RawValue>, D::Error> {
    if at.borrows() {
        <&RawValue>::deserialize(from).map(Cow::Borrowed)
    } else {
        Box::<RawValue>::deserialize(from).map(Cow::Owned)
    }
}

/// The whole number that the JSON value `written` is.
pub(crate) fn whole_number(written: &str) -> Result<i64, String> {
    let found = match written.as_bytes().first() {
        Some(b'-' | b'0'..=b'9') if !written.contains(['.', 'e', 'E']) => {
            return written.parse().map_err(|_| {
                format!(
                    "{} is out of range, expected {} to {}",
                    quoted(written),
                    i64::MIN,
                    i64::MAX
                )
            });
        }
        Some(b'-' | b'0'..=b'9') => {
            format!("{}, which has a fraction or an exponent", quoted(written))
        }
        Some(b'"') => format!("the text {}", quoted(written.trim_matches('"'))),
        Some(b'[') => "a list".to_owned(),
        Some(b'{') => "an object".to_owned(),
        _ => quoted(written),
    };
    Err(refusal("a whole number", &found))
}
