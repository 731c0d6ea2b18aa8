//! Cedar: one `permit`, and a `forbid` for each rule, whose annotation is the rule's id.
//!
//! Always true here: a policy that fails to evaluate stops the run, as Cedar would leave it out.

use std::hint::black_box;
use std::str::FromStr as _;

use cedar_policy::{
    Authorizer, Context, Decision, Entities, EntityId, EntityTypeName, EntityUid, PolicySet,
    Request as CedarRequest, Response,
};
use scopegate::Request;
use serde_json::Value;

use crate::engine::{Answer, Engine};
use crate::rules::{Must, Rule, Rules};

/// The rules as policies.
pub(crate) struct Cedar {
    policies: PolicySet,
    entities: Entities,
    authorizer: Authorizer,
}

impl Cedar {
    fn respond(&self, request: &CedarRequest) -> Response {
        self.authorizer
            .is_authorized(request, &self.policies, &self.entities)
    }
}

impl Engine for Cedar {
    const NAME: &'static str = "Cedar";
    const CRATE: &'static str = "cedar-policy";
    type Source = String;
    type Prepared = CedarRequest;

    fn source(rules: &Rules) -> String {
        let twenty = include_str!("../../rules/twenty.cedar").to_owned();
        rules.more.iter().fold(twenty, |mut text, rule| {
            text.push_str(&forbid(rule));
            text
        })
    }

    fn load(source: &String) -> Self {
        Self {
            policies: PolicySet::from_str(source).expect("the policies are right"),
            entities: Entities::empty(),
            authorizer: Authorizer::new(),
        }
    }

    fn prepare(request: &Request, facts: &Value) -> CedarRequest {
        let mut facts = facts.clone();
        if let Some(scan) = &request.scan {
            let kinds = scan.targets.iter().map(|target| target.kind.name());
            facts["scan"]["target_kinds"] = kinds.collect();
        }
        let context = Context::from_json_value(facts, None).expect("the facts are a context");
        CedarRequest::new(
            entity("User", &request.actor.id),
            entity("Action", &request.action),
            entity("Project", &request.tenancy.project),
            context,
            None,
        )
        .expect("without a schema every request is right")
    }

    fn decide(&mut self, request: &CedarRequest) -> bool {
        black_box(self.respond(request)).decision() == Decision::Allow
    }

    fn answer(&mut self, request: &CedarRequest, ids: &[String]) -> Answer {
        let response = self.respond(request);
        if let Some(error) = response.diagnostics().errors().next() {
            panic!("Cedar left a policy out: {error}");
        }
        let reasons = response.diagnostics().reason();
        // The one policy without an id is the permit.
        let unmet = reasons.filter_map(|policy| self.policies.annotation(policy, "id"));
        Answer::named(response.decision() == Decision::Allow, unmet, ids)
    }
}

fn entity(kind: &str, id: &str) -> EntityUid {
    let kind = EntityTypeName::from_str(kind).expect("the type's name is right");
    EntityUid::from_type_name_and_id(kind, EntityId::new(id))
}

fn forbid(rule: &Rule) -> String {
    let resource = match &rule.project {
        Some(project) => format!("resource == Project::\"{project}\""),
        None => "resource".to_owned(),
    };
    let unmet = match &rule.must {
        Must::ActorNotOf(account) => format!("context.actor.account == \"{account}\""),
        Must::NoAgencyBut(agency) => {
            format!("context.agency_account != \"\" && context.agency_account != \"{agency}\"")
        }
        Must::RetestNotDue => "context.responsibility.retest_status == \"required\"".to_owned(),
        Must::AccountNotStarting(prefix) => {
            format!("context has access && context.access.provider_account like \"{prefix}*\"")
        }
        Must::ActorNotEnding(suffix) => format!("context.actor.id like \"*{suffix}\""),
        Must::WorkspaceWithout(part) => {
            format!("context.tenancy.client_workspace like \"*{part}*\"")
        }
        Must::NotBetween(from, until) => {
            format!("context.now >= {from} && context.now < {until}")
        }
    };
    format!(
        "\n@id(\"{}\")\nforbid (principal, action, {resource}) when {{ {unmet} }};\n",
        rule.id
    )
}
