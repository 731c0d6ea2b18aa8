//! `scopegate compile-foreign`: compiles a component for another process of this program.
//!
//! Always true here: before a byte of the component is read, this process can take no more memory and time than it was given.

use std::io::{self, Read as _, Write as _};

use anyhow::Context as _;
use scopegate::{Engine, EngineError, Limits};

use crate::arguments::CompileForeign;
use crate::exit::Exit;

impl CompileForeign {
    pub(crate) fn run(self) -> anyhow::Result<Exit> {
        confine(self.memory_bytes, self.seconds).context("the limits cannot be set")?;
        let limits = Limits {
            component_bytes: self.component_bytes,
            ..Limits::default()
        };
        let engine = match Engine::builder().limits(limits).build() {
            Err(EngineError::Ticker(error)) => anyhow::bail!(
                "nothing can be compiled: it may use {} bytes of memory, too little for a thread, or the machine has no more of those: have a store allow it more with `scopegate policy allow NAME --compile-bytes` ({error})",
                self.memory_bytes
            ),
            engine => engine?,
        };
        let mut component = Vec::new();
        let most = self.component_bytes as u64 + 1;
        match io::stdin().take(most).read_to_end(&mut component) {
            // As wherever else memory runs out: who waits for this process tells by how it ended.
            Err(error) if error.kind() == io::ErrorKind::OutOfMemory => std::process::abort(),
            read => read?,
        };
        let code = engine.precompile(&component, self.is_recorded)?;
        let mut out = io::stdout().lock();
        out.write_all(&code)?;
        out.flush()?;
        Ok(Exit::Done)
    }
}

/// Keeps this process to so much memory and, on each core, time; it opens and writes no files.
#[cfg(unix)]
fn confine(memory_bytes: u64, seconds: u64) -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};

    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    for (resource, most) in [
        (Resource::As, memory_bytes),
        (Resource::Cpu, seconds.saturating_mul(cores)),
        (Resource::Fsize, 0),
        (Resource::Core, 0),
    ] {
        let most = Some(most);
        setrlimit(
            resource,
            Rlimit {
                current: most,
                maximum: most,
            },
        )?;
    }
    Ok(())
}

/// Elsewhere only the time is limited, by the process that waits.
#[cfg(not(unix))]
fn confine(_: u64, _: u64) -> io::Result<()> {
    Ok(())
}
