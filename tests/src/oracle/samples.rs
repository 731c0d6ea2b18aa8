//! The values that random requests have at each path, so that literals are often what a fact is.

use std::collections::HashMap;

use fastrand::Rng;
use serde_json::Value;

use scopegate::Request;

/// For each path, such as `scan.targets[].url`, the values seen.
#[derive(Debug, Default)]
pub struct Samples {
    seen: HashMap<String, Vec<Value>>,
}

impl Samples {
    /// The values of these requests.
    pub fn of(requests: &[Request]) -> Self {
        let mut samples = Self::default();
        for request in requests {
            samples.note(
                "",
                &serde_json::to_value(request).expect("a request can be written"),
            );
        }
        samples
    }

    fn note(&mut self, path: &str, value: &Value) {
        match value {
            Value::Object(fields) => {
                for (name, field) in fields {
                    let dot = if path.is_empty() { "" } else { "." };
                    self.note(&format!("{path}{dot}{name}"), field);
                }
            }
            Value::Array(elements) => {
                for element in elements {
                    self.note(&format!("{path}[]"), element);
                }
            }
            _ => {}
        }
        self.seen
            .entry(path.to_owned())
            .or_default()
            .push(value.clone());
    }

    /// A value seen at the path.
    pub fn any(&self, path: &str, rng: &mut Rng) -> Option<&Value> {
        let seen = self.seen.get(path)?;
        seen.get(rng.usize(..seen.len()))
    }
}
