//! What ends a call that runs on.
//!
//! Always true here: only code that was proven to be bounded, in fewer steps than the time limit has nanoseconds, runs unwatched.

use std::time::Duration;

use crate::policy::Origin;

/// What a call is watched by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Watch {
    /// Nothing: it ends by itself. To look at the clock in every function would take a sixth of a short decision.
    Nothing,
    /// The clock.
    Clock,
    /// The clock, and a count of its work.
    Fuel,
}

impl Watch {
    pub(crate) const ALL: [Self; 3] = [Self::Nothing, Self::Clock, Self::Fuel];

    /// For the core module of a component that our compiler made, whose calls take at most `work` steps, if that is known.
    pub(crate) fn of_compiled(work: Option<u64>, time: Duration) -> Self {
        match work {
            Some(work) if u128::from(work) <= time.as_nanos() => Self::Nothing,
            _ => Self::Clock,
        }
    }
}

impl From<Origin> for Watch {
    fn from(origin: Origin) -> Self {
        match origin {
            Origin::Compiled | Origin::Recorded => Self::Clock,
            Origin::Foreign => Self::Fuel,
        }
    }
}
