//! Decisions as people read them.
//!
//! Always true here: what requests and policies say is one line each, and cannot steer a terminal.

use std::io::{self, Write};

use scopegate::{AccessMode, Decision, Excerpt, Explanation, Fact, Finding, Manifest};

use crate::output::{BAD, FAINT, GOOD, Plain, STRONG, list};

/// The most characters of a value that are shown.
const VALUE_CHARACTERS: usize = 160;

/// Writes the decision on `action`.
pub(crate) fn decision(
    out: &mut impl Write,
    action: &str,
    place: &str,
    decision: &Decision<'_>,
    explanations: &[Explanation<'_>],
    manifest: &Manifest,
) -> io::Result<()> {
    let (style, verdict) = if decision.is_allowed() {
        (GOOD, "ALLOW")
    } else {
        (BAD, "DENY")
    };
    write!(
        out,
        "{style}{verdict}{style:#} {STRONG}{}{STRONG:#}",
        Excerpt(action)
    )?;
    if !place.is_empty() {
        write!(out, "  {FAINT}{}{FAINT:#}", Plain(place))?;
    }
    writeln!(out)?;
    for finding in decision.findings() {
        let explanation = explanations
            .iter()
            .find(|explanation| explanation.requirement == finding.requirement);
        self::finding(
            out,
            &finding,
            explanation.map_or(&[], |explanation| &explanation.facts),
        )?;
    }
    if !decision.is_allowed() && decision.findings().len() == 0 {
        writeln!(
            out,
            "\n  {}: no requirement of this policy names the action",
            list(&decision.codes().collect::<Vec<_>>())
        )?;
        line(out, "known", &list(&manifest.actions))?;
    }
    let open: Vec<_> = decision.fallbacks().map(AccessMode::name).collect();
    let ready: Vec<_> = decision.ready().collect();
    if !open.is_empty() || !ready.is_empty() {
        writeln!(out)?;
    }
    if !open.is_empty() {
        let open = list(&open);
        writeln!(out, "  {FAINT}still open{FAINT:#}  {open}")?;
    }
    if !ready.is_empty() {
        let ready = list(&ready);
        writeln!(out, "  {FAINT}ready     {FAINT:#}  {ready}")?;
    }
    Ok(())
}

fn finding(out: &mut impl Write, finding: &Finding<'_>, facts: &[Fact]) -> io::Result<()> {
    writeln!(out, "\n  {STRONG}{}{STRONG:#}", Plain(finding.message))?;
    line(
        out,
        "unmet",
        &format!(
            "{} ({}, {})",
            Plain(finding.requirement),
            Plain(finding.code),
            Plain(finding.state)
        ),
    )?;
    for (index, found) in facts.iter().enumerate() {
        line(out, if index == 0 { "found" } else { "" }, &fact(found))?;
    }
    line(out, "remedy", &Plain(finding.remedy).to_string())?;
    line(out, "source", &Plain(finding.source).to_string())
}

fn line(out: &mut impl Write, name: &str, text: &str) -> io::Result<()> {
    writeln!(out, "    {FAINT}{name:<6}{FAINT:#}  {text}")
}

/// The fact and its value.
pub(crate) fn fact(fact: &Fact) -> String {
    format!("{} = {}", Excerpt(&fact.path), value(fact))
}

/// The value as JSON, cut if it is long.
fn value(fact: &Fact) -> String {
    if fact.value.is_null() {
        return "absent".to_owned();
    }
    let text = Plain(&fact.value.to_string()).to_string();
    match text.char_indices().nth(VALUE_CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
