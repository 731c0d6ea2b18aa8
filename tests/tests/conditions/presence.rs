//! Optional facts: the many ways to ask before they are used.

use super::{Conditions, check};

const PRESENCE: Conditions = &[
    ("has(request.access)", false),
    ("has(request.scan)", true),
    ("has(request.responsibility.authorized_for)", true),
    (
        "has(request.access) && request.access.private_network",
        false,
    ),
    (
        "!has(request.access) || request.access.private_network",
        true,
    ),
    (
        "has(request.access) ? request.access.private_network : true",
        true,
    ),
    (
        "!has(request.access) ? true : request.access.private_network",
        true,
    ),
    (
        "has(request.scan) ? request.scan.pages_reviewed : false",
        true,
    ),
    (
        "!(has(request.access) && request.access.private_network)",
        true,
    ),
    (
        "!(!has(request.access) || request.access.private_network)",
        false,
    ),
    (
        "!(has(request.scan) && request.scan.credits == 0) || request.scan.page_limit > 0",
        true,
    ),
    (
        "(has(request.scan) && request.scan.credits == 0) ? request.scan.page_limit > 0 : false",
        true,
    ),
    (
        "has(request.scan) && has(request.task) && size(request.scan.targets) == size(request.task.sufficient_modes)",
        true,
    ),
    (
        "has(request.scan) && (request.scan.credits > 0 || request.scan.pages_reviewed)",
        true,
    ),
    (
        "!has(request.scan) || !has(request.task) || request.scan.credits == 0 && request.task.id == \"fix-42\"",
        true,
    ),
    (
        "has(request.approved_scope) && has(request.approved_scope.expires_at) && request.approved_scope.expires_at > request.now",
        true,
    ),
    (
        "has(request.approved_scope) && (!has(request.approved_scope.revoked_at) || request.approved_scope.revoked_at > request.now)",
        true,
    ),
    (
        "has(request.approved_scope) && has(request.approved_scope.revoked_at) && request.approved_scope.revoked_at > request.now",
        false,
    ),
    (
        "has(request.access) == has(request.remediation_approval)",
        true,
    ),
    (
        "has(request.access) || has(request.task) && request.task.kind == \"fix\"",
        true,
    ),
    (
        "(has(request.task) ? request.task.id : \"none\") == \"fix-42\"",
        true,
    ),
    (
        "(has(request.access) ? request.access.task : \"none\") == \"none\"",
        true,
    ),
    (
        "has(request.attributes.yes) && request.attributes.yes",
        true,
    ),
    ("has(request.attributes.no) && request.attributes.no", false),
    (
        "!has(request.attributes.no) || !request.attributes.no",
        true,
    ),
    ("has(request.attributes.not_given)", false),
    (
        "!has(request.attributes.not_given) || request.attributes.not_given == \"\"",
        true,
    ),
    (
        "has(request.attributes.empty) && request.attributes.empty == \"\"",
        true,
    ),
    (
        "has(request.attributes.accent) && request.attributes.accent == \"é\"",
        true,
    ),
    (
        "has(request.attributes.none) && size(request.attributes.none) == 0",
        true,
    ),
    (
        "has(request.attributes.some) && size(request.attributes.some) == 3",
        true,
    ),
    (
        "has(request.scan) && request.scan.targets.all(t, has(request.task) && request.task.id != t.url)",
        true,
    ),
    ("has_task && task_is_fix", true),
    ("has_task ? task_is_fix : false", true),
    ("!has_task || modes.size() == 3", true),
    ("has_task && \"review_only\" in modes", true),
    (
        "has(request.approved_scope) && approver.role == \"admin\" && approver == request.actor",
        true,
    ),
    ("has(request.scan) && limit == 4", true),
    ("known_actor && request.actor.role in roles", true),
    ("asked == \"scan\"", true),
];

#[test]
fn presence() {
    check(PRESENCE);
}
