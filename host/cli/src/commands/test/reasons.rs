//! Why a case fails: the requirements in question, and the facts that decided each.
//!
//! Always true here: what is named is what the policy itself, or its rules compiled once more, say of the request.

use std::cell::OnceCell;
use std::io::Write;

use scopegate::{Decision, Engine, Explanation, Fact, Policy};
use scopegate_store::cases::{Case, Difference, Verdict};

use crate::output::{FAINT, Plain, STRONG};
use crate::policy::Rules;
use crate::text;

/// The most requirements of a case that are shown to hold, and the most facts of one.
const HOLDING: usize = 12;
const FACTS: usize = 8;

/// What tells why requirements are as they are.
pub(super) struct Reasons<'r> {
    engine: &'r Engine,
    policy: &'r Policy,
    rules: Option<&'r Rules>,
    /// The rules with their reasons, once a case has needed them; none if there are no rules.
    component: OnceCell<Option<Policy>>,
}

impl<'r> Reasons<'r> {
    /// Reasons of the decisions of `policy`, whose rules are `rules` if it is not a component alone.
    pub(super) fn new(engine: &'r Engine, policy: &'r Policy, rules: Option<&'r Rules>) -> Self {
        Self {
            engine,
            policy,
            rules,
            component: OnceCell::new(),
        }
    }

    /// Shows for a case that failed which requirements are unmet, and which hold or do not apply that should be unmet.
    pub(super) fn show(
        &mut self,
        case: &Case,
        decision: &Decision<'_>,
        differences: &[Difference],
        out: &mut impl Write,
    ) -> anyhow::Result<()> {
        let of_requirements = ["decision", "requirements", "codes", "blocked"];
        if !differences
            .iter()
            .any(|difference| of_requirements.contains(&difference.what))
        {
            return Ok(());
        }
        self.unmet(case, decision, out)?;
        let expected = case.expect.requirements.as_deref().unwrap_or_default();
        let is_unmet = |id: &str| decision.findings().any(|finding| finding.requirement == id);
        let missing: Vec<&str> = expected
            .iter()
            .map(String::as_str)
            .filter(|id| !is_unmet(id))
            .collect();
        if !missing.is_empty() {
            for id in missing {
                self.not_unmet(case, id, out)?;
            }
        } else if case.expect.decision == Verdict::Deny && decision.is_allowed() {
            self.holding(case, out)?;
        }
        Ok(())
    }

    /// The unmet requirements, with what the policy says decided them.
    fn unmet(
        &self,
        case: &Case,
        decision: &Decision<'_>,
        out: &mut impl Write,
    ) -> anyhow::Result<()> {
        if decision.is_allowed() {
            return Ok(());
        }
        if decision.findings().len() == 0 {
            writeln!(out, "  no requirement names the action")?;
        }
        // It was decided a moment ago; if it cannot be explained, the requirements are named without facts.
        let explained = self.policy.explain(&case.request).unwrap_or_default();
        for finding in decision.findings() {
            let facts = facts_of(&explained, finding.requirement);
            line("unmet", finding.requirement, "", facts, out)?;
        }
        Ok(())
    }

    /// A requirement that was expected to be unmet.
    fn not_unmet(&mut self, case: &Case, id: &str, out: &mut impl Write) -> anyhow::Result<()> {
        let Some(rules) = self.rules else {
            return line("not unmet", id, "", &[], out);
        };
        let Some(index) = rules.set.requirements().position(|other| other == id) else {
            return line(
                "unknown",
                id,
                "the policy has no such requirement",
                &[],
                out,
            );
        };
        let explained = self.explained(case);
        if let Some(facts) = found(&explained, &format!("met-{index}")) {
            return line("holds", id, "", facts, out);
        }
        if let Some(facts) = found(&explained, &format!("guard-{index}")) {
            return line("not applying", id, "its guard does not hold", facts, out);
        }
        let why = "it is not for this action, or not with these facts";
        line("not applying", id, why, &[], out)
    }

    /// Every requirement that applies and holds.
    fn holding(&mut self, case: &Case, out: &mut impl Write) -> anyhow::Result<()> {
        let Some(rules) = self.rules else {
            return Ok(());
        };
        let explained = self.explained(case);
        let holding: Vec<(&str, &[Fact])> = rules
            .set
            .requirements()
            .enumerate()
            .filter_map(|(index, id)| Some((id, found(&explained, &format!("met-{index}"))?)))
            .collect();
        for (id, facts) in holding.iter().take(HOLDING) {
            line("holds", id, "", facts, out)?;
        }
        if holding.len() > HOLDING {
            let more = holding.len() - HOLDING;
            writeln!(out, "  and {more} more that apply hold")?;
        }
        if holding.is_empty() {
            writeln!(out, "  no requirement applies")?;
        }
        Ok(())
    }

    /// What the rules with their reasons say of the case's request; nothing if they cannot be asked.
    fn explained(&mut self, case: &Case) -> Vec<Explanation<'_>> {
        let (engine, rules) = (self.engine, self.rules);
        let component = self.component.get_or_init(|| {
            let component = rules?.set.reasons_component();
            engine.load(&component).ok()
        });
        let explained = component
            .as_ref()
            .map(|policy| policy.explain(&case.request));
        explained.and_then(Result::ok).unwrap_or_default()
    }
}

fn found<'e>(explained: &'e [Explanation<'_>], id: &str) -> Option<&'e [Fact]> {
    let found = explained.iter().find(|one| one.requirement == id)?;
    Some(&found.facts)
}

fn facts_of<'e>(explained: &'e [Explanation<'_>], id: &str) -> &'e [Fact] {
    found(explained, id).unwrap_or_default()
}

/// A requirement, what it is, why, and the facts that decided.
fn line(
    what: &str,
    id: &str,
    why: &str,
    facts: &[Fact],
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let why = if why.is_empty() {
        String::new()
    } else {
        format!(": {why}")
    };
    writeln!(
        out,
        "  {FAINT}{what}{FAINT:#} {STRONG}{}{STRONG:#}{why}",
        Plain(id)
    )?;
    for fact in facts.iter().take(FACTS) {
        writeln!(out, "    {}", text::fact(fact))?;
    }
    if facts.len() > FACTS {
        writeln!(out, "    and {} more", facts.len() - FACTS)?;
    }
    Ok(())
}
