//! Reads facts from JSON: strictly, in one pass, and with the path of whatever is wrong.
//!
//! Always true here: the first thing wrong in the document is the one that is reported, and a path is written down only
//! when something is wrong.

mod error;
mod faults;
mod leaf;
mod list;
mod name;
mod names;
mod number;
mod path;
mod quick;
mod quoted;
mod shape;
mod space;
pub(crate) mod time;
mod unique;

use std::fmt::Debug;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, Error as _};
use serde::ser::{Serialize, Serializer};

pub use error::{InputError, InputFault};
pub(crate) use faults::{Faults, MISSING, Part, TWICE, entries, record_faults};
pub(crate) use leaf::{case, text};
pub(crate) use name::Name;
pub(crate) use names::Names;
pub(crate) use number::{raw, whole_number};
pub(crate) use path::{Context, Path};
pub(crate) use quick::{Cursor, Quick};
pub(crate) use shape::{Shape, read_shape, refusal};
pub use space::{trim_json, trim_json_end, trim_json_start};
pub use unique::UniqueJson;

/// A fact as JSON writes it.
pub(crate) trait Json: Sized {
    /// Whether it is an object whose names are known.
    const IS_RECORD: bool = false;

    /// Reads the value at `at`.
    fn read<'de, D: Deserializer<'de>>(from: D, at: &Path<'_>) -> Result<Self, D::Error>;

    /// Writes the value as [`read`](Self::read) reads it.
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error>;

    /// Notes all that is wrong with the value `written` at `at`, a JSON value in one piece: for what has several parts more than the first.
    fn faults(written: &str, at: &Path<'_>, found: &mut Faults) {
        found.read::<Self>(written, at);
    }

    /// What stands for a name that is not given; `None` if it must be given.
    fn absent() -> Option<Self> {
        None
    }

    /// Whether the name is left out when written.
    fn is_absent(&self) -> bool {
        false
    }
}

impl<T: Json> Json for Option<T> {
    fn read<'de, D: Deserializer<'de>>(from: D, at: &Path<'_>) -> Result<Self, D::Error> {
        leaf::option(from, at)
    }

    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Some(value) => value.write(to),
            None => to.serialize_none(),
        }
    }

    fn faults(written: &str, at: &Path<'_>, found: &mut Faults) {
        if written != "null" {
            T::faults(written, at, found);
        }
    }

    fn absent() -> Option<Self> {
        Some(None)
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

/// A fact that is a whole document.
pub(crate) trait Document: Json + Quick + Debug + PartialEq {}

impl<T: Json + Quick + Debug + PartialEq> Document for T {}

/// Lets serde read a `T` that stands at a path.
pub(crate) struct At<'p, T>(&'p Path<'p>, PhantomData<T>);

impl<'p, T> At<'p, T> {
    pub(crate) fn new(path: &'p Path<'p>) -> Self {
        Self(path, PhantomData)
    }
}

impl<'de, T: Json> DeserializeSeed<'de> for At<'_, T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<T, D::Error> {
        T::read(from, self.0)
    }
}

/// Lets serde write a fact.
pub(crate) struct Written<'a, T>(pub(crate) &'a T);

impl<T: Json> Serialize for Written<'_, T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.write(to)
    }
}

/// Reads a fact for `serde::Deserialize`: the path of what is wrong goes into the message.
pub(crate) fn deserialize<'de, T: Json, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    let context = Context::new(false, &time::now);
    T::read(from, &Path::root(&context)).map_err(|error| match context.take() {
        Some(path) => D::Error::custom(format_args!("`{path}`: {error}")),
        None => error,
    })
}

/// Reads the one value that `bytes` must hold over `value`, whose memory it takes; `value` is blank if that fails. `clock` may be asked more
/// than once, and has to say the same then.
pub(crate) fn read_over<T: Document>(
    value: &mut T,
    bytes: &[u8],
    clock: &dyn Fn() -> i64,
) -> Result<(), InputError> {
    if quickly(value, bytes, clock).is_some() {
        return Ok(());
    }
    let read = match str::from_utf8(bytes) {
        Ok(text) => strictly(serde_json::Deserializer::from_str(text), clock),
        // It reads up to what is no text, and says where that is.
        Err(_) => strictly(serde_json::Deserializer::from_slice(bytes), clock),
    };
    *value = T::blank();
    *value = read.map_err(|refused| {
        if refused.is_json {
            faults::with_others::<T>(refused.error, bytes)
        } else {
            refused.error
        }
    })?;
    Ok(())
}

fn quickly<T: Document>(value: &mut T, text: &[u8], clock: &dyn Fn() -> i64) -> Option<()> {
    let context = Context::new(true, clock);
    let root = Path::root(&context);
    let mut from = Cursor::new(text, &root);
    value.quick(&mut from)?;
    if !from.is_at_end() {
        return None;
    }
    if cfg!(debug_assertions) {
        let strict = strictly(serde_json::Deserializer::from_slice(text), clock);
        assert_eq!(
            strict.as_ref(),
            Ok(&*value),
            "{}",
            String::from_utf8_lossy(text)
        );
    }
    Some(())
}

fn strictly<'de, T: Json>(
    mut from: serde_json::Deserializer<impl serde_json::de::Read<'de>>,
    clock: &dyn Fn() -> i64,
) -> Result<T, Refused> {
    let context = Context::new(true, clock);
    T::read(&mut from, &Path::root(&context))
        .and_then(|value| from.end().map(|()| value))
        .map_err(|error| Refused {
            is_json: error.is_data(),
            error: InputError::new(context.take(), &error),
        })
}

/// What the strict reader refused.
#[derive(Debug, PartialEq)]
struct Refused {
    error: InputError,
    /// Whether it is JSON up to there.
    is_json: bool,
}
