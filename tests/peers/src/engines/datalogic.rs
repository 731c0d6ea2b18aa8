//! datalogic-rs: compiled `JSONLogic`, one expression a rule, evaluated in an arena that is used again.
//!
//! Always true here: each expression comes out `true` where its rule is met.

use std::hint::black_box;

use datalogic_rs::bumpalo::Bump;
use datalogic_rs::{Engine as JsonLogic, Logic, ParsedData};
use scopegate::Request;
use serde_json::{Value, json};

use crate::engine::{Answer, Engine};
use crate::rules::{Must, Rule, Rules};

/// The rules as compiled logic.
pub(crate) struct Datalogic {
    engine: JsonLogic,
    rules: Vec<Logic>,
    arena: Bump,
}

impl Datalogic {
    fn unmet(&mut self, facts: &ParsedData) -> Vec<usize> {
        self.arena.reset();
        let mut unmet = Vec::new();
        for (index, rule) in self.rules.iter().enumerate() {
            let holds = self.engine.evaluate(rule, facts, &self.arena);
            if holds.expect("no rule fails").as_bool() != Some(true) {
                unmet.push(index);
            }
        }
        unmet
    }
}

impl Engine for Datalogic {
    const NAME: &'static str = "datalogic-rs";
    const CRATE: &'static str = "datalogic-rs";
    type Source = Vec<String>;
    type Prepared = ParsedData;

    fn source(rules: &Rules) -> Vec<String> {
        let twenty: Vec<(String, Value)> =
            serde_json::from_str(include_str!("../../rules/twenty.jsonlogic.json"))
                .expect("the 20 rules are JSON");
        let twenty = twenty.into_iter().map(|(_, rule)| rule.to_string());
        let more = rules.more.iter().map(|rule| further(rule).to_string());
        twenty.chain(more).collect()
    }

    fn load(source: &Vec<String>) -> Self {
        let engine = JsonLogic::new();
        let compile = |rule: &String| engine.compile(rule).expect("the rule is right");
        let rules = source.iter().map(compile).collect();
        Self {
            engine,
            rules,
            arena: Bump::new(),
        }
    }

    fn prepare(_: &Request, facts: &Value) -> ParsedData {
        ParsedData::from_json(&facts.to_string()).expect("the facts are JSON")
    }

    fn decide(&mut self, request: &ParsedData) -> bool {
        black_box(self.unmet(request)).is_empty()
    }

    fn answer(&mut self, request: &ParsedData, ids: &[String]) -> Answer {
        let unmet = self.unmet(request);
        Answer::of(unmet.is_empty(), unmet, ids)
    }
}

fn further(rule: &Rule) -> Value {
    let must = match &rule.must {
        Must::ActorNotOf(account) => json!({"!==": [{"val": ["actor", "account"]}, account]}),
        Must::NoAgencyBut(agency) => json!({"in": [{"val": "agency_account"}, ["", agency]]}),
        Must::RetestNotDue => {
            json!({"!==": [{"val": ["responsibility", "retest_status"]}, "required"]})
        }
        Must::AccountNotStarting(prefix) => json!({"or": [
            {"!": [{"val": "access"}]},
            {"!": [{"starts_with": [{"val": ["access", "provider_account"]}, prefix]}]},
        ]}),
        Must::ActorNotEnding(suffix) => {
            json!({"!": [{"ends_with": [{"val": ["actor", "id"]}, suffix]}]})
        }
        Must::WorkspaceWithout(part) => {
            json!({"!": [{"in": [part, {"val": ["tenancy", "client_workspace"]}]}]})
        }
        Must::NotBetween(from, until) => json!({"or": [
            {"<": [{"val": "now"}, from]},
            {">=": [{"val": "now"}, until]},
        ]}),
    };
    match &rule.project {
        Some(project) => json!({"or": [{"!==": [{"val": ["tenancy", "project"]}, project]}, must]}),
        None => must,
    }
}
