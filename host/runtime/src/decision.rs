//! Decisions: what a policy's indices mean, joined with its manifest.
//!
//! Always true here: a [`Decision`] names its policy, and its verdict fits its findings.

use std::borrow::Cow;

use scopegate_contract::ACTION_NOT_GOVERNED;
use serde::Serialize;

use crate::contract::{RawDecision, Verdict};
use crate::error::EvaluateError;
use crate::facts::{AccessMode, Request};
use crate::governed::Governed;
use crate::manifest::{Manifest, Requirement};

/// Which policy decided.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct PolicyId {
    /// The policy's name.
    pub name: String,
    /// The policy's semantic version.
    pub version: String,
    /// `sha256:<hex>` of the component's bytes.
    pub digest: String,
}

/// Whether an action may proceed, and what stands in its way. Its texts are the policy's, not copies.
///
/// Serialised, it is the domain's decision, field for field and in its order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decision<'p> {
    /// Whether the action may proceed.
    pub decision: Verdict,
    /// The codes of the unmet requirements, each once, in the order of the findings; `ACTION_NOT_GOVERNED` alone if no requirement names the
    /// action.
    pub codes: Vec<Cow<'p, str>>,
    /// One for each unmet requirement, in the order of the policy.
    pub findings: Vec<Finding<'p>>,
    /// The ready states that hold, in the order of the policy.
    pub ready: Vec<Cow<'p, str>>,
    /// The states of the findings, each once, in their order.
    pub blocked: Vec<Cow<'p, str>>,
    /// The modes that stay open for the task, least first.
    pub fallbacks: Vec<AccessMode>,
    /// The policy that decided.
    pub policy: Cow<'p, PolicyId>,
}

/// A requirement that applies and does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding<'p> {
    /// The requirement's id.
    pub requirement: Cow<'p, str>,
    /// The code of the denial.
    pub code: Cow<'p, str>,
    /// The blocked state.
    pub state: Cow<'p, str>,
    /// What is wrong.
    pub message: Cow<'p, str>,
    /// What the customer does next.
    pub remedy: Cow<'p, str>,
    /// The document and step it comes from.
    pub source: Cow<'p, str>,
}

impl Decision<'_> {
    /// Whether the action may proceed.
    pub fn is_allowed(&self) -> bool {
        self.decision == Verdict::Allow
    }

    /// The same decision with texts of its own.
    pub fn into_owned(self) -> Decision<'static> {
        Decision {
            decision: self.decision,
            codes: self.codes.into_iter().map(owned).collect(),
            findings: self.findings.into_iter().map(Finding::into_owned).collect(),
            ready: self.ready.into_iter().map(owned).collect(),
            blocked: self.blocked.into_iter().map(owned).collect(),
            fallbacks: self.fallbacks,
            policy: Cow::Owned(self.policy.into_owned()),
        }
    }
}

impl Finding<'_> {
    /// The same finding with texts of its own.
    pub fn into_owned(self) -> Finding<'static> {
        Finding {
            requirement: owned(self.requirement),
            code: owned(self.code),
            state: owned(self.state),
            message: owned(self.message),
            remedy: owned(self.remedy),
            source: owned(self.source),
        }
    }
}

fn owned(text: Cow<'_, str>) -> Cow<'static, str> {
    Cow::Owned(text.into_owned())
}

impl<'p> From<&'p Requirement> for Finding<'p> {
    fn from(requirement: &'p Requirement) -> Self {
        Self {
            requirement: Cow::Borrowed(&requirement.id),
            code: Cow::Borrowed(&requirement.code),
            state: Cow::Borrowed(&requirement.state),
            message: Cow::Borrowed(&requirement.message),
            remedy: Cow::Borrowed(&requirement.remedy),
            source: Cow::Borrowed(&requirement.source),
        }
    }
}

/// Joins what the policy said about `request` with its manifest, unless it contradicts itself.
pub(crate) fn join<'p>(
    raw: RawDecision,
    request: &Request,
    policy: &'p PolicyId,
    manifest: &'p Manifest,
    governed: &Governed,
) -> Result<Decision<'p>, EvaluateError> {
    check(&raw, &request.action, manifest, governed)
        .map_err(|reason| EvaluateError::Inconsistent { reason })?;
    let unmet = || {
        raw.unmet
            .iter()
            .map(|index| &manifest.requirements[*index as usize])
    };
    let is_ungoverned = raw.verdict == Verdict::Deny && raw.unmet.is_empty();
    Ok(Decision {
        decision: raw.verdict,
        codes: if is_ungoverned {
            vec![Cow::Borrowed(ACTION_NOT_GOVERNED)]
        } else {
            once(unmet().map(|requirement| &*requirement.code))
        },
        findings: unmet().map(Finding::from).collect(),
        ready: raw
            .ready
            .iter()
            .map(|index| Cow::Borrowed(&*manifest.ready[*index as usize].state))
            .collect(),
        blocked: once(unmet().map(|requirement| &*requirement.state)),
        fallbacks: raw.fallbacks,
        policy: Cow::Borrowed(policy),
    })
}

/// Each text once, where it is first.
fn once<'p>(texts: impl Iterator<Item = &'p str>) -> Vec<Cow<'p, str>> {
    let mut seen = Vec::new();
    for text in texts {
        // Codes and states are few.
        if !seen.iter().any(|other| other == text) {
            seen.push(Cow::Borrowed(text));
        }
    }
    seen
}

/// What in a decision contradicts the rest of it or the manifest.
fn check(
    raw: &RawDecision,
    action: &str,
    manifest: &Manifest,
    governed: &Governed,
) -> Result<(), String> {
    indices("requirement", &raw.unmet, manifest.requirements.len())?;
    indices("ready state", &raw.ready, manifest.ready.len())?;
    if !raw.fallbacks.is_sorted_by(|one, next| one < next) {
        return Err("its fallbacks are not each once and least first".to_owned());
    }
    let Some(naming) = governed.naming(action) else {
        return match raw {
            RawDecision {
                verdict: Verdict::Allow,
                ..
            } => Err("it allows an action that none of its requirements names".to_owned()),
            raw if !raw.unmet.is_empty() => {
                Err("a requirement is unmet that does not name the action".to_owned())
            }
            raw if !raw.fallbacks.is_empty() => {
                Err("it has fallbacks for an action that none of its requirements names".to_owned())
            }
            _ => Ok(()),
        };
    };
    if let Some(index) = raw
        .unmet
        .iter()
        .find(|index| naming.binary_search(index).is_err())
    {
        let id = &manifest.requirements[*index as usize].id;
        return Err(format!(
            "the requirement `{id}` is unmet, but does not name the action"
        ));
    }
    match raw.verdict {
        Verdict::Allow if !raw.unmet.is_empty() => {
            Err("it allows, although a requirement is unmet".to_owned())
        }
        Verdict::Allow if !raw.fallbacks.is_empty() => {
            Err("it allows, and has fallbacks".to_owned())
        }
        Verdict::Deny if raw.unmet.is_empty() => {
            Err("it denies, although every requirement is met".to_owned())
        }
        Verdict::Allow | Verdict::Deny => Ok(()),
    }
}

/// Indices are into a list of `length`, and rise.
fn indices(what: &str, indices: &[u32], length: usize) -> Result<(), String> {
    if !indices.is_sorted_by(|one, next| one < next) {
        return Err(format!("its {what}s do not rise"));
    }
    match indices.last() {
        Some(last) if *last as usize >= length => {
            Err(format!("it names {what} {last}, but there are {length}"))
        }
        _ => Ok(()),
    }
}
