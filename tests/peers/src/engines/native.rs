//! The floor: the rules by hand in Rust.
//!
//! Always true here: a request that is allowed costs no allocation.

use std::collections::HashMap;

use scopegate::Request;
use serde_json::Value;

use crate::engine::{Answer, Engine};
use crate::rules::{Must, Rule, Rules};

/// Writes the 20 rules over the request types that are in scope: Scopegate's, or the plain ones that JSON is compared with.
macro_rules! twenty {
    () => {
        /// Adds the places of those of the 20 rules that are not met.
        pub(crate) fn twenty(request: &Request, unmet: &mut Vec<usize>) {
            let Request {
                actor,
                tenancy,
                responsibility,
                ..
            } = request;
            let mut require = |rule: usize, holds: bool| {
                if !holds {
                    unmet.push(rule);
                }
            };
            require(0, !actor.id.is_empty() && actor.role != Role::Viewer);
            let by_agency = actor.role == Role::Agency && actor.account == request.agency_account;
            let in_account = actor.account == tenancy.account || by_agency;
            require(1, !tenancy.account.is_empty() && in_account);
            let status = responsibility.authorization_status;
            require(2, status == AuthorizationStatus::Ready);
            if let Some(authorization) = &responsibility.authorized_for {
                let of = &authorization.tenancy;
                let is_this = of.account == tenancy.account && of.project == tenancy.project;
                require(3, is_this);
            }
            let proof = responsibility.ownership_proof_status;
            require(
                4,
                matches!(
                    proof,
                    OwnershipProofStatus::Verified | OwnershipProofStatus::NotRequired
                ),
            );
            if let Some(scan) = &request.scan {
                let is_ready = responsibility.accepted_scope_status == AcceptedScopeStatus::Ready;
                require(5, is_ready && scan.accepted_for.project == tenancy.project);
                let mut targets = scan.targets.iter();
                require(6, targets.all(|target| target.kind == TargetKind::Public));
                require(7, scan.pages_reviewed && scan.page_limit <= scan.credits);
            }
            let retest = responsibility.retest_status;
            require(
                8,
                request.action == "retest" || retest != RetestStatus::Required,
            );
            if request.action == "share_report" {
                let review = &responsibility.evidence_review;
                require(9, review.evidence && review.severity && review.confidence);
            }
            if let Some(access) = &request.access {
                let task = request.task.as_ref();
                require(10, task.is_some_and(|task| access.task == task.id));
                if let Some(task) = task {
                    require(11, task.provider == access.provider);
                    let mode = &access.remediation_access_mode;
                    require(12, task.sufficient_modes.contains(mode));
                    let mut scopes = access.required_scopes.iter();
                    require(13, scopes.all(|scope| task.needed_scopes.contains(scope)));
                }
                require(14, !access.credentials_requested && !access.private_network);
                require(15, request.approved_scope.is_some());
                if let Some(approved) = &request.approved_scope {
                    let is_this = approved.approved_for.project == tenancy.project
                        && approved.provider == access.provider
                        && approved.provider_account == access.provider_account
                        && approved.resource.id == access.resource.id
                        && approved.task == access.task;
                    require(16, is_this);
                    let mut scopes = access.required_scopes.iter();
                    require(17, scopes.all(|scope| approved.scopes.contains(scope)));
                }
            }
            if let Some(approved) = &request.approved_scope {
                let is_open = approved.expires_at.is_none_or(|at| at > request.now);
                require(18, approved.approved_at <= request.now && is_open);
                let approver = &approved.approver;
                let may = matches!(approver.role, Role::Owner | Role::Admin)
                    && approver.account == tenancy.account
                    && approver.id != actor.id;
                require(19, may);
            }
        }
    };
}

mod over_request {
    //! The 20 rules over Scopegate's request.

    use scopegate::{
        AcceptedScopeStatus, AuthorizationStatus, OwnershipProofStatus, Request, RetestStatus,
        Role, TargetKind,
    };

    twenty!();
}

pub(crate) mod over_plain {
    //! The 20 rules over a plain request.

    use crate::plain::{
        AcceptedScopeStatus, AuthorizationStatus, OwnershipProofStatus, Request, RetestStatus,
        Role, TargetKind,
    };

    twenty!();
}

/// How many rules are code; the further ones are data.
const CODED: usize = 20;

/// The rules in Rust.
pub(crate) struct Native {
    /// The further rules for one project, by the project.
    by_project: HashMap<String, Vec<(usize, Must)>>,
    /// The further rules for all.
    for_all: Vec<(usize, Must)>,
}

impl Native {
    pub(crate) fn unmet(&self, request: &Request) -> Vec<usize> {
        let mut unmet = Vec::new();
        over_request::twenty(request, &mut unmet);
        if !self.by_project.is_empty()
            && let Some(rules) = self.by_project.get(&request.tenancy.project)
        {
            further(rules, request, &mut unmet);
        }
        further(&self.for_all, request, &mut unmet);
        unmet
    }
}

fn further(rules: &[(usize, Must)], request: &Request, unmet: &mut Vec<usize>) {
    for (index, must) in rules {
        if !holds(must, request) {
            unmet.push(*index);
        }
    }
}

fn holds(must: &Must, request: &Request) -> bool {
    match must {
        Must::ActorNotOf(account) => request.actor.account != *account,
        Must::NoAgencyBut(agency) => {
            request.agency_account.is_empty() || request.agency_account == *agency
        }
        Must::RetestNotDue => {
            request.responsibility.retest_status != scopegate::RetestStatus::Required
        }
        Must::AccountNotStarting(prefix) => request
            .access
            .as_ref()
            .is_none_or(|access| !access.provider_account.starts_with(&**prefix)),
        Must::ActorNotEnding(suffix) => !request.actor.id.ends_with(&**suffix),
        Must::WorkspaceWithout(part) => !request.tenancy.client_workspace.contains(&**part),
        Must::NotBetween(from, until) => request.now < *from || request.now >= *until,
    }
}

impl Engine for Native {
    const NAME: &'static str = "native Rust";
    const CRATE: &'static str = "";
    type Source = Vec<Rule>;
    type Prepared = Request;

    fn source(rules: &Rules) -> Vec<Rule> {
        rules.more.clone()
    }

    fn load(source: &Vec<Rule>) -> Self {
        let mut by_project: HashMap<String, Vec<_>> = HashMap::new();
        let mut for_all = Vec::new();
        for (rule, index) in source.iter().zip(CODED..) {
            let rules = match &rule.project {
                Some(project) => by_project.entry(project.clone()).or_default(),
                None => &mut for_all,
            };
            rules.push((index, rule.must.clone()));
        }
        Self {
            by_project,
            for_all,
        }
    }

    fn prepare(request: &Request, _: &Value) -> Request {
        request.clone()
    }

    fn decide(&mut self, request: &Request) -> bool {
        std::hint::black_box(self.unmet(request)).is_empty()
    }

    fn decide_typed(&mut self, request: &Request) -> bool {
        self.decide(request)
    }

    fn answer(&mut self, request: &Request, ids: &[String]) -> Answer {
        let unmet = self.unmet(request);
        Answer::of(unmet.is_empty(), unmet, ids)
    }
}
