//! The manifest: what the policy is, laid out as static data that `describe` points at.

use super::data::Value;
use super::{Emitter, uses};
use crate::rules::Rules;

impl Emitter<'_> {
    /// Where the manifest stands.
    pub(super) fn manifest(&mut self, digest: &str) -> u32 {
        let value = manifest(self.rules, digest);
        self.data.value("manifest", &value)
    }
}

fn manifest(rules: &Rules, digest: &str) -> Value {
    Value::Record(vec![
        text(&rules.name),
        text(&rules.version),
        text(&rules.summary),
        text(digest),
        Value::List(rules.actions.iter().map(|action| text(action)).collect()),
        Value::List(requirements(rules)),
        Value::List(
            rules
                .ready
                .iter()
                .map(|ready| {
                    Value::Record(vec![
                        text(&ready.state),
                        paths(&uses::reads(&[&ready.when], rules)),
                    ])
                })
                .collect(),
        ),
        Value::List(
            rules
                .attributes
                .iter()
                .map(|attribute| {
                    Value::Record(vec![
                        text(&attribute.name),
                        Value::Case(attribute.ty as u8),
                        text(&attribute.summary),
                    ])
                })
                .collect(),
        ),
        Value::Record(vec![
            Value::Number(scopegate_contract::TEXT_BYTES),
            Value::Number(scopegate_contract::TARGETS),
            Value::Number(scopegate_contract::PATTERNS),
            Value::Number(scopegate_contract::LIST),
            Value::Wide(scopegate_contract::MEMORY_BYTES),
        ]),
    ])
}

fn requirements(rules: &Rules) -> Vec<Value> {
    rules
        .requirements
        .iter()
        .map(|requirement| {
            let conditions: Vec<_> = requirement
                .given
                .iter()
                .chain([&requirement.must])
                .collect();
            let actions = requirement.actions.keys();
            Value::Record(vec![
                text(&requirement.id),
                text(&requirement.code),
                text(&requirement.state),
                text(&requirement.message),
                text(&requirement.remedy),
                text(&requirement.source),
                Value::List(
                    actions
                        .map(|action| text(&rules.actions[*action]))
                        .collect(),
                ),
                paths(&uses::reads(&conditions, rules)),
            ])
        })
        .collect()
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

fn paths(paths: &[String]) -> Value {
    Value::List(paths.iter().map(|path| text(path)).collect())
}
