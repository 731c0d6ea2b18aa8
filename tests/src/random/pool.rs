//! Small pools of values, so that random facts often agree, and URLs that are canonical or nearly so.

use crate::native::SCOPES;
use fastrand::Rng;

/// 2026-11-23T12:00:00Z, the `now` of the base requests.
pub(super) const NOON: i64 = 1_795_435_200;

pub(super) const ACTIONS: [&str; 17] = [
    "scan",
    "retest",
    "share_report",
    "export_ticket",
    "publish_evidence",
    "prepare_ticket",
    "request_access",
    "connect_provider",
    "inspect_provider",
    "index_repository",
    "draft_patch",
    "open_pull_request",
    "create_provider_task",
    "apply_change",
    "revoke_access",
    "delete_account",
    "",
];
pub(super) const PERSONS: [&str; 3] = ["user-17", "agent-3", ""];
pub(super) const ACCOUNTS: [&str; 5] = ["acct-1", "acct-1", "acct-2", "agency-9", ""];
pub(super) const AGENCIES: [&str; 3] = ["agency-9", "agency-7", ""];
pub(super) const PROJECTS: [&str; 4] = ["proj-1", "proj-1", "proj-2", ""];
pub(super) const WORKSPACES: [&str; 3] = ["client-a", "client-b", ""];
pub(super) const TASKS: [&str; 4] = ["fix-42", "fix-42", "fix-7", ""];
pub(super) const PROVIDERS: [&str; 12] = [
    "github",
    "gitlab",
    "jira",
    "wordpress",
    "woocommerce",
    "shopify",
    "gtm",
    "cmp",
    "webhook",
    "drupal",
    "GitHub",
    "",
];
pub(super) const PROVIDER_ACCOUNTS: [&str; 3] = ["customer-org", "customer-shop", ""];
pub(super) const RESOURCES: [&str; 3] = ["customer-org/site#main", "theme-1", ""];
pub(super) const TEXTS: [&str; 3] = ["because", "é", ""];

const HOSTS: [&str; 10] = [
    "shop.example",
    "shop.example",
    "shop.example",
    "other.example",
    "xn--e1afmkfd.xn--p1ai",
    "Shop.example",
    "shop.example.",
    "shop",
    "127.0.0.1",
    "user@shop.example",
];
const PORTS: [&str; 10] = ["", "", "", "", "", ":8443", ":443", ":80", ":0", ":08443"];
const SEGMENTS: [&str; 24] = [
    "account",
    "account",
    "Account",
    "accounting",
    "checkout",
    "pay",
    "a-._~!$&'()*+,=:@",
    "%C3%A9",
    "%20a",
    "a%20",
    "%c3",
    "%2F",
    "%41",
    "%",
    "%3",
    "%25",
    "a;b",
    "a^b",
    "a\"b",
    ".",
    "..",
    "...",
    "*",
    "",
];
const QUERIES: [&str; 7] = ["", "", "", "", "?", "?page=2", "?a=/../%zz*"];
const ENDS: [&str; 12] = ["", "", "", "", "", "", "", "", "", "#top", "\\", "\u{7f}"];

pub(super) fn one_of<'a>(rng: &mut Rng, pool: &[&'a str]) -> &'a str {
    pool[rng.usize(..pool.len())]
}

/// A time before, at or after noon, or at the ends of time.
pub(super) fn time(rng: &mut Rng) -> i64 {
    match rng.u8(..12) {
        0 => 0,
        1 => 253_402_300_799,
        2..5 => NOON,
        _ => NOON + rng.i64(-3..=3) * 86_400 + rng.i64(-1..=1),
    }
}

/// No, one, two or a few values, now and then one of them twice.
pub(super) fn list<T: Clone>(rng: &mut Rng, mut value: impl FnMut(&mut Rng) -> T) -> Vec<T> {
    let count = [0, 1, 1, 2, 2, 3, 5][rng.usize(..7)];
    let mut values: Vec<T> = (0..count).map(|_| value(rng)).collect();
    if rng.u8(..8) == 0 {
        values.extend(values.first().cloned());
    }
    values
}

/// A scope, most often one that the provider knows.
pub(super) fn scope(rng: &mut Rng, provider: &str) -> String {
    let own = SCOPES.iter().find(|(name, _)| *name == provider);
    let (_, classes) = match own {
        Some(own) if rng.u8(..8) > 0 => own,
        _ => &SCOPES[rng.usize(..SCOPES.len())],
    };
    let (_, scopes) = classes[rng.usize(..classes.len())];
    match rng.u8(..24) {
        0 => String::new(),
        1 => "contents:everything".to_owned(),
        2 => one_of(rng, scopes).to_uppercase(),
        _ => one_of(rng, scopes).to_owned(),
    }
}

/// A URL that is canonical, or nearly so.
pub(super) fn url(rng: &mut Rng) -> String {
    if rng.u8(..3) == 0 {
        return one_of(
            rng,
            &[
                "https://shop.example/",
                "https://shop.example/account",
                "https://shop.example",
            ],
        )
        .to_owned();
    }
    let scheme = one_of(
        rng,
        &[
            "https", "https", "https", "https", "http", "HTTPS", "ftp", "",
        ],
    );
    let (host, port) = (host(rng), one_of(rng, &PORTS));
    let (path, query, end) = (path(rng), one_of(rng, &QUERIES), one_of(rng, &ENDS));
    format!("{scheme}://{host}{port}{path}{query}{end}")
}

/// A URL or a path.
pub(super) fn pattern(rng: &mut Rng) -> String {
    if rng.bool() { url(rng) } else { path(rng) }
}

pub(super) fn host(rng: &mut Rng) -> &'static str {
    one_of(rng, &HOSTS)
}

fn path(rng: &mut Rng) -> String {
    // Most segments are plain, so that most paths are canonical.
    let segment = |rng: &mut Rng| {
        let plain = if rng.u8(..4) > 0 { 8 } else { SEGMENTS.len() };
        SEGMENTS[rng.usize(..plain)]
    };
    let mut path = String::new();
    for _ in 0..rng.u8(..4) {
        path.push('/');
        path.push_str(segment(rng));
    }
    if rng.u8(..3) == 0 {
        path.push('/');
    }
    path
}
