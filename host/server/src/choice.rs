//! Which policy decides.
//!
//! Always true here: a caller chooses no policy and no version unless the operator lets them; an administrator may.

use scopegate::{Excerpt, Origin, Policy, Request};

use crate::caller::Caller;
use crate::problem::{Kind, Problem};
use crate::settings::Settings;
use crate::shelf::Snapshot;
use crate::tokens::Role;

/// Which policy decides the requests of one caller.
pub(crate) enum Choice {
    /// The same for all.
    One(Policy),
    /// For each the one that the tenant map tells.
    ByTenant,
}

impl Choice {
    /// What holds for a `caller` who has `asked` for a policy, or for none.
    pub(crate) fn new(
        settings: &Settings,
        snapshot: &Snapshot,
        asked: Option<&str>,
        caller: &Caller,
    ) -> Result<Self, Problem> {
        let may_choose = settings.allow_policy_choice || caller.role >= Role::Administer;
        match asked {
            Some(_) if !may_choose => Err(Problem::new(
                Kind::Forbidden,
                "`?policy`: callers may not choose what decides: leave it out of the query, or have the operator set `allow_policy_choice`",
            )),
            None if !settings.tenants.is_empty() => Ok(Self::ByTenant),
            _ => Ok(Self::One(find(snapshot, asked)?.clone())),
        }
    }

    /// The policy that decides `request`.
    pub(crate) fn policy<'s>(
        &'s self,
        settings: &Settings,
        snapshot: &'s Snapshot,
        request: &Request,
    ) -> Result<&'s Policy, Problem> {
        let tenancy = &request.tenancy;
        match self {
            Self::One(policy) => Ok(policy),
            Self::ByTenant => match settings.tenants.policy(&tenancy.account, &tenancy.project) {
                None => find(snapshot, None),
                Some(policy) => find(snapshot, Some(policy)).map_err(|problem| {
                    Problem::new(
                        Kind::NoPolicy,
                        format!("the tenant map: {}", problem.detail),
                    )
                }),
            },
        }
    }

    /// Whether whatever policy it is decides quickly.
    pub(crate) fn is_quick(&self, snapshot: &Snapshot) -> bool {
        let is_quick = |policy: &Policy| policy.origin() != Origin::Foreign;
        match self {
            Self::One(policy) => is_quick(policy),
            Self::ByTenant => {
                let mut policies = snapshot.policies.values();
                policies.all(|shelved| shelved.versions.values().all(is_quick))
            }
        }
    }
}

/// Says which policies of the tenant map are not there: nothing is decided for their tenants.
pub(crate) fn warn_of_missing(settings: &Settings, snapshot: &Snapshot) {
    for policy in settings.tenants.policies() {
        if let Err(problem) = find(snapshot, Some(policy)) {
            tracing::warn!(
                policy,
                reason = problem.detail,
                "the tenant map names a policy that cannot decide"
            );
        }
    }
}

/// The policy that is `asked`, as `name` or `name@version`; the default without.
fn find<'s>(snapshot: &'s Snapshot, asked: Option<&str>) -> Result<&'s Policy, Problem> {
    let unknown = |what: String| {
        Problem::new(
            Kind::NotFound,
            format!("{what}: `GET /v1/policies` tells which there are"),
        )
    };
    let (name, version) = match asked {
        Some(asked) => match asked.split_once('@') {
            Some((name, version)) => (name, Some(version)),
            None => (asked, None),
        },
        None => match &snapshot.default {
            Some(name) => (name.as_str(), None),
            None if snapshot.policies.is_empty() => {
                let detail = "there is no policy yet: hand one in and activate it";
                return Err(Problem::new(Kind::NoPolicy, detail));
            }
            None => {
                let detail = "no policy is the default: have the operator set `default_policy`, or `allow_policy_choice` and name one with `?policy=name`";
                return Err(Problem::new(Kind::Query, detail));
            }
        },
    };
    let Some(shelved) = snapshot.policies.get(name) else {
        return Err(unknown(format!("there is no policy `{}`", Excerpt(name))));
    };
    let Some(version) = version.or(shelved.active.as_deref()) else {
        let detail = match shelved.last_failure {
            Some(_) => format!(
                "the active version of the policy `{name}` cannot be used, so nothing is allowed: `GET /v1/policies/{name}` tells why"
            ),
            None => format!("no version of the policy `{name}` is active: activate one"),
        };
        return Err(Problem::new(Kind::NoPolicy, detail));
    };
    shelved.versions.get(version).ok_or_else(|| {
        let version = Excerpt(version);
        unknown(format!("the policy `{name}` has no version `{version}`"))
    })
}
