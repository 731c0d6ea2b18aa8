//! `scopegate request new`: the beginning of a request.
//!
//! Always true here: the reader accepts what is printed, and the policy judges it.

use std::collections::BTreeSet;
use std::io::Write as _;

use anyhow::{Context as _, bail};
use scopegate::{Policy, Request};

use crate::arguments::RequestCommand;
use crate::exit::Exit;
use crate::output::{self, Plain, list};
use crate::policy;
use crate::skeleton::{self, Choice, Skeleton};

/// How often the policy is asked what it misses: far more often than facts stand within each other.
const ROUNDS: usize = 16;

impl RequestCommand {
    pub(crate) fn run(self) -> anyhow::Result<Exit> {
        let Self::New { action, policy } = self;
        let policy = policy::load(&policy)?;
        let known = &policy.manifest().actions;
        if !known.contains(&action) {
            bail!(
                "the policy knows no action `{}`: it knows {}",
                Plain(&action),
                list(known)
            );
        }
        let (request, choices) = request(&policy, &action)?;
        let mut out = output::data();
        serde_json::to_writer_pretty(&mut out, &request)?;
        out.write_all(b"\n")?;
        out.flush()?;
        explain(&choices);
        Ok(Exit::Done)
    }
}

/// A request for `action` with whatever the policy misses that may be absent.
fn request(policy: &Policy, action: &str) -> anyhow::Result<(Skeleton, Vec<Choice>)> {
    let attributes = &policy.manifest().attributes;
    let mut present = BTreeSet::new();
    let mut skeleton = skeleton::request(action, attributes, &present);
    for _ in 0..ROUNDS {
        let missed = missed(policy, &serde_json::to_vec(&skeleton.0)?)?;
        let before = present.len();
        present.extend(missed);
        if present.len() == before {
            break;
        }
        skeleton = skeleton::request(action, attributes, &present);
    }
    Ok(skeleton)
}

/// The facts that are absent from `request` and decided that a requirement is unmet.
fn missed(policy: &Policy, request: &[u8]) -> anyhow::Result<Vec<String>> {
    let request = Request::from_json(request, || 0).context("the request cannot be written")?;
    let explained = policy
        .explain(&request)
        .context("the policy cannot say what it misses")?;
    let facts = explained
        .into_iter()
        .flat_map(|explanation| explanation.facts);
    let absent = facts.filter(|fact| fact.value.is_null());
    Ok(absent.map(|fact| fact.path).collect())
}

/// Says on standard error what can be chosen from: JSON has no place for it.
fn explain(choices: &[Choice]) {
    let width = choices.iter().map(|choice| choice.path.len()).max();
    let width = width.unwrap_or_default();
    let mut text = String::from("Fill in the texts, numbers and booleans, and choose:\n");
    for Choice { path, cases } in choices {
        text += &format!("  {path:width$}  {}\n", cases.join(", "));
    }
    output::rendered(&text);
}
