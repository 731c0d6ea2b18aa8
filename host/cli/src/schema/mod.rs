//! JSON Schemas of what the program reads and writes.
//!
//! Always true here: names, types and limits of a request come from the contract, so they cannot differ from what is read. Where JSON Schema
//! cannot say all that the reader demands (bytes of a text, digits of a number, names given twice), it says less, never something else.

mod decision;
mod request;

use serde::{Serialize, Serializer};
use serde_json::Value;

pub(crate) use decision::decision;
pub(crate) use request::{json_name, request};

/// The schema of `policy.toml`, kept by hand beside the compiler's reader.
pub(crate) const POLICY: &str = include_str!("../../schemas/policy.schema.json");

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The keywords that come first in an object, and the one that comes last.
const FIRST: [&str; 6] = [
    "$schema",
    "title",
    "description",
    "type",
    "const",
    "properties",
];
const LAST: &str = "$defs";

/// A schema as it is printed and kept.
pub(crate) fn text(schema: &Value) -> String {
    let text = serde_json::to_string_pretty(&Ordered(schema));
    text.expect("a schema is JSON") + "\n"
}

/// Writes the keywords of a schema in the order of reading.
struct Ordered<'a>(&'a Value);

impl Serialize for Ordered<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Array(values) => to.collect_seq(values.iter().map(Ordered)),
            Value::Object(values) => {
                let rank = |name: &str| match FIRST.iter().position(|first| *first == name) {
                    Some(rank) => rank,
                    None if name == LAST => FIRST.len() + 1,
                    None => FIRST.len(),
                };
                let mut values: Vec<_> = values.iter().collect();
                values.sort_by_key(|(name, _)| (rank(name), name.as_str()));
                to.collect_map(
                    values
                        .into_iter()
                        .map(|(name, value)| (name, Ordered(value))),
                )
            }
            other => other.serialize(to),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::{POLICY, decision, request, text};

    /// With `BLESS=1` in the environment the files are written.
    #[test]
    fn the_committed_schemas_are_current() {
        for (name, schema) in [
            ("request", text(&request())),
            ("decision", text(&decision())),
        ] {
            let file =
                Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schemas/{name}.schema.json"));
            if std::env::var_os("BLESS").is_some() {
                fs::write(&file, &schema).expect("the schema is written");
            }
            let committed = fs::read_to_string(&file).unwrap_or_default();
            assert!(
                committed == schema,
                "`{}` is not current: run this test with BLESS=1",
                file.display()
            );
        }
        serde_json::from_str::<serde_json::Value>(POLICY).expect("the schema of policies is JSON");
    }
}
