//! What has run for longer than a turn.
//!
//! Always true here: no more of it runs at once than there are cores. Of what waits the one goes on that has run least, and what runs makes
//! room for one that has run less by a [turn](super::TURN); so what is nearly done is not held up by what has just begun to be heavy.

use std::collections::BTreeSet;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::TURN;

/// How often one that waits looks whether somebody still waits for it.
const LOOK: Duration = Duration::from_millis(100);

/// Places for what is long.
pub(super) struct Long {
    cores: usize,
    most: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    next: u64,
    /// The places that are taken, whether they run or wait.
    taken: usize,
    running: usize,
    /// Those that wait, by how long they have run.
    waiting: BTreeSet<(Duration, u64)>,
}

impl Long {
    /// For `most`, of which as many run as there are `cores`.
    pub(super) fn new(cores: usize, most: usize) -> Self {
        Self {
            cores,
            most,
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.state().taken
    }

    /// A place, if there is one.
    pub(super) fn enter(self: &Arc<Self>) -> Option<Place> {
        let mut state = self.state();
        if state.taken >= self.most {
            return None;
        }
        state.taken += 1;
        let id = state.next;
        state.next += 1;
        Some(Place {
            long: Arc::clone(self),
            id,
            runs: false,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place of something long.
pub(super) struct Place {
    long: Arc<Long>,
    id: u64,
    runs: bool,
}

impl Place {
    /// Waits until it may run, which has `ran` for so long. What runs already waits only for others that have run less. Gives false if it
    /// no longer `is_waited_for`.
    pub(super) fn wait(&mut self, ran: Duration, is_waited_for: impl Fn() -> bool) -> bool {
        let mut state = self.long.state();
        if self.runs {
            let least = state.waiting.first();
            if least.is_none_or(|(other, _)| *other + TURN > ran) {
                return true;
            }
            state.running -= 1;
            self.runs = false;
            self.long.changed.notify_all();
        }
        let own = (ran, self.id);
        state.waiting.insert(own);
        while state.running >= self.long.cores || state.waiting.first() != Some(&own) {
            let waited = self.long.changed.wait_timeout(state, LOOK);
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
            if !is_waited_for() {
                state.waiting.remove(&own);
                drop(state);
                self.long.changed.notify_all();
                return false;
            }
        }
        state.waiting.remove(&own);
        state.running += 1;
        self.runs = true;
        drop(state);
        self.long.changed.notify_all();
        true
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.long.state();
        state.taken -= 1;
        state.running -= usize::from(self.runs);
        drop(state);
        self.long.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::thread;

    use super::*;

    /// One core: who has run less goes first, and who runs makes room for it.
    #[test]
    fn whoever_has_run_least_goes_on() {
        let long = Arc::new(Long::new(1, 3));
        let mut heavy = long.enter().unwrap();
        assert!(heavy.wait(20 * TURN, || true));
        // Nobody waits.
        assert!(heavy.wait(30 * TURN, || true));
        let (says, order) = channel();
        let wait = |ran: u32| {
            let (mut place, says) = (long.enter().unwrap(), says.clone());
            thread::spawn(move || {
                assert!(place.wait(ran * TURN, || true));
                says.send(ran).unwrap();
            })
        };
        let others = [wait(10), wait(1)];
        assert!(long.enter().is_none(), "all places are taken");
        while long.state().waiting.len() < 2 {
            thread::yield_now();
        }
        // It has run more than both, so both go first.
        assert!(heavy.wait(30 * TURN, || true));
        assert_eq!(order.try_iter().collect::<Vec<_>>(), [1, 10]);
        for other in others {
            other.join().unwrap();
        }
        assert_eq!(long.count(), 1);
    }

    /// Little less is not less: then they take turns of some length.
    #[test]
    fn who_runs_goes_on_among_equals() {
        let long = Arc::new(Long::new(1, 3));
        let (mut one, mut other) = (long.enter().unwrap(), long.enter().unwrap());
        assert!(one.wait(TURN, || true));
        assert!(!other.wait(TURN, || false), "nobody waits for it any more");
        drop(other);
        assert_eq!(long.count(), 1);
        let mut third = long.enter().unwrap();
        let waits = thread::spawn(move || third.wait(TURN, || true));
        while long.state().waiting.is_empty() {
            thread::yield_now();
        }
        assert!(one.wait(TURN + TURN / 2, || true));
        assert_eq!(long.state().waiting.len(), 1);
        drop(one);
        assert!(waits.join().unwrap());
    }
}
