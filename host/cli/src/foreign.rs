//! Compiles strangers' components in a process of its own.
//!
//! Always true here: whatever a component makes of the code generator, this process waits only as long as the limits say, and goes on.

use std::error::Error;
use std::io::{self, Read, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::channel;
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;

use scopegate::{EngineBuilder, Foreign, Limits};

/// The command that the other process runs.
pub(crate) const COMMAND: &str = "compile-foreign";

/// The most bytes of code.
const CODE_BYTES: u64 = 1 << 30;

/// The most bytes of what the other process says is wrong.
const MESSAGE_BYTES: u64 = 4 << 10;

/// The most processes at once: each may take as much memory as its policy is allowed.
const AT_ONCE: usize = 2;

/// What the other process sets aside at a time, in KiB: by default its allocator takes more than it may have.
const ARENA_KIB: &str = "16384";

type Cause = Box<dyn Error + Send + Sync>;

/// Has foreign components compiled by another process of this program.
pub(crate) fn elsewhere(builder: EngineBuilder) -> EngineBuilder {
    // SAFETY: the code comes through a pipe from this very program, which writes there what `Engine::precompile` gave and nothing else.
    unsafe { builder.compile_foreign_with(compile) }
}

/// How many more processes there may be, and who is told when one has ended.
static FREE: (Mutex<usize>, Condvar) = (Mutex::new(AT_ONCE), Condvar::new());

/// A process may be there.
struct Slot;

impl Slot {
    /// Waits until there are fewer processes: each ends within its policy's limit of time.
    fn take() -> Self {
        let (free, freed) = &FREE;
        let free = free.lock().unwrap_or_else(PoisonError::into_inner);
        let free = freed.wait_while(free, |free| *free == 0);
        *free.unwrap_or_else(PoisonError::into_inner) -= 1;
        Self
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let (free, freed) = &FREE;
        *free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        freed.notify_one();
    }
}

/// What came of the other process.
struct Ended {
    status: ExitStatus,
    code: Vec<u8>,
    message: Vec<u8>,
    was_in_time: bool,
}

/// The code of a component, made within its limits.
fn compile(foreign: Foreign<'_>) -> Result<Vec<u8>, Cause> {
    let Foreign {
        component, limits, ..
    } = foreign;
    let _slot = Slot::take();
    let child = start(foreign).map_err(|error| {
        format!("the process that compiles components cannot be started: {error}")
    })?;
    let Ended {
        status,
        code,
        message,
        was_in_time,
    } = run(child, component, limits)?;
    if !was_in_time {
        let time = limits.compile_time;
        return Err(format!(
            "to compile the component takes longer than {time:?}: {}",
            remedy("--compile-ms")
        )
        .into());
    }
    if status.success() && code.len() as u64 <= CODE_BYTES {
        return Ok(code);
    }
    if status.code() == Some(1) {
        let said = String::from_utf8_lossy(&message);
        let said = said.trim();
        return Err(said.strip_prefix("error: ").unwrap_or(said).into());
    }
    let bytes = limits.compile_bytes;
    let remedy = remedy("--compile-bytes");
    Err(format!("the process that compiles the component ended with {status}; it may use {bytes} bytes of memory: {remedy}").into())
}

/// What to do about a component that takes more than the limit that `option` of `policy allow` sets.
fn remedy(option: &str) -> String {
    format!(
        "make the component smaller, or put it into a store that allows it more (`scopegate policy allow NAME {option}`)"
    )
}

fn start(foreign: Foreign<'_>) -> io::Result<Child> {
    let limits = foreign.limits;
    Command::new(program()?)
        .arg(COMMAND)
        .args(foreign.is_recorded.then_some("--recorded"))
        .arg(limits.compile_bytes.to_string())
        .arg(limits.compile_time.as_secs().saturating_add(1).to_string())
        .arg(limits.component_bytes.to_string())
        .env_clear()
        .env("MIMALLOC_ARENA_RESERVE", ARENA_KIB)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
}

/// This program, even if its file was replaced since it started.
fn program() -> io::Result<PathBuf> {
    if cfg!(target_os = "linux") {
        return Ok("/proc/self/exe".into());
    }
    std::env::current_exe()
}

fn run(mut child: Child, component: &[u8], limits: &Limits) -> io::Result<Ended> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (done, is_done) = channel();
    let (code, message, was_in_time) = thread::scope(|scope| {
        scope.spawn(move || {
            if let Some(mut stdin) = stdin {
                // If it ends before it has read all, it says why.
                let _ = stdin.write_all(component);
            }
        });
        let code = scope.spawn(move || {
            let code = read(stdout, CODE_BYTES + 1);
            // Nobody waits for it if it took too long.
            let _ = done.send(());
            code
        });
        let message = scope.spawn(move || read(stderr, MESSAGE_BYTES));
        let was_in_time = is_done.recv_timeout(limits.compile_time).is_ok();
        if !was_in_time {
            // One that has ended meanwhile need not be.
            let _ = child.kill();
        }
        let read = |thread: thread::ScopedJoinHandle<'_, io::Result<Vec<u8>>>| {
            thread
                .join()
                .unwrap_or_else(|_| Err(io::ErrorKind::Other.into()))
        };
        (read(code), read(message), was_in_time)
    });
    if code
        .as_ref()
        .is_ok_and(|code| code.len() as u64 > CODE_BYTES)
    {
        // It would wait for ever to be read on.
        let _ = child.kill();
    }
    let status = child.wait()?;
    Ok(Ended {
        status,
        code: code?,
        message: message?,
        was_in_time,
    })
}

fn read(from: Option<impl Read>, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(from) = from {
        from.take(most).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}
