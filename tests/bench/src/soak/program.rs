//! The service as a program.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::{env, fs, thread};

/// A service that runs until this is dropped.
pub struct Program {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Program {
    /// Starts the program that `SCOPEGATE_PROGRAM` names, or the one that was built beside this.
    ///
    /// # Errors
    ///
    /// There is no such program, or it ends before it listens: what it said.
    pub fn start() -> Result<Self, String> {
        let program = path();
        let mut child = Command::new(&program)
            .args(["serve", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| {
                let program = program.display();
                format!("`{program}` cannot be started: {error}: build it first, with `cargo build --release -p scopegate-cli`, or name one in SCOPEGATE_PROGRAM")
            })?;
        let errors = child.stderr.take().ok_or("it has no standard error")?;
        let mut lines = BufReader::new(errors).lines().map_while(Result::ok);
        let address = lines.find_map(|line| {
            let (_, address) = line.split_once("listening address=")?;
            address.trim().parse().ok()
        });
        // Read to its end, so that it can say what it likes.
        thread::spawn(move || lines.for_each(drop));
        match address {
            Some(address) => Ok(Self { child, address }),
            None => Err("it ended before it listened".to_owned()),
        }
    }

    /// Its resident memory in KiB, where the system tells.
    pub fn resident_kib(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
        line.split_whitespace().nth(1)?.parse().ok()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn path() -> PathBuf {
    if let Some(program) = env::var_os("SCOPEGATE_PROGRAM") {
        return program.into();
    }
    // Benchmarks are in `target/<profile>/deps`, programs in `target/<profile>`.
    let here = env::current_exe().unwrap_or_default();
    let profile = here.ancestors().nth(2).map(PathBuf::from);
    profile.unwrap_or_default().join("scopegate")
}
