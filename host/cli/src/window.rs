//! A window on a stream of bytes, which knows where it stands.
//!
//! Always true here: it holds what was read and not yet passed, and no more than the longest value needs.

use std::io::{self, Read};

/// The bytes that are read at once.
const CHUNK: usize = 64 << 10;

/// What is called before a read that may take long: what was decided must not wait for what comes.
pub(crate) type BeforeReading<'a> = &'a mut dyn FnMut() -> io::Result<()>;

pub(crate) struct Window<R> {
    reader: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    is_ended: bool,
    line: usize,
    column: usize,
}

impl<R: Read> Window<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self {
            reader,
            buffer: Vec::new(),
            start: 0,
            end: 0,
            is_ended: false,
            line: 1,
            column: 0,
        }
    }

    /// What was read and not yet passed.
    pub(crate) fn rest(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Whether the stream holds no more than [`rest`](Self::rest).
    pub(crate) fn is_ended(&self) -> bool {
        self.is_ended
    }

    /// The line of the first byte of the rest, from 1, and the bytes before it in that line.
    pub(crate) fn place(&self) -> (usize, usize) {
        (self.line, self.column)
    }

    /// Passes `count` bytes of the rest.
    pub(crate) fn pass(&mut self, count: usize) {
        let passed = &self.buffer[self.start..self.start + count];
        match passed.iter().rposition(|byte| *byte == b'\n') {
            Some(last) => {
                self.line += passed.split(|byte| *byte == b'\n').count() - 1;
                self.column = count - last - 1;
            }
            None => self.column += count,
        }
        self.start += count;
    }

    /// Reads more; `false` if there is no more.
    pub(crate) fn read(&mut self, before: BeforeReading<'_>) -> io::Result<bool> {
        if self.is_ended {
            return Ok(false);
        }
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.buffer.len() - self.end < CHUNK {
            let length = (self.buffer.len() * 2).max(2 * CHUNK);
            self.buffer.resize(length, 0);
        }
        before()?;
        let count = loop {
            match self.reader.read(&mut self.buffer[self.end..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result?,
            }
        };
        self.end += count;
        self.is_ended = count == 0;
        Ok(!self.is_ended)
    }

    /// The first byte that is no blank, if there is one; the blanks are passed.
    pub(crate) fn skip_blank(&mut self, before: BeforeReading<'_>) -> io::Result<Option<u8>> {
        loop {
            let blank = self
                .rest()
                .iter()
                .take_while(|byte| is_blank(**byte))
                .count();
            self.pass(blank);
            if let Some(byte) = self.rest().first() {
                return Ok(Some(*byte));
            }
            if !self.read(before)? {
                return Ok(None);
            }
        }
    }

    /// The length of the rest of the line from `at` on, counted from the start of the rest, its end not included; `None` if it goes on for
    /// more than `most` bytes.
    pub(crate) fn line_end(
        &mut self,
        at: usize,
        most: usize,
        before: BeforeReading<'_>,
    ) -> io::Result<Option<usize>> {
        let mut seen = at;
        loop {
            if let Some(end) = self.rest()[seen..].iter().position(|byte| *byte == b'\n') {
                return Ok(Some(seen + end));
            }
            seen = self.rest().len();
            if seen > most {
                return Ok(None);
            }
            if !self.read(before)? {
                return Ok(Some(seen));
            }
        }
    }

    /// Passes the rest of the line and its end, however long it is.
    pub(crate) fn pass_line(&mut self, before: BeforeReading<'_>) -> io::Result<()> {
        loop {
            if let Some(end) = self.rest().iter().position(|byte| *byte == b'\n') {
                self.pass(end + 1);
                return Ok(());
            }
            self.pass(self.rest().len());
            if !self.read(before)? {
                return Ok(());
            }
        }
    }
}

/// Whether JSON may have the byte between its parts.
pub(crate) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}
