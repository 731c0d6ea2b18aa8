//! What has run for longer than a turn.
//!
//! Always true here: no more of it runs at once than there are cores; the others wait in the order in which they came.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

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
    waiting: VecDeque<u64>,
    running: usize,
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
        let state = self.state();
        state.running + state.waiting.len()
    }

    /// A place, if there is one.
    pub(super) fn enter(self: &Arc<Self>) -> Option<Place> {
        let mut state = self.state();
        if state.running + state.waiting.len() >= self.most {
            return None;
        }
        let id = state.next;
        state.next += 1;
        state.waiting.push_back(id);
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
    /// Waits until it may run. Gives false if it no longer `is_waited_for`.
    pub(super) fn wait(&mut self, is_waited_for: impl Fn() -> bool) -> bool {
        let mut state = self.long.state();
        while state.running >= self.long.cores || state.waiting.front() != Some(&self.id) {
            let waited = self.long.changed.wait_timeout(state, LOOK);
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
            if !is_waited_for() {
                return false;
            }
        }
        state.waiting.pop_front();
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
        if self.runs {
            state.running -= 1;
        } else {
            state.waiting.retain(|id| *id != self.id);
        }
        drop(state);
        self.long.changed.notify_all();
    }
}
