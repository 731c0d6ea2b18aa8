//! Conditions whose values are stated by hand: the oracle shares its parser with the compiler, this table does not share anything.

mod holds;
mod lists;
mod logic;
mod presence;
mod stated;
mod tables;
mod texts;
mod times;
mod wrong;

use std::fmt::Write;

use scopegate::{Engine, Policy, Request};

/// Conditions, and what each is of `request.json`.
type Conditions = &'static [(&'static str, bool)];

/// What the rule sets of the table hold besides a condition.
const WORLD: &str = r#"
language = 1
name = "by-hand"
version = "1.0.0"
summary = "Conditions stated by hand."
actions = ["scan", "retest", "share_report"]

[codes]
UNMET = "unmet"

[attributes]
accent = { type = "text", summary = "é" }
combining = { type = "text", summary = "e and an accent" }
emoji = { type = "text", summary = "beyond the basic plane" }
private_use = { type = "text", summary = "in the basic plane, above the surrogates" }
escapes = { type = "text", summary = "what must be escaped" }
empty = { type = "text", summary = "nothing" }
least = { type = "number", summary = "the least" }
most = { type = "number", summary = "the greatest" }
zero = { type = "number", summary = "0" }
yes = { type = "truth", summary = "true" }
no = { type = "truth", summary = "false" }
none = { type = "texts", summary = "no text" }
some = { type = "texts", summary = "some texts" }
not_given = { type = "text", summary = "never given" }

[tables.rank]
keys = ["access_mode"]
rows = { ticket_only = 0, customer_applied = 1, read_only = 2, review_only = 3, connected_repository = 4, connected_cms = 4, connected_shopify = 4, connected_gtm = 4, connected_cmp = 4, agency_managed = 4 }

[tables.class]
keys = ["text", "text"]
otherwise = "unknown"
rows = { github = { "contents:read" = "read", "contents:write" = "write" }, "" = { "" = "empty" } }

[tables.may]
keys = ["role", "text"]
otherwise = false
rows = { admin = { scan = true, "" = true }, viewer = { scan = false } }

[tables.providers]
keys = ["text"]
otherwise = []
rows = { scan = ["github", "gitlab"], delete_everything = ["jira"], "" = [""] }

[tables.mode_of]
keys = ["text"]
otherwise = ""
rows = { github = "read_only", gitlab = "agency_managed" }

[tables.weight]
keys = ["text"]
otherwise = -9223372036854775808
rows = { github = 9223372036854775807, gitlab = 0 }

[definitions]
known_actor = 'request.actor.id != ""'
task_is_fix = 'request.task.kind == "fix"'
approver = 'request.approved_scope.approver'
has_task = 'has(request.task)'
modes = 'request.task.sufficient_modes'
limit = 'size(request.scan.targets) + 1'
asked = 'request.action'
roles = '["owner", "admin"]'
"#;

/// The one request of the table.
fn request() -> Request {
    Request::from_json(include_bytes!("request.json"), || 0)
        .unwrap_or_else(|error| panic!("{}: {}", error.path, error.message))
}

fn compile(rules: &str) -> Vec<u8> {
    match scopegate_compiler::compile(rules) {
        Ok(compiled) => compiled.component,
        Err(diagnostics) => panic!("{}", diagnostics.render(rules, "policy.toml", false)),
    }
}

fn load(rules: &str) -> Policy {
    Engine::new()
        .expect("an engine")
        .load(&compile(rules))
        .unwrap_or_else(|error| panic!("{error:?}"))
}

/// Every condition is what the table says, of the request and as a requirement.
fn check(conditions: Conditions) {
    check_of(&request(), conditions);
}

fn check_of(request: &Request, conditions: Conditions) {
    let mut ready = String::from(WORLD);
    let mut requirements = String::from(WORLD);
    for (index, (condition, _)) in conditions.iter().enumerate() {
        assert!(
            !condition.contains("'''"),
            "no condition may end the string that it stands in: {condition}"
        );
        writeln!(
            ready,
            "[[ready]]\nstate = \"c{index}\"\nwhen = ''' {condition} '''"
        )
        .expect("a string can be written to");
        writeln!(
            requirements,
            "[[requirement]]\nid = \"c{index}\"\nfor = \"every\"\nmust = ''' {condition} '''\ncode = \"UNMET\"\nmessage = \"It is not so.\"\nremedy = \"Make it so.\"\nsource = \"here\""
        )
        .expect("a string can be written to");
    }
    let (ready, requirements) = (load(&ready), load(&requirements));
    let (states, decision) = (
        ready.evaluate(request).expect("a decision"),
        requirements.evaluate(request).expect("a decision"),
    );
    let mut wrong = Vec::new();
    for (index, (condition, expected)) in conditions.iter().enumerate() {
        let name = format!("c{index}");
        let is_ready = states.ready().any(|state| state == name);
        let is_met = !decision
            .findings()
            .any(|finding| finding.requirement == name);
        if is_ready != *expected
            || (is_met != *expected && requirements.manifest().actions.contains(&request.action))
        {
            wrong.push(format!(
                "{condition}: expected {expected}, ready {is_ready}, met {is_met}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
