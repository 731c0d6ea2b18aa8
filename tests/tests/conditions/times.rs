//! Times and durations.

use super::{Conditions, check};

const TIMES: Conditions = &[
    (r#"request.now == timestamp("2026-11-23T12:00:00Z")"#, true),
    (
        r#"request.now == timestamp("2026-11-23T13:00:00+01:00")"#,
        true,
    ),
    (
        r#"request.now == timestamp("2026-11-23T00:30:00-11:30")"#,
        true,
    ),
    (r#"request.now != timestamp("2026-11-23T12:00:01Z")"#, true),
    (r#"request.now > timestamp("2026-11-23T11:59:59Z")"#, true),
    (r#"request.now < timestamp("2026-11-23T12:00:00Z")"#, false),
    (r#"request.now <= timestamp("2026-11-23T12:00:00Z")"#, true),
    (
        r#"request.now >= timestamp("1970-01-01T00:00:00Z") && request.now <= timestamp("9999-12-31T23:59:59Z")"#,
        true,
    ),
    (
        r#"timestamp("2024-02-29T00:00:00Z") + duration("24h") == timestamp("2024-03-01T00:00:00Z")"#,
        true,
    ),
    (
        r#"request.now in [timestamp("2026-11-23T12:00:00Z"), timestamp("1970-01-01T00:00:00Z")]"#,
        true,
    ),
    (
        r#"request.now - duration("24h") == timestamp("2026-11-22T12:00:00Z")"#,
        true,
    ),
    (
        r#"has(request.approved_scope) && request.now - request.approved_scope.approved_at == duration("24h")"#,
        true,
    ),
    (
        r#"has(request.approved_scope) && request.approved_scope.approved_at - request.now == duration("-24h")"#,
        true,
    ),
    (
        r#"has(request.approved_scope) && request.now - request.approved_scope.approved_at < duration("24h0m1s")"#,
        true,
    ),
    (
        r#"has(request.approved_scope) && request.now - request.approved_scope.approved_at > duration("1h30m")"#,
        true,
    ),
    (
        r#"has(request.approved_scope) && has(request.approved_scope.expires_at) && request.approved_scope.expires_at - request.now == duration("12h")"#,
        true,
    ),
    (
        r#"has(request.approved_scope) && (!has(request.approved_scope.revoked_at) || request.approved_scope.revoked_at > request.now)"#,
        true,
    ),
    (
        r#"duration("1h") == duration("60m") && duration("1m30s") == duration("90s")"#,
        true,
    ),
    (
        r#"duration("1h") - duration("90m") == duration("-30m")"#,
        true,
    ),
    (
        r#"duration("1h") + duration("90m") < duration("2h30m")"#,
        false,
    ),
    (
        r#"duration("0s") < duration("1s") && duration("-1s") < duration("0s")"#,
        true,
    ),
    (
        r#"timestamp("2026-01-01T00:00:00Z") - timestamp("2025-01-01T00:00:00Z") == duration("8760h")"#,
        true,
    ),
];

#[test]
fn times() {
    check(TIMES);
}
