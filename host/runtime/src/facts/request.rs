//! The request: everything a decision is a function of.
//!
//! Always true here: names, order and types are those of `gate.wit`.

use std::cell::{Cell, OnceCell};

use serde::de::{Deserialize, Deserializer};

use super::approval::{ApprovedScope, RemediationApproval};
use super::attributes::Attribute;
use super::macros::record;
use super::people::{Deployment, Person, Tenancy};
use super::responsibility::Responsibility;
use super::scan::Scan;
use super::work::{Access, Task};
use crate::json::{self, InputError, Quick as _};
use crate::memory::{Fact as _, Laid as _};

record! {
    /// The facts a decision is a function of. Every text has at most 8,192 bytes.
    ///
    /// In JSON its names are in `snake_case` and its times RFC 3339 in whole seconds, so that a fraction has only zeros. What is optional may be absent or `null`, and so may
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
    /// The bit of the action, the first of its texts and lists.
    pub(crate) const ACTION: u64 = 1;

    /// Where the action stands in a laid request.
    pub(crate) const ACTION_OFFSET: usize = 0;

    /// Reads a request from JSON. `clock` gives the time, in seconds since 1970-01-01T00:00:00Z, if the text names none.
    ///
    /// # Errors
    ///
    /// The first thing in the text that the domain does not allow: a name that is not known, missing or given twice, a wrong type, an
    /// unknown case, a broken limit, or text that is no JSON. [The others](InputError::others) are listed beside it.
    ///
    /// ```
    /// let error = scopegate::Request::from_json(br#"{"action": "scan", "actor": {"id": 7}}"#, || 0).unwrap_err();
    /// assert_eq!(error.path, "actor.id");
    /// assert_eq!(error.message, "expected a text, found the number `7`");
    /// assert_eq!(error.others[0].to_string(), "`actor.account`: this name is missing");
    /// ```
    pub fn from_json(bytes: &[u8], clock: impl FnOnce() -> i64) -> Result<Self, InputError> {
        let mut request = Self::blank();
        request.read_json(bytes, clock)?;
        Ok(request)
    }

    /// Reads a request from JSON over this one, whose memory it takes: many are read faster so than each by itself.
    ///
    /// # Errors
    ///
    /// Those of [`from_json`](Self::from_json). Nothing is left of this request then: it has no action, of which no rule set allows anything.
    ///
    /// ```
    /// let text = include_str!("../../tests/runtime/full.json");
    /// let mut request = scopegate::Request::from_json(text.as_bytes(), || 0)?;
    /// request.read_json(text.replace("apply_change", "scan").as_bytes(), || 0)?;
    /// assert_eq!(request.action, "scan");
    /// assert!(request.read_json(b"{}", || 0).is_err());
    /// assert_eq!(request.action, "");
    /// # Ok::<(), scopegate::InputError>(())
    /// ```
    pub fn read_json(
        &mut self,
        bytes: &[u8],
        clock: impl FnOnce() -> i64,
    ) -> Result<(), InputError> {
        json::read_over(self, bytes, &once(clock))
    }

    /// The bytes the request takes in a policy's memory.
    pub fn bytes(&self) -> usize {
        self.room(Self::LAYOUT.size)
    }
}

/// `clock`, which is asked once however often this is.
pub(crate) fn once(clock: impl FnOnce() -> i64) -> impl Fn() -> i64 {
    let (clock, now) = (Cell::new(Some(clock)), OnceCell::new());
    move || *now.get_or_init(|| clock.take().map_or(0, |clock| clock()))
}

/// No facts: without an action, of which no rule set allows anything. Others are [read over it](Request::read_json).
impl Default for Request {
    fn default() -> Self {
        Self::blank()
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
