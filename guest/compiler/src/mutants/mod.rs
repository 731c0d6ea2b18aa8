//! Rule sets with one thing changed: tests that are worth their name notice each.
//!
//! A mutant is a change of the text, so it is a rule set that somebody could have written, and the compiler itself says whether it is one.

mod conditions;
mod parts;
mod typed;

use std::ops::Range;

use crate::contract::Type;
use crate::coverage;
use crate::diagnostic::Diagnostics;
use crate::file::{self, RuleFile, Text};
use crate::rules::Rules;
use typed::Typed;

/// What a mutant changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mutation {
    /// A requirement always holds.
    Requirement,
    /// The guard of a requirement is gone: it applies where the guard does not hold too.
    Guard,
    /// A clause of a condition is gone, or a condition of one clause is taken for true or for false.
    Clause,
    /// A comparison takes in its boundary where it did not, or leaves it out; or one for equality takes in what is greater, or what is less.
    Boundary,
    /// `all` asks for one element only, `exists` for all, or `exists_one` for one or more.
    Quantifier,
    /// A list has one member less.
    Member,
    /// A requirement does not apply to one of the actions that a set gives it.
    Action,
    /// A row of a table gives what another key gives.
    Row,
}

/// A rule set with one thing changed.
#[derive(Clone, Debug)]
pub struct Mutant {
    /// What is changed.
    pub mutation: Mutation,
    /// Where that stands: bytes of the file.
    pub span: Range<usize>,
    /// What is changed as it is written, or for a requirement its id.
    pub clause: String,
    /// What becomes of it, such as `is dropped`.
    pub change: String,
    /// What it belongs to, such as ``requirement `scope-accepted` ``.
    pub owner: String,
    /// The ways to make the change, the plainest first: the first one that compiles is the mutant.
    forms: Vec<Vec<Edit>>,
}

/// Bytes of the file, and what stands there instead.
type Edit = (Range<usize>, String);

impl Mutant {
    /// The texts of the changed rule set, the plainest change first.
    pub fn texts<'m>(&'m self, source: &'m str) -> impl Iterator<Item = String> + 'm {
        self.forms.iter().map(|edits| {
            let mut text = source.to_owned();
            let mut edits: Vec<&Edit> = edits.iter().collect();
            edits.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
            for (span, instead) in edits {
                text.replace_range(span.clone(), instead);
            }
            text
        })
    }
}

/// Every mutant of the rule set `source`, whose checked rules are `rules`, in the order of the file's parts.
pub(crate) fn all(source: &str, rules: &Rules) -> Vec<Mutant> {
    let Some(file) = file::read(source, &mut Diagnostics::default()) else {
        return Vec::new();
    };
    let mut finder = Finder {
        source,
        typed: Typed::new(rules),
        owner: String::new(),
        found: Vec::new(),
    };
    finder.file(&file, rules);
    finder.found
}

/// Goes through a rule set, and keeps the mutants that it finds.
struct Finder<'s> {
    source: &'s str,
    typed: Typed,
    /// What the mutants belong to that are found now.
    owner: String,
    found: Vec<Mutant>,
}

impl Finder<'_> {
    fn file(&mut self, file: &RuleFile, rules: &Rules) {
        for (name, set) in &file.sets {
            self.owner = format!("set `{}`", name.value);
            self.set(set);
        }
        for table in &file.tables {
            self.owner = format!("table `{}`", table.name.value);
            self.table(table);
        }
        for ((name, text), definition) in file.definitions.iter().zip(&rules.definitions) {
            self.owner = format!("definition `{}`", name.value);
            self.condition(text, definition.expr.ty == Type::Bool);
        }
        let asked = coverage::asked(rules);
        for (requirement, actions) in file.requirements.iter().zip(asked) {
            self.owner = format!("requirement `{}`", requirement.id.value);
            self.set(&requirement.actions);
            self.without_each(&requirement.actions, &actions, &rules.actions);
            self.requirement(requirement);
            self.texts(&requirement.groups);
        }
        for ready in &file.ready {
            self.owner = format!("ready state `{}`", ready.state.value);
            self.condition(&ready.when, true);
        }
        if let Some(fallbacks) = &file.fallbacks {
            "fallbacks".clone_into(&mut self.owner);
            self.set(&fallbacks.actions);
            if let Some(when) = &fallbacks.when {
                self.condition(when, true);
            }
            for (mode, when) in &fallbacks.modes {
                self.owner = format!("fallback `{}`", mode.value);
                self.condition(when, true);
            }
        }
    }

    fn written(&self, span: &Range<usize>) -> &str {
        self.source.get(span.clone()).unwrap_or_default()
    }

    fn add(&mut self, mutation: Mutation, span: Range<usize>, change: &str, forms: Vec<Vec<Edit>>) {
        self.found.push(Mutant {
            mutation,
            clause: self.written(&span).to_owned(),
            span,
            change: change.to_owned(),
            owner: self.owner.clone(),
            forms,
        });
    }

    /// A list without each of its members in turn; `members` are their places.
    fn members(&mut self, members: &[Range<usize>]) {
        for (index, member) in members.iter().enumerate() {
            let cut = match (members.get(index + 1), index.checked_sub(1)) {
                (Some(next), _) => member.start..next.start,
                (None, Some(before)) => members[before].end..member.end,
                (None, None) => member.clone(),
            };
            let edit = (cut, String::new());
            self.add(
                Mutation::Member,
                member.clone(),
                "is dropped",
                vec![vec![edit]],
            );
        }
    }

    fn texts(&mut self, texts: &[Text]) {
        let spans: Vec<_> = texts.iter().map(|text| text.span.clone()).collect();
        self.members(&spans);
    }
}

/// The text as TOML has it.
fn toml_text(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
}
