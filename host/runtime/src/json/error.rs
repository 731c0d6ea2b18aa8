//! What is wrong with a request's text.
//!
//! Always true here: a message is for a person, and holds at most a short piece of what was given.

use std::error::Error;
use std::fmt;

use serde::Serialize;
use serde_json::error::Category;

use crate::excerpt::Excerpt;

/// Why a text is no request. It is never a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputError {
    /// What is wrong, such as `scan.targets[3].url`; `$` for the whole request. The path of a name that is missing, not
    /// known or given twice ends in that name, however long it is: a message repeats an [`Excerpt`] of it.
    pub path: String,
    /// What is wrong with it and what is expected, for a person.
    pub message: String,
    /// The line where the reader stopped, from 1.
    pub line: usize,
    /// The byte in that line where the reader stopped, from 1; 0 if the text ended before the line's first byte.
    pub column: usize,
    /// What else is wrong, in the order of the document, where the text is JSON and not too long to be looked through once more: every
    /// name that is missing (also within what is missing), not known or given twice, and every wrong value. Each text in it is cut if it is long.
    pub others: Vec<InputFault>,
}

/// One thing that is wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InputFault {
    /// What is wrong, as [`InputError::path`] has it, at most 80 bytes of it.
    pub path: String,
    /// What is wrong with it and what is expected, for a person.
    pub message: String,
}

impl InputError {
    pub(crate) fn new(path: Option<String>, error: &serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        let said = error.to_string();
        let said = said
            .strip_suffix(&format!(" at line {line} column {column}"))
            .unwrap_or(&said);
        let message = match error.classify() {
            Category::Eof => "the JSON text ends too early".to_owned(),
            Category::Syntax => format!("this is not JSON: {said}"),
            Category::Data | Category::Io => said.to_owned(),
        };
        Self {
            path: path.unwrap_or_else(|| "$".to_owned()),
            message,
            line,
            column,
            others: Vec::new(),
        }
    }

    /// What is wrong in a text that stands behind `before`, in a longer one.
    pub(crate) fn behind(self, before: &[u8]) -> Self {
        let lines = before.split(|byte| *byte == b'\n');
        let last = lines.clone().next_back().map_or(0, <[u8]>::len);
        Self {
            line: self.line + lines.count() - 1,
            column: self.column + if self.line == 1 { last } else { 0 },
            ..self
        }
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            path,
            message,
            line,
            column,
            others,
        } = self;
        write!(
            f,
            "`{}`: {message} (line {line}, column {column})",
            Excerpt(path)
        )?;
        others.iter().try_for_each(|other| write!(f, "; {other}"))
    }
}

impl Error for InputError {}

impl fmt::Display for InputFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.path, self.message)
    }
}

/// Somebody's input in backticks, cut if it is long.
pub(crate) fn quoted(input: &str) -> String {
    format!("`{}`", Excerpt(input))
}
