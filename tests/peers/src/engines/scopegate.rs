//! Scopegate: the rule set is compiled to a component, which is loaded and decides typed requests.
//!
//! Always true here: nothing else in this program knows what Scopegate's decision is like.

use std::hint::black_box;

use scopegate::{Policy, Request};
use serde_json::Value;

use crate::engine::{Answer, Engine};
use crate::rules::{Must, Rule, Rules, TWENTY};

/// A policy, which more than one thread may use.
#[derive(Clone)]
pub(crate) struct Scopegate {
    policy: Policy,
}

impl Scopegate {
    /// From rules to component.
    pub(crate) fn compile(source: &str) -> Vec<u8> {
        scopegate_compiler::compile(source)
            .expect("the rules are right")
            .component
    }

    /// From component to policy, with an engine of its own.
    pub(crate) fn load_component(component: &[u8]) -> Self {
        let engine = scopegate::Engine::new().expect("this machine runs WebAssembly");
        Self {
            policy: engine.load(component).expect("the component is right"),
        }
    }

    pub(crate) fn allows(&self, request: &Request) -> bool {
        let decision = self.policy.evaluate(request);
        black_box(decision)
            .expect("the request can be judged")
            .is_allowed()
    }

    /// From JSON to JSON.
    pub(crate) fn decide_json(&self, request: &[u8]) -> String {
        let request = Request::from_json(request, || 0).expect("the request is right");
        let decision = self.policy.evaluate(&request);
        let decision = decision.expect("the request can be judged");
        let mut written = Vec::with_capacity(1024);
        decision.write_json(&mut written);
        String::from_utf8(written).expect("JSON is text")
    }

    /// The policy's name, version and digest, as a decision names them.
    pub(crate) fn id(&self) -> [String; 3] {
        let id = self.policy.id();
        [&id.name, &id.version, &id.digest].map(String::clone)
    }

    /// The texts of each rule: id, code, state, message, remedy and source.
    pub(crate) fn texts(&self) -> Vec<[String; 6]> {
        let requirements = self.policy.manifest().requirements.iter();
        let texts = requirements.map(|r| {
            [&r.id, &r.code, &r.state, &r.message, &r.remedy, &r.source].map(String::clone)
        });
        texts.collect()
    }
}

impl Engine for Scopegate {
    const NAME: &'static str = "Scopegate";
    const CRATE: &'static str = "scopegate";
    type Source = String;
    type Prepared = Request;

    fn source(rules: &Rules) -> String {
        rules.more.iter().fold(TWENTY.to_owned(), |mut text, rule| {
            text.push_str(&requirement(rule));
            text
        })
    }

    fn load(source: &String) -> Self {
        Self::load_component(&Self::compile(source))
    }

    fn prepare(request: &Request, _: &Value) -> Request {
        request.clone()
    }

    fn decide(&mut self, request: &Request) -> bool {
        self.allows(request)
    }

    fn decide_typed(&mut self, request: &Request) -> bool {
        self.decide(request)
    }

    fn answer(&mut self, request: &Request, ids: &[String]) -> Answer {
        let decision = self.policy.evaluate(request);
        let decision = decision.expect("the request can be judged");
        let json = serde_json::to_value(&decision).expect("a decision can be written");
        let findings = json["findings"].as_array().expect("findings are a list");
        let unmet = findings
            .iter()
            .filter_map(|finding| finding["requirement"].as_str());
        Answer::named(decision.is_allowed(), unmet, ids)
    }
}

fn requirement(rule: &Rule) -> String {
    let (guard, must) = condition(&rule.must);
    let project = rule
        .project
        .as_ref()
        .map(|project| format!("request.tenancy.project == \"{project}\""));
    let given = project.as_deref().or(guard);
    let given = given.map_or(String::new(), |given| format!("given = '{given}'\n"));
    format!(
        "\n[[requirement]]\nid = \"{}\"\nfor = \"every\"\n{given}must = '{must}'\ncode = \"RESPONSIBILITY_REQUIRED\"\nmessage = \"A \
         rule for some requests is not met.\"\nremedy = \"Ask for something else.\"\nsource = \"tests/peers\"\n",
        rule.id
    )
}

/// The guard, if there is one, and the condition.
fn condition(must: &Must) -> (Option<&'static str>, String) {
    let must = match must {
        Must::ActorNotOf(account) => format!("request.actor.account != \"{account}\""),
        Must::NoAgencyBut(agency) => format!("request.agency_account in [\"\", \"{agency}\"]"),
        Must::RetestNotDue => "request.responsibility.retest_status != \"required\"".to_owned(),
        Must::AccountNotStarting(prefix) => {
            let must = format!("!request.access.provider_account.startsWith(\"{prefix}\")");
            return (Some("has(request.access)"), must);
        }
        Must::ActorNotEnding(suffix) => format!("!request.actor.id.endsWith(\"{suffix}\")"),
        Must::WorkspaceWithout(part) => {
            format!("!request.tenancy.client_workspace.contains(\"{part}\")")
        }
        Must::NotBetween(from, until) => {
            let (from, until) = (time(*from), time(*until));
            format!("request.now < timestamp(\"{from}\") || request.now >= timestamp(\"{until}\")")
        }
    };
    (None, must)
}

/// As RFC 3339 has it.
fn time(seconds: i64) -> String {
    chrono::DateTime::from_timestamp(seconds, 0)
        .expect("the time is of this century")
        .to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}
