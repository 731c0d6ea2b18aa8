//! The service as a process, and who calls it.

use std::fs;
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc;
use std::thread;

use serde_json::Value;
use tempfile::TempDir;

use super::{allowed, command, json, scopegate};

/// A service that listens, and is killed when it goes.
pub(crate) struct Serving {
    pub(crate) child: Child,
    pub(crate) address: SocketAddr,
    /// What it says, after it listens.
    messages: mpsc::Receiver<String>,
}

impl Serving {
    pub(crate) fn new(options: &[&str]) -> Self {
        Self::begun(command(&Self::arguments(options)))
    }

    /// The same, begun by another program, which is given this one and its arguments behind its own.
    pub(crate) fn under(program: &str, arguments: &[&str], options: &[&str]) -> Self {
        let served = command(&Self::arguments(options));
        let mut around = Command::new(program);
        around
            .args(arguments)
            .arg(served.get_program())
            .args(served.get_args())
            .env("NO_COLOR", "1")
            .env_remove("SCOPEGATE_STORE");
        Self::begun(around)
    }

    fn arguments<'o>(options: &[&'o str]) -> Vec<&'o str> {
        [&["serve", "--listen", "127.0.0.1:0"], options].concat()
    }

    fn begun(mut command: Command) -> Self {
        let mut child = command
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("it starts");
        let mut messages = BufReader::new(child.stderr.take().expect("it is piped"));
        let address = address(&mut messages);
        // Read to the end, so that the service can say what it likes.
        let (says, said) = mpsc::channel();
        thread::spawn(move || {
            for line in messages.lines() {
                let _ = says.send(line.expect("text"));
            }
        });
        Self {
            child,
            address,
            messages: said,
        }
    }

    /// One whose callers may choose the policy that decides.
    pub(crate) fn choosing(options: &[&str]) -> Self {
        let config = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/choosing.toml");
        Self::new(&[&["--config", config], options].concat())
    }

    /// Waits until it says a line with `text` in it.
    pub(crate) fn says(&self, text: &str) -> String {
        let mut lines = self.messages.iter();
        let found = lines.find(|line| line.contains(text));
        found.unwrap_or_else(|| panic!("it ended without `{text}`"))
    }

    /// Asks it to end, and waits until it has; everything that it said and nobody waited for.
    pub(crate) fn end(mut self) -> Vec<String> {
        signal("-TERM", self.child.id());
        assert!(self.child.wait().expect("it ends").success());
        self.messages.iter().collect()
    }
}

/// Sends the signal to the process.
pub(crate) fn signal(signal: &str, process: u32) {
    let sent = Command::new("kill")
        .args([signal, &process.to_string()])
        .status();
    assert!(sent.expect("it runs").success());
}

fn address(messages: &mut BufReader<ChildStderr>) -> SocketAddr {
    let mut said = String::new();
    loop {
        let mut line = String::new();
        assert!(
            messages.read_line(&mut line).expect("readable") > 0,
            "it ended: {said}"
        );
        said += &line;
        if let Some((_, address)) = line.split_once("listening address=") {
            return address.trim().parse().expect("an address");
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One connection, which answers one request after another.
pub(crate) struct Caller(BufReader<Box<dyn Stream>>);

/// What a caller speaks over.
pub(crate) trait Stream: Read + Write + Send {}

impl<S: Read + Write + Send> Stream for S {}

impl Caller {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).expect("it listens"))
    }

    pub(crate) fn over(stream: impl Stream + 'static) -> Self {
        Self(BufReader::new(Box::new(stream)))
    }

    pub(crate) fn call(
        &mut self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: &str,
    ) -> (u16, Value) {
        let token = token.map(|token| format!("Bearer {token}"));
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(token.as_deref().map(|token| ("authorization", token)));
        let (status, text) = self.send(method, path, &headers, body.as_bytes());
        (status, json(&text))
    }

    /// The status and the text that are answered.
    pub(crate) fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> (u16, String) {
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n");
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        head += &format!("content-length: {}\r\n\r\n", body.len());
        let stream = self.0.get_mut();
        // In one piece, so that nothing waits for an acknowledgement.
        let all = [head.as_bytes(), body].concat();
        stream.write_all(&all).expect("it is sent");
        stream.flush().expect("it is sent");
        let line = self.line();
        let status = line
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        let (mut length, mut is_chunked) = (0, false);
        loop {
            let line = self.line().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.parse().expect("a number");
            }
            is_chunked |= line == "transfer-encoding: chunked";
        }
        let mut text = Vec::new();
        if is_chunked {
            loop {
                let size = usize::from_str_radix(&self.line(), 16).expect("a size");
                self.take(size, &mut text);
                assert!(self.line().is_empty());
                if size == 0 {
                    break;
                }
            }
        } else {
            self.take(length, &mut text);
        }
        let text = String::from_utf8(text).expect("UTF-8");
        (status.expect("a status"), text)
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).expect("it answers");
        line.trim_end().to_owned()
    }

    fn take(&mut self, size: usize, into: &mut Vec<u8>) {
        let from = into.len();
        into.resize(from + size, 0);
        self.0.read_exact(&mut into[from..]).expect("it answers");
    }

    pub(crate) fn decide(&mut self, body: &str) -> Value {
        let (status, decision) = self.call("POST", "/v1/decisions", None, body);
        assert_eq!(status, 200, "{decision}");
        decision
    }
}

/// `acme` 0.1.0, which allows, and 0.2.0, which denies; a request for it.
pub(crate) fn stored() -> (TempDir, String, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder
        .path()
        .join("store")
        .to_str()
        .expect("a path")
        .to_owned();
    done(&store, &["init"]);
    done(&store, &["add", "tests/data/acme/policy.toml"]);
    let rules = include_str!("../data/acme/policy.toml");
    let strict = rules
        .replace("version = \"0.1.0\"", "version = \"0.2.0\"")
        .replace(
            r#"authorization_status == "ready""#,
            r#"authorization_status == "disputed""#,
        );
    assert!(strict.contains("disputed"));
    let file = folder.path().join("strict.toml");
    fs::write(&file, strict).expect("a file");
    done(&store, &["add", file.to_str().expect("a path")]);
    done(&store, &["activate", "acme@0.1.0"]);
    let mut request = json(&allowed());
    request.as_object_mut().expect("an object").remove("now");
    (folder, store, request.to_string())
}

pub(crate) fn done(store: &str, arguments: &[&str]) {
    let mut all = vec!["policy", "--store", store];
    all.extend(arguments);
    let run = scopegate(&all, b"");
    assert_eq!(run.code, 0, "{arguments:?}: {}", run.stderr);
}
