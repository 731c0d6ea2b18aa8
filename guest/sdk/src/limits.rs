//! Refuses a request that is over a limit of the contract, before any requirement sees it.
//!
//! Always true here: of several facts that cannot be judged, the first in the contract's order is named.

use scopegate_contract::{LAST_INSTANT, LIST, TEXT_BYTES, list_limit};

use crate::export::contract::{
    Access, AccessMode, ApprovedScope, Attribute, AttributeType, AttributeValue, Authorization,
    EvaluationError, EvidenceReview, Operation, Person, Problem, RemediationApproval, Request,
    Resource, Responsibility, Scan, Target, Task, Tenancy,
};
use crate::policy;

type Checked = Result<(), EvaluationError>;

/// Whether a request can be judged, by a policy that declares these attributes.
pub(crate) fn check(request: &Request, declared: &[policy::Attribute]) -> Checked {
    request.check(&String::new)?;
    attributes(&request.attributes, declared)
}

fn error(path: String, problem: Problem, message: impl Into<String>) -> EvaluationError {
    EvaluationError {
        path,
        problem,
        message: message.into(),
    }
}

/// A fact with limits. Its path is only made if it is over one.
trait Limited {
    fn check(&self, path: &dyn Fn() -> String) -> Checked;
}

impl Limited for String {
    fn check(&self, path: &dyn Fn() -> String) -> Checked {
        if self.len() <= TEXT_BYTES as usize {
            return Ok(());
        }
        let message = format!("the text has more than {TEXT_BYTES} bytes; give a shorter one");
        Err(error(path(), Problem::TooLarge, message))
    }
}

/// A time.
impl Limited for i64 {
    fn check(&self, path: &dyn Fn() -> String) -> Checked {
        if (0..=LAST_INSTANT).contains(self) {
            return Ok(());
        }
        let message = "the time is not within the years 1970 to 9999; give one that is";
        Err(error(path(), Problem::OutOfRange, message))
    }
}

impl<T: Limited> Limited for Option<T> {
    fn check(&self, path: &dyn Fn() -> String) -> Checked {
        self.as_ref().map_or(Ok(()), |fact| fact.check(path))
    }
}

impl<T: Limited> Limited for Vec<T> {
    fn check(&self, path: &dyn Fn() -> String) -> Checked {
        // No list may have fewer elements than `LIST`.
        if self.len() > LIST as usize {
            let most = list_limit(&path());
            if self.len() > most as usize {
                let message = format!("the list has more than {most} elements; give fewer");
                return Err(error(path(), Problem::TooLarge, message));
            }
        }
        for (index, element) in self.iter().enumerate() {
            element.check(&|| format!("{}[{index}]", path()))?;
        }
        Ok(())
    }
}

macro_rules! unlimited {
    ($($type:ty),*) => {$(
        impl Limited for $type {
            fn check(&self, _: &dyn Fn() -> String) -> Checked {
                Ok(())
            }
        }
    )*};
}

unlimited!(AccessMode, Operation);

/// The facts of each record that have limits, in the contract's order.
macro_rules! limited {
    ($($record:ident { $($field:ident),* $(,)? })*) => {$(
        impl Limited for $record {
            fn check(&self, path: &dyn Fn() -> String) -> Checked {
                $(self.$field.check(&|| {
                    let path = path();
                    let dot = if path.is_empty() { "" } else { "." };
                    format!("{path}{dot}{}", stringify!($field))
                })?;)*
                Ok(())
            }
        }
    )*};
}

limited! {
    Request {
        action, now, actor, tenancy, agency_account, responsibility, scan, task, access, approved_scope, remediation_approval,
    }
    Person { id, account }
    Tenancy { account, project, client_workspace }
    Responsibility { authorized_for, evidence_review }
    Authorization { tenancy, hosts }
    EvidenceReview { of }
    Scan { accepted_for, targets, accepted, excluded }
    Target { url }
    Task { id, provider, sufficient_modes, needed_scopes, connected_reason }
    Access { provider, provider_account, resource, required_scopes, task, revoke_reason, revoked_at }
    Resource { id }
    ApprovedScope {
        approved_for, provider, provider_account, resource, scopes, operations, task, approver, approved_at, expires_at, revoked_at,
    }
    RemediationApproval { approved_for, task, approver, approved_at }
}

fn attributes(attributes: &[Attribute], declared: &[policy::Attribute]) -> Checked {
    if attributes.len() > LIST as usize {
        let message = format!("there are more than {LIST} attributes; give fewer");
        return Err(error("attributes".to_owned(), Problem::TooLarge, message));
    }
    for (index, Attribute { name, value }) in attributes.iter().enumerate() {
        if name.len() > TEXT_BYTES as usize {
            let message =
                format!("an attribute's name has more than {TEXT_BYTES} bytes; give a shorter one");
            return Err(error("attributes".to_owned(), Problem::TooLarge, message));
        }
        let path = || format!("attributes.{name}");
        match value {
            AttributeValue::Text(text) => text.check(&path)?,
            AttributeValue::Texts(texts) => whole(texts, &path)?,
            AttributeValue::Number(_) | AttributeValue::Truth(_) => {}
        }
        if attributes
            .iter()
            .take(index)
            .any(|earlier| earlier.name == *name)
        {
            let message = "the attribute is given twice; give it once";
            return Err(error(path(), Problem::Repeated, message));
        }
        let declaration = declared.iter().find(|declared| declared.name == *name);
        if let Some(declaration) = declaration
            && declaration.kind != kind(value)
        {
            let message = match declaration.kind {
                AttributeType::Text => "the policy declares this attribute as a text",
                AttributeType::Number => "the policy declares this attribute as a whole number",
                AttributeType::Truth => "the policy declares this attribute as `true` or `false`",
                AttributeType::Texts => "the policy declares this attribute as a list of texts",
            };
            return Err(error(path(), Problem::WrongType, message));
        }
    }
    Ok(())
}

/// The texts of an attribute: what is wrong with one of them is wrong with all.
fn whole(texts: &Vec<String>, path: &dyn Fn() -> String) -> Checked {
    if texts.len() > LIST as usize {
        return texts.check(path);
    }
    texts.iter().try_for_each(|text| text.check(path))
}

fn kind(value: &AttributeValue) -> AttributeType {
    match value {
        AttributeValue::Text(_) => AttributeType::Text,
        AttributeValue::Number(_) => AttributeType::Number,
        AttributeValue::Truth(_) => AttributeType::Truth,
        AttributeValue::Texts(_) => AttributeType::Texts,
    }
}
