//! Makes a policy of a component's bytes.
//!
//! Always true here: whatever the bytes are, they end as a policy that fits the contract or as an error that says why not.

mod foreign;

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use wasmparser::Parser;
use wasmtime::Module;

use crate::decision::PolicyId;
use crate::digest::digest;
use crate::direct::DirectCode;
use crate::engine::Engine;
use crate::error::LoadError;
use crate::instance::{Code, Instance};
use crate::origin::{Claim, claim, is_recorded, origin};
use crate::policy::{Origin, Policy};
use crate::terms::Terms;
use crate::watch::Watch;

/// Code that is ready to start.
struct Compiled {
    code: Code,
    origin: Origin,
    from_cache: bool,
}

impl Engine {
    /// Loads the policy that the component `bytes` is.
    ///
    /// To compile a component of several megabytes takes seconds; a [cache](crate::EngineBuilder::cache) saves them the next time.
    ///
    /// # Errors
    ///
    /// The bytes are too many, no component, or one that does not fit the contract; or it fails when it is asked what it is.
    pub fn load(&self, bytes: &[u8]) -> Result<Policy, LoadError> {
        self.check_kind(bytes)?;
        let digest = digest(bytes);
        let Compiled {
            code,
            origin,
            from_cache,
        } = self.compile(bytes, &digest)?;
        let (first, manifest) = Instance::first(&code)?;
        manifest
            .check()
            .map_err(|reason| LoadError::Manifest { reason })?;
        let id = PolicyId {
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            digest,
        };
        let terms = Terms::new(id, manifest);
        Ok(Policy::new(self, terms, origin, code, first, from_cache))
    }

    /// Loads the policy in the file at `path`.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or as for [`load`](Self::load).
    pub fn load_file(&self, path: impl AsRef<Path>) -> Result<Policy, LoadError> {
        let path = path.as_ref();
        // One byte more than may be, so that `load` sees that it is too large without reading all of it.
        let most = self.limits().component_bytes as u64 + 1;
        let mut bytes = Vec::new();
        File::open(path)
            .and_then(|file| file.take(most).read_to_end(&mut bytes))
            .map_err(|source| LoadError::File {
                path: path.to_owned(),
                source,
            })?;
        self.load(&bytes)
    }

    fn check_kind(&self, bytes: &[u8]) -> Result<(), LoadError> {
        let limit = self.limits().component_bytes;
        if bytes.len() > limit {
            Err(LoadError::TooLarge { limit })
        } else if Parser::is_core_wasm(bytes) {
            Err(LoadError::CoreModule)
        } else if !Parser::is_component(bytes) {
            Err(LoadError::NotWebAssembly)
        } else {
            Ok(())
        }
    }

    /// The component's code, from the cache or made now.
    fn compile(&self, bytes: &[u8], digest: &str) -> Result<Compiled, LoadError> {
        if !self.calls_directly() {
            return self.compile_whole(bytes);
        }
        // What is large is proven elsewhere, if there is such a place.
        let is_proven_here = self.foreign().is_none() || bytes.len() <= PROVEN_HERE_BYTES;
        if let Some(claim) = claim(bytes).filter(|_| is_proven_here)
            && let Some(proven) = self.compile_proven(&claim, bytes, digest)?
        {
            return Ok(proven);
        }
        let origin = foreign::foreign(is_recorded(self.proof(), bytes, digest));
        self.compile_foreign(origin, bytes, digest)
    }

    /// The code of the core module of a component that claims to be our compiler's; `None` if it is not.
    fn compile_proven(
        &self,
        claim: &Claim<'_>,
        bytes: &[u8],
        digest: &str,
    ) -> Result<Option<Compiled>, LoadError> {
        let watch = Watch::of_compiled(claim.work, self.limits().time);
        let engine = self.watched(watch);
        let cached = self.cache().and_then(|cache| cache.module(engine, digest));
        let from_cache = cached.is_some();
        let module = match cached {
            Some(module) => module,
            None => match compile_module(engine, claim.module, bytes, self.foreign().is_none())? {
                Some(module) => module,
                None => return Ok(None),
            },
        };
        if let Some(cache) = self.cache().filter(|_| !from_cache) {
            // A full disk makes the next start slower, and keeps nobody from deciding now.
            let _ = cache.store_module(engine, digest, &module);
        }
        Ok(Some(Compiled {
            code: Code::Direct(DirectCode::new(self, watch, &module)?),
            origin: Origin::Compiled,
            from_cache,
        }))
    }
}

/// The most bytes of a component that is proven in this process, where others compile what is foreign: to prove it takes some hundredths of a
/// second at most.
const PROVEN_HERE_BYTES: usize = 1 << 20;

/// The code of `module`, the core module of the component `bytes`, if our compiler made that. The proof is done beside, unless others
/// are to compile what is not ours.
fn compile_module(
    engine: &wasmtime::Engine,
    module: &[u8],
    bytes: &[u8],
    is_beside: bool,
) -> Result<Option<Module>, LoadError> {
    let compile = || Module::from_binary(engine, module);
    let compiled = if is_beside {
        let (module, origin) = rayon::join(compile, || origin(bytes));
        (origin == Origin::Compiled).then_some(module)
    } else {
        (origin(bytes) == Origin::Compiled).then(compile)
    };
    compiled
        .transpose()
        .map_err(|error| LoadError::Invalid(error.into()))
}
