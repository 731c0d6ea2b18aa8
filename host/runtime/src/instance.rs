//! The code of a policy and its running instances, whichever way they are called.
//!
//! Always true here: an instance is called the way its code is meant to be, and both ways give the same answers.

use crate::component::{ComponentCode, ComponentInstance};
use crate::contract::{Evaluated, Explained};
use crate::direct::{DirectCode, DirectInstance, Laid};
use crate::error::{EvaluateError, LoadError};
use crate::facts::Request;
use crate::fault::Fault;
use crate::json::Cursor;
use crate::manifest::Manifest;
use crate::policy::Origin;

/// The bytes that an instance's memory may have grown by and still be used again.
const KEPT_GROWTH_BYTES: usize = 1 << 20;

/// What instances of a policy are made from.
pub(crate) enum Code {
    /// The core module of what our compiler made.
    Direct(DirectCode),
    /// A whole component.
    Component(ComponentCode),
}

/// A running instance.
pub(crate) struct Instance {
    way: Way,
    /// The most bytes of memory it may have and still be used again.
    kept_bytes: usize,
}

/// Boxed, since an instance is moved out of its slot and back for each decision.
enum Way {
    Direct(Box<DirectInstance>),
    Component(Box<ComponentInstance>),
}

impl Code {
    /// Whether an instance decides more than once: what our compiler made keeps no state, and a direct instance of anything else is restored.
    pub(crate) fn is_reused(&self, origin: Origin) -> bool {
        matches!(self, Self::Direct(_)) || origin == Origin::Compiled
    }

    /// The bytes that an instance's memory may have grown by and still be used again.
    fn kept_growth_bytes(&self) -> usize {
        match self {
            Self::Direct(code) if code.shows_growth() => 0,
            _ => KEPT_GROWTH_BYTES,
        }
    }
}

impl Instance {
    /// The first instance of `code`, and what it says it is.
    pub(crate) fn first(code: &Code) -> Result<(Self, Manifest), LoadError> {
        match code {
            Code::Direct(code) => code
                .first()
                .map(|(instance, manifest)| (Way::Direct(instance.into()), manifest))
                .map_err(LoadError::Fault),
            Code::Component(code) => code
                .first()
                .map(|(instance, manifest)| (Way::Component(instance.into()), manifest)),
        }
        .map(|(way, manifest)| (Self::new(way, code), manifest))
    }

    /// Another instance of `code`.
    pub(crate) fn start(code: &Code) -> Result<Self, Fault> {
        match code {
            Code::Direct(code) => code.start().map(Box::new).map(Way::Direct),
            Code::Component(code) => code.start().map(Box::new).map(Way::Component),
        }
        .map(|way| Self::new(way, code))
    }

    fn new(way: Way, code: &Code) -> Self {
        let mut instance = Self { way, kept_bytes: 0 };
        instance.kept_bytes = instance.bytes() + code.kept_growth_bytes();
        instance
    }

    #[inline]
    pub(crate) fn evaluate(&mut self, request: &Request) -> Result<Evaluated, EvaluateError> {
        match &mut self.way {
            Way::Direct(instance) => instance.evaluate(request),
            Way::Component(instance) => instance.evaluate(request),
        }
    }

    /// Lays the next request of a text out as it is read, and says what `named` makes of its action; `None` if it has to be read first.
    #[inline]
    pub(crate) fn lay_json<T>(
        &mut self,
        from: &mut Cursor<'_, '_>,
        named: impl FnOnce(&str) -> T,
    ) -> Result<Option<(Laid<'_>, T)>, EvaluateError> {
        match &mut self.way {
            Way::Direct(instance) => Ok(instance.lay_json(from, named)?),
            Way::Component(_) => Ok(None),
        }
    }

    /// Decides the requests one after another, until a call fails or the instance must not be used again.
    pub(crate) fn evaluate_batch(
        &mut self,
        requests: &[Request],
    ) -> Result<Vec<Evaluated>, EvaluateError> {
        if let Way::Component(instance) = &mut self.way {
            return Ok(instance.evaluate_batch(requests)?);
        }
        let mut decided = Vec::with_capacity(requests.len());
        for request in requests {
            decided.push(self.evaluate(request)?);
            if !self.is_worth_keeping() {
                break;
            }
        }
        Ok(decided)
    }

    pub(crate) fn explain(&mut self, request: &Request) -> Result<Explained, EvaluateError> {
        match &mut self.way {
            Way::Direct(instance) => instance.explain(request),
            Way::Component(instance) => instance.explain(request),
        }
    }

    /// Whether it is small enough to wait for another decision.
    pub(crate) fn is_worth_keeping(&self) -> bool {
        self.bytes() <= self.kept_bytes
    }

    /// Bytes of linear memory it has now.
    fn bytes(&self) -> usize {
        match &self.way {
            Way::Direct(instance) => instance.bytes(),
            Way::Component(instance) => instance.bytes(),
        }
    }
}
