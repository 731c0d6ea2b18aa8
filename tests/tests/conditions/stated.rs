//! Conditions with values stated by hand: the oracle shares its parser with the compiler, this table shares nothing.
//!
//! Each is asked of the base request `open_pull_request` with the attributes below.

use scopegate::{Engine, Request};
use scopegate_tests::cases;
use serde_json::json;

const HEAD: &str = r#"
language = 1
name = "stated"
version = "1.0.0"
summary = "Conditions stated by hand."
actions = ["open_pull_request", "scan"]
[codes]
UNMET = "unmet"
[attributes.name]
type = "text"
summary = "A text."
[attributes.least]
type = "number"
summary = "The least number."
[attributes.most]
type = "number"
summary = "The greatest number."
[attributes.urgent]
type = "truth"
summary = "A boolean."
[attributes.labels]
type = "texts"
summary = "A list."
[attributes.absent]
type = "text"
summary = "Never given."
[tables.rank]
keys = ["access_mode"]
otherwise = 9
rows = { connected_repository = 4, ticket_only = 0 }
[tables.class]
keys = ["text", "text"]
otherwise = "unknown"
rows = { github = { "contents:write" = "write", "" = "empty" }, gitlab = {} }
[tables.known]
keys = ["text"]
otherwise = ["none"]
rows = { open_pull_request = ["github"], other = ["a", "b"] }
[definitions]
mode = "request.access.remediation_access_mode"
kind_of_mode = 'mode == "read_only" ? "read" : "request"'
[[requirement]]
id = "met"
for = "every"
must = "request.actor.id != ''"
code = "UNMET"
message = "-"
remedy = "-"
source = "-"
groups = ["both"]
[[requirement]]
id = "unmet-for-scan"
for = ["scan"]
must = 'request.action != "scan"'
code = "UNMET"
message = "-"
remedy = "-"
source = "-"
groups = ["both", "scans"]
[[requirement]]
id = "guarded"
for = { of = "every", when = "has(request.access)" }
given = "has(request.scan)"
must = "request.scan.credits > 0"
code = "UNMET"
message = "-"
remedy = "-"
source = "-"
groups = ["both"]
"#;

/// Conditions that are true.
const TRUE: &[&str] = &[
    "true",
    "!false",
    "true || false && false",
    "(true || false) && true",
    "false ? false : true",
    "false ? false : true ? true : false",
    "1 + 2 - 3 == 0",
    "10 - 3 - 2 == 5",
    "1 < 2 == true",
    "-1 < 0",
    r#""\u00e9" == "é""#,
    r#"r"\n" == "\\n""#,
    r#"'''it's''' == "it's""#,
    r#""\x41\101" == "AA""#,
    r#"size("aé😀") == 3"#,
    r#""é" > "z""#,
    r#""a" < "aa""#,
    r#""" < "a""#,
    r#""B" < "a""#,
    r#"timestamp("2026-01-01T01:00:00+01:00") == timestamp("2026-01-01T00:00:00Z")"#,
    r#"timestamp("2026-01-02T00:00:00Z") - timestamp("2026-01-01T00:00:00Z") == duration("24h")"#,
    r#"duration("1h30m") == duration("90m")"#,
    r#"duration("-1s") < duration("0s")"#,
    r#"timestamp("2026-01-01T00:00:00Z") + duration("1s") > timestamp("2026-01-01T00:00:00Z")"#,
    r#"request.now == timestamp("2026-11-23T12:00:00Z")"#,
    r#"request.now - duration("1h") < request.now"#,
    "[].all(x, false)",
    "![].exists(x, true)",
    "[1, 2, 3].exists_one(x, x == 2)",
    "![1, 2, 2].exists_one(x, x == 2)",
    "![1].exists_one(x, x == 2)",
    "[1, 2].all(x, [1, 2].exists(x, x == 2))",
    "[1, 2].all(x, [x].exists(y, y == x))",
    "2 in [1, 2]",
    "!(3 in [1, 2])",
    r#"!("a" in [])"#,
    "size([]) == 0",
    "[1, 2].size() == 2",
    r#"request.action == "open_pull_request""#,
    r#"request.action in ["scan", "open_pull_request"]"#,
    r#"request.action.startsWith("open")"#,
    r#"request.actor.role == "developer""#,
    r#"request.actor.role in ["owner", "developer"]"#,
    r#"!(request.actor.role in ["owner", "admin"])"#,
    r#""customer-org/site#main".contains("/site")"#,
    r#""abc".contains("")"#,
    r#""abc".endsWith("bc") && !"abc".endsWith("abcd")"#,
    r#"!"abc".startsWith("b")"#,
    r#""abc".matches("b")"#,
    r#"!"abc".matches("^b")"#,
    r#""abc".matches("^a.c$")"#,
    r#""aXc".matches("(?i)AXC")"#,
    r#""".matches("^$")"#,
    r#"!"é".matches("^[a-z]$")"#,
    r#""proj-12".matches("^proj-[0-9]{2}$")"#,
    "has(request.access)",
    "!has(request.scan)",
    "!has(request.scan) || request.scan.credits > 0",
    "!(has(request.scan) && request.scan.credits > 0)",
    "has(request.scan) ? request.scan.credits > 0 : true",
    r#"has(request.access) && request.access.provider == "github""#,
    "has(request.access) && !has(request.access.revoked_at)",
    "has(request.approved_scope) && has(request.approved_scope.expires_at) && request.approved_scope.expires_at > request.now",
    "has(request.approved_scope) && request.approved_scope.approved_for == request.tenancy",
    "has(request.approved_scope) && has(request.access) && request.approved_scope.resource == request.access.resource",
    "has(request.approved_scope) && has(request.remediation_approval) && request.approved_scope.approver == request.remediation_approval.approver",
    "has(request.approved_scope) && request.actor != request.approved_scope.approver",
    r#"has(request.approved_scope) && request.approved_scope.operations == ["read", "draft", "request"]"#,
    r#"has(request.approved_scope) && request.approved_scope.operations != ["draft", "read", "request"]"#,
    r#"has(request.approved_scope) && "read" in request.approved_scope.operations"#,
    r#"has(request.access) && request.access.required_scopes == ["contents:write", "pull_requests:write"]"#,
    r#"has(request.task) && request.task.sufficient_modes.exists_one(m, m == "agency_managed")"#,
    r#"has(request.access) && rank(request.access.remediation_access_mode) == 4"#,
    r#"rank("ticket_only") == 0 && rank("read_only") == 9"#,
    r#"class("github", "contents:write") == "write""#,
    r#"class("github", "") == "empty""#,
    r#"class("github", "x") == "unknown" && class("", "x") == "unknown" && class("gitlab", "x") == "unknown""#,
    r#""github" in known(request.action)"#,
    r#"known(request.actor.id) == ["none"] && size(known("other")) == 2"#,
    r#"has(request.access) && kind_of_mode == "request""#,
    r#"has(request.access) && has(request.approved_scope) && kind_of_mode in request.approved_scope.operations"#,
    r#"has(request.attributes.name) && request.attributes.name == "né""#,
    "has(request.attributes.least) && request.attributes.least == -9223372036854775808",
    "has(request.attributes.most) && request.attributes.most == 9223372036854775807",
    "has(request.attributes.least) && has(request.attributes.most) && request.attributes.least < request.attributes.most",
    "has(request.attributes.urgent) && request.attributes.urgent",
    r#"has(request.attributes.labels) && "b" in request.attributes.labels && size(request.attributes.labels) == 2"#,
    "!has(request.attributes.absent)",
    r#"host("https://shop.example:8443/a?b") == "shop.example""#,
    r#"host("https://127.0.0.1/") == """#,
    r#"accepts("https://shop.example/a", "https://shop.example/a/b?c")"#,
    r#"!accepts("https://shop.example/a", "https://shop.example/ab")"#,
    r#"!accepts("/", "https://shop.example/")"#,
    r#"excludes("/A", "https://shop.example/a/b")"#,
    r#"excludes("account/*", "https://shop.example/")"#,
    r#"!excludes("https://other.example/", "https://shop.example/")"#,
    r#"holds("both")"#,
    r#"!holds("both", "scan")"#,
    r#"holds("scans")"#,
    r#"!holds("unmet-for-scan", "scan")"#,
    r#"holds("guarded", "scan")"#,
    "(has(request.access) ? request.tenancy : request.tenancy).account == 'acct-1'",
    "[request.tenancy.account, request.tenancy.project].all(x, x != '')",
    "[request.tenancy].exists(t, t.project == 'proj-1')",
];

#[test]
fn conditions_are_what_is_stated() {
    let mut rules = HEAD.to_owned();
    for (index, condition) in TRUE.iter().enumerate() {
        for (name, text) in [
            ("yes", (*condition).to_owned()),
            ("no", format!("!({condition})")),
        ] {
            let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
            rules.push_str(&format!(
                "[[ready]]\nstate = \"{name}_{index}\"\nwhen = \"{escaped}\"\n"
            ));
        }
    }
    let compiled = scopegate_compiler::compile(&rules)
        .unwrap_or_else(|error| panic!("{}", error.render(&rules, "stated", false)));
    let policy = Engine::new()
        .expect("an engine")
        .load(&compiled.component)
        .expect("it fits");
    let decision = policy
        .evaluate(&request())
        .expect("a decision")
        .into_owned();
    for (index, condition) in TRUE.iter().enumerate() {
        let holds = |name: &str| {
            decision
                .ready()
                .any(|state| state == format!("{name}_{index}"))
        };
        assert!(holds("yes") && !holds("no"), "{condition}");
    }
}

fn request() -> Request {
    let mut facts = cases::bases()["open_pull_request"].clone();
    facts["attributes"] = json!({"name": "né", "least": i64::MIN, "most": i64::MAX, "urgent": true, "labels": ["a", "b"]});
    cases::request(&facts).expect("a request")
}
