//! Reads whole numbers, exactly.
//!
//! Always true here: a number is judged by how it is written, so `-0` is one and `-0.0` is none, and none is ever rounded.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::Serializer;
use serde_json::value::RawValue;

use super::error::quoted;
use super::shape::refusal;
use super::{Cursor, Json, Path, Quick};

impl Json for u32 {
    fn read<'de, D: Deserializer<'de>>(from: D, at: &Path<'_>) -> Result<Self, D::Error> {
        let number = whole_number(raw(from, at)?.get(), 0..=i64::from(Self::MAX));
        let number = number.map_err(D::Error::custom)?;
        Ok(Self::try_from(number).expect("the number is in range"))
    }

    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u32(*self)
    }
}

impl Quick for u32 {
    fn blank() -> Self {
        0
    }

    fn quick(&mut self, from: &mut Cursor<'_, '_>) -> Option<()> {
        *self = from.number()?.parse().ok()?;
        Some(())
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

/// The whole number that the JSON value `written` is, if it is in `range`.
pub(crate) fn whole_number(written: &str, range: RangeInclusive<i64>) -> Result<i64, String> {
    let found = match written.as_bytes().first() {
        Some(b'-' | b'0'..=b'9') if !written.contains(['.', 'e', 'E']) => {
            let number = written.parse().ok().filter(|number| range.contains(number));
            let (least, most) = range.into_inner();
            return number.ok_or_else(|| {
                format!(
                    "{} is out of range, expected {least} to {most}",
                    quoted(written)
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
