//! An evaluation as it was given: what stands in it, and what it takes from the defaults of its batch.
//!
//! Always true here: defaults are looked up, never copied.

use std::io::{self, Write};

use scopegate::Excerpt;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::problem::{Kind, Problem};

pub(super) type Object = Map<String, Value>;

/// What a batch may give for all of its evaluations.
const SHARED: [&str; 4] = ["subject", "action", "resource", "context"];

/// An evaluation, and the defaults that it shares with others.
#[derive(Clone, Copy)]
pub(super) struct Given<'v> {
    own: &'v Object,
    defaults: Option<&'v Object>,
}

/// A subject, an action or a resource.
#[derive(Clone, Copy)]
pub(super) struct Entity<'v> {
    name: &'static str,
    own: &'v Object,
    /// What its `type`, `id` and `name` are if it has none.
    default: Option<&'v Object>,
}

impl<'v> Given<'v> {
    /// An evaluation by itself.
    pub(super) fn alone(own: &'v Object) -> Self {
        Self {
            own,
            defaults: None,
        }
    }

    /// An evaluation of a batch. What it has replaces the whole default.
    pub(super) fn in_batch(item: &'v Value, defaults: &'v Object) -> Result<Self, Problem> {
        match item {
            Value::Object(own) => Ok(Self {
                own,
                defaults: Some(defaults),
            }),
            _ => Err(invalid("evaluations[]", "expected an object")),
        }
    }

    /// The context that it brings itself.
    pub(super) fn own_context(&self) -> Option<&'v Value> {
        self.own.get("context")
    }

    /// Its subject, action or resource.
    pub(super) fn entity(&self, name: &'static str) -> Result<Entity<'v>, Problem> {
        let default = self.defaults.and_then(|defaults| defaults.get(name));
        let (own, default) = match (self.own.get(name), default) {
            (Some(own), default) => (own, default.and_then(Value::as_object)),
            (None, Some(default)) => (default, None),
            (None, None) => return Err(invalid(name, "missing")),
        };
        match own {
            Value::Object(own) => Ok(Entity { name, own, default }),
            _ => Err(invalid(name, "expected an object")),
        }
    }
}

impl<'v> Entity<'v> {
    /// Its `type`, `id` or `name`.
    pub(super) fn text(&self, name: &str) -> Result<&'v str, Problem> {
        let path = || format!("{}.{name}", self.name);
        let default = || self.default.and_then(|default| default.get(name));
        match self.own.get(name).or_else(default) {
            Some(Value::String(text)) if text.is_empty() => Err(invalid(&path(), "empty")),
            Some(Value::String(text)) => Ok(text),
            Some(_) => Err(invalid(&path(), "expected a text")),
            None => Err(invalid(&path(), "missing")),
        }
    }

    /// Its properties, none if it has none.
    pub(super) fn properties(&self) -> Result<impl Iterator<Item = (&'v str, &'v Value)>, Problem> {
        let properties = match self.own.get("properties") {
            None => None,
            Some(Value::Object(properties)) => Some(properties),
            Some(_) => {
                let path = format!("{}.properties", self.name);
                return Err(invalid(&path, "expected an object"));
            }
        };
        let properties = properties.into_iter().flatten();
        Ok(properties.map(|(name, value)| (name.as_str(), value)))
    }
}

/// How many bytes of JSON the evaluations `items` are, each with the defaults that it takes.
pub(super) fn bytes_of_batch(items: &[Value], defaults: &Object) -> usize {
    let shared = SHARED.map(|name| (name, defaults.get(name).map_or(0, bytes)));
    let of_item = |item: &Value| {
        let lacks = |(name, _): &&(&str, usize)| item.get(name).is_none();
        let taken = shared.iter().filter(lacks).map(|(_, bytes)| bytes);
        bytes(item) + taken.sum::<usize>()
    };
    items.iter().map(of_item).fold(0, usize::saturating_add)
}

/// How many bytes of JSON `value` is.
pub(super) fn bytes(value: &impl Serialize) -> usize {
    let mut counted = Counted(0);
    // Counting cannot fail.
    let _ = serde_json::to_writer(&mut counted, value);
    counted.0
}

struct Counted(usize);

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is wrong with an evaluation at `path`, which a caller may have named.
pub(super) fn invalid(path: &str, what: &str) -> Problem {
    let detail = format!("`{}`: {what}", Excerpt(path));
    Problem::new(Kind::Invalid, detail).at(path)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_an_item_takes_is_counted_for_it() {
        let defaults =
            json!({"subject": {"id": "u"}, "context": "12345678", "options": {"not": "shared"}});
        let defaults = defaults.as_object().expect("an object");
        let table = [
            (json!([]), 0),
            (json!([{}]), 2 + 10 + 10),
            (json!([{}, {}, {}]), 3 * 22),
            (json!([{"context": 1}]), 13 + 10),
            (json!([{"subject": 1, "context": 1}]), 25),
            (json!([7]), 1 + 20),
            (json!(["\u{1}"]), 8 + 20),
        ];
        for (items, expected) in table {
            let found = bytes_of_batch(items.as_array().expect("a list"), defaults);
            assert_eq!(found, expected, "{items}");
        }
    }
}
