//! What is decided, in the words of JSON: the form in which the cases, the native reference and a component are compared.

use crate::native::{READY, RULES, Verdict};
use scopegate::Decision;
use serde::Deserialize;

/// What is decided. The texts of findings are left out: only the component has them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names are the specification's")]
pub struct Expected {
    pub decision: String,
    pub requirements: Vec<String>,
    pub codes: Vec<String>,
    pub blocked: Vec<String>,
    pub ready: Vec<String>,
    pub fallbacks: Vec<String>,
}

impl Expected {
    /// What a component decided.
    pub fn by_component(decision: &Decision<'_>) -> Self {
        Self {
            decision: if decision.is_allowed() {
                "allow"
            } else {
                "deny"
            }
            .to_owned(),
            requirements: decision
                .findings()
                .map(|finding| finding.requirement.to_string())
                .collect(),
            codes: texts(decision.codes()),
            blocked: texts(decision.blocked()),
            ready: texts(decision.ready()),
            fallbacks: decision
                .fallbacks()
                .map(|mode| mode.name().to_owned())
                .collect(),
        }
    }

    /// What the native reference decided.
    pub fn by_native(verdict: &Verdict) -> Self {
        let rules = || verdict.unmet.iter().map(|&index| &RULES[index]);
        let names = || rules().map(|rule| rule.code.names());
        let ungoverned = !verdict.allow && verdict.unmet.is_empty();
        let codes = if ungoverned {
            vec!["ACTION_NOT_GOVERNED".to_owned()]
        } else {
            each_once(names().map(|(code, _)| code))
        };
        Self {
            decision: if verdict.allow { "allow" } else { "deny" }.to_owned(),
            requirements: rules().map(|rule| rule.id.to_owned()).collect(),
            codes,
            blocked: each_once(names().map(|(_, state)| state)),
            ready: verdict
                .ready
                .iter()
                .map(|&index| READY[index].to_owned())
                .collect(),
            fallbacks: verdict
                .fallbacks
                .iter()
                .map(|mode| mode.name().to_owned())
                .collect(),
        }
    }
}

/// The names in their order, each once.
fn each_once(names: impl Iterator<Item = &'static str>) -> Vec<String> {
    let mut once: Vec<String> = Vec::new();
    for name in names {
        if !once.iter().any(|known| known == name) {
            once.push(name.to_owned());
        }
    }
    once
}

fn texts<'t>(texts: impl Iterator<Item = &'t str>) -> Vec<String> {
    texts.map(str::to_owned).collect()
}
