//! What may be scanned. Requirements 6 to 14.

use scopegate_sdk::url::{accepts, excludes_any_spelling, host};
use scopegate_sdk::{AcceptedScopeStatus, Request, Scan, TargetKind};

pub fn scope_accepted(request: &Request) -> bool {
    request.responsibility.accepted_scope_status == AcceptedScopeStatus::Ready
}

pub fn targets_named(request: &Request) -> bool {
    request.scan.as_ref().is_some_and(|scan| !scan.targets.is_empty())
}

pub fn scope_accepted_for_this_project(request: &Request) -> bool {
    of(request, |scan| scan.accepted_for == request.tenancy)
}

pub fn pages_reviewed(request: &Request) -> bool {
    of(request, |scan| scan.pages_reviewed)
}

pub fn targets_authorized(request: &Request) -> bool {
    let Some(authorized) = &request.responsibility.authorized_for else {
        return true;
    };
    of(request, |scan| {
        scan.targets.iter().all(|target| {
            let host = host(&target.url);
            !host.is_empty() && authorized.hosts.iter().any(|known| known == host)
        })
    })
}

pub fn targets_accepted(request: &Request) -> bool {
    of(request, |scan| {
        let is_accepted = |url: &str| scan.accepted.iter().any(|pattern| accepts(pattern, url));
        scan.targets.iter().all(|target| is_accepted(&target.url))
    })
}

pub fn targets_not_excluded(request: &Request) -> bool {
    of(request, |scan| {
        let is_excluded = |url: &str| scan.excluded.iter().any(|pattern| excludes_any_spelling(pattern, url));
        !scan.targets.iter().any(|target| is_excluded(&target.url))
    })
}

pub fn targets_public(request: &Request) -> bool {
    of(request, |scan| scan.targets.iter().all(|target| target.kind == TargetKind::Public))
}

pub fn within_plan(request: &Request) -> bool {
    of(request, |scan| {
        let pages = scan.targets.len();
        pages <= scan.page_limit as usize && pages <= scan.credits as usize
    })
}

/// Without a scan there is nothing to ask of it.
fn of(request: &Request, holds: impl FnOnce(&Scan) -> bool) -> bool {
    request.scan.as_ref().is_none_or(holds)
}
