//! A loaded policy: what is asked for decisions.
//!
//! Always true here: an error is never a decision, and an instance whose call failed never answers again.

use std::fmt;
use std::sync::Arc;

use crate::code::Code;
use crate::contract::{RawDecision, RawEvaluationError};
use crate::decision::{Decision, PolicyId, join};
use crate::error::EvaluateError;
use crate::explain::{self, Explanation};
use crate::facts::Request;
use crate::fault::Fault;
use crate::governed::Governed;
use crate::instance::Instance;
use crate::manifest::Manifest;
use crate::pool::Pool;

/// The most requests that cross to a policy in one call.
const BATCH: usize = 64;

/// The bytes of requests above which no further one crosses in the same call.
const BATCH_BYTES: usize = 512 << 10;

/// Where a component comes from, as its bytes prove.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// This version's compiler makes exactly these bytes of the rule set within: it is bounded and keeps no state by construction.
    Compiled,
    /// Anywhere else: each decision has a fresh instance, and its work is counted.
    Foreign,
}

/// A loaded policy. Cheap to clone; clones share everything, on as many threads as you like.
#[derive(Clone)]
pub struct Policy {
    inner: Arc<Inner>,
}

struct Inner {
    id: PolicyId,
    manifest: Manifest,
    governed: Governed,
    code: Code,
    pool: Pool,
    from_cache: bool,
}

impl Policy {
    pub(crate) fn new(
        id: PolicyId,
        manifest: Manifest,
        code: Code,
        first: Instance,
        from_cache: bool,
    ) -> Self {
        let governed = Governed::new(&manifest);
        let pool = Pool::new(match code.origin {
            Origin::Compiled => code.engine.limits().idle_instances,
            Origin::Foreign => 0,
        });
        pool.put(first);
        Self {
            inner: Arc::new(Inner {
                id,
                manifest,
                governed,
                code,
                pool,
                from_cache,
            }),
        }
    }

    /// Which policy this is. Every decision carries it.
    pub fn id(&self) -> &PolicyId {
        &self.inner.id
    }

    /// What the policy says it is.
    pub fn manifest(&self) -> &Manifest {
        &self.inner.manifest
    }

    /// Where its component comes from.
    pub fn origin(&self) -> Origin {
        self.inner.code.origin
    }

    /// Whether its compiled code came from the engine's cache.
    pub fn is_from_cache(&self) -> bool {
        self.inner.from_cache
    }

    /// Decides `request`.
    ///
    /// # Errors
    ///
    /// There is no decision: the request is too large, the policy cannot judge a fact, its code failed, or it contradicts itself.
    pub fn evaluate(&self, request: &Request) -> Result<Decision<'_>, EvaluateError> {
        self.size(request)?;
        let evaluated = self.with_instance(|instance, code| instance.evaluate(code, request))?;
        self.decision(evaluated, request)
    }

    /// Decides each of `requests` by itself, in order. One that gives an error leaves the others unharmed.
    ///
    /// Faster than one by one for a [compiled](Origin::Compiled) policy.
    pub fn evaluate_batch(&self, requests: &[Request]) -> Vec<Result<Decision<'_>, EvaluateError>> {
        let mut decisions = Vec::with_capacity(requests.len());
        let mut rest = requests;
        while !rest.is_empty() {
            let (batch, more) = rest.split_at(self.batch(rest));
            self.decide_batch(batch, &mut decisions);
            rest = more;
        }
        decisions
    }

    /// Tells for each requirement that `request` does not meet, in order, which facts decided it.
    ///
    /// # Errors
    ///
    /// As for [`evaluate`](Self::evaluate).
    pub fn explain(&self, request: &Request) -> Result<Vec<Explanation<'_>>, EvaluateError> {
        self.size(request)?;
        let explained = self.with_instance(|instance, code| instance.explain(code, request))?;
        explain::join(
            explained.map_err(unjudged)?,
            request,
            &self.inner.manifest,
            self.inner.code.engine.limits(),
        )
    }

    /// How many of `requests` cross in the next call: at least one.
    fn batch(&self, requests: &[Request]) -> usize {
        if self.origin() == Origin::Foreign {
            return 1;
        }
        let most = BATCH_BYTES.min(self.inner.code.engine.limits().request_bytes);
        let mut bytes = 0;
        let fits = |request: &&Request| {
            bytes += request.bytes();
            bytes <= most
        };
        requests.iter().take(BATCH).take_while(fits).count().max(1)
    }

    fn decide_batch<'p>(
        &'p self,
        batch: &[Request],
        decisions: &mut Vec<Result<Decision<'p>, EvaluateError>>,
    ) {
        if batch.len() > 1 {
            let evaluated =
                self.with_instance(|instance, code| instance.evaluate_batch(code, batch));
            if let Some(evaluated) = evaluated
                .ok()
                .filter(|evaluated| evaluated.len() == batch.len())
            {
                let together = evaluated
                    .into_iter()
                    .zip(batch)
                    .map(|(evaluated, request)| self.decision(evaluated, request));
                return decisions.extend(together);
            }
        }
        // Alone, or one of them spoiled it for all: by itself each gets its own answer.
        decisions.extend(batch.iter().map(|request| self.evaluate(request)));
    }

    fn size(&self, request: &Request) -> Result<(), EvaluateError> {
        let (bytes, limit) = (
            request.bytes(),
            self.inner.code.engine.limits().request_bytes,
        );
        if bytes > limit {
            Err(EvaluateError::RequestTooLarge { bytes, limit })
        } else {
            Ok(())
        }
    }

    /// Calls an instance, which is dropped if the call fails.
    fn with_instance<T>(
        &self,
        call: impl FnOnce(&mut Instance, &Code) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let Inner { code, pool, .. } = &*self.inner;
        let mut instance = match pool.take() {
            Some(instance) => instance,
            None => Instance::start(code)?,
        };
        let result = call(&mut instance, code)?;
        if instance.is_worth_keeping() {
            pool.put(instance);
        }
        Ok(result)
    }

    fn decision(
        &self,
        evaluated: Result<RawDecision, RawEvaluationError>,
        request: &Request,
    ) -> Result<Decision<'_>, EvaluateError> {
        let Inner {
            id,
            manifest,
            governed,
            ..
        } = &*self.inner;
        join(
            evaluated.map_err(unjudged)?,
            request,
            id,
            manifest,
            governed,
        )
    }
}

fn unjudged(
    RawEvaluationError {
        path,
        problem,
        message,
    }: RawEvaluationError,
) -> EvaluateError {
    EvaluateError::Unjudged {
        path,
        problem,
        message,
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy")
            .field("id", self.id())
            .field("origin", &self.origin())
            .finish_non_exhaustive()
    }
}
