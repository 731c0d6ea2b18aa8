//! zen-engine: a decision table that collects the ids of what is not met.
//!
//! Always true here: the graph is compiled before it decides, with the index that the engine makes of the column for the project.

use std::hint::black_box;

use scopegate::Request;
use serde_json::{Value, json};
use zen_engine::model::GraphContent;
use zen_engine::{Decision, Variable};

use crate::engine::{Answer, Engine};
use crate::rules::{Must, Rule, Rules};

/// The rules as a graph: input, table, output.
pub(crate) struct Zen {
    decision: Decision,
}

impl Zen {
    fn unmet(&self, request: &Variable) -> Variable {
        // The future is ready at its first poll: the graph neither loads nor asks anything.
        pollster::block_on(self.decision.evaluate(request.clone()))
            .expect("the graph can be evaluated")
            .result
    }
}

impl Engine for Zen {
    const NAME: &'static str = "zen-engine";
    const CRATE: &'static str = "zen-engine";
    type Source = String;
    type Prepared = Variable;

    fn source(rules: &Rules) -> String {
        let twenty: Vec<(String, String)> =
            serde_json::from_str(include_str!("../../rules/twenty.zen.json"))
                .expect("the 20 rules are JSON");
        let twenty = twenty.into_iter().map(|(id, unmet)| row(&id, None, &unmet));
        let more = rules.more.iter();
        let more = more.map(|rule| row(&rule.id, rule.project.as_deref(), &further(rule)));
        let rows: Vec<Value> = twenty.chain(more).collect();
        json!({
            "nodes": [
                {"id": "in", "name": "request", "type": "inputNode", "content": {}},
                {"id": "table", "name": "rules", "type": "decisionTableNode", "content": {
                    "hitPolicy": "collect",
                    "inputs": [
                        {"id": "project", "name": "project", "field": "tenancy.project"},
                        {"id": "unmet", "name": "not met"},
                    ],
                    "outputs": [{"id": "rule", "name": "rule", "field": "rule"}],
                    "rules": rows,
                }},
                {"id": "out", "name": "unmet", "type": "outputNode", "content": {}},
            ],
            "edges": [
                {"id": "to-table", "sourceId": "in", "targetId": "table"},
                {"id": "to-out", "sourceId": "table", "targetId": "out"},
            ],
        })
        .to_string()
    }

    fn load(source: &String) -> Self {
        let graph: GraphContent = serde_json::from_str(source).expect("the graph is right");
        let mut decision = Decision::from(graph);
        decision.compile();
        Self { decision }
    }

    fn prepare(_: &Request, facts: &Value) -> Variable {
        Variable::from(facts.clone())
    }

    fn decide(&mut self, request: &Variable) -> bool {
        let unmet = black_box(self.unmet(request));
        let unmet = unmet.as_array().expect("what is not met is a list");
        unmet.borrow().is_empty()
    }

    fn answer(&mut self, request: &Variable, ids: &[String]) -> Answer {
        let unmet = Value::from(self.unmet(request));
        let unmet = unmet.as_array().expect("what is not met is a list");
        let rules = unmet.iter().filter_map(|found| found["rule"].as_str());
        Answer::named(unmet.is_empty(), rules, ids)
    }
}

fn row(id: &str, project: Option<&str>, unmet: &str) -> Value {
    let project = project.map_or(String::new(), |project| format!("'{project}'"));
    json!({"_id": id, "project": project, "unmet": unmet, "rule": format!("'{id}'")})
}

fn further(rule: &Rule) -> String {
    match &rule.must {
        Must::ActorNotOf(account) => format!("actor.account == '{account}'"),
        Must::NoAgencyBut(agency) => format!("agency_account not in ['', '{agency}']"),
        Must::RetestNotDue => "responsibility.retest_status == 'required'".to_owned(),
        Must::AccountNotStarting(prefix) => {
            format!("access != null and startsWith(access.provider_account, '{prefix}')")
        }
        Must::ActorNotEnding(suffix) => format!("endsWith(actor.id, '{suffix}')"),
        Must::WorkspaceWithout(part) => format!("contains(tenancy.client_workspace, '{part}')"),
        Must::NotBetween(from, until) => format!("now >= {from} and now < {until}"),
    }
}
