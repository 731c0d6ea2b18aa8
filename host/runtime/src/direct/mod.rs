//! The direct path: the one core module of a component, called without the component around it.
//!
//! The host lays the request out in the region that the module declares for it, or where its allocator finds room, calls the core function,
//! and reads the answer where it stands. A module that no compiler of ours provably made is [restored](crate::restore) after each call.
//!
//! Invariant: what the module says is checked as if it were hostile, every address and count, and an instance whose call failed is not called
//! again.

mod running;
#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use wasmtime::{Instance, InstancePre, Linker, Module, Store, TypedFunc, Val, WasmParams};

use crate::contract::{Evaluated, Explained};
use crate::engine::Engine;
use crate::error::{EvaluateError, LoadError};
use crate::facts::Request;
use crate::fault::Fault;
use crate::json::Cursor;
use crate::manifest::Manifest;
use crate::restore::{Image, SIZE, WRITTEN};
use crate::store::{self, Held};
use crate::watch::Watch;
use running::{Place, Restorer, Running, SeenSize};

/// A core module from which instances are made.
pub(crate) struct DirectCode {
    engine: Engine,
    watch: Watch,
    instance: InstancePre<Held>,
    /// The memory of each instance at its start, of a module that is restored after each call.
    image: Option<OnceLock<Image>>,
}

/// A running instance.
pub(crate) struct DirectInstance {
    running: Running,
    describe: TypedFunc<(), u32>,
    evaluate: TypedFunc<u32, u32>,
    /// The same for what is known to be within the limits, where the module has it.
    evaluate_within: Option<TypedFunc<u32, u32>>,
    explain: TypedFunc<u32, u32>,
}

/// An instance in whose memory a request is laid out that is within the limits.
pub(crate) struct Laid<'i> {
    running: &'i mut Running,
    evaluate_within: &'i TypedFunc<u32, u32>,
}

impl DirectCode {
    /// Code of the core module of a component that our compiler made.
    pub(crate) fn new(engine: &Engine, watch: Watch, module: &Module) -> Result<Self, LoadError> {
        Self::with(engine, watch, module, None)
    }

    /// Code of a module that was made [restorable](crate::restore::restorable), whoever made it.
    pub(crate) fn restored(
        engine: &Engine,
        watch: Watch,
        module: &Module,
    ) -> Result<Self, LoadError> {
        Self::with(engine, watch, module, Some(OnceLock::new()))
    }

    fn with(
        engine: &Engine,
        watch: Watch,
        module: &Module,
        image: Option<OnceLock<Image>>,
    ) -> Result<Self, LoadError> {
        let instance = Linker::new(module.engine())
            .instantiate_pre(module)
            .map_err(|error| LoadError::Invalid(error.into()))?;
        Ok(Self {
            engine: engine.clone(),
            watch,
            instance,
            image,
        })
    }

    /// Whether instances are restored after each call.
    pub(crate) fn is_restored(&self) -> bool {
        self.image.is_some()
    }

    /// Whether the module can read the real size of its memory. A memory never shrinks, so its size would carry state from one decision to the next.
    pub(crate) fn shows_growth(&self) -> bool {
        self.is_restored() && self.instance.module().get_export(SIZE).is_none()
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
        if self.is_restored() {
            store.data_mut().quota.allow_marks();
        }
        let instance = match self.instance.instantiate(&mut store) {
            Ok(instance) => instance,
            Err(error) => return Err(Fault::new(error, &store.data().quota, self.engine.limits())),
        };
        DirectInstance::new(self, store, instance).map_err(|name| {
            Fault::Trapped(
                format!("the core module does not export `{name}` as a policy does").into(),
            )
        })
    }
}

impl DirectInstance {
    /// Finds what the core module exports; else gives the name of what is not as it should be.
    fn new(code: &DirectCode, mut store: Store<Held>, instance: Instance) -> Result<Self, String> {
        let memory = instance.get_memory(&mut store, "memory").ok_or("memory")?;
        let place = place(&mut store, instance)?;
        let name = |function| format!("{}#{function}", scopegate_contract::INTERFACE);
        let describe = function(&mut store, instance, name("describe"))?;
        let evaluate = function(&mut store, instance, name("evaluate"))?;
        let explain = function(&mut store, instance, name("explain"))?;
        let evaluate_within = match place {
            Place::Region { .. } => {
                let name = scopegate_contract::EVALUATE_WITHIN.to_owned();
                Some(function(&mut store, instance, name)?)
            }
            Place::Allocated(_) => None,
        };
        let restorer = match &code.image {
            Some(image) => {
                let image = image.get_or_init(|| Image::of(memory.data(&store)));
                let marks = instance.get_memory(&mut store, WRITTEN).ok_or(WRITTEN)?;
                let size = instance.get_global(&mut store, SIZE);
                let size = size.map(|size| SeenSize::new(&mut store, size).ok_or(SIZE));
                Some(Restorer::new(image.clone(), marks, size.transpose()?))
            }
            None => None,
        };
        let running = Running::new(&code.engine, code.watch, store, memory, place, restorer);
        Ok(Self {
            running,
            describe,
            evaluate,
            evaluate_within,
            explain,
        })
    }

    #[inline]
    pub(crate) fn evaluate(&mut self, request: &Request) -> Result<Evaluated, EvaluateError> {
        let running = &mut self.running;
        if let Some(evaluate_within) = &self.evaluate_within
            && let Some(address) = running.lay_within(request)?
        {
            return Ok(running.call(evaluate_within, address)?);
        }
        let address = running.lay(request)?;
        Ok(running.call(&self.evaluate, address)?)
    }

    /// Lays the next request of a text out as it is read, and says what `named` makes of its action; `None` if it has to be read first.
    #[inline]
    pub(crate) fn lay_json<T>(
        &mut self,
        from: &mut Cursor<'_, '_>,
        named: impl FnOnce(&str) -> T,
    ) -> Result<Option<(Laid<'_>, T)>, Fault> {
        let Some(evaluate_within) = &self.evaluate_within else {
            return Ok(None);
        };
        let running = &mut self.running;
        Ok(running.transcribe(from, named)?.map(|named| {
            let laid = Laid {
                running,
                evaluate_within,
            };
            (laid, named)
        }))
    }

    pub(crate) fn explain(&mut self, request: &Request) -> Result<Explained, EvaluateError> {
        let address = self.running.lay(request)?;
        Ok(self.running.call(&self.explain, address)?)
    }

    /// Bytes of linear memory it has now.
    pub(crate) fn bytes(&self) -> usize {
        self.running.bytes()
    }
}

impl Laid<'_> {
    #[inline]
    pub(crate) fn evaluate(self) -> Result<Evaluated, EvaluateError> {
        let address = self.running.begin();
        Ok(self.running.call(self.evaluate_within, address)?)
    }
}

/// Where the module takes requests: in the region that it declares, if it declares one.
fn place(store: &mut Store<Held>, instance: Instance) -> Result<Place, String> {
    let mut constant = |name: &str| {
        let global = instance.get_global(&mut *store, name);
        global.map(|global| global.get(&mut *store))
    };
    let address = |name: &str, value: Option<Val>| match value {
        Some(Val::I32(address)) => Ok(address.cast_unsigned()),
        _ => Err(name.to_owned()),
    };
    let [begin, end, reads] = [
        scopegate_contract::REQUEST_BEGIN,
        scopegate_contract::REQUEST_END,
        scopegate_contract::REQUEST_READS,
    ];
    let values = [begin, end, reads].map(&mut constant);
    if values.iter().all(Option::is_none) {
        let allocate = function(store, instance, "cabi_realloc".to_owned())?;
        return Ok(Place::Allocated(allocate));
    }
    let [begin_value, end_value, reads_value] = values;
    let Some(Val::I64(reads)) = reads_value else {
        return Err(reads.to_owned());
    };
    Ok(Place::Region {
        begin: address(begin, begin_value)?,
        end_word: address(end, end_value)?,
        reads: reads.cast_unsigned(),
    })
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
