//! Decisions: what a policy's indices mean in its terms.
//!
//! Always true here: a [`Decision`] names its policy, and its verdict fits its findings.

use std::sync::Arc;
use std::{fmt, mem};

use scopegate_contract::ACTION_NOT_GOVERNED;
use serde::Serialize;
use serde::ser::{SerializeStruct as _, Serializer};

use crate::contract::Verdict;
use crate::error::EvaluateError;
use crate::facts::AccessMode;
use crate::judged::{Indices, Judged};
use crate::manifest::Requirement;
use crate::terms::Terms;

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
/// Serialised, it is the domain's decision, field for field and in its order; [`write_json`](Self::write_json) is the fastest way there.
#[derive(Clone)]
pub struct Decision<'p> {
    terms: Held<'p>,
    action: Option<usize>,
    judged: Judged,
}

/// The policy's terms, lent or shared.
#[derive(Clone)]
enum Held<'p> {
    Lent(&'p Arc<Terms>),
    Shared(Arc<Terms>),
}

/// A requirement that applies and does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Finding<'p> {
    /// The requirement's id.
    pub requirement: &'p str,
    /// The code of the denial.
    pub code: &'p str,
    /// The blocked state.
    pub state: &'p str,
    /// What is wrong.
    pub message: &'p str,
    /// What the customer does next.
    pub remedy: &'p str,
    /// The document and step it comes from.
    pub source: &'p str,
}

impl<'p> From<&'p Requirement> for Finding<'p> {
    fn from(requirement: &'p Requirement) -> Self {
        Self {
            requirement: &requirement.id,
            code: &requirement.code,
            state: &requirement.state,
            message: &requirement.message,
            remedy: &requirement.remedy,
            source: &requirement.source,
        }
    }
}

impl<'p> Decision<'p> {
    /// What the policy said about a request for the action with that index, unless it contradicts itself or its manifest.
    #[inline]
    pub(crate) fn new(
        judged: Judged,
        action: Option<usize>,
        terms: &'p Arc<Terms>,
    ) -> Result<Self, EvaluateError> {
        check(&judged, action, terms).map_err(|reason| EvaluateError::Inconsistent { reason })?;
        Ok(Self {
            terms: Held::Lent(terms),
            action,
            judged,
        })
    }

    /// Whether the action may proceed.
    pub fn verdict(&self) -> Verdict {
        self.judged.verdict
    }

    /// Whether the action may proceed.
    pub fn is_allowed(&self) -> bool {
        self.judged.verdict == Verdict::Allow
    }

    /// The codes of the unmet requirements, each once, in the order of the findings; `ACTION_NOT_GOVERNED` alone if no requirement names the
    /// action.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        let ungoverned = self.is_ungoverned().then_some(ACTION_NOT_GOVERNED);
        let codes = self.code_indices();
        ungoverned
            .into_iter()
            .chain(codes.map(|index| &*self.requirement(index).code))
    }

    /// One for each unmet requirement, in the order of the policy.
    pub fn findings(&self) -> impl ExactSizeIterator<Item = Finding<'_>> {
        let unmet = self.judged.unmet().iter();
        unmet.map(|index| Finding::from(self.requirement(index)))
    }

    /// The ready states that hold, in the order of the policy.
    pub fn ready(&self) -> impl ExactSizeIterator<Item = &str> {
        let ready = &self.terms().manifest.ready;
        let indices = self.judged.ready().iter();
        indices.map(|index| &*ready[index as usize].state)
    }

    /// The states of the findings, each once, in their order.
    pub fn blocked(&self) -> impl Iterator<Item = &str> {
        let states = self.state_indices();
        states.map(|index| &*self.requirement(index).state)
    }

    /// The modes that stay open for the task, least first.
    pub fn fallbacks(&self) -> impl ExactSizeIterator<Item = AccessMode> {
        let modes = self.judged.fallbacks().iter();
        modes.map(|index| AccessMode::ALL[index as usize])
    }

    /// The index of the request's action among the [actions of the policy](crate::Manifest::actions), if it is one.
    pub fn action(&self) -> Option<usize> {
        self.action
    }

    /// The policy that decided.
    pub fn policy(&self) -> &PolicyId {
        &self.terms().id
    }

    /// Writes the decision as JSON behind what is in `out`: the bytes that `serde_json` gives, in a fraction of the time.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        self.terms().written().write(self, out);
    }

    /// The same decision, for as long as you like: it shares the policy's texts.
    pub fn into_owned(self) -> Decision<'static> {
        Decision {
            terms: Held::Shared(match self.terms {
                Held::Lent(terms) => Arc::clone(terms),
                Held::Shared(terms) => terms,
            }),
            action: self.action,
            judged: self.judged,
        }
    }

    /// Whether no requirement names the action.
    pub(crate) fn is_ungoverned(&self) -> bool {
        self.judged.verdict == Verdict::Deny && self.judged.unmet().is_empty()
    }

    /// The unmet requirements.
    pub(crate) fn unmet(&self) -> Indices<'_> {
        self.judged.unmet()
    }

    /// For each code the first requirement that has it.
    pub(crate) fn code_indices(&self) -> impl Iterator<Item = u32> {
        once(self.judged.unmet(), &self.terms().codes)
    }

    /// For each blocked state the first requirement that has it.
    pub(crate) fn state_indices(&self) -> impl Iterator<Item = u32> {
        once(self.judged.unmet(), &self.terms().states)
    }

    /// The ready states.
    pub(crate) fn ready_indices(&self) -> Indices<'_> {
        self.judged.ready()
    }

    fn requirement(&self, index: u32) -> &Requirement {
        &self.terms().manifest.requirements[index as usize]
    }

    fn terms(&self) -> &Terms {
        match &self.terms {
            Held::Lent(terms) => terms,
            Held::Shared(terms) => terms,
        }
    }
}

impl PartialEq for Decision<'_> {
    fn eq(&self, other: &Decision<'_>) -> bool {
        self.policy() == other.policy() && self.judged == other.judged
    }
}

impl Eq for Decision<'_> {}

impl fmt::Debug for Decision<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = Vec::new();
        self.write_json(&mut out);
        f.write_str(&String::from_utf8_lossy(&out))
    }
}

impl Serialize for Decision<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut object = to.serialize_struct("Decision", 7)?;
        object.serialize_field("decision", &self.verdict())?;
        object.serialize_field("codes", &self.codes().collect::<Vec<_>>())?;
        object.serialize_field("findings", &self.findings().collect::<Vec<_>>())?;
        object.serialize_field("ready", &self.ready().collect::<Vec<_>>())?;
        object.serialize_field("blocked", &self.blocked().collect::<Vec<_>>())?;
        object.serialize_field("fallbacks", &self.fallbacks().collect::<Vec<_>>())?;
        object.serialize_field("policy", self.policy())?;
        object.end()
    }
}

/// Of what `unmet` has in `firsts`, each once, in their order.
fn once(unmet: Indices<'_>, firsts: &[u32]) -> impl Iterator<Item = u32> {
    // None comes behind that of which it is the first.
    let mut seen = vec![false; unmet.last().map_or(0, |last| last as usize + 1)];
    let firsts = unmet.iter().map(|index| firsts[index as usize]);
    firsts.filter(move |first| !mem::replace(&mut seen[*first as usize], true))
}

/// What in a decision contradicts the rest of it or the manifest.
#[inline]
fn check(judged: &Judged, action: Option<usize>, terms: &Terms) -> Result<(), String> {
    let manifest = &terms.manifest;
    indices("requirement", judged.unmet(), manifest.requirements.len())?;
    indices("ready state", judged.ready(), manifest.ready.len())?;
    let (unmet, fallbacks) = (judged.unmet(), judged.fallbacks());
    if !fallbacks.is_rising() {
        return Err("its fallbacks are not each once and least first".to_owned());
    }
    let Some(naming) = terms.naming(action) else {
        return if judged.verdict == Verdict::Allow {
            Err("it allows an action that none of its requirements names".to_owned())
        } else if !unmet.is_empty() {
            Err("a requirement is unmet that does not name the action".to_owned())
        } else if !fallbacks.is_empty() {
            Err("it has fallbacks for an action that none of its requirements names".to_owned())
        } else {
            Ok(())
        };
    };
    let mut indices = unmet.iter();
    if let Some(index) = indices.find(|index| naming.binary_search(index).is_err()) {
        let id = &manifest.requirements[index as usize].id;
        return Err(format!(
            "the requirement `{id}` is unmet, but does not name the action"
        ));
    }
    match judged.verdict {
        Verdict::Allow if !unmet.is_empty() => {
            Err("it allows, although a requirement is unmet".to_owned())
        }
        Verdict::Allow if !fallbacks.is_empty() => Err("it allows, and has fallbacks".to_owned()),
        Verdict::Deny if unmet.is_empty() => {
            Err("it denies, although every requirement is met".to_owned())
        }
        Verdict::Allow | Verdict::Deny => Ok(()),
    }
}

/// Indices are into a list of `length`, and rise.
#[inline]
fn indices(what: &str, indices: Indices<'_>, length: usize) -> Result<(), String> {
    if !indices.is_rising() {
        return Err(format!("its {what}s do not rise"));
    }
    match indices.last() {
        Some(last) if last as usize >= length => {
            Err(format!("it names {what} {last}, but there are {length}"))
        }
        _ => Ok(()),
    }
}
