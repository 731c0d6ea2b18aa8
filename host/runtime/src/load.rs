//! Makes a policy of a component's bytes.
//!
//! Always true here: whatever the bytes are, they end as a policy that fits the contract or as an error that says why not.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use wasmparser::Parser;
use wasmtime::component::Component;

use crate::code::Code;
use crate::decision::PolicyId;
use crate::digest::digest;
use crate::engine::Engine;
use crate::error::LoadError;
use crate::instance::Instance;
use crate::origin::origin;
use crate::policy::{Origin, Policy};

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
        let origin = origin(bytes);
        let digest = digest(bytes);
        let (component, from_cache) = self.compile(origin, bytes, &digest)?;
        let code = Code::new(self, origin, &component)?;
        let (first, manifest) = Instance::first(&code)?;
        manifest
            .check()
            .map_err(|reason| LoadError::Manifest { reason })?;
        let id = PolicyId {
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            digest,
        };
        Ok(Policy::new(id, manifest, code, first, from_cache))
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

    /// The component's code, and whether it came from the cache.
    fn compile(
        &self,
        origin: Origin,
        bytes: &[u8],
        digest: &str,
    ) -> Result<(Component, bool), LoadError> {
        let half = self.half(origin);
        if let Some(component) = self.cache().and_then(|cache| cache.load(half, digest)) {
            return Ok((component, true));
        }
        let component = Component::from_binary(half, bytes)
            .map_err(|error| LoadError::Invalid(error.into()))?;
        if let Some(cache) = self.cache() {
            // A full disk makes the next start slower, and keeps nobody from deciding now.
            let _ = cache.store(half, digest, &component);
        }
        Ok((component, false))
    }
}
