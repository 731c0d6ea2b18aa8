//! An empty world for components that were made for WASI 0.2: no files, no network, no arguments, a clock that tells the request's time.
//!
//! Always true here: nothing of the machine shows, nothing waits, and what a policy finds is the same for the same request. What is not needed
//! to start a language runtime traps. It is not `wasmtime-wasi`, which is made to reach the world: a clock to wait for is a thread that waits.

use sha2::{Digest as _, Sha256};
use wasmtime::component::{Component, ComponentType, Linker, LinkerInstance, Lower, Resource};
use wasmtime::{Result, StoreContextMut, bail};

use crate::store::Held;

/// The packages of WASI that there are, empty.
const PACKAGES: [&str; 6] = [
    "wasi:cli/",
    "wasi:clocks/",
    "wasi:filesystem/",
    "wasi:io/",
    "wasi:random/",
    "wasi:sockets/",
];

/// Bytes that an output stream takes at once, to throw them away.
const WRITE_BYTES: u64 = 64 << 10;

/// Random bytes that are given at once.
const RANDOM_BYTES: u64 = 64 << 10;

/// What random numbers begin with, in every instance.
const SEED: &[u8] = b"scopegate";

/// What an instance finds of the world.
#[derive(Debug, Default)]
pub(crate) struct World {
    /// What time it is, in seconds since 1970-01-01T00:00:00Z; 0 until there is a request.
    pub(crate) now: u64,
    /// What the clock that never goes back says. It stands, but for who waits.
    elapsed_ns: u64,
    /// The blocks of random bytes that were given.
    random_blocks: u64,
}

/// Nothing stands behind any handle, so they are all of one kind.
type Handle = Resource<()>;

#[derive(Debug, ComponentType, Lower)]
#[component(record)]
struct Datetime {
    #[component(name = "seconds")]
    seconds: u64,
    #[component(name = "nanoseconds")]
    nanoseconds: u32,
}

#[derive(Debug, ComponentType, Lower)]
#[component(variant)]
enum StreamError {
    #[component(name = "last-operation-failed")]
    #[expect(dead_code, reason = "a case of WASI's type: here nothing fails")]
    LastOperationFailed(Handle),
    #[component(name = "closed")]
    Closed,
}

/// Whether `import` is of the empty world.
pub(crate) fn is_there(import: &str) -> bool {
    let is_package = PACKAGES.iter().any(|package| import.starts_with(package));
    is_package
        && import
            .split_once('@')
            .is_some_and(|(_, version)| version.starts_with("0.2."))
}

/// Gives `component`, which imports nothing else, the empty world.
pub(crate) fn link(
    linker: &mut Linker<Held>,
    component: &Component,
    imports: &[String],
) -> Result<()> {
    for import in imports {
        let interface = import.split('@').next().unwrap_or_default();
        furnish(interface, &mut linker.instance(import)?)?;
    }
    linker.define_unknown_imports_as_traps(component)
}

/// Defines what there is of an interface.
fn furnish(interface: &str, to: &mut LinkerInstance<'_, Held>) -> Result<()> {
    match interface {
        "wasi:cli/environment" => {
            to.func_wrap("get-environment", |_: Cx<'_>, ()| {
                Ok((Vec::<(String, String)>::new(),))
            })?;
            to.func_wrap("get-arguments", |_: Cx<'_>, ()| Ok((Vec::<String>::new(),)))?;
            to.func_wrap("initial-cwd", |_: Cx<'_>, ()| Ok((None::<String>,)))
        }
        "wasi:cli/stdin" => handle("get-stdin", to),
        "wasi:cli/stdout" => handle("get-stdout", to),
        "wasi:cli/stderr" => handle("get-stderr", to),
        "wasi:cli/terminal-stdin" => no_handle("get-terminal-stdin", to),
        "wasi:cli/terminal-stdout" => no_handle("get-terminal-stdout", to),
        "wasi:cli/terminal-stderr" => no_handle("get-terminal-stderr", to),
        "wasi:clocks/wall-clock" => wall_clock(to),
        "wasi:clocks/monotonic-clock" => monotonic_clock(to),
        "wasi:filesystem/preopens" => to.func_wrap("get-directories", |_: Cx<'_>, ()| {
            Ok((Vec::<(Handle, String)>::new(),))
        }),
        "wasi:io/poll" => poll(to),
        "wasi:io/streams" => streams(to),
        "wasi:random/random" => {
            random_bytes("get-random-bytes", to)?;
            random_number("get-random-u64", to)
        }
        "wasi:random/insecure" => {
            random_bytes("get-insecure-random-bytes", to)?;
            random_number("get-insecure-random-u64", to)
        }
        "wasi:random/insecure-seed" => to.func_wrap("insecure-seed", |mut cx: Cx<'_>, ()| {
            let world = world(&mut cx);
            Ok(((world.random(), world.random()),))
        }),
        _ => Ok(()),
    }
}

type Cx<'a> = StoreContextMut<'a, Held>;

fn world<'a>(cx: &'a mut Cx<'_>) -> &'a mut World {
    &mut cx.data_mut().world
}

fn new_handle() -> Handle {
    Resource::new_own(0)
}

fn handle(name: &str, to: &mut LinkerInstance<'_, Held>) -> Result<()> {
    to.func_wrap(name, |_: Cx<'_>, ()| Ok((new_handle(),)))
}

fn no_handle(name: &str, to: &mut LinkerInstance<'_, Held>) -> Result<()> {
    to.func_wrap(name, |_: Cx<'_>, ()| Ok((None::<Handle>,)))
}

fn wall_clock(to: &mut LinkerInstance<'_, Held>) -> Result<()> {
    let datetime = |seconds| Datetime {
        seconds,
        nanoseconds: 0,
    };
    to.func_wrap("now", move |mut cx: Cx<'_>, ()| {
        Ok((datetime(world(&mut cx).now),))
    })?;
    to.func_wrap("resolution", move |_: Cx<'_>, ()| Ok((datetime(1),)))
}

fn monotonic_clock(to: &mut LinkerInstance<'_, Held>) -> Result<()> {
    to.func_wrap("now", |mut cx: Cx<'_>, ()| Ok((world(&mut cx).elapsed_ns,)))?;
    to.func_wrap("resolution", |_: Cx<'_>, ()| Ok((1_u64,)))?;
    // Who waits finds that the time has passed.
    to.func_wrap("subscribe-instant", |mut cx: Cx<'_>, (instant,): (u64,)| {
        let world = world(&mut cx);
        world.elapsed_ns = world.elapsed_ns.max(instant);
        Ok((new_handle(),))
    })?;
    to.func_wrap(
        "subscribe-duration",
        |mut cx: Cx<'_>, (duration,): (u64,)| {
            let world = world(&mut cx);
            world.elapsed_ns = world.elapsed_ns.saturating_add(duration);
            Ok((new_handle(),))
        },
    )
}

/// Everything is ready at once.
fn poll(to: &mut LinkerInstance<'_, Held>) -> Result<()> {
    to.func_wrap("[method]pollable.ready", |_: Cx<'_>, (_,): (Handle,)| {
        Ok((true,))
    })?;
    to.func_wrap(
        "[method]pollable.block",
        |_: Cx<'_>, (_,): (Handle,)| Ok(()),
    )?;
    to.func_wrap("poll", |_: Cx<'_>, (list,): (Vec<Handle>,)| {
        let all = 0..u32::try_from(list.len())?;
        Ok((all.collect::<Vec<_>>(),))
    })
}

/// Input is at its end; output goes nowhere.
fn streams(to: &mut LinkerInstance<'_, Held>) -> Result<()> {
    type Written = Result<(), StreamError>;

    for name in ["read", "blocking-read"] {
        let name = format!("[method]input-stream.{name}");
        to.func_wrap(&name, |_: Cx<'_>, (_, _): (Handle, u64)| {
            Ok((Err::<Vec<u8>, _>(StreamError::Closed),))
        })?;
    }
    for name in ["skip", "blocking-skip"] {
        let name = format!("[method]input-stream.{name}");
        to.func_wrap(&name, |_: Cx<'_>, (_, _): (Handle, u64)| {
            Ok((Err::<u64, _>(StreamError::Closed),))
        })?;
    }
    let check = "[method]output-stream.check-write";
    to.func_wrap(check, |_: Cx<'_>, (_,): (Handle,)| {
        Ok((Ok::<_, StreamError>(WRITE_BYTES),))
    })?;
    for name in ["write", "blocking-write-and-flush"] {
        let name = format!("[method]output-stream.{name}");
        to.func_wrap(&name, |_: Cx<'_>, (_, _): (Handle, Vec<u8>)| {
            Ok((Written::Ok(()),))
        })?;
    }
    for name in ["write-zeroes", "blocking-write-zeroes-and-flush"] {
        let name = format!("[method]output-stream.{name}");
        to.func_wrap(&name, |_: Cx<'_>, (_, _): (Handle, u64)| {
            Ok((Written::Ok(()),))
        })?;
    }
    for name in ["flush", "blocking-flush"] {
        let name = format!("[method]output-stream.{name}");
        to.func_wrap(&name, |_: Cx<'_>, (_,): (Handle,)| Ok((Written::Ok(()),)))?;
    }
    for stream in ["input", "output"] {
        let name = format!("[method]{stream}-stream.subscribe");
        to.func_wrap(&name, |_: Cx<'_>, (_,): (Handle,)| Ok((new_handle(),)))?;
    }
    Ok(())
}

fn random_bytes(name: &str, to: &mut LinkerInstance<'_, Held>) -> Result<()> {
    to.func_wrap(name, |mut cx: Cx<'_>, (count,): (u64,)| {
        if count > RANDOM_BYTES {
            bail!("the policy asked for {count} random bytes, at most {RANDOM_BYTES} are given at once");
        }
        let count = usize::try_from(count)?;
        let world = world(&mut cx);
        let mut bytes = Vec::with_capacity(count + 8);
        while bytes.len() < count {
            bytes.extend_from_slice(&world.random().to_le_bytes());
        }
        bytes.truncate(count);
        Ok((bytes,))
    })
}

fn random_number(name: &str, to: &mut LinkerInstance<'_, Held>) -> Result<()> {
    to.func_wrap(name, |mut cx: Cx<'_>, ()| Ok((world(&mut cx).random(),)))
}

impl World {
    /// The next number of those that every instance is given.
    fn random(&mut self) -> u64 {
        let block = Sha256::new()
            .chain_update(SEED)
            .chain_update(self.random_blocks.to_le_bytes())
            .finalize();
        self.random_blocks += 1;
        block
            .iter()
            .take(8)
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte))
    }
}
