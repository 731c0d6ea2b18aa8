//! `scopegate log show`: recorded decisions.
//!
//! Always true here: a line that cannot be read is reported, and hides no other.

use std::io::Write;

use anyhow::bail;
use scopegate_log::{Body, Breach, Decided, Outcome, ReadError, Record, Source, Wrong};
use serde::Deserialize;

use super::refuse;
use crate::arguments::{Format, LogShow};
use crate::exit::Exit;
use crate::output::{self, BAD, FAINT, GOOD, Plain, STRONG, list};

/// What is shown of a request.
#[derive(Deserialize)]
struct Request {
    action: String,
}

/// What is shown of a decision.
#[derive(Deserialize)]
struct Decision {
    #[serde(rename = "decision")]
    verdict: String,
    codes: Vec<String>,
    findings: Vec<Finding>,
}

#[derive(Deserialize)]
struct Finding {
    requirement: String,
}

impl LogShow {
    pub(crate) fn run(self) -> anyhow::Result<Exit> {
        let mut exit = Exit::Done;
        let (mut is_log, mut is_found) = (false, false);
        let mut out = output::people();
        let mut source = match Source::open(&self.log.log) {
            Ok(source) => source,
            Err(error) => return refuse(error),
        };
        loop {
            match source.advance() {
                Ok(true) => {}
                Ok(false) => break,
                Err(error @ ReadError::Broken(_)) => {
                    out.flush()?;
                    exit.note(refuse(error)?);
                    // A torn line is its file's last; the next file, if there is one, is read all the same.
                    continue;
                }
                Err(error) => {
                    out.flush()?;
                    return Err(error.into());
                }
            }
            let line = source.line();
            match Record::read(line.bytes) {
                Ok(record) => {
                    is_log = true;
                    if !self.wants(&record) {
                        continue;
                    }
                    is_found = true;
                    if self.format == Format::Json {
                        out.write_all(line.bytes)?;
                        out.write_all(b"\n")?;
                    } else {
                        print(&mut out, &record)?;
                    }
                }
                Err(wrong) => {
                    out.flush()?;
                    let is_no_log = !is_log && matches!(wrong, Wrong::NotRecord { .. });
                    let file = line.file.to_owned();
                    exit.note(refuse(ReadError::Broken(Breach {
                        file,
                        line: line.number,
                        wrong,
                    }))?);
                    if is_no_log {
                        return Ok(exit);
                    }
                }
            }
        }
        out.flush()?;
        if let Some(id) = self.id.filter(|_| !is_found) {
            bail!("there is no such record with the id `{id}` in the log");
        }
        Ok(exit)
    }

    /// Whether the record is asked for.
    fn wants(&self, record: &Record<'_>) -> bool {
        let is_any_outcome = !self.denied && !self.failed;
        let Body::Decided(decided) = &record.body else {
            return is_any_outcome && self.id.is_none() && self.action.is_none();
        };
        let is_outcome = || match decided.outcome {
            Outcome::Error { .. } => self.failed,
            Outcome::Decision(_) => {
                let decision = decision_of(decided);
                self.denied && decision.is_some_and(|decision| decision.verdict == "deny")
            }
        };
        self.id.is_none_or(|id| id.to_string() == *decided.id)
            && self
                .action
                .as_ref()
                .is_none_or(|action| action_of(decided).as_ref() == Some(action))
            && (is_any_outcome || is_outcome())
    }
}

fn action_of(decided: &Decided<'_>) -> Option<String> {
    let request: Request = serde_json::from_str(decided.request.get()).ok()?;
    Some(request.action)
}

fn decision_of(decided: &Decided<'_>) -> Option<Decision> {
    match decided.outcome {
        Outcome::Decision(text) => serde_json::from_str(text.get()).ok(),
        Outcome::Error { .. } => None,
    }
}

fn print(out: &mut impl Write, record: &Record<'_>) -> anyhow::Result<()> {
    write!(out, "{FAINT}{}{FAINT:#} ", Plain(&record.time))?;
    match &record.body {
        Body::Decided(decided) => decision(out, decided),
        Body::File { number } => Ok(writeln!(out, "file {number} begins")?),
        Body::Gap { dropped } => Ok(writeln!(out, "{BAD}{dropped} decisions dropped{BAD:#}")?),
        Body::Torn { kept, bytes } => Ok(writeln!(
            out,
            "{BAD}{bytes} bytes of a torn end set aside{BAD:#} in {}",
            Plain(kept)
        )?),
        Body::Lost { file, reason } => Ok(writeln!(
            out,
            "{BAD}{} was altered by somebody else{BAD:#}: {}",
            Plain(file),
            Plain(reason)
        )?),
        Body::Removed { through, .. } => Ok(writeln!(
            out,
            "the log removed its records up to {through}"
        )?),
        Body::Paused {
            since,
            reason,
            refused,
        } => Ok(writeln!(
            out,
            "{BAD}nothing could be written since {}, {refused} decisions refused{BAD:#}: {}",
            Plain(since),
            Plain(reason)
        )?),
        _ => Ok(writeln!(out, "a record")?),
    }
}

fn decision(out: &mut impl Write, decided: &Decided<'_>) -> anyhow::Result<()> {
    let action = action_of(decided).unwrap_or_default();
    let found = decision_of(decided);
    let (style, verdict) = match &found {
        Some(decision) if decision.verdict == "allow" => (GOOD, "ALLOW"),
        Some(_) => (BAD, "DENY"),
        None => (BAD, "NONE"),
    };
    write!(
        out,
        "{style}{verdict:<5}{style:#} {STRONG}{}{STRONG:#}  {FAINT}{}  {} {}",
        Plain(&action),
        Plain(&decided.id),
        Plain(&decided.policy.name),
        Plain(&decided.policy.version)
    )?;
    if let Some(by) = &decided.by {
        write!(out, "  by {}", Plain(by))?;
    }
    if let Some(id) = &decided.request_id {
        write!(out, "  request {}", Plain(id))?;
    }
    if !decided.masked.is_empty() {
        write!(out, "  masked: {}", list(&decided.masked))?;
    }
    writeln!(out, "{FAINT:#}")?;
    if let Outcome::Error { path, message } = &decided.outcome {
        writeln!(out, "  {}: {}", Plain(path), Plain(message))?;
    }
    let Some(found) = found else { return Ok(()) };
    let unmet: Vec<_> = found
        .findings
        .iter()
        .map(|finding| &finding.requirement)
        .collect();
    if !unmet.is_empty() {
        writeln!(out, "  unmet: {}", list(&unmet))?;
    } else if !found.codes.is_empty() {
        writeln!(out, "  {}", list(&found.codes))?;
    }
    Ok(())
}
