//! Every place of a request where a text, a time or a list stands.

use scopegate::{
    Access, AccessMode, ApprovedScope, Attribute, AttributeValue, Authorization, Operation,
    RemediationApproval, Request, Scan, Target, TargetKind, Task,
};
use scopegate_tests::cases;

/// A place in a request, and its path.
pub(crate) type Place<T> = (&'static str, fn(&mut Request) -> &mut T);

fn scan(request: &mut Request) -> &mut Scan {
    request.scan.as_mut().expect("it was filled in")
}

fn task(request: &mut Request) -> &mut Task {
    request.task.as_mut().expect("it was filled in")
}

fn access(request: &mut Request) -> &mut Access {
    request.access.as_mut().expect("it was filled in")
}

fn approved(request: &mut Request) -> &mut ApprovedScope {
    request.approved_scope.as_mut().expect("it was filled in")
}

fn approval(request: &mut Request) -> &mut RemediationApproval {
    let approval = request.remediation_approval.as_mut();
    approval.expect("it was filled in")
}

fn authorized(request: &mut Request) -> &mut Authorization {
    let authorized = request.responsibility.authorized_for.as_mut();
    authorized.expect("it was filled in")
}

pub(crate) const TEXTS: &[Place<String>] = &[
    ("action", |r| &mut r.action),
    ("actor.id", |r| &mut r.actor.id),
    ("actor.account", |r| &mut r.actor.account),
    ("tenancy.account", |r| &mut r.tenancy.account),
    ("tenancy.project", |r| &mut r.tenancy.project),
    ("tenancy.client_workspace", |r| {
        &mut r.tenancy.client_workspace
    }),
    ("agency_account", |r| &mut r.agency_account),
    ("responsibility.authorized_for.tenancy.account", |r| {
        &mut authorized(r).tenancy.account
    }),
    ("responsibility.authorized_for.tenancy.project", |r| {
        &mut authorized(r).tenancy.project
    }),
    (
        "responsibility.authorized_for.tenancy.client_workspace",
        |r| &mut authorized(r).tenancy.client_workspace,
    ),
    ("responsibility.authorized_for.hosts[1]", |r| {
        &mut authorized(r).hosts[1]
    }),
    ("responsibility.evidence_review.of.account", |r| {
        &mut r.responsibility.evidence_review.of.account
    }),
    ("responsibility.evidence_review.of.project", |r| {
        &mut r.responsibility.evidence_review.of.project
    }),
    ("responsibility.evidence_review.of.client_workspace", |r| {
        &mut r.responsibility.evidence_review.of.client_workspace
    }),
    ("scan.accepted_for.account", |r| {
        &mut scan(r).accepted_for.account
    }),
    ("scan.accepted_for.project", |r| {
        &mut scan(r).accepted_for.project
    }),
    ("scan.accepted_for.client_workspace", |r| {
        &mut scan(r).accepted_for.client_workspace
    }),
    ("scan.targets[1].url", |r| &mut scan(r).targets[1].url),
    ("scan.accepted[1]", |r| &mut scan(r).accepted[1]),
    ("scan.excluded[1]", |r| &mut scan(r).excluded[1]),
    ("task.id", |r| &mut task(r).id),
    ("task.provider", |r| &mut task(r).provider),
    ("task.needed_scopes[1]", |r| &mut task(r).needed_scopes[1]),
    ("task.connected_reason", |r| &mut task(r).connected_reason),
    ("access.provider", |r| &mut access(r).provider),
    ("access.provider_account", |r| {
        &mut access(r).provider_account
    }),
    ("access.resource.id", |r| &mut access(r).resource.id),
    ("access.required_scopes[1]", |r| {
        &mut access(r).required_scopes[1]
    }),
    ("access.task", |r| &mut access(r).task),
    ("access.revoke_reason", |r| &mut access(r).revoke_reason),
    ("approved_scope.approved_for.account", |r| {
        &mut approved(r).approved_for.account
    }),
    ("approved_scope.approved_for.project", |r| {
        &mut approved(r).approved_for.project
    }),
    ("approved_scope.approved_for.client_workspace", |r| {
        &mut approved(r).approved_for.client_workspace
    }),
    ("approved_scope.provider", |r| &mut approved(r).provider),
    ("approved_scope.provider_account", |r| {
        &mut approved(r).provider_account
    }),
    ("approved_scope.resource.id", |r| {
        &mut approved(r).resource.id
    }),
    ("approved_scope.scopes[1]", |r| &mut approved(r).scopes[1]),
    ("approved_scope.task", |r| &mut approved(r).task),
    ("approved_scope.approver.id", |r| {
        &mut approved(r).approver.id
    }),
    ("approved_scope.approver.account", |r| {
        &mut approved(r).approver.account
    }),
    ("remediation_approval.approved_for.account", |r| {
        &mut approval(r).approved_for.account
    }),
    ("remediation_approval.approved_for.project", |r| {
        &mut approval(r).approved_for.project
    }),
    ("remediation_approval.approved_for.client_workspace", |r| {
        &mut approval(r).approved_for.client_workspace
    }),
    ("remediation_approval.task", |r| &mut approval(r).task),
    ("remediation_approval.approver.id", |r| {
        &mut approval(r).approver.id
    }),
    ("remediation_approval.approver.account", |r| {
        &mut approval(r).approver.account
    }),
    ("attributes.text", |r| match &mut r.attributes[0].value {
        AttributeValue::Text(text) => text,
        _ => unreachable!("it is the text"),
    }),
    ("attributes.texts", |r| match &mut r.attributes[1].value {
        AttributeValue::Texts(texts) => &mut texts[1],
        _ => unreachable!("it is the list"),
    }),
];

pub(crate) const TIMES: &[Place<i64>] = &[
    ("now", |r| &mut r.now),
    ("access.revoked_at", |r| {
        access(r).revoked_at.get_or_insert(0)
    }),
    ("approved_scope.approved_at", |r| {
        &mut approved(r).approved_at
    }),
    ("approved_scope.expires_at", |r| {
        approved(r).expires_at.get_or_insert(0)
    }),
    ("approved_scope.revoked_at", |r| {
        approved(r).revoked_at.get_or_insert(0)
    }),
    ("remediation_approval.approved_at", |r| {
        &mut approval(r).approved_at
    }),
];

/// Makes a list so long.
pub(crate) type Lengthen = fn(&mut Request, usize);

pub(crate) const LISTS: &[(&str, Lengthen)] = &[
    ("responsibility.authorized_for.hosts", |r, n| {
        authorized(r).hosts = vec![String::new(); n];
    }),
    ("scan.targets", |r, n| {
        scan(r).targets = vec![
            Target {
                url: String::new(),
                kind: TargetKind::Public
            };
            n
        ];
    }),
    ("scan.accepted", |r, n| {
        scan(r).accepted = vec![String::new(); n];
    }),
    ("scan.excluded", |r, n| {
        scan(r).excluded = vec![String::new(); n];
    }),
    ("task.sufficient_modes", |r, n| {
        task(r).sufficient_modes = vec![AccessMode::ReadOnly; n];
    }),
    ("task.needed_scopes", |r, n| {
        task(r).needed_scopes = vec![String::new(); n];
    }),
    ("access.required_scopes", |r, n| {
        access(r).required_scopes = vec![String::new(); n];
    }),
    ("approved_scope.scopes", |r, n| {
        approved(r).scopes = vec![String::new(); n];
    }),
    ("approved_scope.operations", |r, n| {
        approved(r).operations = vec![Operation::Read; n];
    }),
    ("attributes.texts", |r, n| {
        r.attributes[1].value = AttributeValue::Texts(vec![String::new(); n]);
    }),
    ("attributes", |r, n| {
        r.attributes = (0..n)
            .map(|n| attribute(&format!("a{n}"), AttributeValue::Truth(true)))
            .collect();
    }),
];

pub(crate) fn attribute(name: &str, value: AttributeValue) -> Attribute {
    Attribute {
        name: name.to_owned(),
        value,
    }
}

/// A request with something at every place.
pub(crate) fn full() -> Request {
    let base = |name: &str| cases::request(&cases::bases()[name]).expect("a base is a request");
    let mut request = base("open_pull_request");
    let other = base("scan");
    request.scan = other.scan;
    request.responsibility.authorized_for = other.responsibility.authorized_for;
    request.attributes = vec![
        attribute("text", AttributeValue::Text(String::new())),
        attribute("texts", AttributeValue::Texts(Vec::new())),
        attribute("number", AttributeValue::Number(i64::MIN)),
    ];
    let twice = || vec!["a".to_owned(), "b".to_owned()];
    authorized(&mut request).hosts = twice();
    let of_scan = scan(&mut request);
    (of_scan.accepted, of_scan.excluded) = (twice(), twice());
    of_scan.targets = vec![
        Target {
            url: "u".to_owned(),
            kind: TargetKind::Public
        };
        2
    ];
    task(&mut request).needed_scopes = twice();
    access(&mut request).required_scopes = twice();
    approved(&mut request).scopes = twice();
    request.attributes[1].value = AttributeValue::Texts(twice());
    request
}
