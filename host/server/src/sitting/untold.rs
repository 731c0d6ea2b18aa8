//! Decisions that nobody is told until it is known what they are for.
//!
//! Always true here: they are not recorded, logged or counted, and the policy that makes them is quick.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use scopegate::{Decision, EvaluateError, Policy};
use tracing::Level;

use super::{Judged, Sitting, TrustedTime};
use crate::choice::Choice;
use crate::list;
use crate::tally::Tally;

impl Sitting {
    /// The policy that makes such decisions, if they may be made.
    pub(crate) fn untold(&self) -> Option<&Policy> {
        let is_told = self.service.recorder().is_some() || tracing::enabled!(Level::DEBUG);
        match &self.choice {
            Choice::One(policy) if !is_told && self.choice.is_quick(&self.snapshot) => Some(policy),
            _ => None,
        }
    }

    /// Has `policy` decide the requests of `sequence`, if it is one and has at most `limit`, and until it `is_over`. Gives each decision, or
    /// why there is none, with a comma behind it.
    pub(crate) fn decide_untold<'s>(
        &'s self,
        policy: &'s Policy,
        sequence: &[u8],
        limit: usize,
        is_over: &AtomicBool,
    ) -> Option<(Vec<u8>, Tally<'s>)> {
        let mut out = Vec::with_capacity(sequence.len() / 2);
        let (mut tally, mut is_whole) = (Tally::default(), true);
        let time = TrustedTime::new(&self.service);
        let mut begin = Instant::now();
        let each = |outcome: Result<Decision<'s>, EvaluateError>| {
            let end = Instant::now();
            is_whole = !is_over.load(Ordering::Relaxed)
                && tally.many() < limit
                && out.len() <= self.answer_bytes()
                && time.check().is_ok()
                && self.check_time(end).is_ok()
                && self.check_age().is_ok();
            if !is_whole {
                return ControlFlow::Break(());
            }
            let judged = Judged {
                policy,
                outcome,
                duration: end.duration_since(begin),
            };
            // One look at the clock for each, so what is written of one counts for the next.
            begin = end;
            let decided = judged.told(&self.id, &mut tally);
            match tally.noted(decided) {
                Ok(decision) => decision.write_json(&mut out),
                Err(problem) => list::error(&problem, &mut out),
            }
            out.push(b',');
            ControlFlow::Continue(())
        };
        let decided = policy.evaluate_json_sequence(sequence, || time.now(), each);
        (decided.is_ok() && is_whole).then_some((out, tally))
    }
}
