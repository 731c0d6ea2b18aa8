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
use crate::json::Cursor;
use crate::manifest::Manifest;
use crate::memory::{self, Answer, lay, lay_within, text_at, transcribe};
use crate::store::{self, Held};
use crate::watch::Watch;

/// Bytes of a page of linear memory.
const PAGE: usize = 65_536;

/// A core module from which instances are made.
pub(crate) struct DirectCode {
    engine: Engine,
    watch: Watch,
    instance: InstancePre<Held>,
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

/// An instance in whose memory a request is laid out that is within the limits.
pub(crate) struct Laid<'i>(&'i mut DirectInstance);

/// The part of an instance that calls change.
struct Running {
    engine: Engine,
    watch: Watch,
    store: Store<Held>,
    memory: Memory,
    /// Where the request begins.
    request: u32,
    /// The word that takes where the request ends.
    request_end: u32,
    /// The most bytes that a request may have.
    most_bytes: usize,
    /// The texts and lists that the policy reads of a request that is within the limits.
    reads: u64,
}

impl DirectCode {
    /// Code of the core module of a component that our compiler made.
    pub(crate) fn new(engine: &Engine, watch: Watch, module: &Module) -> Result<Self, LoadError> {
        let instance = Linker::new(module.engine())
            .instantiate_pre(module)
            .map_err(|error| LoadError::Invalid(error.into()))?;
        Ok(Self {
            engine: engine.clone(),
            watch,
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
        let mut store = store::open(&self.engine, self.watch);
        let instance = match self.instance.instantiate(&mut store) {
            Ok(instance) => instance,
            Err(error) => return Err(Fault::new(error, &store.data().quota, self.engine.limits())),
        };
        DirectInstance::new(self, store, instance).map_err(|name| {
            Fault::Trapped(
                format!("the core module does not export `{name}` as the compiler does").into(),
            )
        })
    }
}

impl DirectInstance {
    /// Finds what the core module exports; else gives the name of what is not as it should be.
    fn new(code: &DirectCode, mut store: Store<Held>, instance: Instance) -> Result<Self, String> {
        let memory = instance.get_memory(&mut store, "memory").ok_or("memory")?;
        let mut constant = |name: &str| {
            let global = instance.get_global(&mut store, name);
            global
                .map(|global| global.get(&mut store))
                .ok_or(name.to_owned())
        };
        let mut address = |name: &str| match constant(name)? {
            Val::I32(address) => Ok(address.cast_unsigned()),
            _ => Err(name.to_owned()),
        };
        let request = address(scopegate_contract::REQUEST_BEGIN)?;
        let request_end = address(scopegate_contract::REQUEST_END)?;
        let Val::I64(reads) = constant(scopegate_contract::REQUEST_READS)? else {
            return Err(scopegate_contract::REQUEST_READS.to_owned());
        };
        let name = |function| format!("{}#{function}", scopegate_contract::INTERFACE);
        let describe = function(&mut store, instance, name("describe"))?;
        let evaluate = function(&mut store, instance, name("evaluate"))?;
        let within = scopegate_contract::EVALUATE_WITHIN.to_owned();
        let evaluate_within = function(&mut store, instance, within)?;
        let explain = function(&mut store, instance, name("explain"))?;
        Ok(Self {
            running: Running {
                engine: code.engine.clone(),
                watch: code.watch,
                store,
                memory,
                request,
                request_end,
                most_bytes: code.engine.limits().request_bytes,
                reads: reads.cast_unsigned(),
            },
            describe,
            evaluate,
            evaluate_within,
            explain,
        })
    }

    #[inline]
    pub(crate) fn evaluate(&mut self, request: &Request) -> Result<Evaluated, EvaluateError> {
        let running = &mut self.running;
        let evaluate = if running.lay_within(request)? {
            &self.evaluate_within
        } else {
            running.lay(request)?;
            &self.evaluate
        };
        Ok(running.call(evaluate, running.request)?)
    }

    /// Lays the next request of a text out as it is read, and says what `named` makes of its action; `None` if it has to be read first.
    #[inline]
    pub(crate) fn lay_json<T>(
        &mut self,
        from: &mut Cursor<'_, '_>,
        named: impl FnOnce(&str) -> T,
    ) -> Result<Option<(Laid<'_>, T)>, Fault> {
        let named = self.running.transcribe(from, named)?;
        Ok(named.map(|named| (Laid(self), named)))
    }

    pub(crate) fn explain(&mut self, request: &Request) -> Result<Explained, EvaluateError> {
        let running = &mut self.running;
        running.lay(request)?;
        Ok(running.call(&self.explain, running.request)?)
    }

    /// Bytes of linear memory it has now.
    pub(crate) fn bytes(&self) -> usize {
        self.running.store.data().quota.bytes()
    }
}

impl Laid<'_> {
    #[inline]
    pub(crate) fn evaluate(self) -> Result<Evaluated, EvaluateError> {
        let Self(instance) = self;
        let running = &mut instance.running;
        Ok(running.call(&instance.evaluate_within, running.request)?)
    }
}

impl Running {
    /// Lays out what the policy reads of `request`, if that is surely within the limits, has no attributes, and there is room; else the policy
    /// itself has to look at all of it.
    #[inline]
    fn lay_within(&mut self, request: &Request) -> Result<bool, Fault> {
        let (begin, reads) = (self.request as usize, self.reads);
        match lay_within(request, self.room(), begin, reads) {
            Some(end) => self.note_end(end).map(|()| true),
            None => Ok(false),
        }
    }

    /// The same of the next request of a text, as it is read; and what `named` makes of its action.
    #[inline]
    fn transcribe<T>(
        &mut self,
        from: &mut Cursor<'_, '_>,
        named: impl FnOnce(&str) -> T,
    ) -> Result<Option<T>, Fault> {
        let (begin, reads) = (self.request as usize, self.reads | Request::ACTION);
        let memory = self.room();
        let Some(end) = transcribe::<Request>(from, memory, begin, reads) else {
            return Ok(None);
        };
        let named = text_at(memory, begin + Request::ACTION_OFFSET).map(named);
        self.note_end(end)?;
        Ok(named)
    }

    /// The instance's memory up to where a request has to end.
    #[inline]
    fn room(&mut self) -> &mut [u8] {
        let most = (self.request as usize).saturating_add(self.most_bytes);
        let memory = self.memory.data_mut(&mut self.store);
        let most = memory.len().min(most);
        &mut memory[..most]
    }

    /// Tells the module where what was laid ends.
    #[inline]
    fn note_end(&mut self, end: usize) -> Result<(), Fault> {
        let end = u32::try_from(end).expect("memory ends before 4 GiB");
        let place = self.request_end as usize;
        let word = self.memory.data_mut(&mut self.store).get_mut(place..);
        *word
            .and_then(<[u8]>::first_chunk_mut)
            .ok_or_else(too_small)? = end.to_le_bytes();
        Ok(())
    }

    /// Lays out all of `request`, in more memory if it takes more.
    #[cold]
    fn lay(&mut self, request: &Request) -> Result<(), EvaluateError> {
        let (bytes, limit) = (request.bytes(), self.most_bytes);
        if bytes > limit {
            return Err(EvaluateError::RequestTooLarge { bytes, limit });
        }
        let begin = self.request as usize;
        let lacking = (begin + bytes).saturating_sub(self.memory.data_size(&self.store));
        store::allot(&mut self.store, &self.engine, self.watch);
        self.memory
            .grow(&mut self.store, lacking.div_ceil(PAGE) as u64)
            .map_err(|_| Fault::OutOfMemory {
                limit: self.engine.limits().memory_bytes,
            })?;
        let memory = self.memory.data_mut(&mut self.store);
        let end = lay(request, memory, begin).ok_or_else(too_small)?;
        Ok(self.note_end(end)?)
    }

    /// Calls a function and reads the answer where it points to.
    #[inline]
    fn call<P: WasmParams, R: Answer>(
        &mut self,
        function: &TypedFunc<P, u32>,
        parameters: P,
    ) -> Result<R, Fault> {
        let limits = self.engine.limits();
        store::allot(&mut self.store, &self.engine, self.watch);
        match function.call(&mut self.store, parameters) {
            Ok(address) => {
                let bytes = self.memory.data(&self.store);
                memory::Memory::new(bytes, limits.result_bytes).answer(address)
            }
            Err(error) => Err(Fault::new(error, &self.store.data().quota, limits)),
        }
    }
}

/// The region that the module declares is not within its memory.
fn too_small() -> Fault {
    Fault::Trapped("the core module's memory is smaller than it says".into())
}

/// A function that the module exports, or its name.
fn function<P: WasmParams>(
    store: &mut Store<Held>,
    instance: Instance,
    name: String,
) -> Result<TypedFunc<P, u32>, String> {
    let function = instance.get_typed_func(store, &name);
    function.map_err(|_| name)
}
