//! The request that a context has, which several evaluations may share.
//!
//! Always true here: it is read once, and what one evaluation says besides is gone before the next.

use std::mem::swap;

use scopegate::Request;
use serde_json::{Value, json};

use super::given::{Object, invalid};
use super::mapping::Said;
use crate::problem::Problem;
use crate::sitting::Sitting;

/// Facts of the request that evaluations may complete: they are read anew for each.
pub(super) const COMPLETED: [&str; 5] = ["action", "actor", "tenancy", "task", "access"];

/// A context, and the request that is in it.
pub(super) struct Context<'v> {
    /// The facts of `context.request`, if there is one.
    facts: Option<&'v Object>,
    /// What was read of them, all but what evaluations may complete.
    read: Option<Result<Request, Problem>>,
}

impl<'v> Context<'v> {
    pub(super) fn new(context: Option<&'v Value>) -> Result<Self, Problem> {
        let context = match context {
            None => None,
            Some(Value::Object(context)) => Some(context),
            Some(_) => return Err(invalid("context", "expected an object")),
        };
        let facts = match context.and_then(|context| context.get("request")) {
            None => None,
            Some(Value::Object(facts)) => Some(facts),
            Some(_) => return Err(invalid("context.request", "expected an object")),
        };
        Ok(Self { facts, read: None })
    }

    /// The facts of its request. What they leave out is then missing; `None` if it has no request.
    pub(super) fn facts(&self) -> Option<&'v Object> {
        self.facts
    }

    /// Has `work` done with the request that is in the context and that an evaluation has `said` the rest of, read at the trusted time.
    pub(super) fn with<T>(
        &mut self,
        sitting: &Sitting,
        said: &Said,
        work: impl FnOnce(&mut Request) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let Some(facts) = self.facts else {
            return work(&mut read(sitting, &said.alone())?);
        };
        let first = || read(sitting, &shared(facts));
        let shared = match self.read.get_or_insert_with(first) {
            Ok(shared) => shared,
            Err(problem) => return Err(problem.clone()),
        };
        let mut request = read(sitting, &said.text())?;
        let many = shared.attributes.len();
        exchange(said, facts, shared, &mut request);
        shared.attributes.append(&mut request.attributes);
        swap(&mut shared.attributes, &mut request.attributes);
        let done = work(&mut request);
        swap(&mut shared.attributes, &mut request.attributes);
        shared.attributes.truncate(many);
        exchange(said, facts, shared, &mut request);
        done
    }
}

/// Reads a text that was put together here.
fn read(sitting: &Sitting, text: &[u8]) -> Result<Request, Problem> {
    sitting.read(text).map_err(Problem::unplaced)
}

/// Exchanges what is not `said`: all facts of the context's request but those that evaluations complete, and the attributes.
fn exchange(said: &Said, facts: &Object, shared: &mut Request, request: &mut Request) {
    let Request {
        action: _,
        now,
        deployment,
        actor: _,
        tenancy: _,
        agency_account,
        responsibility,
        scan,
        task: _,
        access: _,
        approved_scope,
        remediation_approval,
        attributes: _,
    } = request;
    swap(&mut shared.deployment, deployment);
    swap(&mut shared.agency_account, agency_account);
    swap(&mut shared.responsibility, responsibility);
    if facts.get("now").is_some_and(|now| !now.is_null()) {
        swap(&mut shared.now, now);
    }
    if !said.has("scan") {
        swap(&mut shared.scan, scan);
    }
    if !said.has("approved_scope") {
        swap(&mut shared.approved_scope, approved_scope);
    }
    if !said.has("remediation_approval") {
        swap(&mut shared.remediation_approval, remediation_approval);
    }
}

/// The text of `facts` with nobody in the place of those that evaluations may complete.
fn shared(facts: &Object) -> Vec<u8> {
    let nobody = json!({"action": "", "actor": {"id": "", "account": "", "role": "viewer"}, "tenancy": no_tenancy()});
    let nobody = nobody.as_object().into_iter().flatten();
    let rest = facts.iter();
    let rest = rest.filter(|(name, _)| !COMPLETED.contains(&name.as_str()));
    text(nobody.chain(rest))
}

/// An object as text.
pub(super) fn text<'v>(members: impl Iterator<Item = (&'v String, &'v Value)>) -> Vec<u8> {
    let mut out = vec![b'{'];
    for (index, (name, value)) in members.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        // Writing to a `Vec` cannot fail.
        let _ = serde_json::to_writer(&mut out, name);
        out.push(b':');
        let _ = serde_json::to_writer(&mut out, value);
    }
    out.push(b'}');
    out
}

/// The facts of somebody of whom nothing is known, who has confirmed nothing.
pub(super) fn nothing_confirmed() -> Value {
    json!({
        "deployment": "cloud",
        "actor": {"account": "", "role": "viewer"},
        "tenancy": no_tenancy(),
        "agency_account": "",
        "responsibility": {
            "authorization_status": "missing",
            "ownership_proof_status": "missing",
            "accepted_scope_status": "missing",
            "provider_access_status": "missing",
            "remediation_approval_status": "missing",
            "evidence_review": {
                "of": no_tenancy(), "evidence": false, "severity": false, "confidence": false, "boundary_wording": false,
            },
            "retest_status": "required",
        },
    })
}

fn no_tenancy() -> Value {
    json!({"account": "", "project": "", "client_workspace": ""})
}
