//! Small pools of values, so that random facts often agree.

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
