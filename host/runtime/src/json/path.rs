//! Where in a document the reader stands.
//!
//! Always true here: a path is a linked list on the stack, and costs nothing until something is wrong.

use std::cell::RefCell;
use std::fmt::Write as _;

use serde::de::Error;

/// What all readers of one document share.
pub(crate) struct Context<'a> {
    /// The path of what is wrong, as the innermost reader that failed saw it.
    wrong: RefCell<Option<String>>,
    /// Whether texts can be borrowed from the document.
    borrows: bool,
    clock: &'a dyn Fn() -> i64,
}

impl<'a> Context<'a> {
    pub(crate) fn new(borrows: bool, clock: &'a dyn Fn() -> i64) -> Self {
        Self {
            wrong: RefCell::new(None),
            borrows,
            clock,
        }
    }

    pub(crate) fn take(&self) -> Option<String> {
        self.wrong.take()
    }
}

/// The path of a value.
#[derive(Clone, Copy)]
pub(crate) struct Path<'a> {
    context: &'a Context<'a>,
    parent: Option<&'a Path<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Root,
    Name(&'a str),
    Index(usize),
}

impl<'a> Path<'a> {
    pub(crate) fn root(context: &'a Context<'a>) -> Self {
        Self {
            context,
            parent: None,
            step: Step::Root,
        }
    }

    pub(crate) fn name(&'a self, name: &'a str) -> Path<'a> {
        Self {
            context: self.context,
            parent: Some(self),
            step: Step::Name(name),
        }
    }

    pub(crate) fn index(&'a self, index: usize) -> Path<'a> {
        Self {
            context: self.context,
            parent: Some(self),
            step: Step::Index(index),
        }
    }

    /// Whether texts can be borrowed from the document.
    pub(crate) fn borrows(&self) -> bool {
        self.context.borrows
    }

    /// The host's clock, in seconds since 1970-01-01T00:00:00Z.
    pub(crate) fn now(&self) -> i64 {
        (self.context.clock)()
    }

    /// Passes `error` on and says that it is here, unless it is already known where.
    pub(crate) fn blame<E>(&self, error: E) -> E {
        let mut wrong = self.context.wrong.borrow_mut();
        if wrong.is_none() {
            *wrong = Some(self.text(true));
        }
        error
    }

    /// Where the value was wrong that was just read here, and could not be.
    pub(crate) fn wrong(&self) -> String {
        self.context.take().unwrap_or_else(|| self.text(true))
    }

    /// An error that is here.
    pub(crate) fn refuse<E: Error>(&self, message: impl std::fmt::Display) -> E {
        self.blame(E::custom(message))
    }

    /// The most elements a list here may have.
    pub(crate) fn list_limit(&self) -> usize {
        scopegate_contract::list_limit(&self.text(false)) as usize
    }

    /// The path as text, such as `scan.targets[3].url`; `$` for the root.
    fn text(&self, with_indices: bool) -> String {
        let mut text = String::new();
        self.write(&mut text, with_indices);
        if text.is_empty() {
            text.push('$');
        }
        text
    }

    fn write(&self, text: &mut String, with_indices: bool) {
        if let Some(parent) = self.parent {
            parent.write(text, with_indices);
        }
        match self.step {
            Step::Name(name) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(name);
            }
            Step::Index(index) if with_indices => {
                // Writing to a `String` cannot fail.
                let _ = write!(text, "[{index}]");
            }
            Step::Root | Step::Index(_) => {}
        }
    }
}
