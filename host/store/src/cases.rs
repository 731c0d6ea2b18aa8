//! The cases of a policy: requests, and what is decided about them.
//!
//! Always true here: a case that was read has a request with a time of its own, so its decision is the same tomorrow.

use std::cell::Cell;
use std::collections::HashSet;
use std::path::Path;
use std::{fmt, fs};

use scopegate::{Decision, Excerpt, InputError, Request, UniqueJson, trim_json};
use scopegate_compiler::plain_text;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// A case.
#[derive(Debug)]
pub struct Case {
    /// What happens, in words.
    pub name: String,
    /// Its line in the file, from 1.
    pub line: usize,
    /// What is decided.
    pub request: Request,
    /// What the decision has to be.
    pub expect: Expect,
}

/// What a case expects. What it does not name is not compared.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// Whether it allows.
    pub decision: Verdict,
    /// The ids of the unmet requirements.
    pub requirements: Option<Vec<String>>,
    /// Its codes.
    pub codes: Option<Vec<String>>,
    /// Its blocked states.
    pub blocked: Option<Vec<String>>,
    /// Its ready states.
    pub ready: Option<Vec<String>>,
    /// The modes that stay open.
    pub fallbacks: Option<Vec<String>>,
}

/// Whether a decision allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It allows.
    Allow,
    /// It denies.
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
    patch: Option<UniqueJson>,
    request: Option<Box<RawValue>>,
    expect: Expect,
}

type Bases = Map<String, Value>;

/// Why cases cannot be used.
#[derive(Debug)]
pub struct CasesError {
    /// The file, and the line in it if it is one line's fault.
    pub place: String,
    /// What is wrong.
    pub reason: String,
}

impl fmt::Display for CasesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.reason)
    }
}

impl std::error::Error for CasesError {}

/// Reads the cases in a policy's folder.
///
/// # Errors
///
/// A file cannot be read, or a line of it is no case.
pub fn read(folder: &Path) -> Result<Vec<Case>, CasesError> {
    let (file, bases_file) = (folder.join("cases.jsonl"), folder.join("bases.json"));
    let text = |file: &Path, what: &str| {
        fs::read_to_string(file).map_err(|error| CasesError {
            place: format!("the {what} `{}` cannot be read", file.display()),
            reason: error.to_string(),
        })
    };
    let cases_text = text(&file, "cases")?;
    let bases = if bases_file.exists() {
        bases(
            &text(&bases_file, "bases")?,
            &bases_file.display().to_string(),
        )?
    } else {
        Bases::new()
    };
    cases(&cases_text, &bases, &file.display().to_string())
}

/// Reads cases from texts as they stand in `cases.jsonl` and `bases.json`.
///
/// # Errors
///
/// A line is no case.
pub fn read_texts(text: &str, bases_text: Option<&str>) -> Result<Vec<Case>, CasesError> {
    let bases = match bases_text {
        Some(text) => bases(text, "bases.json")?,
        None => Bases::new(),
    };
    cases(text, &bases, "cases.jsonl")
}

fn bases(text: &str, file: &str) -> Result<Bases, CasesError> {
    let wrong = |error: &dyn fmt::Display| CasesError {
        place: format!("the bases `{file}` cannot be read"),
        reason: format!("expected an object of requests by name: {error}"),
    };
    match serde_json::from_str(&plain_text(text)) {
        Ok(UniqueJson(Value::Object(bases))) => Ok(bases),
        Ok(_) => Err(wrong(&"this is JSON, but no object")),
        Err(error) => Err(wrong(&error)),
    }
}

fn cases(text: &str, bases: &Bases, file: &str) -> Result<Vec<Case>, CasesError> {
    let text = plain_text(text);
    let mut cases: Vec<Case> = Vec::new();
    let mut names = HashSet::new();
    for (index, line) in text.lines().enumerate() {
        if trim_json(line.as_bytes()).is_empty() {
            continue;
        }
        let line_number = index + 1;
        let wrong = |reason| CasesError {
            place: format!("{file}:{line_number}"),
            reason,
        };
        let case = case(line, line_number, bases).map_err(wrong)?;
        if !names.insert(case.name.clone()) {
            return Err(wrong(format!(
                "another case has the name `{}` already",
                case.name
            )));
        }
        cases.push(case);
    }
    if cases.is_empty() {
        return Err(CasesError {
            place: format!("`{file}`"),
            reason: "it holds no case".to_owned(),
        });
    }
    Ok(cases)
}

fn case(text: &str, line: usize, bases: &Bases) -> Result<Case, String> {
    let Written {
        name,
        _source,
        base,
        patch,
        request,
        expect,
    } = serde_json::from_str(text)
        .map_err(|error| format!("this is no case: {}", plain(&error)))?;
    let text = match (base, request, patch) {
        (Some(base), None, patch) => {
            let base = bases
                .get(&base)
                .ok_or_else(|| format!("there is no base `{base}` in `bases.json`"))?;
            changed(base.clone(), patch).to_string()
        }
        (None, Some(request), None) => request.get().to_owned(),
        (None, Some(request), patch) => {
            let UniqueJson(request) = serde_json::from_str(request.get())
                .map_err(|error| format!("the request is invalid: {error}"))?;
            changed(request, patch).to_string()
        }
        _ => {
            return Err(
                "a case has either `base`, with or without a `patch`, or `request`".to_owned(),
            );
        }
    };
    let is_timeless = Cell::new(false);
    let clock = || {
        is_timeless.set(true);
        0
    };
    let request = Request::from_json(text.as_bytes(), clock).map_err(|error| invalid(&error))?;
    if is_timeless.get() {
        return Err(
            "the request names no `now`, so that its decision could change: give it one".to_owned(),
        );
    }
    Ok(Case {
        name,
        line,
        request,
        expect,
    })
}

/// What is wrong with a request, all of it. Where it is in the text is left out: that need not be as it stands in the file.
fn invalid(error: &InputError) -> String {
    let InputError { path, message, .. } = error;
    let path = Excerpt(path);
    let first = format!("the request is invalid: `{path}`: {message}");
    let others = error.others.iter();
    others.fold(first, |text, other| format!("{text}; {other}"))
}

/// The base with the patch, if there is one.
fn changed(base: Value, patch: Option<UniqueJson>) -> Value {
    match patch {
        Some(UniqueJson(patch)) => merged(base, patch),
        None => base,
    }
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
#[derive(Debug)]
pub struct Difference {
    /// What differs, such as `codes`.
    pub what: &'static str,
    /// What was expected.
    pub expected: Vec<String>,
    /// What was found.
    pub got: Vec<String>,
}

impl Expect {
    /// Whether `decision` is what was expected.
    #[must_use]
    pub fn is_met_by(&self, decision: &Decision<'_>) -> bool {
        self.differences(decision).is_empty()
    }

    /// How `decision` differs from what was expected.
    #[must_use]
    pub fn differences(&self, decision: &Decision<'_>) -> Vec<Difference> {
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
