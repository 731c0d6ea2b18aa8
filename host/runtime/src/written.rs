//! The pieces of a policy's decisions in JSON, written once.
//!
//! Always true here: put together they are what `serde_json` writes of a [`Decision`], byte for byte.

use serde::Serialize;

use crate::contract::Verdict;
use crate::decision::{Decision, Finding, PolicyId};
use crate::manifest::Manifest;

/// A policy's texts as JSON.
pub(crate) struct Written {
    /// For each requirement: its finding, its code and its state.
    findings: Vec<(String, String, String)>,
    ready: Vec<String>,
    policy: String,
}

impl Written {
    pub(crate) fn new(id: &PolicyId, manifest: &Manifest) -> Self {
        Self {
            findings: manifest
                .requirements
                .iter()
                .map(|requirement| {
                    (
                        json(&Finding::from(requirement)),
                        json(&requirement.code),
                        json(&requirement.state),
                    )
                })
                .collect(),
            ready: manifest
                .ready
                .iter()
                .map(|ready| json(&ready.state))
                .collect(),
            policy: json(id),
        }
    }

    /// Writes a decision behind what is in `out`.
    pub(crate) fn write(&self, decision: &Decision<'_>, out: &mut Vec<u8>) {
        let finding = |index: u32| &self.findings[index as usize];
        out.extend_from_slice(match decision.verdict() {
            Verdict::Allow => br#"{"decision":"allow","codes":["#,
            Verdict::Deny => br#"{"decision":"deny","codes":["#,
        });
        if decision.is_ungoverned() {
            list(out, [json(scopegate_contract::ACTION_NOT_GOVERNED)].iter());
        } else {
            list(out, decision.code_indices().map(|index| &finding(index).1));
        }
        out.extend_from_slice(br#"],"findings":["#);
        list(out, decision.unmet().iter().map(|index| &finding(index).0));
        out.extend_from_slice(br#"],"ready":["#);
        list(
            out,
            decision
                .ready_indices()
                .iter()
                .map(|index| &self.ready[index as usize]),
        );
        out.extend_from_slice(br#"],"blocked":["#);
        list(out, decision.state_indices().map(|index| &finding(index).2));
        out.extend_from_slice(br#"],"fallbacks":["#);
        for (index, mode) in decision.fallbacks().enumerate() {
            out.extend_from_slice(if index == 0 { b"\"" } else { b",\"" });
            out.extend_from_slice(mode.name().as_bytes());
            out.push(b'"');
        }
        out.extend_from_slice(br#"],"policy":"#);
        out.extend_from_slice(self.policy.as_bytes());
        out.push(b'}');
    }
}

fn json(value: &(impl Serialize + ?Sized)) -> String {
    serde_json::to_string(value).expect("texts can be written as JSON")
}

/// Writes the elements of a list.
fn list<'w>(out: &mut Vec<u8>, elements: impl Iterator<Item = &'w String>) {
    for (index, element) in elements.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        out.extend_from_slice(element.as_bytes());
    }
}
