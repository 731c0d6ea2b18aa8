//! For policies written by hand: say what must hold, and [`export!`] makes a component of it that any Scopegate host loads.
//!
//! Always true here: what a policy says of a request is joined as the contract asks. A request over a limit is an error and no decision,
//! an action that no requirement names is denied, and nothing is kept from one request to the next.
//!
//! Rules suffice nearly always, and say what a new version changes; `docs/writing-policies.md` tells when to write code.
//!
//! ```
//! use scopegate_sdk::{Policy, Requirement, export, is_blank};
//!
//! static POLICY: Policy = Policy {
//!     name: "acme",
//!     version: "1.0.0",
//!     summary: "Who may scan.",
//!     actions: &["scan"],
//!     requirements: &[Requirement {
//!         id: "actor-known",
//!         actions: &["scan"],
//!         must: |request| !is_blank(&request.actor.id),
//!         code: "ACTOR_REQUIRED",
//!         state: "responsibility_blocked",
//!         message: "Nobody is named who asks for the scan.",
//!         remedy: "Sign in.",
//!         source: "Terms of use, step 1",
//!         reads: &["actor.id"],
//!         ..Requirement::NONE
//!     }],
//!     ..Policy::NONE
//! };
//!
//! export!(POLICY);
//! # fn main() {}
//! ```

mod answer;
mod export;
mod facts;
mod limits;
mod manifest;
mod policy;
mod spelling;
pub mod url;

pub use answer::Unmet;
#[doc(hidden)]
pub use export::bindings as __bindings;
pub use export::contract;
pub use export::contract::{
    AcceptedScopeStatus, Access, AccessMode, ApprovedScope, AttributeValue, Authorization,
    AuthorizationStatus, Deployment, EvidenceReview, Operation, OwnershipProofStatus, Person,
    ProviderAccessStatus, RemediationApproval, RemediationApprovalStatus, Request, Resource,
    ResourceKind, Responsibility, RetestStatus, Role, Scan, Target, TargetKind, Task, TaskKind,
    Tenancy, Verdict,
};
pub use policy::{Attribute, AttributeType, Policy, Ready, Requirement};

/// Whether the text is empty or prints as nothing: it has only code points that are blanks, controls or ignored by whoever shows them.
/// An identifier that is blank identifies nobody.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(spelling::is_blank)
}
