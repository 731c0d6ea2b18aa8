//! What looks like a condition and is none: the compiler says so, and does nothing else.

use super::WORLD;

const REFUSED: [&str; 26] = [
    // A list that holds facts can be gone through, not kept.
    "size([request.actor.id]) == 1",
    "[request.actor.id] == [request.actor.account]",
    "has(request.scan) && request.scan.accepted == [request.actor.id]",
    "\"x\" in (request.actor.role == \"admin\" ? [request.actor.id] : [\"y\"])",
    "(request.actor.role == \"admin\" ? [request.actor.id] : [\"y\"]).exists(x, x == \"y\")",
    "[request.actor.id].exists_one(x, x == \"y\")",
    // What the rule set does not list is a mistake, wherever it comes from.
    "request.action == \"delete\"",
    "request.action in [\"scan\", \"delete\"]",
    // Unproven facts.
    "request.access.private_network",
    "has(request.access) || request.access.private_network",
    "!has(request.access) && request.access.private_network",
    "has(request.access) && true || request.access.private_network",
    "has(request.access) ? true : request.access.private_network",
    "request.access.private_network && has(request.access)",
    "request.scan.targets.all(t, has(request.scan))",
    "has(request.task) && task_is_fix || task_is_fix",
    "request.attributes.yes",
    // Relations have one precedence: `(true == 1) < 2`.
    "true == 1 < 2",
    "1 < 2 == 2 < 1",
    "request.actor.id == mode_of(\"github\") == request.actor.role",
    // Other types.
    "request.actor.role == request.actor.id",
    "request.actor.role < \"owner\"",
    "request.now == \"2026-11-23T12:00:00Z\"",
    "request.now + duration(\"1h\") > request.now",
    "has(request.attributes.most) && request.attributes.most + 1 > 0",
    "request == request",
];

#[test]
fn refused() {
    for condition in REFUSED {
        let rules = format!("{WORLD}[[ready]]\nstate = \"c\"\nwhen = ''' {condition} '''\n");
        let compiled = std::panic::catch_unwind(|| scopegate_compiler::compile(&rules).is_ok());
        assert_eq!(compiled.ok(), Some(false), "{condition}");
    }
}
