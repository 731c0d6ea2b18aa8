//! From the file to a checked rule set: names resolved, types fitted, facts proven present.

mod call;
mod circle;
mod compare;
mod constant;
mod expr;
pub(crate) mod facts;
mod lint;
mod quantifier;
mod scope;
mod sets;
mod table;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::contract::CONTRACT;
use crate::diagnostic::{Diagnostics, quote, suggest};
use crate::file::{RequirementDecl, RuleFile, Text};
use crate::rules::{Attribute, AttributeType, Definition, Fallbacks, Ready, Requirement, Rules};
use facts::Facts;
use scope::{Checker, State};
use sets::Sets;

/// What conditions read as something else, so that no definition of that name could ever be meant.
const WORDS: [&str; 5] = ["true", "false", "null", "in", "has"];

/// Checks the file; the rules are there if nothing is wrong.
pub(crate) fn check(source: &str, file: &RuleFile) -> (Option<Rules>, Diagnostics) {
    let mut checker = Checker::new(source, file);
    let mut sets = Sets::new();
    checker.head();
    checker.check_attributes();
    checker.check_tables();
    checker.name_definitions();
    checker.name_groups();
    checker.check_sets(&mut sets);
    checker.check_definitions();
    let requirements = checker.requirements(&mut sets);
    let ready = checker.ready();
    let fallbacks = checker.fallbacks(&mut sets);
    checker.groups_are_used();
    let rules = checker.assemble(requirements, ready, fallbacks, &sets);
    if let Some(rules) = &rules {
        circle::check(rules, &mut checker.out);
        if !checker.out.has_errors() {
            lint::check(rules, file, &checker.used, &sets.used, &mut checker.out);
        }
    }
    checker.out.sort();
    let rules = rules.filter(|_| !checker.out.has_errors());
    (rules, checker.out)
}

impl<'s> Checker<'s> {
    fn head(&mut self) {
        self.kebab(&self.file.name, "name");
        if let Err(error) = semver::Version::parse(&self.file.version.value) {
            let message = format!(
                "{} is no semantic version: {error}",
                quote(&self.file.version.value)
            );
            self.error(
                self.file.version.span.clone(),
                message,
                "write it as `1.0.0`",
            );
        }
        for (index, action) in self.file.actions.iter().enumerate() {
            self.identifier(action, "action");
            if self.actions.insert(&action.value, index).is_some() {
                self.error(
                    action.span.clone(),
                    format!("the action {} is listed twice", quote(&action.value)),
                    "leave one out",
                );
            }
        }
        for (code, state) in &self.file.codes {
            if code.value == scopegate_contract::ACTION_NOT_GOVERNED {
                self.error(
                    code.span.clone(),
                    format!("the code {} is the host's", quote(&code.value)),
                    "give yours another name",
                );
            }
            self.not_empty(state, "a state");
        }
    }

    fn check_attributes(&mut self) {
        for decl in &self.file.attributes {
            self.identifier(&decl.name, "attribute");
            let ty = match decl.ty.value.as_str() {
                "text" => AttributeType::Text,
                "number" => AttributeType::Number,
                "truth" => AttributeType::Truth,
                "texts" => AttributeType::Texts,
                other => {
                    let remedy = suggest(other, ["text", "number", "truth", "texts"]);
                    self.error(
                        decl.ty.span.clone(),
                        format!("unknown type {} of an attribute", quote(other)),
                        remedy,
                    );
                    AttributeType::Text
                }
            };
            self.attributes.push(Attribute {
                name: decl.name.value.as_str().into(),
                ty,
                summary: decl.summary.value.clone(),
            });
        }
    }

    fn name_definitions(&mut self) {
        self.definitions = vec![State::Unchecked; self.file.definitions.len()];
        for (index, (name, _)) in self.file.definitions.iter().enumerate() {
            self.identifier(name, "definition");
            self.definition_names.insert(&name.value, index);
            if WORDS.contains(&name.value.as_str()) {
                self.error(
                    name.span.clone(),
                    format!("{} is a word of the language", quote(&name.value)),
                    "give the definition another name",
                );
            }
            if name.value == expr::REQUEST || self.table_names.contains_key(name.value.as_str()) {
                self.error(
                    name.span.clone(),
                    format!("the name {} is taken", quote(&name.value)),
                    "give the definition another name",
                );
            }
        }
    }

    fn name_groups(&mut self) {
        let mut groups: HashMap<&'s str, Vec<usize>> = HashMap::new();
        let mut ids = HashSet::new();
        for (index, requirement) in self.file.requirements.iter().enumerate() {
            self.kebab(&requirement.id, "requirement's id");
            if !ids.insert(requirement.id.value.as_str()) {
                self.error(
                    requirement.id.span.clone(),
                    format!("the id {} is given twice", quote(&requirement.id.value)),
                    "give each requirement an id of its own",
                );
            }
            groups.entry(&requirement.id.value).or_default().push(index);
        }
        for (index, requirement) in self.file.requirements.iter().enumerate() {
            for group in &requirement.groups {
                if ids.contains(group.value.as_str()) {
                    self.error(
                        group.span.clone(),
                        format!(
                            "the group {} is named like a requirement",
                            quote(&group.value)
                        ),
                        "give the group another name: `holds` takes either",
                    );
                }
                let members = groups.entry(&group.value).or_default();
                if members.last() != Some(&index) {
                    members.push(index);
                }
            }
        }
        self.groups = groups
            .into_iter()
            .map(|(name, members)| (name, Arc::from(members)))
            .collect();
    }

    fn check_definitions(&mut self) {
        for (index, (name, _)) in self.file.definitions.iter().enumerate() {
            self.definition(index, &name.span);
        }
    }

    fn requirements(&mut self, sets: &mut Sets) -> Vec<Option<Requirement>> {
        self.file
            .requirements
            .iter()
            .map(|decl| self.requirement(decl, sets))
            .collect()
    }

    fn requirement(&mut self, decl: &'s RequirementDecl, sets: &mut Sets) -> Option<Requirement> {
        let actions = self.set(&decl.actions, sets);
        let given = decl
            .given
            .as_ref()
            .map(|given| self.condition(given, &Facts::none()));
        let proven = match &given {
            None => Facts::none(),
            Some(Some(given)) => given.yes.clone(),
            // The guard has been reported: what it would have proven is not asked for again.
            Some(None) => Facts::everything(),
        };
        let must = self.condition(&decl.must, &proven);
        let state = self.state_of(decl);
        self.not_empty(&decl.message, "a message");
        self.not_empty(&decl.remedy, "a remedy");
        Some(Requirement {
            id: decl.id.value.clone(),
            actions: actions?,
            given: match given {
                None => None,
                Some(given) => Some(given?.expr),
            },
            must: must?.expr,
            code: decl.code.value.clone(),
            state: state?,
            message: decl.message.value.clone(),
            remedy: decl.remedy.value.clone(),
            source: decl.source.value.clone(),
            span: decl.id.span.clone(),
        })
    }

    fn state_of(&mut self, decl: &RequirementDecl) -> Option<String> {
        let known = self
            .file
            .codes
            .iter()
            .find(|(code, _)| code.value == decl.code.value);
        let Some((_, state)) = known else {
            let codes = self.file.codes.iter().map(|(code, _)| code.value.as_str());
            let near = self.suggest(&decl.code.value, codes);
            let remedy = if near.is_empty() {
                "list it in `[codes]`".into()
            } else {
                near
            };
            self.error(
                decl.code.span.clone(),
                format!("unknown code {}", quote(&decl.code.value)),
                remedy,
            );
            return None;
        };
        Some(
            decl.state
                .as_ref()
                .map_or_else(|| state.value.clone(), |own| own.value.clone()),
        )
    }

    fn ready(&mut self) -> Vec<Option<Ready>> {
        let mut states = HashSet::new();
        self.file
            .ready
            .iter()
            .map(|decl| {
                self.identifier(&decl.state, "ready state");
                if !states.insert(decl.state.value.as_str()) {
                    self.error(
                        decl.state.span.clone(),
                        format!(
                            "the ready state {} is given twice",
                            quote(&decl.state.value)
                        ),
                        "give each state a name of its own",
                    );
                }
                Some(Ready {
                    state: decl.state.value.clone(),
                    when: self.condition(&decl.when, &Facts::none())?.expr,
                })
            })
            .collect()
    }

    fn fallbacks(&mut self, sets: &mut Sets) -> Option<Fallbacks> {
        let decl = self.file.fallbacks.as_ref()?;
        let actions = self.set(&decl.actions, sets);
        let when = decl
            .when
            .as_ref()
            .map(|when| self.condition(when, &Facts::none()));
        let proven = match &when {
            Some(Some(when)) => when.yes.clone(),
            _ => Facts::none(),
        };
        let access_mode = CONTRACT.access_mode();
        let mut modes: Vec<Option<(u32, crate::ir::Expr)>> = Vec::new();
        let mut last = None;
        for (mode, condition) in &decl.modes {
            let literal = crate::ir::Expr::text(mode.value.as_str().into(), mode.span.clone());
            let case = self
                .case_of(access_mode, literal)
                .and_then(|expr| match expr.kind {
                    crate::ir::Kind::Case(case) => Some(case),
                    _ => None,
                });
            if case.is_some() && case <= last {
                self.error(
                    mode.span.clone(),
                    format!("the mode {} is out of order", quote(&mode.value)),
                    "list each mode once, least first, as the contract does",
                );
            }
            last = case.or(last);
            let condition = self.condition(condition, &proven);
            modes.push(case.zip(condition.map(|c| c.expr)));
        }
        let modes: Option<Vec<_>> = modes.into_iter().collect();
        Some(Fallbacks {
            actions: actions?,
            when: match when {
                None => None,
                Some(when) => Some(when?.expr),
            },
            modes: modes?,
        })
    }

    fn groups_are_used(&mut self) {
        let ids: HashSet<&str> = self
            .file
            .requirements
            .iter()
            .map(|r| r.id.value.as_str())
            .collect();
        // Who asked for a group of a base may have been dropped, and whoever extends it cannot take the group from the rest.
        let dropped = self
            .file
            .base
            .as_ref()
            .is_some_and(|base| !base.dropped.is_empty());
        for requirement in &self.file.requirements {
            for group in requirement.groups.iter().filter(|_| !dropped) {
                if !self.used.groups.contains(&group.value) && !ids.contains(group.value.as_str()) {
                    let asked = self.used.groups.iter().map(String::as_str);
                    let near = self.suggest(&group.value, asked);
                    let remedy = if near.starts_with("did") {
                        near
                    } else {
                        let shown: String = group.value.chars().take(60).collect();
                        format!("ask for it with `holds(\"{shown}\")`, or leave it out")
                    };
                    self.error(
                        group.span.clone(),
                        format!("no condition asks for the group {}", quote(&group.value)),
                        remedy,
                    );
                }
            }
        }
    }

    fn assemble(
        &self,
        requirements: Vec<Option<Requirement>>,
        ready: Vec<Option<Ready>>,
        fallbacks: Option<Fallbacks>,
        sets: &Sets,
    ) -> Option<Rules> {
        if self.out.has_errors() {
            return None;
        }
        let definitions: Option<Vec<Definition>> = self
            .definitions
            .iter()
            .zip(&self.file.definitions)
            .map(|(state, (name, _))| match state {
                State::Done(done) => Some(Definition {
                    name: name.value.clone(),
                    expr: done.expr.clone(),
                    span: name.span.clone(),
                }),
                _ => None,
            })
            .collect();
        Some(Rules {
            name: self.file.name.value.clone(),
            version: self.file.version.value.clone(),
            summary: self.file.summary.value.clone(),
            actions: self
                .file
                .actions
                .iter()
                .map(|action| action.value.as_str().into())
                .collect(),
            attributes: self.attributes.clone(),
            tables: self.tables.clone(),
            patterns: self.patterns.clone(),
            definitions: definitions?,
            memberships: sets.memberships.clone(),
            requirements: requirements.into_iter().collect::<Option<_>>()?,
            ready: ready.into_iter().collect::<Option<_>>()?,
            fallbacks,
        })
    }

    /// A name that conditions use, or that is one of the domain's: `lower_case`.
    pub(crate) fn identifier(&mut self, name: &Text, what: &str) {
        let mut chars = name.value.chars();
        let fits = chars.next().is_some_and(|c| c.is_ascii_lowercase())
            && chars.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if !fits {
            let article = if what.starts_with(['a', 'e', 'i', 'o']) {
                "an"
            } else {
                "a"
            };
            self.error(
                name.span.clone(),
                format!(
                    "{} cannot be the name of {article} {what}",
                    quote(&name.value)
                ),
                "use lower-case letters, digits and `_`, beginning with a letter",
            );
        }
    }

    fn kebab(&mut self, name: &Text, what: &str) {
        let mut chars = name.value.chars();
        let fits = chars.next().is_some_and(|c| c.is_ascii_lowercase())
            && chars.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
            && name.value.len() <= 100;
        if !fits {
            self.error(
                name.span.clone(),
                format!("{} cannot be a {what}", quote(&name.value)),
                "use at most 100 lower-case letters, digits and `-`, beginning with a letter",
            );
        }
    }

    fn not_empty(&mut self, text: &Text, what: &str) {
        if text.value.trim().is_empty() {
            self.error(
                text.span.clone(),
                format!("{what} is empty"),
                "say something a customer understands",
            );
        }
    }
}
