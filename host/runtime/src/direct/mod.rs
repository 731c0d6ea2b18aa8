//! The direct path: the core module of a component that our compiler made, called without the component around it.
//!
//! The host lays the request out in the region that the module declares for it, calls the core function, and reads the answer where it
//! stands. Always true here: what the module says is checked as if it were hostile, every address and count, and an instance whose call
//! failed is not called again.

#[cfg(test)]
mod tests;

use wasmtime::{Instance, InstancePre, Linker, Memory, Module, Store, TypedFunc, Val, WasmParams};

use crate::contract::{Evaluated, Explained};
use crate::engine::Engine;
use crate::error::{EvaluateError, LoadError};
use crate::facts::Request;
use crate::fault::Fault;
use crate::manifest::Manifest;
use crate::memory::{self, Answer, Lying, lay};
use crate::policy::Origin;
use crate::quota::Quota;
use crate::store;

/// Bytes of a page of linear memory.
const PAGE: usize = 65_536;

/// A core module from which instances are made.
pub(crate) struct DirectCode {
    engine: Engine,
    instance: InstancePre<Quota>,
}

/// A running instance.
pub(crate) struct DirectInstance {
    running: Running,
    describe: TypedFunc<(), u32>,
    evaluate: TypedFunc<u32, u32>,
    /// The same for what is known to be within the limits.
    evaluate_within: TypedFunc<u32, u32>,
    explain: TypedFunc<u32, u32>,
}

/// The part of an instance that calls change.
struct Running {
    engine: Engine,
    store: Store<Quota>,
    memory: Memory,
    /// Where the request begins.
    request: u32,
    /// The word that takes where the request ends.
    request_end: u32,
}

impl DirectCode {
    /// Code of the core module of a component that our compiler made.
    pub(crate) fn new(engine: &Engine, module: &Module) -> Result<Self, LoadError> {
        let instance = Linker::new(engine.half(Origin::Compiled))
            .instantiate_pre(module)
            .map_err(|error| LoadError::Invalid(error.into()))?;
        Ok(Self {
            engine: engine.clone(),
            instance,
        })
    }

    /// The first instance, and what it says it is.
    pub(crate) fn first(&self) -> Result<(DirectInstance, Manifest), Fault> {
        let mut instance = self.start()?;
        let manifest = instance.running.call(&instance.describe, ())?;
        Ok((instance, manifest))
    }

    /// Another instance.
    pub(crate) fn start(&self) -> Result<DirectInstance, Fault> {
        let mut store = store::open(&self.engine, Origin::Compiled);
        let instance = match self.instance.instantiate(&mut store) {
            Ok(instance) => instance,
            Err(error) => return Err(Fault::new(error, store.data(), self.engine.limits())),
        };
        DirectInstance::new(&self.engine, store, instance).map_err(|name| {
            Fault::Trapped(
                format!("the core module does not export `{name}` as the compiler does").into(),
            )
        })
    }
}

impl DirectInstance {
    /// Finds what the core module exports; else gives the name of what is not as it should be.
    fn new(engine: &Engine, mut store: Store<Quota>, instance: Instance) -> Result<Self, String> {
        let memory = instance.get_memory(&mut store, "memory").ok_or("memory")?;
        let request = constant(&mut store, instance, scopegate_contract::REQUEST_BEGIN)?;
        let request_end = constant(&mut store, instance, scopegate_contract::REQUEST_END)?;
        let name = |function| format!("{}#{function}", scopegate_contract::INTERFACE);
        let describe = function(&mut store, instance, name("describe"))?;
        let evaluate = function(&mut store, instance, name("evaluate"))?;
        let within = scopegate_contract::EVALUATE_WITHIN.to_owned();
        let evaluate_within = function(&mut store, instance, within)?;
        let explain = function(&mut store, instance, name("explain"))?;
        Ok(Self {
            running: Running {
                engine: engine.clone(),
                store,
                memory,
                request,
                request_end,
            },
            describe,
            evaluate,
            evaluate_within,
            explain,
        })
    }

    pub(crate) fn evaluate(&mut self, request: &Request) -> Result<Evaluated, EvaluateError> {
        let evaluate = if self.running.lay(request)? {
            &self.evaluate_within
        } else {
            &self.evaluate
        };
        let at = self.running.request;
        Ok(self.running.call(evaluate, at)?)
    }

    pub(crate) fn explain(&mut self, request: &Request) -> Result<Explained, EvaluateError> {
        self.running.lay(request)?;
        let at = self.running.request;
        Ok(self.running.call(&self.explain, at)?)
    }

    /// Bytes of linear memory it has now.
    pub(crate) fn bytes(&self) -> usize {
        self.running.store.data().bytes()
    }
}

impl Running {
    /// Lays `request` out, in more memory if it takes more. Tells whether it is surely within the limits and has no attributes.
    fn lay(&mut self, request: &Request) -> Result<bool, EvaluateError> {
        let limit = self.engine.limits().request_bytes;
        let begin = self.request as usize;
        let bytes = self.memory.data_mut(&mut self.store);
        let room = bytes.get_mut(begin..).unwrap_or_default();
        let most = room.len().min(limit);
        let Lying { end, is_within } = match lay(request, &mut room[..most], begin) {
            Some(lying) => lying,
            None => self.lay_in_more(request)?,
        };
        let end = u32::try_from(end).expect("memory ends before 4 GiB");
        let place = self.request_end as usize;
        let place = self
            .memory
            .data_mut(&mut self.store)
            .get_mut(place..place + 4);
        place
            .ok_or_else(too_small)?
            .copy_from_slice(&end.to_le_bytes());
        Ok(is_within)
    }

    /// Lays out a request that does not fit into the memory there is.
    #[cold]
    fn lay_in_more(&mut self, request: &Request) -> Result<Lying, EvaluateError> {
        let (bytes, limit) = (request.bytes(), self.engine.limits().request_bytes);
        if bytes > limit {
            return Err(EvaluateError::RequestTooLarge { bytes, limit });
        }
        let begin = self.request as usize;
        let lacking = (begin + bytes).saturating_sub(self.memory.data_size(&self.store));
        store::allot(&mut self.store, &self.engine, Origin::Compiled);
        self.memory
            .grow(&mut self.store, lacking.div_ceil(PAGE) as u64)
            .map_err(|_| Fault::OutOfMemory {
                limit: self.engine.limits().memory_bytes,
            })?;
        let room = self.memory.data_mut(&mut self.store).get_mut(begin..);
        let lying = room.and_then(|room| lay(request, room, begin));
        Ok(lying.ok_or_else(too_small)?)
    }

    /// Calls a function and reads the answer where it points to.
    fn call<P: WasmParams, R: Answer>(
        &mut self,
        function: &TypedFunc<P, u32>,
        parameters: P,
    ) -> Result<R, Fault> {
        let limits = self.engine.limits();
        store::allot(&mut self.store, &self.engine, Origin::Compiled);
        match function.call(&mut self.store, parameters) {
            Ok(address) => {
                let bytes = self.memory.data(&self.store);
                memory::Memory::new(bytes, limits.result_bytes).answer(address)
            }
            Err(error) => Err(Fault::new(error, self.store.data(), limits)),
        }
    }
}

/// The region that the module declares is not within its memory.
fn too_small() -> Fault {
    Fault::Trapped("the core module's memory is smaller than it says".into())
}

/// A function that the module exports, or its name.
fn function<P: WasmParams>(
    store: &mut Store<Quota>,
    instance: Instance,
    name: String,
) -> Result<TypedFunc<P, u32>, String> {
    let function = instance.get_typed_func(store, &name);
    function.map_err(|_| name)
}

/// The value of a constant that the module exports, or its name.
fn constant(store: &mut Store<Quota>, instance: Instance, name: &str) -> Result<u32, String> {
    let global = instance.get_global(&mut *store, name);
    match global.map(|global| global.get(&mut *store)) {
        Some(Val::I32(address)) => Ok(address.cast_unsigned()),
        _ => Err(name.to_owned()),
    }
}
