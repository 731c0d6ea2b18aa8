//! Keeps compiled code on disk.
//!
//! Always true here: code is loaded only from a file whose header holds the SHA-256 of what follows, and a file is never overwritten
//! in place. Damage is found; the folder is trusted otherwise.

use std::fs;
use std::hash::{BuildHasher as _, Hash, Hasher, RandomState};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process;

use sha2::{Digest as _, Sha256};
use wasmtime::component::Component;
use wasmtime::{Engine, Module};

use crate::digest::hex;
use crate::error::EngineError;

/// What a file of ours begins with.
const MAGIC: &[u8; 16] = b"scopegate code 1";

const HEADER_BYTES: usize = MAGIC.len() + 32;

/// The code of a core module, whose component the crate's version of the compiler was proven to have made.
const MODULE: &str = concat!("module ", env!("CARGO_PKG_VERSION"));

/// The code of a core module that the crate's version made restorable.
const RESTORED: &str = concat!("restored ", env!("CARGO_PKG_VERSION"));

/// The code of a whole component.
const COMPONENT: &str = "component";

/// A folder with compiled code.
#[derive(Debug)]
pub(crate) struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// Uses `folder`, and makes sure that it can be written to.
    pub(crate) fn open(folder: PathBuf) -> Result<Self, EngineError> {
        let cache = Self { folder };
        let attempt = || {
            fs::create_dir_all(&cache.folder)?;
            let probe = cache.temporary();
            fs::write(&probe, [])?;
            fs::remove_file(&probe)
        };
        match attempt() {
            Ok(()) => Ok(cache),
            Err(source) => Err(EngineError::Cache {
                folder: cache.folder,
                source,
            }),
        }
    }

    /// The code of the core module of the component with that digest, if it is there and whole. It is there only if the compiler of this
    /// version was proven to have made the component.
    pub(crate) fn module(&self, engine: &Engine, digest: &str) -> Option<Module> {
        let code = read(&self.file(engine, digest, MODULE))?;
        // SAFETY: `code` must be what `Module::serialize` gave. The folder is trusted to hold only what `store_module` wrote there under that
        // name, and the digest shows that it was not damaged since. Wasmtime itself refuses code of another version or configuration.
        unsafe { Module::deserialize(engine, code) }.ok()
    }

    /// The code of the core module of the component with that digest, made restorable, if it is there and whole.
    pub(crate) fn restored(&self, engine: &Engine, digest: &str) -> Option<Module> {
        let code = read(&self.file(engine, digest, RESTORED))?;
        // SAFETY: as above, of `store_restored`.
        unsafe { Module::deserialize(engine, code) }.ok()
    }

    /// The code of the component with that digest, if it is there and whole.
    pub(crate) fn component(&self, engine: &Engine, digest: &str) -> Option<Component> {
        let code = read(&self.file(engine, digest, COMPONENT))?;
        // SAFETY: as above, of `Component::serialize` and `store_component`.
        unsafe { Component::deserialize(engine, code) }.ok()
    }

    /// Keeps the code of the core module of a component that the compiler of this version was proven to have made.
    pub(crate) fn store_module(
        &self,
        engine: &Engine,
        digest: &str,
        module: &Module,
    ) -> io::Result<()> {
        let code = module.serialize().map_err(io::Error::other)?;
        self.store(&code, &self.file(engine, digest, MODULE))
    }

    /// Keeps the code of the core module of the component with that digest, made restorable.
    pub(crate) fn store_restored(
        &self,
        engine: &Engine,
        digest: &str,
        module: &Module,
    ) -> io::Result<()> {
        let code = module.serialize().map_err(io::Error::other)?;
        self.store(&code, &self.file(engine, digest, RESTORED))
    }

    /// Keeps the code of the component with that digest.
    pub(crate) fn store_component(
        &self,
        engine: &Engine,
        digest: &str,
        component: &Component,
    ) -> io::Result<()> {
        let code = component.serialize().map_err(io::Error::other)?;
        self.store(&code, &self.file(engine, digest, COMPONENT))
    }

    fn store(&self, code: &[u8], to: &Path) -> io::Result<()> {
        let temporary = self.temporary();
        let written = (|| {
            let mut file = fs::File::create_new(&temporary)?;
            file.write_all(MAGIC)?;
            file.write_all(&Sha256::digest(code))?;
            file.write_all(code)?;
            file.sync_all()?;
            // Other processes see no file or a whole one.
            fs::rename(&temporary, to)
        })();
        if written.is_err() {
            // What is left over is only in the way; the first error is the one that matters.
            let _ = fs::remove_file(&temporary);
        }
        written
    }

    /// The file for that kind of code of a component, compiled by an engine with that configuration.
    fn file(&self, engine: &Engine, digest: &str, kind: &str) -> PathBuf {
        let mut hasher = Sha256Hasher(Sha256::new());
        engine.precompile_compatibility_hash().hash(&mut hasher);
        kind.hash(&mut hasher);
        let component = digest.trim_start_matches("sha256:");
        self.folder.join(format!(
            "{component}-{}.cwasm",
            &hex(&hasher.0.finalize())[..16]
        ))
    }

    /// A file that nobody else uses, in whatever process or container.
    fn temporary(&self) -> PathBuf {
        self.folder.join(format!(
            ".{:016x}.tmp",
            RandomState::new().hash_one(process::id())
        ))
    }
}

/// The code in a file, if it is there and whole.
fn read(file: &Path) -> Option<Vec<u8>> {
    let mut file = fs::read(file).ok()?;
    let (header, code) = file.split_at_checked(HEADER_BYTES)?;
    if header[..MAGIC.len()] != *MAGIC || header[MAGIC.len()..] != *Sha256::digest(code) {
        return None;
    }
    file.drain(..HEADER_BYTES);
    Some(file)
}

/// Hashes alike in every process and build, which std's hasher does not promise.
struct Sha256Hasher(Sha256);

impl Hasher for Sha256Hasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let digest = self.0.clone().finalize();
        digest
            .iter()
            .take(8)
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte))
    }
}
