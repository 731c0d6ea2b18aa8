//! `scopegate actions`: what can be done now.
//!
//! Always true here: all actions are decided on the same facts, `now` included.

use std::io::{self, Read as _, Write as _};

use anyhow::{Context as _, bail};
use scopegate::{Decision, EvaluateError, InputError, Policy, Request, trim_json_start};
use serde::Serialize;

use crate::arguments::{Actions, Format};
use crate::commands::check::{faults, name, open};
use crate::exit::Exit;
use crate::output::{self, BAD, FAINT, GOOD, Plain, STRONG, list};
use crate::policy;
use crate::requests::{TEXT_BYTES, now};

/// What `--format json` prints for an action.
#[derive(Serialize)]
struct Line<'a> {
    action: &'a str,
    #[serde(flatten)]
    decision: &'a Decision<'a>,
}

impl Actions {
    pub(crate) fn run(self) -> anyhow::Result<Exit> {
        let policy = policy::load(&self.policy)?;
        let name = name(&self.file);
        let mut text = Vec::new();
        open(&self.file)?
            .take(TEXT_BYTES as u64 + 1)
            .read_to_end(&mut text)
            .with_context(|| format!("the request `{name}` cannot be read"))?;
        if text.len() > TEXT_BYTES {
            bail!("the request `{name}` has more than {TEXT_BYTES} bytes");
        }
        let mut request = match facts(&text) {
            Ok(request) => request,
            Err(error) => {
                let message = if is_several(&text) {
                    format!("{name}: expected one request, found several: name a file with one")
                } else {
                    let faults = faults(&error.path, &error.message, &error.others);
                    format!("{name}:{}:{}: {faults}", error.line, error.column)
                };
                output::error(&message);
                return Ok(Exit::Invalid);
            }
        };
        let printed = match self.format {
            Format::Text => print(&policy, &mut request),
            Format::Json => print_lines(&policy, &mut request),
        };
        match printed {
            Err(error) if is_of_request(&error) => {
                output::error(&format!("{name}: {error:#}"));
                Ok(Exit::Invalid)
            }
            printed => printed.map(|()| Exit::Done),
        }
    }
}

/// Whether there is no decision because of the request.
fn is_of_request(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<EvaluateError>();
    error.is_some_and(EvaluateError::is_of_request)
}

/// Reads the request; its action may be missing.
fn facts(text: &[u8]) -> Result<Request, InputError> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let error = match Request::from_json(text, now) {
        Err(error) if error.path == "action" => error,
        result => return result.map_err(but_action),
    };
    let Some(rest) = trim_json_start(text).strip_prefix(b"{") else {
        return Err(error);
    };
    // An action that is there, but wrong, is now there twice, which is no request either.
    let comma: &[u8] = if trim_json_start(rest).starts_with(b"}") {
        b""
    } else {
        b","
    };
    let text = [br#"{"action":"""#, comma, rest].concat();
    Request::from_json(&text, now).map_err(|again| {
        if again.path == "action" {
            return but_action(error);
        }
        InputError {
            line: error.line,
            column: error.column,
            ..but_action(again)
        }
    })
}

/// What is wrong, but for an action that is missing.
fn but_action(mut error: InputError) -> InputError {
    error.others.retain(|other| other.path != "action");
    error
}

/// Whether the text is a list, or goes on after the first value.
fn is_several(text: &[u8]) -> bool {
    let mut values =
        serde_json::Deserializer::from_slice(text).into_iter::<serde::de::IgnoredAny>();
    trim_json_start(text).starts_with(b"[") || values.nth(1).is_some_and(|value| value.is_ok())
}

fn print(policy: &Policy, request: &mut Request) -> anyhow::Result<()> {
    let actions = &policy.manifest().actions;
    let width = actions
        .iter()
        .map(|action| action.chars().count())
        .max()
        .unwrap_or_default();
    let mut out = output::people();
    let mut allowed = 0;
    for action in actions {
        let decision = decide(policy, request, action)?;
        let (style, verdict) = if decision.is_allowed() {
            (GOOD, "ALLOW")
        } else {
            (BAD, "DENY ")
        };
        let name = Plain(action).to_string();
        write!(out, "{style}{verdict}{style:#} {STRONG}{name}{STRONG:#}")?;
        if decision.is_allowed() {
            allowed += 1;
        } else {
            let unmet: Vec<_> = decision
                .findings()
                .map(|finding| finding.requirement)
                .collect();
            let gap = width - name.chars().count();
            write!(
                out,
                "{:gap$}  {}",
                "",
                list(&decision.codes().collect::<Vec<_>>())
            )?;
            if !unmet.is_empty() {
                write!(out, "  {FAINT}{}{FAINT:#}", list(&unmet))?;
            }
        }
        writeln!(out)?;
    }
    writeln!(out, "\n{allowed} of {} allowed", actions.len())?;
    Ok(out.flush()?)
}

fn print_lines(policy: &Policy, request: &mut Request) -> anyhow::Result<()> {
    let mut out = output::data();
    for action in &policy.manifest().actions {
        let decision = decide(policy, request, action)?;
        serde_json::to_writer(
            &mut out,
            &Line {
                action,
                decision: &decision,
            },
        )
        .map_err(io::Error::from)?;
        out.write_all(b"\n")?;
    }
    Ok(out.flush()?)
}

fn decide<'p>(
    policy: &'p Policy,
    request: &mut Request,
    action: &str,
) -> anyhow::Result<Decision<'p>> {
    action.clone_into(&mut request.action);
    policy
        .evaluate(request)
        .with_context(|| format!("the action `{}` cannot be decided", Plain(action)))
}
