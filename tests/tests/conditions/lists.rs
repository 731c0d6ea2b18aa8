//! Lists and records: membership, quantifiers, equality.

use super::{Conditions, check};

const MEMBERSHIP: Conditions = &[
    (r#"request.actor.role in ["owner", "admin"]"#, true),
    (r#"request.actor.role in ["owner", "viewer"]"#, false),
    (r#"request.actor.role in []"#, false),
    (r#"request.actor.id in []"#, false),
    (
        r#"request.actor.id in ["", "user-1", "user-177", "user-17"]"#,
        true,
    ),
    (
        r#"request.actor.id in ["a", "b", "c", "d", "e", "f", "g", "user-17"]"#,
        true,
    ),
    (
        r#"request.actor.id in ["a", "b", "c", "d", "e", "f", "g", "user-18"]"#,
        false,
    ),
    (
        r#"request.actor.account in [request.tenancy.account, "x"]"#,
        true,
    ),
    (
        r#"request.actor.id in [request.tenancy.account, request.agency_account]"#,
        false,
    ),
    (
        r#"request.tenancy in [request.responsibility.evidence_review.of]"#,
        false,
    ),
    (
        r#"has(request.scan) && "https://shop.example/" in request.scan.accepted"#,
        true,
    ),
    (
        r#"has(request.scan) && "https://shop.example" in request.scan.accepted"#,
        false,
    ),
    (r#"has(request.scan) && "" in request.scan.excluded"#, false),
    (
        r#"has(request.task) && "review_only" in request.task.sufficient_modes"#,
        true,
    ),
    (
        r#"has(request.task) && "ticket_only" in request.task.sufficient_modes"#,
        false,
    ),
    (
        r#"has(request.task) && has(request.approved_scope) && request.approved_scope.remediation_access_mode in request.task.sufficient_modes"#,
        true,
    ),
    (
        r#"has(request.approved_scope) && "draft" in request.approved_scope.operations && !("export" in request.approved_scope.operations)"#,
        true,
    ),
    (
        r#"has(request.attributes.some) && "b" in request.attributes.some"#,
        true,
    ),
    (
        r#"has(request.attributes.none) && "" in request.attributes.none"#,
        false,
    ),
    (r#""github" in providers(request.action)"#, true),
    (r#""jira" in providers(request.action)"#, false),
];

#[test]
fn membership() {
    check(MEMBERSHIP);
}

const QUANTIFIERS: Conditions = &[
    (
        "has(request.scan) && request.scan.excluded.all(p, false)",
        true,
    ),
    (
        "has(request.scan) && request.scan.excluded.exists(p, true)",
        false,
    ),
    (
        "has(request.scan) && request.scan.excluded.exists_one(p, true)",
        false,
    ),
    ("[].all(x, false) && ![].exists(x, true)", true),
    (
        r#"has(request.scan) && request.scan.targets.all(t, t.kind == "public")"#,
        false,
    ),
    (
        r#"has(request.scan) && request.scan.targets.exists(t, t.kind == "private")"#,
        true,
    ),
    (
        r#"has(request.scan) && request.scan.targets.exists_one(t, t.kind == "private")"#,
        true,
    ),
    (
        r#"has(request.scan) && request.scan.targets.exists_one(t, t.kind == "public")"#,
        false,
    ),
    (
        r#"has(request.scan) && request.scan.targets.exists_one(t, t.kind == "unsupported")"#,
        false,
    ),
    (
        r#"has(request.scan) && request.scan.targets.all(t, host(t.url).endsWith(".example") || t.kind == "private")"#,
        true,
    ),
    // An inner variable hides an outer one of the same name.
    (
        r#"has(request.scan) && request.scan.targets.all(x, request.scan.accepted.exists(x, x == "https://shop.example/pay"))"#,
        true,
    ),
    (
        r#"has(request.scan) && request.scan.accepted.exists(x, request.scan.targets.exists(x, x.kind == "private") && x.endsWith("pay"))"#,
        true,
    ),
    (
        r#"has(request.scan) && request.scan.accepted.all(p, request.scan.targets.exists(t, accepts(p, t.url)))"#,
        true,
    ),
    (
        r#"has(request.scan) && request.scan.targets.all(t, request.scan.accepted.exists(p, accepts(p, t.url)))"#,
        false,
    ),
    (
        r#"has(request.scan) && request.scan.targets.exists(t, !request.scan.accepted.exists(p, accepts(p, t.url)))"#,
        true,
    ),
    (
        r#"has(request.task) && request.task.sufficient_modes.exists_one(m, m == "review_only")"#,
        true,
    ),
    (
        r#"has(request.task) && request.task.sufficient_modes.exists_one(m, m == "read_only")"#,
        false,
    ),
    (
        "has(request.task) && request.task.sufficient_modes.all(m, rank(m) >= 2)",
        true,
    ),
    (
        "has(request.task) && request.task.needed_scopes.exists_one(a, request.task.needed_scopes.exists_one(b, a == b))",
        true,
    ),
    (r#"["user-17", "x"].exists(x, x == request.actor.id)"#, true),
    (
        r#"["owner", "admin"].exists(r, r == request.actor.role)"#,
        true,
    ),
    (
        "[1, 2, 3].exists(n, n == size(request.responsibility.evidence_review.of.project) - 4)",
        true,
    ),
    ("[1, 2, 3].all(n, n > 1)", false),
    ("[1, 2, 2].exists_one(n, n == 2)", false),
    (
        r#"[request.actor.id, request.actor.account].all(x, x != "")"#,
        true,
    ),
    (
        r#"[request.actor.id, request.agency_account].all(x, x != "")"#,
        false,
    ),
    (
        r#"[request.tenancy, request.responsibility.evidence_review.of].exists(t, t.project == "proj-2")"#,
        true,
    ),
    (
        r#"has(request.attributes.some) && request.attributes.some.exists_one(s, s == "b")"#,
        true,
    ),
    (r#"providers("scan").all(p, p.startsWith("git"))"#, true),
    ("providers(\"nowhere\").all(p, false)", true),
];

#[test]
fn quantifiers() {
    check(QUANTIFIERS);
}

const EQUALITY: Conditions = &[
    (
        "has(request.responsibility.authorized_for) && request.responsibility.authorized_for.tenancy == request.tenancy",
        true,
    ),
    (
        "request.tenancy == request.responsibility.evidence_review.of",
        false,
    ),
    (
        "request.tenancy != request.responsibility.evidence_review.of",
        true,
    ),
    (
        "has(request.scan) && request.scan.accepted_for == request.tenancy",
        false,
    ),
    (
        "has(request.approved_scope) && request.approved_scope.approver == request.actor",
        true,
    ),
    (
        "has(request.approved_scope) && request.approved_scope == request.approved_scope",
        true,
    ),
    ("request.responsibility == request.responsibility", true),
    (
        "has(request.scan) && request.scan.targets == request.scan.targets",
        true,
    ),
    (
        "has(request.scan) && request.scan.accepted == request.scan.excluded",
        false,
    ),
    (
        r#"has(request.scan) && request.scan.accepted == ["https://shop.example/", "https://shop.example/pay"]"#,
        true,
    ),
    (
        r#"has(request.scan) && request.scan.accepted == ["https://shop.example/pay", "https://shop.example/"]"#,
        false,
    ),
    (
        r#"has(request.scan) && request.scan.accepted != ["https://shop.example/"]"#,
        true,
    ),
    ("has(request.scan) && request.scan.excluded == []", true),
    ("has(request.scan) && [] == request.scan.accepted", false),
    (
        r#"has(request.task) && request.task.sufficient_modes == ["read_only", "review_only", "read_only"]"#,
        true,
    ),
    (
        r#"has(request.task) && request.task.sufficient_modes == ["read_only", "review_only"]"#,
        false,
    ),
    (
        r#"has(request.attributes.some) && request.attributes.some == ["a", "b", "a"]"#,
        true,
    ),
    (r#"providers("scan") == ["github", "gitlab"]"#, true),
    ("providers(\"nowhere\") == []", true),
    (
        "has(request.scan) && size(request.scan.targets) == 3 && request.scan.accepted.size() == 2",
        true,
    ),
    ("size([]) == 0 && [\"a\", \"b\"].size() == 2", true),
];

#[test]
fn equality() {
    check(EQUALITY);
}
