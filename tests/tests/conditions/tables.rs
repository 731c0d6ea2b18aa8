//! Tables, the action, and the URL functions.

use super::{Conditions, check, check_of, request};

const TABLES: Conditions = &[
    (
        "has(request.approved_scope) && rank(request.approved_scope.remediation_access_mode) == 2",
        true,
    ),
    ("rank(\"agency_managed\") == 4", true),
    ("rank(\"ticket_only\") < rank(\"read_only\")", true),
    ("class(\"github\", \"contents:read\") == \"read\"", true),
    ("class(\"github\", \"contents:reads\") == \"unknown\"", true),
    ("class(\"GitHub\", \"contents:read\") == \"unknown\"", true),
    (
        "class(request.agency_account, request.tenancy.client_workspace) == \"empty\"",
        true,
    ),
    (
        "has(request.task) && request.task.needed_scopes.exists(s, class(request.task.provider, s) == \"unknown\")",
        true,
    ),
    (
        "has(request.task) && request.task.needed_scopes.all(s, class(request.task.provider, s) in [\"read\", \"write\"])",
        false,
    ),
    ("may(request.actor.role, request.action)", true),
    ("may(\"viewer\", request.action)", false),
    ("may(request.actor.role, \"retest\")", false),
    ("may(request.actor.role, request.agency_account)", true),
    (
        "has(request.task) && mode_of(request.task.provider) in request.task.sufficient_modes",
        true,
    ),
    (
        "has(request.task) && mode_of(request.actor.id) in request.task.sufficient_modes",
        false,
    ),
    (
        "has(request.approved_scope) && mode_of(request.approved_scope.provider) == request.approved_scope.remediation_access_mode",
        true,
    ),
    (
        "has(request.approved_scope) && request.approved_scope.remediation_access_mode == mode_of(request.actor.id)",
        false,
    ),
    (
        "has(request.task) && weight(request.task.provider) == 9223372036854775807",
        true,
    ),
    ("weight(request.actor.id) == -9223372036854775808", true),
    (
        "providers(request.action) == [\"github\", \"gitlab\"]",
        true,
    ),
    ("size(providers(request.actor.id)) == 0", true),
    ("\"\" in providers(request.agency_account)", true),
];

#[test]
fn tables() {
    check(TABLES);
}

const ACTION: Conditions = &[
    // The branches of a choice may be texts that the action, or a table, never is.
    (
        "(request.deployment == \"cloud\" ? request.action : \"nothing\") == \"nothing\"",
        true,
    ),
    (
        "(has(request.task) ? class(request.task.provider, \"x\") : \"no task\") == \"unknown\"",
        true,
    ),
    (
        "(has(request.access) ? class(request.access.provider, \"x\") : \"no access\") == \"no access\"",
        true,
    ),
    ("request.action == \"scan\"", true),
    ("request.action != \"retest\"", true),
    ("request.action in [\"retest\", \"share_report\"]", false),
    ("request.action in [\"retest\", \"scan\"]", true),
    ("request.action == request.actor.id", false),
    (
        "[\"retest\", \"scan\"].exists(a, a == request.action)",
        true,
    ),
    // What a table gives need not be an action of the rule set.
    ("request.action == mode_of(\"github\")", false),
    (
        "request.action in [mode_of(\"github\"), mode_of(\"gitlab\")]",
        false,
    ),
];

#[test]
fn action() {
    check(ACTION);
}

const UNKNOWN_ACTION: Conditions = &[
    ("request.action == \"scan\"", false),
    ("request.action != \"scan\"", true),
    (
        "request.action in [\"scan\", \"retest\", \"share_report\"]",
        false,
    ),
    ("\"jira\" in providers(request.action)", true),
    ("providers(request.action) == [\"jira\"]", true),
    ("may(request.actor.role, request.action)", false),
    (
        "request.action.startsWith(\"delete_\") && size(request.action) == 17",
        true,
    ),
    (
        "request.action > \"aaa\" && request.action == request.action",
        true,
    ),
];

#[test]
fn an_action_that_the_rule_set_does_not_list() {
    let mut request = request();
    request.action = "delete_everything".to_owned();
    check_of(&request, UNKNOWN_ACTION);
}

const TABLED_ACTION: Conditions = &[
    ("request.action == mode_of(\"github\")", true),
    ("mode_of(\"gitlab\") != request.action", true),
    (
        "request.action in [mode_of(\"gitlab\"), mode_of(\"github\")]",
        true,
    ),
    ("request.action in [mode_of(\"gitlab\"), \"scan\"]", false),
];

#[test]
fn an_action_that_only_a_table_gives() {
    let mut request = request();
    request.action = "read_only".to_owned();
    check_of(&request, TABLED_ACTION);
}

const URLS: Conditions = &[
    (
        "host(\"https://shop.example/account\") == \"shop.example\"",
        true,
    ),
    ("host(\"https://shop.example:443/\") == \"\"", true),
    ("host(request.actor.id) == \"\"", true),
    (
        "has(request.scan) && has(request.responsibility.authorized_for) && request.scan.targets.all(t, host(t.url) in request.responsibility.authorized_for.hosts)",
        false,
    ),
    (
        "has(request.scan) && has(request.responsibility.authorized_for) && request.scan.targets.exists_one(t, !(host(t.url) in request.responsibility.authorized_for.hosts))",
        true,
    ),
    (
        "accepts(\"https://shop.example/\", \"https://shop.example/account\")",
        true,
    ),
    (
        "accepts(\"https://shop.example/acc\", \"https://shop.example/account\")",
        false,
    ),
    (
        "accepts(\"/account\", \"https://shop.example/account\")",
        false,
    ),
    (
        "excludes(\"/account\", \"https://shop.example/Account/x\")",
        true,
    ),
    (
        "excludes(\"/account\", \"https://shop.example/accounts\")",
        false,
    ),
    ("excludes(\"/account\", \"no url\")", true),
    ("excludes(\"*\", \"https://shop.example/\")", true),
];

#[test]
fn urls() {
    check(URLS);
}
