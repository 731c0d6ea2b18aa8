//! Decides what was recorded again, under another policy.
//!
//! Always true here: every recorded request is counted once: as the same, as changed, or as what could not be decided again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use rayon::prelude::*;
use scopegate::{InputError, Policy, Request};
use serde::{Deserialize, Serialize};

use crate::ends::{Ends, Start};
use crate::entry::error_text;
use crate::error::ReadError;
use crate::fill::{Filler, Reads};
use crate::mask::{MARKER, Masks};
use crate::record::{Body, Decided, Outcome};

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
    /// Those decided alike: the same verdict, the same unmet requirements; or no decision for the same reason.
    pub same: u64,
    /// Those to which something else happens now.
    pub changed: u64,
    /// Of these, those that are allowed and were not: they were denied, or got no decision.
    pub now_allowed: u64,
    /// Of these, those that are denied and were not.
    pub now_denied: u64,
    /// Of these, those that get no decision and got one.
    pub now_undecided: u64,
    /// Those not decided again, because a fact is masked that the policy may read.
    pub masked: u64,
    /// Those that are no request to this version.
    pub unreadable: u64,
    /// Whether every recorded request was decided again, and there was one: otherwise what is the same proves nothing of the rest.
    pub conclusive: bool,
    /// Decisions that the log says it is missing.
    pub dropped: u64,
    /// What changed, by action and requirement.
    pub groups: Vec<Group>,
    /// Changes that are in no group, because there are too many.
    pub ungrouped: u64,
}

impl Replay {
    /// How many requests were decided again: if none was, nothing is known of the other policy.
    pub fn decided(&self) -> u64 {
        self.same + self.changed
    }
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
    /// There is no decision, as there was none, but for another reason.
    UndecidedOtherwise,
    /// There was no decision, and it is allowed now.
    Allowed,
    /// There was no decision, and it is denied now.
    Denied,
}

type Key = (String, Change, Option<String>);

/// What is compared.
#[derive(PartialEq, Eq)]
enum Compared {
    /// Whether it is allowed, and what is unmet.
    Decision(bool, BTreeSet<String>),
    /// Why there is no decision: the fact, and what is wrong with it.
    Failure(String, String),
}

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

/// Decides every request of the log at `paths`, each a folder or one of its files, again by `policy`, of which nobody knows which facts it
/// reads: a request of which a fact is masked is not decided again. `progress` is told how many bytes were read, and how many there are.
/// Memory does not grow with the log.
///
/// # Errors
///
/// The log cannot be read, its chain is broken, or its beginning or end is missing.
pub fn replay(
    paths: &[PathBuf],
    policy: &Policy,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Replay, ReadError> {
    replay_reading(paths, None, policy, &|_| true, progress)
}

/// The same of a log that may begin later, as `from` says, with a `policy` of which it is known which facts it reads: masked facts that it
/// does not read do not matter.
///
/// # Errors
///
/// As [`replay`].
pub fn replay_reading(
    paths: &[PathBuf],
    from: Option<Start>,
    policy: &Policy,
    reads: Reads<'_>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Replay, ReadError> {
    let (mut ends, mut walk) = Ends::open(paths)?;
    let filler = Filler::new();
    let mut run = Run {
        policy,
        replay: Replay::default(),
        groups: BTreeMap::new(),
    };
    let (mut chunk, mut bytes) = (Vec::new(), 0);
    while let Some((_, record)) = walk.step()? {
        ends.see(&record)?;
        match record.body {
            Body::Gap { dropped } => {
                run.replay.dropped = run.replay.dropped.saturating_add(dropped);
            }
            Body::Decided(decided) => {
                run.replay.records += 1;
                match recorded(&decided) {
                    None => run.replay.unreadable += 1,
                    Some(mut recorded) => {
                        if recorded.fill(&decided, &filler, reads) {
                            bytes += recorded.request.len();
                            chunk.push(recorded);
                        } else {
                            run.replay.masked += 1;
                        }
                    }
                }
            }
            // What could not be written was refused, and has no record.
            _ => {}
        }
        if chunk.len() >= CHUNK || bytes >= CHUNK_BYTES {
            run.decide(&chunk);
            chunk.clear();
            bytes = 0;
            progress(walk.bytes_read(), walk.total_bytes());
        }
    }
    ends.check(from)?;
    run.decide(&chunk);
    progress(walk.bytes_read(), walk.total_bytes());
    Ok(run.end())
}

fn recorded(decided: &Decided<'_>) -> Option<Recorded> {
    let compared = match &decided.outcome {
        Outcome::Error { path, message } => {
            Compared::Failure(path.clone().into_owned(), message.clone().into_owned())
        }
        Outcome::Decision(text) => {
            let text: DecisionText = serde_json::from_str(text.get()).ok()?;
            let unmet = text.findings.into_iter().map(|finding| finding.requirement);
            Compared::Decision(text.decision == "allow", unmet.collect())
        }
    };
    Some(Recorded {
        id: decided.id.clone().into_owned(),
        request: decided.request.get().to_owned(),
        compared,
    })
}

impl Recorded {
    /// Fills in what is masked and not read; whether the request can be decided then.
    fn fill(&mut self, decided: &Decided<'_>, filler: &Filler, reads: Reads<'_>) -> bool {
        if decided.masked.is_empty() {
            return true;
        }
        // Why there was no decision is masked too, so nobody can tell whether it is the same.
        if matches!(&self.compared, Compared::Failure(_, message) if message == MARKER) {
            return false;
        }
        let Ok(mut request) = serde_json::from_str(&self.request) else {
            return false;
        };
        let mut masks = decided.masked.iter();
        if !masks.all(|mask| filler.fill(&mut request, mask, reads)) {
            return false;
        }
        self.request = request.to_string();
        // What cannot be filled so that it is a request stays masked.
        Request::from_json(self.request.as_bytes(), || 0).is_ok()
    }
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
        let (policy, unmasked) = (self.policy, Masks::default());
        let decisions = policy.evaluate_batch(&requests);
        for ((recorded, request), decision) in of.into_iter().zip(&requests).zip(&decisions) {
            let compared = match decision {
                Ok(decision) => {
                    let findings = decision.findings();
                    let unmet = findings.map(|finding| finding.requirement.to_owned());
                    Compared::Decision(decision.is_allowed(), unmet.collect())
                }
                Err(error) => {
                    let (path, message) = error_text(error, &unmasked);
                    Compared::Failure(path.to_owned(), message)
                }
            };
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
            (Compared::Decision(_, before), Compared::Decision(_, after)) => {
                for requirement in after.difference(before) {
                    note(Change::NewlyUnmet, Some(requirement));
                }
                for requirement in before.difference(after) {
                    note(Change::NewlyMet, Some(requirement));
                }
                if before == after {
                    note(Change::Verdict, None);
                }
            }
            (Compared::Decision(..), Compared::Failure(..)) => note(Change::Undecided, None),
            (Compared::Failure(..), Compared::Failure(..)) => {
                note(Change::UndecidedOtherwise, None);
            }
            (Compared::Failure(..), Compared::Decision(true, _)) => note(Change::Allowed, None),
            (Compared::Failure(..), Compared::Decision(false, unmet)) => {
                for requirement in unmet {
                    note(Change::Denied, Some(requirement));
                }
                if unmet.is_empty() {
                    note(Change::Denied, None);
                }
            }
        }
        let verdict = |compared: &Compared| match compared {
            Compared::Decision(is_allowed, _) => Some(*is_allowed),
            Compared::Failure(..) => None,
        };
        match (verdict(&recorded.compared), verdict(now)) {
            (before, after) if before == after => {}
            (_, Some(true)) => self.replay.now_allowed += 1,
            (_, Some(false)) => self.replay.now_denied += 1,
            (_, None) => self.replay.now_undecided += 1,
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
        let decided = self.replay.decided();
        self.replay.conclusive = decided > 0 && decided == self.replay.records;
        self.replay.groups = self.groups.into_iter().map(group).collect();
        self.replay
    }
}
