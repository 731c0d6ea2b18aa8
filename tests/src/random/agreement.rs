//! Facts that belong together, made to agree: otherwise a change of one fact is always noticed by the same requirement.

use scopegate::Request;

/// Makes one group of facts agree.
pub(super) type Agree = fn(&mut Request);

pub(super) const AGREEMENTS: [Agree; 6] = [
    of_one_tenancy,
    of_one_account,
    of_one_task,
    of_one_provider,
    of_one_approval,
    of_one_scope,
];

fn of_one_tenancy(request: &mut Request) {
    let tenancy = &request.tenancy;
    request
        .responsibility
        .evidence_review
        .of
        .clone_from(tenancy);
    if let Some(authorized) = &mut request.responsibility.authorized_for {
        authorized.tenancy.clone_from(tenancy);
    }
    if let Some(scan) = &mut request.scan {
        scan.accepted_for.clone_from(tenancy);
    }
    if let Some(approved) = &mut request.approved_scope {
        approved.approved_for.clone_from(tenancy);
    }
    if let Some(approval) = &mut request.remediation_approval {
        approval.approved_for.clone_from(tenancy);
    }
}

fn of_one_account(request: &mut Request) {
    let account = &request.tenancy.account;
    request.actor.account.clone_from(account);
    if let Some(approved) = &mut request.approved_scope {
        approved.approver.account.clone_from(account);
    }
    if let Some(approval) = &mut request.remediation_approval {
        approval.approver.account.clone_from(account);
    }
}

fn of_one_task(request: &mut Request) {
    let Some(task) = &request.task else { return };
    if let Some(access) = &mut request.access {
        access.task.clone_from(&task.id);
    }
    if let Some(approved) = &mut request.approved_scope {
        approved.task.clone_from(&task.id);
    }
    if let Some(approval) = &mut request.remediation_approval {
        approval.task.clone_from(&task.id);
    }
}

fn of_one_provider(request: &mut Request) {
    let Some(access) = &request.access else {
        return;
    };
    if let Some(task) = &mut request.task {
        task.provider.clone_from(&access.provider);
        task.sufficient_modes = vec![access.remediation_access_mode];
    }
}

fn of_one_approval(request: &mut Request) {
    let (Some(access), Some(approved)) = (&request.access, &mut request.approved_scope) else {
        return;
    };
    approved.remediation_access_mode = access.remediation_access_mode;
    approved.provider.clone_from(&access.provider);
    approved
        .provider_account
        .clone_from(&access.provider_account);
    approved.resource.clone_from(&access.resource);
    approved.task.clone_from(&access.task);
}

fn of_one_scope(request: &mut Request) {
    let Some(access) = &request.access else {
        return;
    };
    if let Some(approved) = &mut request.approved_scope {
        approved.scopes.clone_from(&access.required_scopes);
    }
    if let Some(task) = &mut request.task {
        task.needed_scopes.clone_from(&access.required_scopes);
    }
}
