//! Decides what was recorded again, under another policy.
//!
//! Always true here: every recorded request is counted once: as the same, as changed, or as what could not be decided again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use rayon::prelude::*;
use scopegate::{InputError, Policy, Request};
use serde::{Deserialize, Serialize};

use crate::error::ReadError;
use crate::record::{Body, Decided, Outcome};
use crate::walk::Walk;

/// How many ids a group keeps.
pub const EXAMPLES: usize = 3;

/// How many groups are kept.
pub const GROUPS: usize = 10_000;

/// How many requests are decided at once.
const CHUNK: usize = 4096;

/// The bytes of requests above which no further one is decided with them.
const CHUNK_BYTES: usize = 16 << 20;

/// What another policy would have decided otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Replay {
    /// Recorded requests.
    pub records: u64,
    /// Those decided alike: the same verdict, the same unmet requirements.
    pub same: u64,
    /// Those decided otherwise.
    pub changed: u64,
    /// Of these, those that were denied and are allowed.
    pub now_allowed: u64,
    /// Of these, those that were allowed and are denied.
    pub now_denied: u64,
    /// Those not decided again, because a fact is masked.
    pub masked: u64,
    /// Those that are no request to this version.
    pub unreadable: u64,
    /// Decisions that the log says it is missing.
    pub dropped: u64,
    /// What changed, by action and requirement.
    pub groups: Vec<Group>,
    /// Changes that are in no group, because there are too many.
    pub ungrouped: u64,
}

/// Records of one action to which the same happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Group {
    /// The action.
    pub action: String,
    /// What happened.
    pub change: Change,
    /// The requirement to which it happened; none if it is a matter of the whole decision.
    pub requirement: Option<String>,
    /// In how many records.
    pub count: u64,
    /// The ids of some of them.
    pub examples: Vec<String>,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// The requirement is not met any more, or is new.
    NewlyUnmet,
    /// The requirement is met now, or gone.
    NewlyMet,
    /// The verdict changed, and no requirement did: one of the policies does not govern the action.
    Verdict,
    /// There was a decision, and is none now.
    Undecided,
    /// There was no decision, and is one now.
    Decided,
}

type Key = (String, Change, Option<String>);

/// What is compared of a decision; `None` if there was none.
type Compared = Option<(bool, BTreeSet<String>)>;

struct Recorded {
    id: String,
    request: String,
    compared: Compared,
}

#[derive(Deserialize)]
struct DecisionText {
    decision: String,
    findings: Vec<FindingText>,
}

#[derive(Deserialize)]
struct FindingText {
    requirement: String,
}

/// Decides every request of the log at `paths`, each a folder or one of its files, again by `policy`. `progress` is told how many bytes were
/// read, and how many there are. Memory does not grow with the log.
///
/// # Errors
///
/// The log cannot be read, or its chain is broken.
pub fn replay(
    paths: &[PathBuf],
    policy: &Policy,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Replay, ReadError> {
    let mut walk = Walk::open(paths)?;
    let mut run = Run {
        policy,
        replay: Replay::default(),
        groups: BTreeMap::new(),
    };
    let (mut chunk, mut bytes) = (Vec::new(), 0);
    while let Some((_, record)) = walk.step()? {
        match record.body {
            Body::Gap { dropped } => {
                run.replay.dropped = run.replay.dropped.saturating_add(dropped);
            }
            Body::Decided(decided) => {
                run.replay.records += 1;
                if !decided.masked.is_empty() {
                    run.replay.masked += 1;
                } else if let Some(recorded) = recorded(&decided) {
                    bytes += recorded.request.len();
                    chunk.push(recorded);
                } else {
                    run.replay.unreadable += 1;
                }
            }
            Body::File { .. } | Body::Torn { .. } => {}
        }
        if chunk.len() >= CHUNK || bytes >= CHUNK_BYTES {
            run.decide(&chunk);
            chunk.clear();
            bytes = 0;
            progress(walk.bytes_read(), walk.total_bytes());
        }
    }
    run.decide(&chunk);
    progress(walk.bytes_read(), walk.total_bytes());
    Ok(run.end())
}

fn recorded(decided: &Decided<'_>) -> Option<Recorded> {
    let compared = match decided.outcome {
        Outcome::Error { .. } => None,
        Outcome::Decision(text) => {
            let text: DecisionText = serde_json::from_str(text.get()).ok()?;
            let unmet = text.findings.into_iter().map(|finding| finding.requirement);
            Some((text.decision == "allow", unmet.collect()))
        }
    };
    Some(Recorded {
        id: decided.id.clone().into_owned(),
        request: decided.request.get().to_owned(),
        compared,
    })
}

struct Run<'p> {
    policy: &'p Policy,
    replay: Replay,
    groups: BTreeMap<Key, (u64, Vec<String>)>,
}

impl Run<'_> {
    fn decide(&mut self, chunk: &[Recorded]) {
        // A request is written with its `now`; one without it has not been decided at any time that is known.
        let read: Vec<Result<Request, InputError>> = chunk
            .par_iter()
            .map(|recorded| Request::from_json(recorded.request.as_bytes(), || 0))
            .collect();
        let (mut requests, mut of) = (Vec::new(), Vec::new());
        for (request, recorded) in read.into_iter().zip(chunk) {
            match request {
                Ok(request) => {
                    requests.push(request);
                    of.push(recorded);
                }
                Err(_) => self.replay.unreadable += 1,
            }
        }
        let policy = self.policy;
        let decisions = policy.evaluate_batch(&requests);
        for ((recorded, request), decision) in of.into_iter().zip(&requests).zip(&decisions) {
            let compared = decision.as_ref().ok().map(|decision| {
                let unmet = decision
                    .findings()
                    .map(|finding| finding.requirement.to_owned());
                (decision.is_allowed(), unmet.collect())
            });
            self.compare(recorded, &request.action, &compared);
        }
    }

    fn compare(&mut self, recorded: &Recorded, action: &str, now: &Compared) {
        if recorded.compared == *now {
            self.replay.same += 1;
            return;
        }
        self.replay.changed += 1;
        let mut note = |change, requirement: Option<&String>| {
            let key = (action.to_owned(), change, requirement.cloned());
            if self.groups.len() >= GROUPS && !self.groups.contains_key(&key) {
                self.replay.ungrouped += 1;
                return;
            }
            let (count, examples) = self.groups.entry(key).or_default();
            *count += 1;
            if examples.len() < EXAMPLES {
                examples.push(recorded.id.clone());
            }
        };
        match (&recorded.compared, now) {
            (Some((was_allowed, before)), Some((is_allowed, after))) => {
                for requirement in after.difference(before) {
                    note(Change::NewlyUnmet, Some(requirement));
                }
                for requirement in before.difference(after) {
                    note(Change::NewlyMet, Some(requirement));
                }
                if before == after {
                    note(Change::Verdict, None);
                }
                match (was_allowed, is_allowed) {
                    (true, false) => self.replay.now_denied += 1,
                    (false, true) => self.replay.now_allowed += 1,
                    _ => {}
                }
            }
            (Some(_), None) => note(Change::Undecided, None),
            (None, _) => note(Change::Decided, None),
        }
    }

    fn end(mut self) -> Replay {
        let group = |((action, change, requirement), (count, examples))| Group {
            action,
            change,
            requirement,
            count,
            examples,
        };
        self.replay.groups = self.groups.into_iter().map(group).collect();
        self.replay
    }
}
