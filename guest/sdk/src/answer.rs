//! How a policy answers.
//!
//! Always true here: an allow has nothing unmet and an action that some requirement names.

use crate::export::contract::{Decision, EvaluationError, Explanation, Request, Verdict};
use crate::limits;
use crate::policy::{Policy, Requirement};

/// What a request does not meet.
#[derive(Debug)]
pub struct Unmet<'p> {
    policy: &'p Policy,
    indices: Vec<u32>,
}

impl<'p> Unmet<'p> {
    fn new(policy: &'p Policy, request: &Request) -> Self {
        let requirements = (0..).zip(policy.requirements);
        let unmet = requirements
            .filter(|(_, it)| it.names(&request.action) && !it.holds(request))
            .map(|(index, _)| index);
        Self {
            policy,
            indices: unmet.collect(),
        }
    }

    /// The requirements that apply and do not hold, in the policy's order.
    pub fn requirements(&self) -> impl Iterator<Item = &'p Requirement> {
        let requirements = self.policy.requirements;
        self.indices
            .iter()
            .filter_map(move |index| requirements.get(usize::try_from(*index).ok()?))
    }

    /// Whether the requirement with that id is among them.
    pub fn has(&self, id: &str) -> bool {
        self.requirements().any(|requirement| requirement.id == id)
    }
}

impl Policy {
    /// Decides a request.
    ///
    /// # Errors
    ///
    /// A fact is over a limit, or an attribute is given twice or with another type than the policy declares.
    pub fn evaluate(&self, request: &Request) -> Result<Decision, EvaluationError> {
        limits::check(request, self.attributes)?;
        let unmet = Unmet::new(self, request);
        let is_governed = self.requirements.iter().any(|it| it.names(&request.action));
        let is_allowed = is_governed && unmet.indices.is_empty();
        let ready = (0..).zip(self.ready).filter(|(_, it)| (it.when)(request));
        Ok(Decision {
            verdict: if is_allowed {
                Verdict::Allow
            } else {
                Verdict::Deny
            },
            ready: ready.map(|(index, _)| index).collect(),
            fallbacks: if is_allowed || !is_governed {
                Vec::new()
            } else {
                (self.fallbacks)(request, &unmet)
            },
            unmet: unmet.indices,
        })
    }

    /// Tells for each unmet requirement the facts that decided it.
    ///
    /// # Errors
    ///
    /// As for [`evaluate`](Self::evaluate).
    pub fn explain(&self, request: &Request) -> Result<Vec<Explanation>, EvaluationError> {
        limits::check(request, self.attributes)?;
        let unmet = Unmet::new(self, request);
        let explain = |(index, requirement): (&u32, &Requirement)| Explanation {
            requirement: *index,
            facts: requirement.deciding(request),
        };
        Ok(unmet
            .indices
            .iter()
            .zip(unmet.requirements())
            .map(explain)
            .collect())
    }
}

impl Requirement {
    fn deciding(&self, request: &Request) -> Vec<String> {
        if let Some(facts) = self.facts {
            return facts(request);
        }
        let mut paths: Vec<String> = Vec::new();
        for path in self.reads {
            let whole = path.split("[]").next().unwrap_or_default();
            if !paths.iter().any(|it| it == whole) {
                paths.push(whole.to_owned());
            }
        }
        paths
    }
}
