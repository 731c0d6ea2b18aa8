//! Reads JSON of any shape, and refuses a name that an object has twice.
//!
//! Always true here: no reader downstream can take another value for a name than this one.

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

impl<'de> Deserialize<'de> for UniqueJson {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let context = Context::new(false, &|| 0);
        Any(&Path::root(&context)).deserialize(from).map(Self)
    }
}

/// Any value that stands at a path.
struct Any<'p>(&'p Path<'p>);

impl<'de> DeserializeSeed<'de> for Any<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
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
        while let Some(value) = from.next_element_seed(Any(&self.0.index(list.len())))? {
            list.push(value);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = from.next_key::<String>()? {
            let here = self.0.name(&name);
            if object.contains_key(&name) {
                let path = quoted(&here.wrong());
                return Err(A::Error::custom(format_args!("{path} is given twice")));
            }
            let value = from.next_value_seed(Any(&here))?;
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
