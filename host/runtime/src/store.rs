//! The store an instance lives in, and what each of its calls may cost.
//!
//! Always true here: a call has its own time and fuel, and what was refused to an earlier one is not held against it.

use wasmtime::Store;

use crate::engine::Engine;
use crate::quota::Quota;
use crate::running::Running;
use crate::wasi::World;
use crate::watch::Watch;

/// What belongs to one instance.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) quota: Quota,
    running: Running,
    /// What it finds of the world, if it was made to look for one.
    pub(crate) world: World,
}

/// A store for one instance, with what its start may cost.
pub(crate) fn open(engine: &Engine, watch: Watch) -> Store<Held> {
    let limits = engine.limits();
    let held = Held {
        quota: Quota::new(limits.memory_bytes),
        running: Running::default(),
        world: World::default(),
    };
    let mut store = Store::new(engine.watched(watch), held);
    store.limiter(|held| &mut held.quota);
    if watch != Watch::Nothing {
        let time = limits.time;
        store.epoch_deadline_callback(move |mut of| of.data_mut().running.look(time));
    }
    store.set_hostcall_fuel(limits.result_bytes);
    allot(&mut store, engine, watch);
    store
}

/// Gives the next call in `store` its time and fuel.
pub(crate) fn allot(store: &mut Store<Held>, engine: &Engine, watch: Watch) {
    store.data_mut().quota.forgive();
    if watch != Watch::Nothing {
        store.data_mut().running.begin();
        store.set_epoch_deadline(1);
    }
    if watch == Watch::Fuel {
        store
            .set_fuel(engine.limits().fuel)
            .expect("the engine counts fuel");
    }
}
