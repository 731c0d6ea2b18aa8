//! Precedence, associativity, short circuit, `? :`.

use super::{Conditions, check};

const LOGIC: Conditions = &[
    ("true || false && false", true),
    ("(true || false) && false", false),
    ("false && false || true", true),
    ("!false && false", false),
    ("!(false && false)", true),
    ("!!true", true),
    ("!!!true", false),
    ("!true == false", true),
    ("1 < 2 == true", true),
    ("true == (1 < 2)", true),
    ("1 < 2 == (2 < 1)", false),
    ("true == false == false", true),
    ("false == false == true", true),
    ("true != true == false", true),
    ("3 - 2 - 1 == 0", true),
    ("3 - (2 - 1) == 2", true),
    ("1 + 2 == 3 && 3 == 2 + 1", true),
    ("1 + 2 < 4 - 1", false),
    ("1 + 2 <= 4 - 1", true),
    ("2 - -1 == 3", true),
    ("-1 < 0", true),
    ("0x10 == 16", true),
    ("true ? false : true", false),
    ("false ? true : false ? false : true", true),
    ("true ? true : true ? false : false", true),
    ("(true ? false : true) ? false : true", true),
    ("true || true ? false : true", false),
    ("true ? 1 < 2 && false : true", false),
    ("false ? false : true || false", true),
    ("(request.deployment == \"cloud\" ? 1 : 2) + 1 == 3", true),
    (
        "request.deployment == \"cloud\" ? true : request.actor.role == \"admin\"",
        true,
    ),
    (
        "(request.deployment == \"cloud\" ? request.actor.id : request.actor.account) == \"acct-1\"",
        true,
    ),
    (
        "(request.deployment == \"cloud\" ? request.tenancy : request.responsibility.evidence_review.of).project == \"proj-2\"",
        true,
    ),
    (
        "(request.deployment == \"self_hosted\" ? \"owner\" : \"admin\") == request.actor.role",
        false,
    ),
    (
        "request.actor.role == (request.deployment == \"self_hosted\" ? \"admin\" : \"owner\")",
        true,
    ),
    ("true in [false, 1 < 2]", true),
    ("true in [false, 2 < 1]", false),
    ("1 in [1, 2] && !(3 in [1, 2])", true),
    ("request.responsibility.evidence_review.evidence", true),
    ("request.responsibility.evidence_review.severity", false),
    (
        "request.responsibility.evidence_review.evidence == request.responsibility.evidence_review.confidence",
        true,
    ),
    (
        "request.responsibility.evidence_review.evidence != request.responsibility.evidence_review.severity",
        true,
    ),
    (
        "request.responsibility.evidence_review.boundary_wording == false",
        true,
    ),
    ("// a comment\n true", true),
];

#[test]
fn logic() {
    check(LOGIC);
}

const NUMBERS: Conditions = &[
    (
        "has(request.attributes.least) && request.attributes.least == -9223372036854775808",
        true,
    ),
    (
        "has(request.attributes.least) && request.attributes.least < -9223372036854775807",
        true,
    ),
    (
        "has(request.attributes.most) && request.attributes.most == 9223372036854775807",
        true,
    ),
    (
        "has(request.attributes.most) && request.attributes.most > 9223372036854775806",
        true,
    ),
    (
        "has(request.attributes.most) && request.attributes.most <= 0",
        false,
    ),
    (
        "has(request.attributes.most) && has(request.attributes.least) && request.attributes.least < request.attributes.most",
        true,
    ),
    (
        "has(request.attributes.zero) && request.attributes.zero >= 0 && request.attributes.zero <= 0",
        true,
    ),
    (
        "has(request.attributes.zero) && request.attributes.zero in [1, -1, 0]",
        true,
    ),
    (
        "has(request.scan) && request.scan.page_limit == 4294967295",
        true,
    ),
    ("has(request.scan) && request.scan.page_limit > -1", true),
    (
        "has(request.scan) && request.scan.page_limit + 1 == 4294967296",
        true,
    ),
    (
        "has(request.scan) && request.scan.credits - request.scan.page_limit == -4294967295",
        true,
    ),
    ("has(request.scan) && request.scan.credits - 1 < 0", true),
    (
        "has(request.scan) && size(request.scan.targets) <= request.scan.credits",
        false,
    ),
];

#[test]
fn numbers() {
    check(NUMBERS);
}
