//! The request: everything a decision is a function of.
//!
//! Always true here: names, order and types are those of `gate.wit`.

use std::cell::Cell;

use serde::de::{Deserialize, Deserializer};

use super::approval::{ApprovedScope, RemediationApproval};
use super::attributes::Attribute;
use super::macros::record;
use super::people::{Deployment, Person, Tenancy};
use super::responsibility::Responsibility;
use super::scan::Scan;
use super::work::{Access, Task};
use crate::json::{self, InputError};
use crate::memory::{Fact as _, Laid as _};

record! {
    /// The facts a decision is a function of. Every text has at most 8,192 bytes.
    ///
    /// In JSON its names are in `snake_case` and its times RFC 3339 in whole seconds. What is optional may be absent or `null`, and so may
    /// [`now`](Self::now), which the host's clock then fills in, and [`attributes`](Self::attributes), an object by name there.
    Request {
        /// What is about to happen.
        action: String;
        /// When, in seconds since 1970-01-01T00:00:00Z.
        now: i64, or |at| at.now();
        /// Where the platform runs.
        deployment: Deployment;
        /// Who asks.
        actor: Person;
        /// Whose workflow it is.
        tenancy: Tenancy;
        /// The agency that works for this client; empty if none.
        agency_account as "agency-account": String;
        /// What the customer has confirmed, accepted and approved.
        responsibility: Responsibility;
        /// The scan or retest, if there is one.
        scan: Option<Scan>;
        /// The task the action serves, if there is one.
        task: Option<Task>;
        /// The access the action would use or ask for, if any.
        access: Option<Access>;
        /// What the customer approved, if anything.
        approved_scope as "approved-scope": Option<ApprovedScope>;
        /// The approval of the change, if there is one.
        remediation_approval as "remediation-approval": Option<RemediationApproval>;
        /// Custom facts, at most 256.
        attributes: Vec<Attribute>, or |_| Vec::new();
    }
}

impl Request {
    /// Reads a request from JSON. `clock` gives the time, in seconds since 1970-01-01T00:00:00Z, if the text names none.
    ///
    /// # Errors
    ///
    /// The first thing in the text that the domain does not allow: a name that is not known, missing or given twice, a wrong type, an
    /// unknown case, a broken limit, or text that is no JSON.
    ///
    /// ```
    /// let error = scopegate::Request::from_json(br#"{"action": "scan", "actor": {"id": 7}}"#, || 0).unwrap_err();
    /// assert_eq!(error.path, "actor.id");
    /// assert_eq!(error.message, "expected a text, found the number `7`");
    /// ```
    pub fn from_json(bytes: &[u8], clock: impl FnOnce() -> i64) -> Result<Self, InputError> {
        let clock = Cell::new(Some(clock));
        json::from_slice(bytes, &|| clock.take().map_or(0, |clock| clock()))
    }

    /// The bytes the request takes in a policy's memory.
    pub fn bytes(&self) -> usize {
        self.room(Self::LAYOUT.size)
    }
}

/// Reads as [`Request::from_json`] does, with the system's clock; the path of what is wrong is in the message.
///
/// Only `serde_json` can give it: whole numbers are judged by how they are written.
impl<'de> Deserialize<'de> for Request {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        json::deserialize(from)
    }
}
