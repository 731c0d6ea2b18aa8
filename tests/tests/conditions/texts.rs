//! Texts: escapes, order, size, tests, patterns.

use super::{Conditions, check};

const ESCAPES: Conditions = &[
    (r#""\u00e9" == "é""#, true),
    (r#""\U0001F600" == "😀""#, true),
    (r#""\x41\101A" == "AAA""#, true),
    (r#"r"\n" == "\\n""#, true),
    (r#"R'\x41' == "A""#, false),
    (r#"size(r"\n") == 2"#, true),
    (r#"size("\n") == 1"#, true),
    (r#""it's" == 'it\'s'"#, true),
    (r#"'"' == "\"""#, true),
    (r#""""a "quoted" b""" == "a \"quoted\" b""#, true),
    ("\"\"\"two\nlines\"\"\" == \"two\\nlines\"", true),
    (r#""" == '' && """""" == """#, true),
    (
        r#"has(request.attributes.escapes) && request.attributes.escapes == "a\"b'c\\d\ne\tf""#,
        true,
    ),
    (
        r#"has(request.attributes.escapes) && request.attributes.escapes.contains(r"\d")"#,
        true,
    ),
    (r#""// no comment" != "" && true"#, true),
    (r#""\a\b\f\v\r\?" == "\x07\x08\x0c\x0b\x0d?""#, true),
];

#[test]
fn escapes() {
    check(ESCAPES);
}

const ORDER: Conditions = &[
    (r#""a" < "b" && "b" > "a" && !("a" < "a")"#, true),
    (r#""a" < "aa" && "" < "a""#, true),
    (r#""Z" < "a""#, true),
    (r#""10" < "9""#, true),
    (r#""z" < "é""#, true),
    (
        r#"has(request.attributes.accent) && request.attributes.accent > "z""#,
        true,
    ),
    (
        r#"has(request.attributes.accent) && has(request.attributes.combining) && request.attributes.accent == request.attributes.combining"#,
        false,
    ),
    (
        r#"has(request.attributes.accent) && has(request.attributes.combining) && request.attributes.combining < request.attributes.accent"#,
        true,
    ),
    // By bytes, and so by code points; by UTF-16 it would be the other way round.
    (
        r#"has(request.attributes.emoji) && has(request.attributes.private_use) && request.attributes.private_use < request.attributes.emoji"#,
        true,
    ),
    (
        r#"request.actor.id >= "user-17" && request.actor.id <= "user-17""#,
        true,
    ),
    (
        r#"request.actor.id < "user-170" && request.actor.id > "user-1""#,
        true,
    ),
    (r#"request.actor.id > "user-17\u0000""#, false),
    (r#"request.agency_account < request.actor.id"#, true),
    (
        r#"request.agency_account <= request.tenancy.client_workspace"#,
        true,
    ),
];

#[test]
fn order() {
    check(ORDER);
}

const SIZES: Conditions = &[
    (r#"size("") == 0"#, true),
    (r#"size("naïve 😀") == 7"#, true),
    (r#""naïve 😀".size() == 7"#, true),
    (
        r#"has(request.task) && size(request.task.connected_reason) == 7"#,
        true,
    ),
    (
        r#"has(request.task) && request.task.connected_reason.size() == 11"#,
        false,
    ),
    (
        r#"has(request.attributes.combining) && size(request.attributes.combining) == 2"#,
        true,
    ),
    (
        r#"has(request.attributes.emoji) && size(request.attributes.emoji) == 1"#,
        true,
    ),
    (r#"size(request.agency_account) == 0"#, true),
    (
        r#"size(request.actor.id) - size(request.actor.account) == 1"#,
        true,
    ),
    (r#"size(request.action) == 4"#, true),
];

#[test]
fn sizes() {
    check(SIZES);
}

const PARTS: Conditions = &[
    (r#"request.actor.id.startsWith("user-")"#, true),
    (r#"request.actor.id.startsWith("")"#, true),
    (r#"request.actor.id.startsWith("user-17")"#, true),
    (r#"request.actor.id.startsWith("user-17x")"#, false),
    (r#"request.actor.id.endsWith("-17")"#, true),
    (r#"request.actor.id.endsWith("")"#, true),
    (r#"request.actor.id.endsWith("user-1")"#, false),
    (r#"request.actor.id.contains("r-1")"#, true),
    (r#"request.actor.id.contains("")"#, true),
    (r#"request.actor.id.contains("R-1")"#, false),
    (r#"request.agency_account.contains("")"#, true),
    (r#"request.agency_account.startsWith("a")"#, false),
    (r#""aab".contains("ab") && "ababac".contains("abac")"#, true),
    (
        r#"has(request.task) && request.task.connected_reason.endsWith("😀")"#,
        true,
    ),
    (
        r#"has(request.task) && request.task.connected_reason.contains("ï")"#,
        true,
    ),
    (r#""a user-17 b".contains(request.actor.id)"#, true),
    (
        r#"request.action.startsWith("sc") && request.action.endsWith("an")"#,
        true,
    ),
];

#[test]
fn parts() {
    check(PARTS);
}

const PATTERNS: Conditions = &[
    (r#"request.actor.id.matches("ser")"#, true),
    (r#"request.actor.id.matches("^ser")"#, false),
    (r#"request.actor.id.matches("^user-[0-9]+$")"#, true),
    (r#"request.actor.id.matches("^user-[0-9]$")"#, false),
    (r#"request.actor.id.matches("7$")"#, true),
    (r#"request.actor.id.matches("USER")"#, false),
    (r#"request.actor.id.matches("(?i)USER")"#, true),
    (r#"request.actor.id.matches("")"#, true),
    (r#"request.agency_account.matches("^$")"#, true),
    (r#"request.agency_account.matches(".")"#, false),
    (r#"request.actor.id.matches("admin|user")"#, true),
    (r#"request.actor.id.matches("^(admin|use)$")"#, false),
    (r#"request.actor.id.matches("[^a-z0-9-]")"#, false),
    (
        r#"request.actor.id.matches(r"^[[:alpha:]]+-[0-9]\S$")"#,
        true,
    ),
    (
        r#"has(request.attributes.emoji) && request.attributes.emoji.matches("^.$")"#,
        true,
    ),
    (
        r#"has(request.attributes.accent) && request.attributes.accent.matches("(?i)^É$")"#,
        true,
    ),
    (
        r#"has(request.attributes.escapes) && request.attributes.escapes.matches("^.*$")"#,
        false,
    ),
    (
        r#"has(request.attributes.escapes) && request.attributes.escapes.matches("(?s)^.*$")"#,
        true,
    ),
    (
        r#"has(request.attributes.escapes) && request.attributes.escapes.matches("(?m)^e")"#,
        true,
    ),
    (r#"request.actor.id.matches("(u)(s)(e){1}r?-.{2}$")"#, true),
];

#[test]
fn patterns() {
    check(PATTERNS);
}
