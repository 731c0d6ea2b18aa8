//! The engine: what policies are loaded into.
//!
//! Always true here: what our compiler did not provably make runs where its work is counted.

use std::error::Error;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use wasmparser::WasmFeatures;
use wasmtime::Config;

use crate::cache::Cache;
use crate::error::EngineError;
use crate::limits::Limits;
use crate::proof::Proof;
use crate::ticker::Ticker;
use crate::watch::Watch;

/// What a component may use of WebAssembly: what language runtimes need, and nothing that policies don't.
const FEATURES: WasmFeatures = WasmFeatures::MUTABLE_GLOBAL
    .union(WasmFeatures::SATURATING_FLOAT_TO_INT)
    .union(WasmFeatures::SIGN_EXTENSION)
    .union(WasmFeatures::REFERENCE_TYPES)
    .union(WasmFeatures::CALL_INDIRECT_OVERLONG)
    .union(WasmFeatures::MULTI_VALUE)
    .union(WasmFeatures::BULK_MEMORY)
    .union(WasmFeatures::BULK_MEMORY_OPT)
    .union(WasmFeatures::SIMD)
    .union(WasmFeatures::FLOATS)
    .union(WasmFeatures::EXTENDED_CONST)
    // Where one component calls another within it, Wasmtime itself makes a module between them with the memories of both.
    .union(WasmFeatures::MULTI_MEMORY)
    .union(WasmFeatures::COMPONENT_MODEL);

/// Loads policies. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

#[derive(Clone)]
struct Inner {
    shared: Arc<Shared>,
    limits: Limits,
    allows_wasi: bool,
    proof: Option<Proof>,
}

/// What an engine and those with other limits have in common.
struct Shared {
    /// In the order of [`Watch::ALL`].
    engines: [wasmtime::Engine; 3],
    cache: Option<Cache>,
    calls_directly: bool,
    foreign: Option<Box<ForeignCompiler>>,
    _ticker: Ticker,
}

/// Compiles a component within limits: see [`EngineBuilder::compile_foreign_with`].
pub type ForeignCompiler =
    dyn Fn(Foreign<'_>) -> Result<Vec<u8>, Box<dyn Error + Send + Sync>> + Send + Sync;

/// A component that may come from anywhere, to be compiled.
#[derive(Debug, Clone, Copy)]
pub struct Foreign<'c> {
    /// Its bytes.
    pub component: &'c [u8],
    /// Whether a [record](crate::Proof) says that a compiler of ours made it.
    pub is_recorded: bool,
    /// What compiling it may cost.
    pub limits: &'c Limits,
}

/// Makes an [`Engine`].
#[derive(Default)]
pub struct EngineBuilder {
    limits: Limits,
    cache: Option<PathBuf>,
    as_components: bool,
    foreign: Option<Box<ForeignCompiler>>,
}

impl EngineBuilder {
    /// Sets the limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Keeps compiled code in `folder`, which is made if it is not there.
    ///
    /// The folder must be trusted: whoever can write there can have this process run any code. It is checked against damage, not against
    /// malice.
    #[must_use]
    pub fn cache(mut self, folder: impl Into<PathBuf>) -> Self {
        self.cache = Some(folder.into());
        self
    }

    /// Calls every policy through its component's typed functions, those too that could be called [directly](crate::Origin::Compiled). It is
    /// slower and gives the same decisions: for tests that hold one way to the other.
    #[must_use]
    pub fn as_components(mut self) -> Self {
        self.as_components = true;
        self
    }

    /// Has `compile` turn [foreign](crate::Origin::Foreign) components into code, for instance in a process of its own whose time and memory
    /// are limited: it gives what [`Engine::precompile`] of an engine of the same version does.
    /// Without it they are compiled in this process, within no limit.
    ///
    /// # Safety
    ///
    /// What `compile` gives runs as code of this process: it must come from [`Engine::precompile`], unchanged.
    #[must_use]
    pub unsafe fn compile_foreign_with(
        mut self,
        compile: impl Fn(Foreign<'_>) -> Result<Vec<u8>, Box<dyn Error + Send + Sync>>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        self.foreign = Some(Box::new(compile));
        self
    }

    /// Makes the engine.
    ///
    /// # Errors
    ///
    /// This machine cannot run WebAssembly as policies need it, no thread can be started, or the cache's folder cannot be written to.
    pub fn build(self) -> Result<Engine, EngineError> {
        let engine = |watch| {
            wasmtime::Engine::new(&config(watch))
                .map_err(|error| EngineError::Unsupported(error.into()))
        };
        let [nothing, clock, fuel] = Watch::ALL.map(engine);
        let engines = [nothing?, clock?, fuel?];
        let cache = self.cache.map(Cache::open).transpose()?;
        let ticker =
            Ticker::start(engines.clone(), self.limits.time).map_err(EngineError::Ticker)?;
        let shared = Shared {
            engines,
            cache,
            calls_directly: !self.as_components,
            foreign: self.foreign,
            _ticker: ticker,
        };
        Ok(Engine {
            inner: Arc::new(Inner {
                shared: Arc::new(shared),
                limits: self.limits,
                allows_wasi: false,
                proof: None,
            }),
        })
    }
}

impl Engine {
    /// An engine with the default limits and no cache.
    ///
    /// # Errors
    ///
    /// As for [`EngineBuilder::build`].
    pub fn new() -> Result<Self, EngineError> {
        Self::builder().build()
    }

    /// An engine to be made.
    pub fn builder() -> EngineBuilder {
        EngineBuilder::default()
    }

    /// The same engine with other limits for what it loads from now on.
    #[must_use]
    pub fn with_limits(&self, limits: Limits) -> Self {
        Self {
            inner: Arc::new(Inner {
                limits,
                ..Inner::clone(&self.inner)
            }),
        }
    }

    /// The same engine, which gives what it loads from now on an empty WASI 0.2 if it imports one: no files, no network, no environment and
    /// arguments, output that goes nowhere, the request's `now` as its clock, and the same random numbers for each decision. Without it such
    /// components are refused.
    #[must_use]
    pub fn with_wasi(&self) -> Self {
        Self {
            inner: Arc::new(Inner {
                allows_wasi: true,
                ..Inner::clone(&self.inner)
            }),
        }
    }

    /// The same engine, which is told what was proven of a component when it was stored. Of any other component it says nothing.
    #[must_use]
    pub fn with_proof(&self, proof: Option<Proof>) -> Self {
        Self {
            inner: Arc::new(Inner {
                proof,
                ..Inner::clone(&self.inner)
            }),
        }
    }

    /// What policies and requests may cost.
    pub fn limits(&self) -> &Limits {
        &self.inner.limits
    }

    /// The engine for code that is watched in that way.
    pub(crate) fn watched(&self, watch: Watch) -> &wasmtime::Engine {
        &self.inner.shared.engines[watch as usize]
    }

    pub(crate) fn cache(&self) -> Option<&Cache> {
        self.inner.shared.cache.as_ref()
    }

    /// Whether what our compiler made is called directly.
    pub(crate) fn calls_directly(&self) -> bool {
        self.inner.shared.calls_directly
    }

    /// What it was told of a component.
    pub(crate) fn proof(&self) -> Option<&Proof> {
        self.inner.proof.as_ref()
    }

    pub(crate) fn allows_wasi(&self) -> bool {
        self.inner.allows_wasi
    }

    /// What compiles foreign components, if it is not this process.
    pub(crate) fn foreign(&self) -> Option<&ForeignCompiler> {
        self.inner.shared.foreign.as_deref()
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("limits", &self.inner.limits)
            .field("allows_wasi", &self.inner.allows_wasi)
            .field("cache", &self.inner.shared.cache)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for EngineBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineBuilder")
            .field("limits", &self.limits)
            .field("cache", &self.cache)
            .finish_non_exhaustive()
    }
}

fn config(watch: Watch) -> Config {
    let mut config = Config::new();
    config
        .wasm_features(!FEATURES, false)
        .wasm_features(FEATURES, true)
        // Decisions are the same on every machine, to the bit of a NaN.
        .cranelift_nan_canonicalization(true)
        .concurrency_support(false)
        .epoch_interruption(watch != Watch::Nothing)
        .consume_fuel(watch == Watch::Fuel)
        // What a trap says does not depend on the environment.
        .wasm_backtrace_details(wasmtime::WasmBacktraceDetails::Disable);
    config
}
