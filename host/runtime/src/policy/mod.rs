//! A loaded policy: what is asked for decisions.
//!
//! Always true here: an error is never a decision, and an instance whose call failed never answers again.

mod json;

use std::fmt;
use std::sync::Arc;

use rayon::prelude::*;

use crate::contract::{Evaluated, RawEvaluationError};
use crate::decision::{Decision, PolicyId};
use crate::engine::Engine;
use crate::error::EvaluateError;
use crate::excerpt::message_of_policy;
use crate::explain::{self, Explanation};
use crate::facts::Request;
use crate::instance::{Code, Instance};
use crate::manifest::Manifest;
use crate::pool::{Instances, Pool};
use crate::terms::Terms;

/// Requests that one core decides before it looks for more, of a policy whose instances are used again.
const REUSED_CHUNK: usize = 256;

/// The same, where each decision begins with a fresh instance.
const FRESH_CHUNK: usize = 4;

/// Fewer chunks are decided sooner on one core than others wake up.
const CHUNKS: usize = 8;

/// The most requests that one instance decides before the next is asked.
const TOGETHER: usize = 64;

/// The bytes of requests above which no further one crosses to a component in the same call.
const TOGETHER_BYTES: usize = 512 << 10;

/// Where a component comes from, as its bytes prove.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// This version's compiler makes exactly these bytes of the rule set within: it is bounded and keeps no state by construction.
    Compiled,
    /// A [record](crate::Proof) says that the compiler of another version made it. Its memory is restored after each decision, and the clock watches it.
    Recorded,
    /// Anywhere else: its memory is restored after each decision, or each decision has a fresh instance; its work is counted.
    Foreign,
}

/// A loaded policy. Cheap to clone; clones share everything, on as many threads as you like.
#[derive(Clone)]
pub struct Policy {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Engine,
    terms: Arc<Terms>,
    origin: Origin,
    code: Code,
    pool: Pool,
    from_cache: bool,
}

impl Policy {
    pub(crate) fn new(
        engine: &Engine,
        terms: Terms,
        origin: Origin,
        code: Code,
        first: Instance,
        from_cache: bool,
    ) -> Self {
        let pool = Pool::new(if code.is_reused(origin) {
            engine.limits().idle_instances
        } else {
            0
        });
        pool.put(first);
        Self {
            inner: Arc::new(Inner {
                engine: engine.clone(),
                terms: Arc::new(terms),
                origin,
                code,
                pool,
                from_cache,
            }),
        }
    }

    /// Which policy this is. Every decision carries it.
    pub fn id(&self) -> &PolicyId {
        &self.inner.terms.id
    }

    /// What the policy says it is.
    pub fn manifest(&self) -> &Manifest {
        &self.inner.terms.manifest
    }

    /// What became of the instances that decide for it.
    pub fn instances(&self) -> Instances {
        self.inner.pool.instances()
    }

    /// What of WASI its component imports: nothing, unless [that is allowed](Engine::with_wasi).
    pub fn imports(&self) -> &[String] {
        match &self.inner.code {
            Code::Direct(_) => &[],
            Code::Component(code) => code.imports(),
        }
    }

    /// Where its component comes from.
    pub fn origin(&self) -> Origin {
        self.inner.origin
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
        self.run(|instance| {
            let evaluated = instance.evaluate(request)?;
            Ok(self.decision(evaluated, self.inner.terms.action(&request.action)))
        })?
    }

    /// Decides each of `requests` by itself, in order, on all cores. One that gives an error leaves the others unharmed.
    pub fn evaluate_batch(&self, requests: &[Request]) -> Vec<Result<Decision<'_>, EvaluateError>> {
        let chunk = if self.inner.code.is_reused(self.origin()) {
            REUSED_CHUNK
        } else {
            FRESH_CHUNK
        };
        if requests.len() < CHUNKS * chunk {
            return self.decide(requests);
        }
        let chunks: Vec<_> = requests
            .par_chunks(chunk)
            .map(|chunk| self.decide(chunk))
            .collect();
        let mut decisions = Vec::with_capacity(requests.len());
        for chunk in chunks {
            decisions.extend(chunk);
        }
        decisions
    }

    /// Tells for each requirement that `request` does not meet, in order, which facts decided it.
    ///
    /// # Errors
    ///
    /// As for [`evaluate`](Self::evaluate).
    pub fn explain(&self, request: &Request) -> Result<Vec<Explanation<'_>>, EvaluateError> {
        let explained = self.run(|instance| instance.explain(request))?;
        explain::join(
            explained.map_err(unjudged)?,
            request,
            self.manifest(),
            self.inner.engine.limits(),
        )
    }

    /// Decides each of `requests`, on this thread.
    fn decide(&self, requests: &[Request]) -> Vec<Result<Decision<'_>, EvaluateError>> {
        let mut decisions = Vec::with_capacity(requests.len());
        let mut rest = requests;
        while !rest.is_empty() {
            let (batch, more) = rest.split_at(self.together(rest));
            self.decide_together(batch, &mut decisions);
            rest = more;
        }
        decisions
    }

    /// How many of `requests` one instance decides before the next is asked: at least one.
    fn together(&self, requests: &[Request]) -> usize {
        match &self.inner.code {
            // Each is laid out by itself, so their bytes do not add up.
            Code::Direct(_) => return requests.len().min(TOGETHER),
            Code::Component(_) if self.origin() != Origin::Compiled => return 1,
            Code::Component(_) => {}
        }
        let most = TOGETHER_BYTES.min(self.inner.engine.limits().request_bytes);
        let mut bytes = 0;
        let fits = |request: &&Request| {
            bytes += request.bytes();
            bytes <= most
        };
        let fitting = requests.iter().take(TOGETHER).take_while(fits).count();
        fitting.max(1)
    }

    fn decide_together<'p>(
        &'p self,
        batch: &[Request],
        decisions: &mut Vec<Result<Decision<'p>, EvaluateError>>,
    ) {
        if batch.len() > 1
            && let Ok(evaluated) = self.run(|instance| instance.evaluate_batch(batch))
            && evaluated.len() == batch.len()
        {
            let terms = &self.inner.terms;
            let together = evaluated.into_iter().zip(batch);
            return decisions.extend(together.map(|(evaluated, request)| {
                self.decision(evaluated, terms.action(&request.action))
            }));
        }
        // Alone, or one of them spoiled it for all: by itself each gets its own answer.
        decisions.extend(batch.iter().map(|request| self.evaluate(request)));
    }

    /// Has an instance do `work`.
    #[inline]
    fn run<T>(
        &self,
        work: impl FnOnce(&mut Instance) -> Result<T, EvaluateError>,
    ) -> Result<T, EvaluateError> {
        self.inner.pool.run(&self.inner.code, work)
    }

    #[inline]
    fn decision(
        &self,
        evaluated: Evaluated,
        action: Option<usize>,
    ) -> Result<Decision<'_>, EvaluateError> {
        Decision::new(
            evaluated.map_err(|error| unjudged(*error))?,
            action,
            &self.inner.terms,
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
        message: message_of_policy(message),
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
