//! regorus: a partial set of what is not met, compiled for its register machine.
//!
//! Always true here: the machine is told no limit on instructions or time.

use std::hint::black_box;
use std::sync::Arc;

use regorus::Value as Rego;
use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::RegoVM;
use scopegate::Request;
use serde_json::Value;

use crate::engine::{Answer, Engine};
use crate::rules::{Must, Rule, Rules};

const ENTRY: &str = "data.peers.deny";

/// The rules as a program of the machine.
pub(crate) struct Regorus {
    machine: RegoVM,
}

impl Regorus {
    fn denials(&mut self, input: &Rego) -> Rego {
        self.machine.set_input(input.clone());
        self.machine.execute().expect("the program runs")
    }
}

impl Engine for Regorus {
    const NAME: &'static str = "regorus";
    const CRATE: &'static str = "regorus";
    type Source = String;
    type Prepared = Rego;

    fn source(rules: &Rules) -> String {
        let twenty = include_str!("../../rules/twenty.rego").to_owned();
        rules.more.iter().fold(twenty, |mut text, rule| {
            text.push_str(&denial(rule));
            text
        })
    }

    fn load(source: &String) -> Self {
        let mut engine = regorus::Engine::new();
        engine
            .add_policy("peers.rego".to_owned(), source.clone())
            .expect("the policy is right");
        let policy = engine
            .compile_with_entrypoint(&ENTRY.into())
            .expect("the policy compiles");
        let program =
            Compiler::compile_from_policy(&policy, &[ENTRY]).expect("the program compiles");
        let mut machine = RegoVM::new();
        machine.load_program(Arc::clone(&program));
        machine.set_max_instructions(usize::MAX);
        Self { machine }
    }

    fn prepare(_: &Request, facts: &Value) -> Rego {
        Rego::from_json_str(&facts.to_string()).expect("the facts are JSON")
    }

    fn decide(&mut self, request: &Rego) -> bool {
        let denials = black_box(self.denials(request));
        denials.as_set().expect("denials are a set").is_empty()
    }

    fn answer(&mut self, request: &Rego, ids: &[String]) -> Answer {
        let denials = self.denials(request);
        let denials = denials.as_set().expect("denials are a set");
        let unmet = denials
            .iter()
            .map(|id| &**id.as_string().expect("an id is a text"));
        Answer::named(denials.is_empty(), unmet, ids)
    }
}

fn denial(rule: &Rule) -> String {
    let project = rule.project.as_ref();
    let project = project.map_or(String::new(), |project| {
        format!("\tinput.tenancy.project == \"{project}\"\n")
    });
    let unmet = match &rule.must {
        Must::ActorNotOf(account) => format!("input.actor.account == \"{account}\""),
        Must::NoAgencyBut(agency) => {
            format!("input.agency_account != \"\"\n\tinput.agency_account != \"{agency}\"")
        }
        Must::RetestNotDue => "input.responsibility.retest_status == \"required\"".to_owned(),
        Must::AccountNotStarting(prefix) => {
            format!("startswith(input.access.provider_account, \"{prefix}\")")
        }
        Must::ActorNotEnding(suffix) => format!("endswith(input.actor.id, \"{suffix}\")"),
        Must::WorkspaceWithout(part) => {
            format!("contains(input.tenancy.client_workspace, \"{part}\")")
        }
        Must::NotBetween(from, until) => format!("input.now >= {from}\n\tinput.now < {until}"),
    };
    format!(
        "\ndeny contains \"{}\" if {{\n{project}\t{unmet}\n}}\n",
        rule.id
    )
}
