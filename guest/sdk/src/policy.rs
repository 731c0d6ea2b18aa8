//! What a policy says.
//!
//! Always true here: a policy is data and pure functions, so it is the same for every request.

use crate::answer::Unmet;
use crate::export::contract::{AccessMode, Request};

pub use crate::export::contract::AttributeType;

/// A policy: what must hold before actions may proceed.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// Its name.
    pub name: &'static str,
    /// Its semantic version.
    pub version: &'static str,
    /// What it is for.
    pub summary: &'static str,
    /// The actions it knows, in its order.
    pub actions: &'static [&'static str],
    /// What must hold, in the order of findings.
    pub requirements: &'static [Requirement],
    /// The states that hold or do not, whatever the action.
    pub ready: &'static [Ready],
    /// The custom facts it judges; others are not judged.
    pub attributes: &'static [Attribute],
    /// The modes that stay open for the task when a request is denied, least first.
    pub fallbacks: fn(&Request, &Unmet<'_>) -> Vec<AccessMode>,
}

/// What must hold before the actions it names may proceed.
#[derive(Debug, Clone, Copy)]
pub struct Requirement {
    /// Its id, unique in the policy.
    pub id: &'static str,
    /// The actions it is for.
    pub actions: &'static [&'static str],
    /// Whether it applies; without, it does.
    pub given: fn(&Request) -> bool,
    /// What must hold where it applies.
    pub must: fn(&Request) -> bool,
    /// The code of the denial.
    pub code: &'static str,
    /// The blocked state.
    pub state: &'static str,
    /// What is wrong when it does not hold.
    pub message: &'static str,
    /// What the customer does next.
    pub remedy: &'static str,
    /// The document and step it comes from.
    pub source: &'static str,
    /// The paths of the facts it reads, such as `scan.targets[].url`.
    pub reads: &'static [&'static str],
    /// The facts that decided, of a request that does not meet it; `None`: those it reads, lists as a whole.
    pub facts: Option<fn(&Request) -> Vec<String>>,
}

/// A state that holds or does not, whatever the action.
#[derive(Debug, Clone, Copy)]
pub struct Ready {
    /// Its name.
    pub state: &'static str,
    /// Whether it holds.
    pub when: fn(&Request) -> bool,
    /// The paths of the facts it reads.
    pub reads: &'static [&'static str],
}

/// A custom fact that the policy judges.
#[derive(Debug, Clone, Copy)]
pub struct Attribute {
    /// Its name.
    pub name: &'static str,
    /// Its type: a request with another is an error.
    pub kind: AttributeType,
    /// What it means.
    pub summary: &'static str,
}

impl Policy {
    /// A policy that says nothing yet: for `..Policy::NONE`.
    pub const NONE: Self = Self {
        name: "",
        version: "",
        summary: "",
        actions: &[],
        requirements: &[],
        ready: &[],
        attributes: &[],
        fallbacks: |_, _| Vec::new(),
    };
}

impl Requirement {
    /// A requirement that nothing meets and that names no action: for `..Requirement::NONE`.
    pub const NONE: Self = Self {
        id: "",
        actions: &[],
        given: |_| true,
        must: |_| false,
        code: "",
        state: "",
        message: "",
        remedy: "",
        source: "",
        reads: &[],
        facts: None,
    };

    /// Whether the request meets it; one that does not apply is met.
    pub fn holds(&self, request: &Request) -> bool {
        !(self.given)(request) || (self.must)(request)
    }

    /// Whether it is for this action.
    pub fn names(&self, action: &str) -> bool {
        self.actions.contains(&action)
    }
}
