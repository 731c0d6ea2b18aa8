//! Reads JSON of any shape, and refuses a name that an object has twice.
//!
//! Always true here: no reader downstream can take another value for a name than this one.

use std::cell::Cell;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::error::quoted;
use super::path::{Context, Path};

/// A JSON value in which no object has a name twice: where it is read, that is an error that says which name.
///
/// ```
/// use scopegate::UniqueJson;
///
/// let error = serde_json::from_str::<UniqueJson>(r#"{"actor": {"id": "a", "id": "b"}}"#).unwrap_err();
/// assert_eq!(error.to_string(), "`actor.id` is given twice at line 1 column 26");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct UniqueJson(pub Value);

impl UniqueJson {
    /// Reads `text` if it has no more than `most` values, those within others counted; a short text of many values takes much memory.
    ///
    /// ```
    /// use scopegate::UniqueJson;
    ///
    /// assert!(UniqueJson::read(b"[1, {}]", 3).unwrap().is_some());
    /// assert!(UniqueJson::read(b"[1, {}]", 2).unwrap().is_none());
    /// ```
    ///
    /// # Errors
    ///
    /// The text is no JSON, or an object has a name twice.
    pub fn read(text: &[u8], most: usize) -> Result<Option<Self>, serde_json::Error> {
        let (context, left) = (Context::new(false, &|| 0), Cell::new(Some(most)));
        let mut from = serde_json::Deserializer::from_slice(text);
        let read = Any::new(&Path::root(&context), &left).deserialize(&mut from);
        if left.get().is_none() {
            return Ok(None);
        }
        let value = read?;
        from.end()?;
        Ok(Some(Self(value)))
    }
}

impl<'de> Deserialize<'de> for UniqueJson {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let (context, left) = (Context::new(false, &|| 0), Cell::new(Some(usize::MAX)));
        Any::new(&Path::root(&context), &left)
            .deserialize(from)
            .map(Self)
    }
}

/// Any value that stands at a path.
struct Any<'p> {
    at: &'p Path<'p>,
    /// How many values there may still be; `None` once there were more.
    left: &'p Cell<Option<usize>>,
}

impl<'p> Any<'p> {
    fn new(at: &'p Path<'p>, left: &'p Cell<Option<usize>>) -> Self {
        Self { at, left }
    }
}

impl<'de> DeserializeSeed<'de> for Any<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        self.left
            .set(self.left.get().and_then(|left| left.checked_sub(1)));
        if self.left.get().is_none() {
            return Err(D::Error::custom("there are too many values"));
        }
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Any<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        let number = Number::from_f64(value);
        number
            .map(Value::Number)
            .ok_or_else(|| E::custom("the number is not finite"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(value) =
            from.next_element_seed(Any::new(&self.at.index(list.len()), self.left))?
        {
            list.push(value);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = from.next_key::<String>()? {
            let here = self.at.name(&name);
            if object.contains_key(&name) {
                let path = quoted(&here.wrong());
                return Err(A::Error::custom(format_args!("{path} is given twice")));
            }
            let value = from.next_value_seed(Any::new(&here, self.left))?;
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, from_str};

    use super::UniqueJson;

    #[test]
    fn what_has_each_name_once_is_read() {
        for text in [
            "null",
            "[1, -1, 1.5, true, \"a\", {}]",
            r#"{"a": {"b": 1}, "b": {"b": 1}, "c": [{"b": 1}, {"b": 1}]}"#,
        ] {
            let read = from_str::<UniqueJson>(text).map(|UniqueJson(value)| value);
            assert_eq!(read.ok(), from_str::<Value>(text).ok(), "{text}");
        }
    }

    /// Whatever holds them, values count; and what comes after them is not read.
    #[test]
    fn there_may_be_so_many_values() {
        for (text, many) in [
            ("null", 1),
            ("[]", 1),
            ("[1, \"a\", [true]]", 5),
            (r#"{"a": 1, "b": {"": [0]}}"#, 5),
        ] {
            let read = |most| UniqueJson::read(text.as_bytes(), most).expect("JSON");
            assert_eq!(read(many), from_str(text).ok(), "{text}");
            assert_eq!(read(many - 1), None, "{text}");
        }
        assert_eq!(
            UniqueJson::read(b"[1, 2, nonsense", 2).expect("enough"),
            None
        );
        for text in ["[1, nonsense", "[1] 2", r#"{"a": 1, "a": 1}"#] {
            assert!(UniqueJson::read(text.as_bytes(), 10).is_err(), "{text}");
        }
    }

    #[test]
    fn a_name_that_is_there_twice_is_named() {
        let long = format!(r#"{{"{0}": 1, "{0}": 1}}"#, "x".repeat(100));
        let long_named = format!("`{}…` is given twice", "x".repeat(80));
        for (text, named) in [
            (r#"{"a": 1, "a": 1}"#, "`a` is given twice"),
            (r#"{"a": 1, "\u0061": 2}"#, "`a` is given twice"),
            (
                r#"{"a": {"b": [1, {"c": 1, "c": 2}]}}"#,
                "`a.b[1].c` is given twice",
            ),
            (&long, &long_named),
        ] {
            let error = from_str::<UniqueJson>(text).expect_err(text).to_string();
            assert!(error.starts_with(named), "{error}");
        }
    }
}
