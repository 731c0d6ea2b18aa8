//! `scopegate check`: decides requests as they come.
//!
//! Always true here: each request gives one decision or one error, in their order, and what was decided is written before more is waited for.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use anyhow::Context as _;
use indicatif::ProgressBar;
use scopegate::{Decision, EvaluateError, Excerpt, Explanation, InputFault, Policy, Request};
use serde::Serialize;

use crate::arguments::{Check, Format};
use crate::exit::Exit;
use crate::output;
use crate::policy;
use crate::requests::{Invalid, Requests};
use crate::text;

/// What `--format json` prints for a request that has no decision.
#[derive(Serialize)]
struct ErrorLine<'a> {
    error: Problem<'a>,
}

#[derive(Serialize)]
struct Problem<'a> {
    path: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    others: &'a [InputFault],
}

/// What `--format json --explain` prints.
#[derive(Serialize)]
struct Explained<'a> {
    #[serde(flatten)]
    decision: &'a Decision<'a>,
    explanations: &'a [Explanation<'a>],
}

impl Check {
    pub(crate) fn run(self) -> anyhow::Result<Exit> {
        let policy = policy::load(&self.policy)?;
        match self.format {
            Format::Text => self.all(&policy, output::people()),
            Format::Json => self.all(&policy, output::data()),
        }
    }

    fn all(&self, policy: &Policy, out: impl Write) -> anyhow::Result<Exit> {
        let mut run = Run {
            check: self,
            policy,
            out,
            written: Vec::new(),
            exit: Exit::Done,
            count: Count::default(),
            progress: output::spinner(),
        };
        for file in &self.files {
            match open(file) {
                Ok(reader) => run.file(file, reader)?,
                Err(error) => run.fail(&format!("{error:#}"))?,
            }
        }
        run.end()
    }
}

/// Opens a file of requests; `-` is standard input.
pub(crate) fn open(file: &Path) -> anyhow::Result<Box<dyn Read>> {
    if file == Path::new("-") {
        return Ok(Box::new(io::stdin().lock()));
    }
    let cannot = || format!("the requests `{}` cannot be read", file.display());
    let open = File::open(file).with_context(cannot)?;
    Ok(Box::new(open))
}

/// The name of a file of requests.
pub(crate) fn name(file: &Path) -> String {
    if file == Path::new("-") {
        "standard input".to_owned()
    } else {
        file.display().to_string()
    }
}

#[derive(Default)]
struct Count {
    allowed: u64,
    denied: u64,
    invalid: u64,
    failed: u64,
}

struct Run<'c, W: Write> {
    check: &'c Check,
    policy: &'c Policy,
    out: W,
    /// A decision as it is written.
    written: Vec<u8>,
    exit: Exit,
    count: Count,
    progress: ProgressBar,
}

impl<W: Write> Run<'_, W> {
    fn file(&mut self, file: &Path, reader: Box<dyn Read>) -> anyhow::Result<()> {
        let name = name(file);
        let mut requests = Requests::new(reader);
        loop {
            let mut is_unwritten = false;
            let next = requests.next(&mut || {
                let flushed = self.out.flush();
                is_unwritten = flushed.is_err();
                flushed
            });
            match next {
                Err(error) if is_unwritten => return Err(error.into()),
                Err(error) => {
                    return self.fail(&format!("the requests `{name}` cannot be read: {error}"));
                }
                Ok(None) => return Ok(()),
                Ok(Some(item)) => match item.request {
                    Ok(request) => self.decide(&request, &format!("{name}:{}", item.line))?,
                    Err(invalid) => self.refuse(&invalid, &name)?,
                },
            }
            self.progress.inc(1);
        }
    }

    fn decide(&mut self, request: &Request, place: &str) -> anyhow::Result<()> {
        let decided = self.policy.evaluate(request).and_then(|decision| {
            let explanations = if self.check.explain && !decision.is_allowed() {
                self.policy.explain(request)?
            } else {
                Vec::new()
            };
            Ok((decision, explanations))
        });
        let (decision, explanations) = match decided {
            Ok(decided) => decided,
            Err(error) => return self.unjudged(&error, place),
        };
        if decision.is_allowed() {
            self.count.allowed += 1;
        } else {
            self.count.denied += 1;
            self.exit.note(Exit::Denied);
        }
        match self.check.format {
            Format::Json if self.check.explain => self.line(&Explained {
                decision: &decision,
                explanations: &explanations,
            }),
            Format::Json => {
                self.written.clear();
                decision.write_json(&mut self.written);
                self.written.push(b'\n');
                Ok(self.out.write_all(&self.written)?)
            }
            Format::Text => {
                if self.total() > 1 {
                    writeln!(self.out)?;
                }
                Ok(text::decision(
                    &mut self.out,
                    &request.action,
                    place,
                    &decision,
                    &explanations,
                    self.policy.manifest(),
                )?)
            }
        }
    }

    /// The request is no request.
    fn refuse(&mut self, invalid: &Invalid, name: &str) -> anyhow::Result<()> {
        self.count.invalid += 1;
        self.exit.note(Exit::Invalid);
        self.error(
            &invalid.path,
            &invalid.message,
            &invalid.others,
            &format!("{name}:{}:{}", invalid.line, invalid.column),
        )
    }

    /// The policy did not decide.
    fn unjudged(&mut self, error: &EvaluateError, place: &str) -> anyhow::Result<()> {
        if error.is_of_request() {
            self.count.invalid += 1;
            self.exit.note(Exit::Invalid);
        } else {
            self.count.failed += 1;
            self.exit.note(Exit::Failed);
        }
        match error {
            EvaluateError::Unjudged { path, message, .. } => self.error(path, message, &[], place),
            _ => self.error("$", &chain(error), &[], place),
        }
    }

    fn error(
        &mut self,
        path: &str,
        message: &str,
        others: &[InputFault],
        place: &str,
    ) -> anyhow::Result<()> {
        let path = &*Excerpt(path).to_string();
        match self.check.format {
            Format::Json => self.line(&ErrorLine {
                error: Problem {
                    path,
                    message,
                    others,
                },
            }),
            Format::Text => {
                self.out.flush()?;
                let message = format!("{place}: {}", faults(path, message, others));
                self.progress.suspend(|| output::error(&message));
                Ok(())
            }
        }
    }

    /// Something failed, but not all.
    fn fail(&mut self, message: &str) -> anyhow::Result<()> {
        self.out.flush()?;
        self.progress.suspend(|| output::error(message));
        self.exit.note(Exit::Failed);
        Ok(())
    }

    fn line(&mut self, value: &impl Serialize) -> anyhow::Result<()> {
        serde_json::to_writer(&mut self.out, value).map_err(io::Error::from)?;
        Ok(self.out.write_all(b"\n")?)
    }

    fn total(&self) -> u64 {
        self.count.allowed + self.count.denied
    }

    fn end(mut self) -> anyhow::Result<Exit> {
        self.progress.finish_and_clear();
        let Count {
            allowed,
            denied,
            invalid,
            failed,
        } = self.count;
        if self.check.format == Format::Text && allowed + denied + invalid + failed > 1 {
            write!(self.out, "\n{allowed} allowed, {denied} denied")?;
            for (count, what) in [(invalid, "invalid"), (failed, "without a decision")] {
                if count > 0 {
                    write!(self.out, ", {count} {what}")?;
                }
            }
            writeln!(self.out)?;
        }
        self.out.flush()?;
        Ok(self.exit)
    }
}

/// What is wrong with a request, for people: the first in the line that begins, the others in one each.
pub(crate) fn faults(path: &str, message: &str, others: &[InputFault]) -> String {
    let of = if path == "$" {
        String::new()
    } else {
        format!("`{}`: ", Excerpt(path))
    };
    let first = format!("{of}{message}");
    others
        .iter()
        .fold(first, |text, other| format!("{text}\n  also {other}"))
}

/// An error with its causes.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
