//! Which policy decides for which tenant, as the operator says.
//!
//! Always true here: a project's policy comes before its account's, and nothing is said twice.

use std::collections::BTreeMap;
use std::fmt;

use scopegate::Excerpt;

/// The tenant map: policies by account, and by project of an account.
#[derive(Debug, Clone, Default)]
pub struct Tenants {
    accounts: BTreeMap<String, Tenant>,
}

#[derive(Debug, Clone, Default)]
struct Tenant {
    policy: Option<String>,
    projects: BTreeMap<String, String>,
}

impl Tenant {
    fn policies(&self) -> impl Iterator<Item = &String> {
        self.policy.iter().chain(self.projects.values())
    }
}

impl Tenants {
    /// Nobody has a policy of their own: the default decides.
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on `policy`, which is `name` or `name@version`, decides where the request's `tenancy.account` is `account`, and, if one is
    /// given, its `tenancy.project` is `project`.
    ///
    /// # Errors
    ///
    /// One of them is empty, or the account or project has a policy already.
    pub fn add(
        &mut self,
        account: &str,
        project: Option<&str>,
        policy: &str,
    ) -> Result<(), TenantsError> {
        let error = |reason| TenantsError {
            account: account.to_owned(),
            project: project.map(str::to_owned),
            reason,
        };
        if account.is_empty() || project.is_some_and(str::is_empty) || policy.is_empty() {
            return Err(error("a name is empty: write all of them"));
        }
        let tenant = self.accounts.entry(account.to_owned()).or_default();
        let before = match project {
            Some(project) => tenant
                .projects
                .insert(project.to_owned(), policy.to_owned()),
            None => tenant.policy.replace(policy.to_owned()),
        };
        match before {
            None => Ok(()),
            Some(_) => Err(error("it has a policy already: keep one of the two")),
        }
    }

    /// Whether nobody has a policy of their own.
    pub fn is_empty(&self) -> bool {
        self.accounts.is_empty()
    }

    /// Every policy it names, as `name` or `name@version`.
    pub fn policies(&self) -> impl Iterator<Item = &str> {
        let all = self.accounts.values().flat_map(Tenant::policies);
        all.map(String::as_str)
    }

    pub(crate) fn policy(&self, account: &str, project: &str) -> Option<&str> {
        let tenant = self.accounts.get(account)?;
        let policy = tenant.projects.get(project).or(tenant.policy.as_ref());
        policy.map(String::as_str)
    }
}

/// Why an entry of a tenant map cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantsError {
    account: String,
    project: Option<String>,
    reason: &'static str,
}

impl fmt::Display for TenantsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the account `{}`", Excerpt(&self.account))?;
        if let Some(project) = &self.project {
            write!(f, ", project `{}`", Excerpt(project))?;
        }
        write!(f, ": {}", self.reason)
    }
}

impl std::error::Error for TenantsError {}
