//! The requests: the same ones in every run, some of which meet every rule and some of which do not.
//!
//! Always true here: a request is a function of the seed and its index.

use fastrand::Rng;
use scopegate::{
    AcceptedScopeStatus, AccessMode, AuthorizationStatus, OwnershipProofStatus, Request,
    RetestStatus, Role, TargetKind,
};
use serde_json::Value;

use crate::rules::{self, FIRST_WINDOW, PROJECTS, WINDOW_STEP};

/// How many there are.
pub(crate) const COUNT: usize = 512;

const SEED: u64 = 0x5c09_e6a7;

const ACTIONS: [&str; 6] = [
    "scan",
    "retest",
    "share_report",
    "draft_patch",
    "open_pull_request",
    "apply_change",
];

/// The requests.
pub(crate) fn all() -> Vec<Request> {
    let model = Request::from_json(include_bytes!("../rules/request.json"), || 0)
        .expect("the model request is right");
    let mut random = Rng::with_seed(SEED);
    (0..COUNT).map(|_| request(&model, &mut random)).collect()
}

/// The facts as JSON, for engines that have no types: as Scopegate writes them, but with times in seconds, so that none has to read one.
pub(crate) fn facts(request: &Request) -> Value {
    let mut facts = serde_json::to_value(request).expect("a request can be written");
    facts["now"] = request.now.into();
    if let Some(at) = request.access.as_ref().and_then(|a| a.revoked_at) {
        facts["access"]["revoked_at"] = at.into();
    }
    if let Some(scope) = &request.approved_scope {
        facts["approved_scope"]["approved_at"] = scope.approved_at.into();
        if let Some(at) = scope.expires_at {
            facts["approved_scope"]["expires_at"] = at.into();
        }
        if let Some(at) = scope.revoked_at {
            facts["approved_scope"]["revoked_at"] = at.into();
        }
    }
    if let Some(approval) = &request.remediation_approval {
        facts["remediation_approval"]["approved_at"] = approval.approved_at.into();
    }
    facts
}

/// A request that meets the 20 rules, and in three of five cases then some of the faults.
fn request(model: &Request, random: &mut Rng) -> Request {
    let mut request = model.clone();
    vary(&mut request, random);
    if random.u8(..5) < 3 {
        for _ in 0..random.usize(1..=4) {
            spoil(&mut request, random);
        }
    }
    request
}

fn vary(request: &mut Request, random: &mut Rng) {
    let action = ACTIONS[random.usize(..ACTIONS.len())];
    action.clone_into(&mut request.action);
    let windows = WINDOW_STEP * 1_000;
    request.now = FIRST_WINDOW + random.i64(0..windows);
    let account = format!("account-{:02}", random.u8(..12));
    request.tenancy.account.clone_from(&account);
    request.tenancy.project = rules::project(random.usize(..PROJECTS));
    request.actor.id = format!("user-{:04}", random.u16(..4_000));
    request.actor.account.clone_from(&account);
    if random.u8(..3) == 0 {
        request.agency_account = format!("agency-{}", random.u8(..4));
        request.tenancy.client_workspace = format!("client-ws{:04}-main", random.u16(..4_000));
        if random.bool() {
            request.actor.account.clone_from(&request.agency_account);
            request.actor.role = Role::Agency;
        }
    }
    if let Some(authorization) = &mut request.responsibility.authorized_for {
        authorization.tenancy.clone_from(&request.tenancy);
    }
    if let Some(scan) = &mut request.scan {
        scan.accepted_for.clone_from(&request.tenancy);
    }
    let at_provider = format!("acct-{:04}-main", random.u16(..4_000));
    if let Some(access) = &mut request.access {
        access.provider_account.clone_from(&at_provider);
    }
    if let Some(scope) = &mut request.approved_scope {
        scope.provider_account = at_provider;
        scope.approved_for.clone_from(&request.tenancy);
        scope.approver.account = account;
        if random.bool() {
            scope.expires_at = None;
        }
    }
    match random.u8(..4) {
        0 => request.scan = None,
        1 => {
            request.access = None;
            request.approved_scope = None;
            request.task = None;
        }
        _ => {}
    }
}

/// Makes one thing wrong, if the request has it.
fn spoil(request: &mut Request, random: &mut Rng) {
    let responsibility = &mut request.responsibility;
    match random.u8(..22) {
        0 => request.actor.id.clear(),
        1 => request.actor.role = Role::Viewer,
        2 => "account-99".clone_into(&mut request.actor.account),
        3 => responsibility.authorization_status = AuthorizationStatus::Pending,
        4 => {
            if let Some(authorization) = &mut responsibility.authorized_for {
                "p-none".clone_into(&mut authorization.tenancy.project);
            }
        }
        5 => responsibility.authorized_for = None,
        6 => responsibility.ownership_proof_status = OwnershipProofStatus::Failed,
        7 => responsibility.accepted_scope_status = AcceptedScopeStatus::Stale,
        8 => responsibility.retest_status = RetestStatus::Required,
        9 => {
            "share_report".clone_into(&mut request.action);
            responsibility.evidence_review.severity = false;
        }
        10 => request.task = None,
        11 => request.approved_scope = None,
        12 | 13 => spoil_scan(request, random),
        14..=16 => spoil_task(request, random),
        17 | 18 => spoil_access(request, random),
        _ => spoil_approval(request, random),
    }
}

fn spoil_scan(request: &mut Request, random: &mut Rng) {
    let Some(scan) = &mut request.scan else {
        return;
    };
    match random.u8(..4) {
        0 => scan.credits = 0,
        1 => scan.pages_reviewed = false,
        2 => scan.targets.clear(),
        _ => {
            if let Some(target) = scan.targets.last_mut() {
                target.kind = TargetKind::ThirdParty;
            }
        }
    }
}

fn spoil_task(request: &mut Request, random: &mut Rng) {
    let Some(task) = &mut request.task else {
        return;
    };
    match random.u8(..4) {
        0 => "task-0".clone_into(&mut task.id),
        1 => "jira".clone_into(&mut task.provider),
        2 => task.sufficient_modes = vec![AccessMode::TicketOnly],
        _ => {
            task.needed_scopes.pop();
        }
    }
}

fn spoil_access(request: &mut Request, random: &mut Rng) {
    let Some(access) = &mut request.access else {
        return;
    };
    match random.u8(..4) {
        0 => access
            .required_scopes
            .push("administration:write".to_owned()),
        1 => access.credentials_requested = true,
        2 => access.private_network = true,
        _ => access.required_scopes.clear(),
    }
}

fn spoil_approval(request: &mut Request, random: &mut Rng) {
    let Some(scope) = &mut request.approved_scope else {
        return;
    };
    match random.u8(..6) {
        0 => "another".clone_into(&mut scope.resource.id),
        1 => scope.scopes.clear(),
        2 => scope.expires_at = Some(request.now),
        3 => scope.approved_at = request.now + 1,
        4 => scope.approver.role = Role::Developer,
        _ => scope.approver.id.clone_from(&request.actor.id),
    }
}
