//! Reads requests one after another: from an object, a list, JSON lines, or objects in many lines.
//!
//! Always true here: one request is in memory at a time, and each is decided or refused. What cannot be told apart any more ends the stream.

use std::io::{self, Read};
use std::time::{SystemTime, UNIX_EPOCH};

use scopegate::{InputFault, Request, trim_json, trim_json_end};
use serde::de::IgnoredAny;

use crate::window::{BeforeReading, Window, is_blank};

/// The most bytes that the text of one request may have.
pub(crate) const TEXT_BYTES: usize = 256 << 20;

/// How many bytes of a value are looked at first.
const STEP: usize = 4 << 10;

/// How deep a value of several lines may nest: far deeper than a request does.
const DEPTH: usize = 64;

/// Why there is no request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Invalid {
    /// What is wrong, such as `scan.targets[3].url`; `$` for the whole request.
    pub(crate) path: String,
    /// What is wrong with it.
    pub(crate) message: String,
    /// What else is wrong.
    pub(crate) others: Vec<InputFault>,
    /// The line where the reader stopped, from 1.
    pub(crate) line: usize,
    /// The byte in that line, from 1.
    pub(crate) column: usize,
}

/// A request, and the line it begins in.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) line: usize,
    pub(crate) request: Result<Request, Invalid>,
}

/// The requests of a stream.
pub(crate) struct Requests<R> {
    window: Window<R>,
    state: State,
    /// Whether each line is known to be a request by itself.
    is_lines: bool,
    /// Whether any request was read or refused.
    is_any: bool,
    most_bytes: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Beginning,
    Between,
    List { is_first: bool },
    Ended,
}

/// How far a value goes.
enum Extent {
    To(usize),
    /// It is no JSON, or is cut off.
    Broken,
    TooLong,
}

impl<R: Read> Requests<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self {
            window: Window::new(reader),
            state: State::Beginning,
            is_lines: false,
            is_any: false,
            most_bytes: TEXT_BYTES,
        }
    }

    /// The next request. `before` is called before a read that may wait for somebody.
    ///
    /// # Errors
    ///
    /// The stream cannot be read.
    pub(crate) fn next(&mut self, before: BeforeReading<'_>) -> io::Result<Option<Item>> {
        if self.state == State::Beginning {
            self.state = State::Between;
            if let Some(invalid) = self.begin(before)? {
                return Ok(Some(invalid));
            }
        }
        while self.state == State::Between {
            match self.window.skip_blank(before)? {
                None => {
                    self.state = State::Ended;
                    if self.is_any {
                        return Ok(None);
                    }
                    return Ok(Some(self.refuse("there is no request: the input is empty")));
                }
                Some(b'[') => {
                    self.window.pass(1);
                    self.state = State::List { is_first: true };
                }
                Some(_) => return self.value(before).map(Some),
            }
        }
        match self.state {
            State::List { is_first } => self.element(is_first, before),
            _ => Ok(None),
        }
    }

    /// Looks at the mark that some programs put before a text.
    fn begin(&mut self, before: BeforeReading<'_>) -> io::Result<Option<Item>> {
        while self.window.rest().len() < 3 && self.window.read(before)? {}
        if self.window.rest().starts_with(b"\xef\xbb\xbf") {
            self.window.pass(3);
        } else if self.window.rest().starts_with(b"\xff\xfe")
            || self.window.rest().starts_with(b"\xfe\xff")
        {
            self.state = State::Ended;
            return Ok(Some(self.refuse("the input is UTF-16: save it as UTF-8")));
        }
        Ok(None)
    }

    /// A value that stands by itself.
    fn value(&mut self, before: BeforeReading<'_>) -> io::Result<Item> {
        match self.extent(false, before)? {
            Extent::TooLong => {
                let refused = self.too_long();
                if self.is_lines {
                    self.window.pass_line(before)?;
                } else {
                    self.state = State::Ended;
                }
                Ok(refused)
            }
            Extent::Broken => self.broken(before),
            Extent::To(length) => {
                let read = self.parse(length);
                if read.request.is_err() && !is_json(&self.window.rest()[..length]) {
                    return self.broken(before);
                }
                let line_end = self
                    .window
                    .line_end(length, length + self.most_bytes, before)?;
                let follows = line_end.is_none_or(|end| {
                    self.window.rest()[length..end]
                        .iter()
                        .any(|byte| !is_blank(*byte))
                });
                self.is_lines = !self.window.rest()[..length].contains(&b'\n');
                self.window.pass(length);
                if follows {
                    self.window.skip_blank(before)?;
                    let refused = self.refuse("more text follows the request in its line: put each request in a line of its own, or all of them in a list");
                    self.window.pass_line(before)?;
                    return Ok(Item {
                        line: read.line,
                        ..refused
                    });
                }
                Ok(read)
            }
        }
    }

    /// What is left of a text that is no JSON: in JSON lines, the next lines.
    fn broken(&mut self, before: BeforeReading<'_>) -> io::Result<Item> {
        let is_lines = self.is_lines || self.is_next_line_whole(before)?;
        let length = if is_lines {
            self.window
                .line_end(0, self.most_bytes, before)?
                .unwrap_or(self.window.rest().len())
        } else {
            self.window.rest().len()
        };
        let read = self.parse(length);
        if is_lines {
            self.is_lines = true;
            self.window.pass_line(before)?;
        } else {
            self.state = State::Ended;
        }
        Ok(read)
    }

    /// Whether the next line that is not blank is an object by itself, as in JSON lines.
    fn is_next_line_whole(&mut self, before: BeforeReading<'_>) -> io::Result<bool> {
        let mut end = 0;
        loop {
            let Some(first_end) = self.window.line_end(end, self.most_bytes, before)? else {
                return Ok(false);
            };
            let start = (first_end + 1).min(self.window.rest().len());
            let Some(line_end) = self.window.line_end(start, self.most_bytes, before)? else {
                return Ok(false);
            };
            let line = trim_json(&self.window.rest()[start..line_end]);
            if !line.is_empty() {
                return Ok(line.starts_with(b"{") && is_json(line));
            }
            if line_end == self.window.rest().len() {
                return Ok(false);
            }
            end = line_end;
        }
    }

    /// The next element of the list, or what follows the list.
    fn element(&mut self, is_first: bool, before: BeforeReading<'_>) -> io::Result<Option<Item>> {
        let mut next = self.window.skip_blank(before)?;
        if next == Some(b']') {
            if is_first {
                let refused = self.refuse("there is no request: the list is empty");
                self.window.pass(1);
                self.state = State::Between;
                return Ok(Some(refused));
            }
            self.window.pass(1);
            self.state = State::Between;
            return self.next(before);
        }
        if !is_first {
            if next != Some(b',') {
                return Ok(Some(self.end(match next {
                    None => "this is not JSON: the list is not closed",
                    Some(_) => "this is not JSON: expected `,` or `]` after an element of the list",
                })));
            }
            self.window.pass(1);
            next = self.window.skip_blank(before)?;
        }
        self.state = State::List { is_first: false };
        if matches!(next, None | Some(b',' | b']')) {
            return Ok(Some(self.end(match next {
                None => "this is not JSON: the list is not closed",
                Some(_) => "this is not JSON: expected an element of the list",
            })));
        }
        match self.extent(true, before)? {
            Extent::TooLong => {
                self.state = State::Ended;
                Ok(Some(self.too_long()))
            }
            Extent::Broken => {
                self.state = State::Ended;
                let read = self.parse(self.window.rest().len());
                Ok(Some(read))
            }
            Extent::To(length) => {
                let read = self.parse(length);
                if read.request.is_err() && !is_json(&self.window.rest()[..length]) {
                    self.state = State::Ended;
                }
                self.window.pass(length);
                Ok(Some(read))
            }
        }
    }

    /// Finds the end of the value that begins here.
    fn extent(&mut self, in_list: bool, before: BeforeReading<'_>) -> io::Result<Extent> {
        let first = self.window.rest()[0];
        let is_nested = matches!(first, b'{' | b'[') || (in_list && first == b'"');
        if !is_nested {
            return self.extent_of_word(in_list, before);
        }
        let mut scan = Scan::default();
        // What is broken mostly shows it soon, so it is looked at in steps: to find each of many broken lines takes no more than a few times
        // their bytes.
        let mut step = STEP;
        loop {
            let rest = self.window.rest();
            let seen = &rest[..step.min(rest.len())];
            if let Some(end) = scan.end(seen) {
                return Ok(Extent::To(end));
            }
            if scan.depth > DEPTH && seen.contains(&b'\n') {
                return Ok(Extent::Broken);
            }
            let is_all = self.window.is_ended() && seen.len() == rest.len();
            if seen.len() == step || is_all {
                match prefix(seen) {
                    Ok(end) => return Ok(Extent::To(end)),
                    Err(error) if !error.is_eof() || is_all => return Ok(Extent::Broken),
                    Err(_) => step *= 2,
                }
            } else if rest.len() > self.most_bytes {
                return Ok(Extent::TooLong);
            } else {
                self.window.read(before)?;
            }
        }
    }

    /// Finds the end of a value that is neither an object nor a list: it ends with its line, or as an element does.
    fn extent_of_word(&mut self, in_list: bool, before: BeforeReading<'_>) -> io::Result<Extent> {
        let is_end = |byte: &u8| *byte == b'\n' || in_list && matches!(byte, b',' | b']');
        loop {
            let rest = self.window.rest();
            let end = rest.iter().position(is_end);
            if let Some(end) = end.or(self.window.is_ended().then_some(rest.len())) {
                return Ok(Extent::To(trim_json_end(&rest[..end]).len()));
            }
            if rest.len() > self.most_bytes {
                return Ok(Extent::TooLong);
            }
            self.window.read(before)?;
        }
    }

    /// Reads the request in the next `length` bytes, without passing them.
    fn parse(&mut self, length: usize) -> Item {
        self.is_any = true;
        let (line, column) = self.window.place();
        let request =
            Request::from_json(&self.window.rest()[..length], now).map_err(|error| Invalid {
                path: error.path,
                message: error.message,
                others: error.others,
                line: line + error.line.saturating_sub(1),
                column: if error.line <= 1 {
                    column + error.column
                } else {
                    error.column
                },
            });
        Item { line, request }
    }

    fn refuse(&mut self, message: &str) -> Item {
        self.is_any = true;
        let (line, column) = self.window.place();
        Item {
            line,
            request: Err(Invalid {
                path: "$".to_owned(),
                message: message.to_owned(),
                others: Vec::new(),
                line,
                column: column + 1,
            }),
        }
    }

    fn end(&mut self, message: &str) -> Item {
        self.state = State::Ended;
        self.refuse(message)
    }

    fn too_long(&mut self) -> Item {
        let most = self.most_bytes;
        self.refuse(&format!(
            "the text of this request has more than {most} bytes"
        ))
    }
}

/// The end of the JSON value that `text` begins with.
fn prefix(text: &[u8]) -> Result<usize, serde_json::Error> {
    let mut values = serde_json::Deserializer::from_slice(text).into_iter::<IgnoredAny>();
    match values.next() {
        Some(value) => value.map(|_| values.byte_offset()),
        None => Ok(0),
    }
}

/// Whether `text` is one JSON value.
fn is_json(text: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(text).is_ok()
}

/// The system's clock, in seconds since 1970-01-01T00:00:00Z.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// Counts brackets and skips texts, from where it stopped.
#[derive(Default)]
struct Scan {
    at: usize,
    depth: usize,
    is_text: bool,
    is_escape: bool,
}

impl Scan {
    /// The end of the value that `text` begins with, if it is there and the brackets can be trusted.
    fn end(&mut self, text: &[u8]) -> Option<usize> {
        for (at, byte) in text.iter().enumerate().skip(self.at) {
            if self.is_text {
                match byte {
                    _ if self.is_escape => self.is_escape = false,
                    b'\\' => self.is_escape = true,
                    b'"' => self.is_text = false,
                    _ => continue,
                }
            } else {
                match byte {
                    b'"' => self.is_text = true,
                    b'{' | b'[' => self.depth += 1,
                    b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                    _ => continue,
                }
            }
            if self.depth == 0 && !self.is_text {
                return Some(at + 1);
            }
        }
        self.at = text.len();
        None
    }
}
