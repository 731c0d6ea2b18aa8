//! Idle instances of one policy, for many threads at once.
//!
//! Always true here: a thread comes back to its own slot, so threads rarely meet, and none waits for another; an instance whose work failed
//! is not kept.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, TryLockError};
use std::thread;

use crate::fault::Fault;
use crate::instance::{Code, Instance};

/// Idle instances.
pub(crate) struct Pool {
    slots: Vec<Slot>,
    /// Slots that threads call their own: more would only hold instances of threads that are gone.
    homes: usize,
    started: AtomicU64,
    dropped: AtomicU64,
}

/// What became of a policy's instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instances {
    /// Instances that were started for decisions.
    pub started: u64,
    /// Instances that were given up: their work failed, or their memory had grown. Those of foreign policies, used once each, are not counted.
    pub dropped: u64,
    /// Instances that wait for the next decision.
    pub idle: usize,
}

/// A place for an instance, locked while it works, on a cache line of its own.
#[repr(align(128))]
#[derive(Default)]
struct Slot(Mutex<Option<Instance>>);

impl Pool {
    /// A pool for at most `limit` instances.
    pub(crate) fn new(limit: usize) -> Self {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        Self {
            slots: (0..limit).map(|_| Slot::default()).collect(),
            homes: (2 * threads).min(limit),
            started: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
        }
    }

    /// Keeps `instance`, if there is room.
    pub(crate) fn put(&self, instance: Instance) {
        if let Some(mut slot) = self.free_slot() {
            *slot = Some(instance);
        }
    }

    /// Has an instance do `work`: an idle one, or a new one of `code`.
    #[inline]
    pub(crate) fn run<T, E: From<Fault>>(
        &self,
        code: &Code,
        work: impl FnOnce(&mut Instance) -> Result<T, E>,
    ) -> Result<T, E> {
        let Some(mut slot) = self.free_slot() else {
            return work(&mut self.start(code)?);
        };
        let instance = match &mut *slot {
            Some(instance) => instance,
            none => none.insert(self.start(code)?),
        };
        let done = work(instance);
        if done.is_err() || !instance.is_worth_keeping() {
            *slot = None;
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
        done
    }

    #[cold]
    fn start(&self, code: &Code) -> Result<Instance, Fault> {
        let instance = Instance::start(code)?;
        self.started.fetch_add(1, Ordering::Relaxed);
        Ok(instance)
    }

    /// What became of its instances. Those at work just now do not count as idle.
    pub(crate) fn instances(&self) -> Instances {
        let is_idle = |slot: &&Slot| slot.0.try_lock().is_ok_and(|slot| slot.is_some());
        Instances {
            started: self.started.load(Ordering::Relaxed),
            dropped: self.dropped.load(Ordering::Relaxed),
            idle: self.slots.iter().filter(is_idle).count(),
        }
    }

    /// A slot that nobody uses, this thread's own before others.
    #[inline]
    fn free_slot(&self) -> Option<MutexGuard<'_, Option<Instance>>> {
        let own = thread_number().checked_rem(self.homes)?;
        let (before, from_own) = self.slots.split_at(own);
        from_own.iter().chain(before).find_map(Slot::lock)
    }
}

impl Slot {
    #[inline]
    fn lock(&self) -> Option<MutexGuard<'_, Option<Instance>>> {
        match self.0.try_lock() {
            Ok(slot) => Some(slot),
            Err(TryLockError::Poisoned(slot)) => {
                let mut slot = slot.into_inner();
                // Its work panicked: nobody knows what it was in the middle of.
                *slot = None;
                self.0.clear_poison();
                Some(slot)
            }
            Err(TryLockError::WouldBlock) => None,
        }
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
