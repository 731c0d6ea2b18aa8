//! Idle instances of one policy, for many threads at once.
//!
//! Always true here: a thread comes back to its own shelf, so threads rarely meet; the pool never holds more than it may.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::instance::Instance;

/// Idle instances.
pub(crate) struct Pool {
    shelves: Vec<Shelf>,
    /// The most instances that a shelf holds.
    depth: usize,
}

/// A part of the pool, on a cache line of its own.
#[repr(align(128))]
struct Shelf(Mutex<Vec<Instance>>);

impl Pool {
    /// A pool for at most `limit` instances.
    pub(crate) fn new(limit: usize) -> Self {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let shelves = (2 * threads).min(limit);
        Self {
            shelves: (0..shelves).map(|_| Shelf(Mutex::default())).collect(),
            depth: limit.checked_div(shelves).unwrap_or(0),
        }
    }

    /// An idle instance, if one is at hand.
    pub(crate) fn take(&self) -> Option<Instance> {
        let mut shelves = self.shelves_from_own();
        let own = shelves.next()?.lock().pop();
        // Another thread's shelf is better than a new instance, but not worth waiting for.
        own.or_else(|| shelves.find_map(|shelf| shelf.0.try_lock().ok()?.pop()))
    }

    /// Keeps `instance` for the next decision, if there is room.
    pub(crate) fn put(&self, instance: Instance) {
        let Some(own) = self.shelves_from_own().next() else {
            return;
        };
        let mut idle = own.lock();
        if idle.len() < self.depth {
            idle.push(instance);
        } else {
            // To free an instance takes long: not while others wait.
            drop(idle);
            drop(instance);
        }
    }

    /// All shelves once, this thread's first.
    fn shelves_from_own(&self) -> impl Iterator<Item = &Shelf> {
        let (before, from_own) = self
            .shelves
            .split_at(thread_number() % self.shelves.len().max(1));
        from_own.iter().chain(before)
    }
}

impl Shelf {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Instance>> {
        // Nothing panics while it holds the lock; the instances are whole either way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A small number for this thread.
fn thread_number() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static NUMBER: Cell<usize> = Cell::new(NEXT.fetch_add(1, Ordering::Relaxed));
    }
    NUMBER.get()
}
