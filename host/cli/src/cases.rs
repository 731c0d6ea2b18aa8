//! The cases of a policy: requests, and what is decided about them.
//!
//! Always true here: a case that was read has a request with a time of its own, so its decision is the same tomorrow.

use std::cell::Cell;
use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, anyhow, bail};
use scopegate::{Decision, Request};
use serde::Deserialize;
use serde_json::{Map, Value};

/// A case.
pub(crate) struct Case {
    /// What happens, in words.
    pub(crate) name: String,
    /// Its line in the file, from 1.
    pub(crate) line: usize,
    pub(crate) request: Request,
    pub(crate) expect: Expect,
}

/// What a case expects. What it does not name is not compared.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expect {
    pub(crate) decision: Verdict,
    pub(crate) requirements: Option<Vec<String>>,
    pub(crate) codes: Option<Vec<String>>,
    pub(crate) blocked: Option<Vec<String>>,
    pub(crate) ready: Option<Vec<String>>,
    pub(crate) fallbacks: Option<Vec<String>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    Allow,
    Deny,
}

/// A case as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    /// The document and step it comes from, for people.
    #[serde(rename = "source")]
    _source: Option<String>,
    base: Option<String>,
    patch: Option<Value>,
    request: Option<Value>,
    expect: Expect,
}

type Bases = BTreeMap<String, Value>;

/// Reads the cases in a policy's folder.
pub(crate) fn read(folder: &Path) -> anyhow::Result<Vec<Case>> {
    let file = folder.join("cases.jsonl");
    let text = fs::read_to_string(&file)
        .with_context(|| format!("the cases `{}` cannot be read", file.display()))?;
    let bases_file = folder.join("bases.json");
    let bases = if bases_file.exists() {
        let cannot = || format!("the bases `{}` cannot be read", bases_file.display());
        let text = fs::read_to_string(&bases_file).with_context(cannot)?;
        bases(&text).with_context(cannot)?
    } else {
        Bases::new()
    };
    cases(&text, &bases, &file.display().to_string())
}

/// The cases of the default policy.
pub(crate) fn built_in() -> anyhow::Result<Vec<Case>> {
    let bases = bases(include_str!(
        "../../../policies/webriskops/1.0.0/bases.json"
    ))?;
    cases(
        include_str!("../../../policies/webriskops/1.0.0/cases.jsonl"),
        &bases,
        "cases.jsonl",
    )
}

fn bases(text: &str) -> anyhow::Result<Bases> {
    serde_json::from_str(text).context("expected an object of requests by name")
}

fn cases(text: &str, bases: &Bases, file: &str) -> anyhow::Result<Vec<Case>> {
    let mut cases: Vec<Case> = Vec::new();
    let mut names = HashSet::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let line_number = index + 1;
        let case =
            case(line, line_number, bases).with_context(|| format!("{file}:{line_number}"))?;
        if !names.insert(case.name.clone()) {
            bail!(
                "{file}:{line_number}: another case has the name `{}` already",
                case.name
            );
        }
        cases.push(case);
    }
    if cases.is_empty() {
        bail!("`{file}` holds no case");
    }
    Ok(cases)
}

fn case(text: &str, line: usize, bases: &Bases) -> anyhow::Result<Case> {
    let Written {
        name,
        _source,
        base,
        patch,
        request,
        expect,
    } = serde_json::from_str(text)
        .map_err(|error| anyhow!("this is no case: {}", plain(&error)))?;
    let value = match (base, request) {
        (Some(base), None) => bases
            .get(&base)
            .with_context(|| format!("there is no base `{base}` in `bases.json`"))?
            .clone(),
        (None, Some(request)) => request,
        _ => bail!("a case has either `base`, with or without a `patch`, or `request`"),
    };
    let value = match patch {
        Some(patch) => merged(value, patch),
        None => value,
    };
    let is_timeless = Cell::new(false);
    let clock = || {
        is_timeless.set(true);
        0
    };
    let request = Request::from_json(value.to_string().as_bytes(), clock).map_err(|error| {
        anyhow!(
            "the request is invalid: `{}`: {}",
            error.path,
            error.message
        )
    })?;
    if is_timeless.get() {
        bail!("the request names no `now`, so that its decision could change: give it one");
    }
    Ok(Case {
        name,
        line,
        request,
        expect,
    })
}

/// What serde says, without the place within the line: a case is one line.
fn plain(error: &serde_json::Error) -> String {
    let said = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    format!(
        "{} (column {})",
        said.strip_suffix(&place).unwrap_or(&said),
        error.column()
    )
}

/// Applies an RFC 7396 merge patch.
fn merged(value: Value, patch: Value) -> Value {
    let Value::Object(patch) = patch else {
        return patch;
    };
    let mut object = match value {
        Value::Object(object) => object,
        _ => Map::new(),
    };
    for (name, patch) in patch {
        if patch.is_null() {
            object.remove(&name);
        } else {
            let before = object.remove(&name).unwrap_or_default();
            object.insert(name, merged(before, patch));
        }
    }
    Value::Object(object)
}

/// Where a decision is not what was expected.
pub(crate) struct Difference {
    /// What differs, such as `codes`.
    pub(crate) what: &'static str,
    pub(crate) expected: Vec<String>,
    pub(crate) got: Vec<String>,
}

impl Expect {
    /// Whether `decision` is what was expected.
    pub(crate) fn is_met_by(&self, decision: &Decision<'_>) -> bool {
        self.differences(decision).is_empty()
    }

    /// How `decision` differs from what was expected.
    pub(crate) fn differences(&self, decision: &Decision<'_>) -> Vec<Difference> {
        let verdict = |allow| vec![if allow { "allow" } else { "deny" }.to_owned()];
        let findings = decision.findings();
        let requirements = findings.map(|finding| finding.requirement.to_string());
        let fallbacks = decision.fallbacks().map(|mode| mode.name().to_owned());
        let expected_verdict = verdict(self.decision == Verdict::Allow);

        let mut differences = Vec::new();
        let mut compare = |what, expected: Option<&Vec<String>>, got: Vec<String>| {
            if let Some(expected) = expected.filter(|expected| **expected != got) {
                differences.push(Difference {
                    what,
                    expected: expected.clone(),
                    got,
                });
            }
        };
        compare(
            "decision",
            Some(&expected_verdict),
            verdict(decision.is_allowed()),
        );
        compare(
            "requirements",
            self.requirements.as_ref(),
            requirements.collect(),
        );
        compare("codes", self.codes.as_ref(), texts(decision.codes()));
        compare("blocked", self.blocked.as_ref(), texts(decision.blocked()));
        compare("ready", self.ready.as_ref(), texts(decision.ready()));
        compare("fallbacks", self.fallbacks.as_ref(), fallbacks.collect());
        differences
    }
}

fn texts<'t>(texts: impl Iterator<Item = &'t str>) -> Vec<String> {
    texts.map(str::to_owned).collect()
}
