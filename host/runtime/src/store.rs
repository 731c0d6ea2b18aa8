//! The store an instance lives in, and what each of its calls may cost.
//!
//! Always true here: a call has its own time and fuel, and what was refused to an earlier one is not held against it.

use wasmtime::Store;

use crate::engine::Engine;
use crate::policy::Origin;
use crate::quota::Quota;

/// A store for one instance, with what its start may cost.
pub(crate) fn open(engine: &Engine, origin: Origin) -> Store<Quota> {
    let limits = engine.limits();
    let mut store = Store::new(engine.half(origin), Quota::new(limits.memory_bytes));
    store.limiter(|quota| quota);
    store.set_hostcall_fuel(limits.result_bytes);
    allot(&mut store, engine, origin);
    store
}

/// Gives the next call in `store` its time and fuel.
pub(crate) fn allot(store: &mut Store<Quota>, engine: &Engine, origin: Origin) {
    store.data_mut().forgive();
    store.set_epoch_deadline(engine.deadline_ticks());
    if origin == Origin::Foreign {
        store
            .set_fuel(engine.limits().fuel)
            .expect("the foreign half of an engine counts fuel");
    }
}
