//! Code of components that this version's compiler was not proven to have made here.
//!
//! A component of one core module that is wired as the contract says is called directly, and its memory is restored after each call; any other is
//! called as a component, with a fresh instance for each decision.

use wasmtime::Module;
use wasmtime::component::Component;

use super::{Compiled, PROVEN_HERE_BYTES};
use crate::component::ComponentCode;
use crate::direct::DirectCode;
use crate::engine::{Engine, Foreign};
use crate::error::LoadError;
use crate::features;
use crate::instance::Code;
use crate::origin::{claim, origin as prove};
use crate::policy::Origin;
use crate::restore::restorable;
use crate::watch::Watch;
use crate::wiring::core_module;

/// What precompiled code begins with: which kind of code it is.
mod kind {
    /// A core module whose component this version's compiler was proven to have made.
    pub(super) const PROVEN: u8 = b'p';
    /// A core module that was made restorable.
    pub(super) const RESTORED: u8 = b'r';
    /// A whole component.
    pub(super) const WHOLE: u8 = b'c';
}

/// Code of a component of any origin.
enum Made {
    Proven(Module),
    Restored(Module),
    Whole(Component),
}

impl Engine {
    /// Compiles a component, which may come from anywhere, to code that an engine of the same version takes: for a process that
    /// [compiles for another](crate::EngineBuilder::compile_foreign_with). `is_recorded` is [`Foreign::is_recorded`].
    ///
    /// # Errors
    ///
    /// The bytes are too many, or no component.
    pub fn precompile(&self, bytes: &[u8], is_recorded: bool) -> Result<Vec<u8>, LoadError> {
        self.check_kind(bytes)?;
        features::check(bytes)?;
        let origin = foreign(is_recorded);
        if let Some(module) = core_module(bytes) {
            let is_claimed = bytes.len() > PROVEN_HERE_BYTES && claim(bytes).is_some();
            if is_claimed && prove(bytes) == Origin::Compiled {
                let code = self.watched(Watch::Clock).precompile_module(module);
                return tagged(kind::PROVEN, code);
            }
            let engine = self.watched(origin.into());
            if let Some(module) = restorable(module)
                && let Ok(code) = engine.precompile_module(&module)
            {
                return tagged(kind::RESTORED, Ok(code));
            }
        }
        let code = self.watched(Watch::Fuel).precompile_component(bytes);
        tagged(kind::WHOLE, code)
    }

    /// The code of a component that is called as one even if it could be called directly.
    pub(super) fn compile_whole(&self, bytes: &[u8]) -> Result<Compiled, LoadError> {
        features::check(bytes)?;
        let origin = prove(bytes);
        let component = Component::from_binary(self.watched(origin.into()), bytes)
            .map_err(|error| LoadError::Invalid(error.into()))?;
        Ok(Compiled {
            code: Code::Component(ComponentCode::new(self, origin, &component)?),
            origin,
            from_cache: false,
        })
    }

    /// The code of a component of that origin, recorded or foreign, from the cache or made now.
    pub(super) fn compile_foreign(
        &self,
        origin: Origin,
        bytes: &[u8],
        digest: &str,
    ) -> Result<Compiled, LoadError> {
        let watch = Watch::from(origin);
        let cached = self.cached(watch, digest);
        let from_cache = cached.is_some();
        let made = match cached {
            Some(made) => made,
            None => self.make(origin, bytes)?,
        };
        if !from_cache {
            self.keep(&made, watch, digest);
        }
        let (code, origin) = match made {
            Made::Proven(module) => {
                let code = DirectCode::new(self, Watch::Clock, &module)?;
                (Code::Direct(code), Origin::Compiled)
            }
            Made::Restored(module) => {
                let code = DirectCode::restored(self, watch, &module)?;
                (Code::Direct(code), origin)
            }
            Made::Whole(component) => {
                let code = ComponentCode::new(self, Origin::Foreign, &component)?;
                (Code::Component(code), Origin::Foreign)
            }
        };
        Ok(Compiled {
            code,
            origin,
            from_cache,
        })
    }

    /// Makes the code of a component, here or where foreign ones are compiled.
    fn make(&self, origin: Origin, bytes: &[u8]) -> Result<Made, LoadError> {
        let invalid = |error: wasmtime::Error| LoadError::Invalid(error.into());
        let (engine, whole) = (self.watched(origin.into()), self.watched(Watch::Fuel));
        let Some(compile) = self.foreign() else {
            features::check(bytes)?;
            if let Some(module) = core_module(bytes).and_then(restorable)
                && let Ok(module) = Module::from_binary(engine, &module)
            {
                return Ok(Made::Restored(module));
            }
            return Component::from_binary(whole, bytes)
                .map(Made::Whole)
                .map_err(invalid);
        };
        let foreign = Foreign {
            component: bytes,
            is_recorded: origin == Origin::Recorded,
            limits: self.limits(),
        };
        let code = compile(foreign).map_err(LoadError::NotCompiled)?;
        let (kind, code) = code.split_first().unwrap_or((&0, &[]));
        // SAFETY: whoever gave `compile` has promised that this is what `precompile` gave. Wasmtime itself refuses code of another version or
        // configuration.
        unsafe {
            match *kind {
                kind::PROVEN => {
                    Module::deserialize(self.watched(Watch::Clock), code).map(Made::Proven)
                }
                kind::RESTORED => Module::deserialize(engine, code).map(Made::Restored),
                _ => Component::deserialize(whole, code).map(Made::Whole),
            }
        }
        .map_err(invalid)
    }

    /// The code in the cache, if there is one and it has it.
    fn cached(&self, watch: Watch, digest: &str) -> Option<Made> {
        let cache = self.cache()?;
        let module = |module: Option<Module>, made: fn(Module) -> Made| module.map(made);
        module(cache.restored(self.watched(watch), digest), Made::Restored)
            .or_else(|| {
                module(
                    cache.module(self.watched(Watch::Clock), digest),
                    Made::Proven,
                )
            })
            .or_else(|| {
                let component = cache.component(self.watched(Watch::Fuel), digest);
                component.map(Made::Whole)
            })
    }

    /// Keeps the code in the cache, if there is one. A full disk makes the next start slower, and keeps nobody from deciding now.
    fn keep(&self, made: &Made, watch: Watch, digest: &str) {
        let Some(cache) = self.cache() else {
            return;
        };
        let _ = match made {
            Made::Proven(module) => cache.store_module(self.watched(Watch::Clock), digest, module),
            Made::Restored(module) => cache.store_restored(self.watched(watch), digest, module),
            Made::Whole(component) => {
                cache.store_component(self.watched(Watch::Fuel), digest, component)
            }
        };
    }
}

/// The origin of a component that this version's compiler was not proven to have made.
pub(super) fn foreign(is_recorded: bool) -> Origin {
    if is_recorded {
        Origin::Recorded
    } else {
        Origin::Foreign
    }
}

/// Precompiled code with its kind before it.
fn tagged(kind: u8, code: wasmtime::Result<Vec<u8>>) -> Result<Vec<u8>, LoadError> {
    let mut code = code.map_err(|error| LoadError::Invalid(error.into()))?;
    code.insert(0, kind);
    Ok(code)
}
