//! The three rule sets: 20 rules, and the same with so many more that they are 1,000.
//!
//! Always true here: a rule has the same id and the same place in the order in whatever language it is written.

use serde::Deserialize;

/// The 20 rules in Scopegate's language.
pub(crate) const TWENTY: &str = include_str!("../rules/twenty.toml");

/// How many rules the larger sets have.
const THOUSAND: usize = 1_000;

/// How many projects the rules by key are for: each has one or two.
pub(crate) const PROJECTS: usize = 700;

/// When the first of the closed windows begins, in seconds since 1970-01-01T00:00:00Z.
pub(crate) const FIRST_WINDOW: i64 = 1_795_435_200;
/// How far apart windows begin, and how long one lasts, in seconds.
pub(crate) const WINDOW_STEP: i64 = 400;
const WINDOW_LENGTH: i64 = 60;

/// Which rule set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RuleSet {
    /// 20 rules.
    Twenty,
    /// 1,000, of which the further 980 are each for one project.
    ByKey,
    /// 1,000, of which the further 980 are for every request and compare no fact for equality.
    WithoutKey,
}

impl RuleSet {
    pub(crate) const ALL: [Self; 3] = [Self::Twenty, Self::ByKey, Self::WithoutKey];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Twenty => "20 rules",
            Self::ByKey => "1,000 rules by key",
            Self::WithoutKey => "1,000 rules without key",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|set| set.name() == name)
    }
}

/// One of the 20 rules, as Scopegate's file says it.
#[derive(Deserialize)]
pub(crate) struct Requirement {
    pub(crate) id: String,
    pub(crate) given: Option<String>,
    pub(crate) must: String,
}

/// One of the further rules.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) id: String,
    /// The project it is for, if not for all.
    pub(crate) project: Option<String>,
    pub(crate) must: Must,
}

/// What a further rule asks for.
#[derive(Debug, Clone)]
pub(crate) enum Must {
    /// `actor.account` is another.
    ActorNotOf(String),
    /// `agency_account` is empty or this one.
    NoAgencyBut(String),
    /// `responsibility.retest_status` is not `required`.
    RetestNotDue,
    /// `access.provider_account`, if there is access, does not start so.
    AccountNotStarting(String),
    /// `actor.id` does not end so.
    ActorNotEnding(String),
    /// `tenancy.client_workspace` does not contain this.
    WorkspaceWithout(String),
    /// `now` is before the first or not before the second.
    NotBetween(i64, i64),
}

/// The rules of a set.
pub(crate) struct Rules {
    pub(crate) twenty: Vec<Requirement>,
    pub(crate) more: Vec<Rule>,
}

impl Rules {
    pub(crate) fn of(set: RuleSet) -> Self {
        #[derive(Deserialize)]
        struct File {
            requirement: Vec<Requirement>,
        }
        let file: File = toml::from_str(TWENTY).expect("the 20 rules are TOML");
        let count = THOUSAND - file.requirement.len();
        let more = match set {
            RuleSet::Twenty => Vec::new(),
            RuleSet::ByKey => (0..count).map(by_key).collect(),
            RuleSet::WithoutKey => (0..count).map(without_key).collect(),
        };
        Self {
            twenty: file.requirement,
            more,
        }
    }

    /// The ids of all rules, in order.
    pub(crate) fn ids(&self) -> Vec<String> {
        let twenty = self.twenty.iter().map(|rule| &rule.id);
        twenty
            .chain(self.more.iter().map(|rule| &rule.id))
            .cloned()
            .collect()
    }
}

/// The name of a project.
pub(crate) fn project(index: usize) -> String {
    format!("p-{index:04}")
}

fn by_key(index: usize) -> Rule {
    let must = match index % 3 {
        0 => Must::ActorNotOf(format!("account-{:02}", index % 12)),
        1 => Must::NoAgencyBut(format!("agency-{}", index % 4)),
        _ => Must::RetestNotDue,
    };
    Rule {
        id: format!("key-{index:04}"),
        project: Some(project(index % PROJECTS)),
        must,
    }
}

fn without_key(index: usize) -> Rule {
    let must = match index % 4 {
        0 => Must::AccountNotStarting(format!("acct-{index:04}-")),
        1 => Must::ActorNotEnding(format!("-{index:04}")),
        2 => Must::WorkspaceWithout(format!("ws{index:04}")),
        _ => {
            let from = FIRST_WINDOW + WINDOW_STEP * i64::try_from(index).expect("indices are few");
            Must::NotBetween(from, from + WINDOW_LENGTH)
        }
    };
    Rule {
        id: format!("each-{index:04}"),
        project: None,
        must,
    }
}
