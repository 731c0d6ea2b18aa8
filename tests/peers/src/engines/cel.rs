//! The `cel` crate: a parsed program for each rule, run over a context that was made before.
//!
//! Always true here: a condition that does not come out true is not met, as is one that fails.

use std::collections::HashMap;
use std::hint::black_box;

use cel::{Context, Program, Value};
use scopegate::Request;
use serde_json::Value as Json;

use crate::engine::{Answer, Engine};
use crate::rules::{Must, Rule, Rules};

/// The rules as programs.
pub(crate) struct Cel {
    programs: Vec<Program>,
}

impl Cel {
    fn unmet(&self, context: &Context<'static, 'static>) -> Vec<usize> {
        let programs = self.programs.iter().enumerate();
        programs
            .filter(|(_, program)| program.execute(context) != Ok(Value::Bool(true)))
            .map(|(index, _)| index)
            .collect()
    }
}

impl Engine for Cel {
    const NAME: &'static str = "cel";
    const CRATE: &'static str = "cel";
    type Source = Vec<String>;
    type Prepared = Context<'static, 'static>;

    fn source(rules: &Rules) -> Vec<String> {
        let twenty = rules.twenty.iter().map(|rule| match &rule.given {
            Some(given) => format!("!({given}) || ({})", rule.must),
            None => rule.must.clone(),
        });
        twenty.chain(rules.more.iter().map(further)).collect()
    }

    fn load(source: &Vec<String>) -> Self {
        let compile = |text: &String| {
            Program::compile(text).unwrap_or_else(|error| panic!("{text}: {error}"))
        };
        Self {
            programs: source.iter().map(compile).collect(),
        }
    }

    fn prepare(_: &Request, facts: &Json) -> Context<'static, 'static> {
        let mut context = Context::default();
        context.add_variable_from_value("request", value(facts));
        context
    }

    fn decide(&mut self, request: &Context<'static, 'static>) -> bool {
        black_box(self.unmet(request)).is_empty()
    }

    fn answer(&mut self, request: &Context<'static, 'static>, ids: &[String]) -> Answer {
        let unmet = self.unmet(request);
        Answer::of(unmet.is_empty(), unmet, ids)
    }
}

fn further(rule: &Rule) -> String {
    let must = match &rule.must {
        Must::ActorNotOf(account) => format!("request.actor.account != \"{account}\""),
        Must::NoAgencyBut(agency) => format!("request.agency_account in [\"\", \"{agency}\"]"),
        Must::RetestNotDue => "request.responsibility.retest_status != \"required\"".to_owned(),
        Must::AccountNotStarting(prefix) => format!(
            "!has(request.access) || !request.access.provider_account.startsWith(\"{prefix}\")"
        ),
        Must::ActorNotEnding(suffix) => format!("!request.actor.id.endsWith(\"{suffix}\")"),
        Must::WorkspaceWithout(part) => {
            format!("!request.tenancy.client_workspace.contains(\"{part}\")")
        }
        Must::NotBetween(from, until) => {
            format!("request.now < {from} || request.now >= {until}")
        }
    };
    match &rule.project {
        Some(project) => format!("request.tenancy.project != \"{project}\" || ({must})"),
        None => must,
    }
}

fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(truth) => (*truth).into(),
        Json::Number(number) => number.as_i64().expect("all numbers are whole").into(),
        Json::String(text) => text.as_str().into(),
        Json::Array(all) => all.iter().map(value).collect::<Vec<_>>().into(),
        Json::Object(fields) => {
            let fields = fields
                .iter()
                .map(|(name, json)| (name.clone(), value(json)));
            fields.collect::<HashMap<_, _>>().into()
        }
    }
}
