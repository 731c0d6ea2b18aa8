//! JSON text to JSON text: Scopegate beside a plain derived request and the rules by hand.
//!
//! Always true here: both write the same decision, which is checked before either is timed.

use scopegate::Request;
use serde::Serialize;
use serde_json::Value;

use crate::engines::{Scopegate, over_plain};
use crate::plain;

/// What the baseline writes: Scopegate's decision, field for field.
#[derive(Serialize)]
struct Written<'t> {
    decision: &'static str,
    codes: Vec<&'t str>,
    findings: Vec<&'t Finding>,
    ready: [(); 0],
    blocked: Vec<&'t str>,
    fallbacks: [(); 0],
    policy: &'t Policy,
}

#[derive(Serialize)]
struct Finding {
    requirement: String,
    code: String,
    state: String,
    message: String,
    remedy: String,
    source: String,
}

#[derive(Serialize)]
struct Policy {
    name: String,
    version: String,
    digest: String,
}

/// The rules by hand, with their texts.
pub(crate) struct Baseline {
    findings: Vec<Finding>,
    policy: Policy,
}

impl Baseline {
    /// With the texts of `policy`, which has the 20 rules.
    pub(crate) fn of(policy: &Scopegate) -> Self {
        let finding = |[requirement, code, state, message, remedy, source]: [String; 6]| Finding {
            requirement,
            code,
            state,
            message,
            remedy,
            source,
        };
        let [name, version, digest] = policy.id();
        Self {
            findings: policy.texts().into_iter().map(finding).collect(),
            policy: Policy {
                name,
                version,
                digest,
            },
        }
    }

    pub(crate) fn decide(&self, request: &[u8]) -> String {
        let request: plain::Request =
            serde_json::from_slice(request).expect("the request is right");
        let mut unmet = Vec::new();
        over_plain::twenty(&request, &mut unmet);
        let findings: Vec<&Finding> = unmet.iter().map(|index| &self.findings[*index]).collect();
        let decision = Written {
            decision: if unmet.is_empty() { "allow" } else { "deny" },
            codes: once(findings.iter().map(|finding| &*finding.code)),
            blocked: once(findings.iter().map(|finding| &*finding.state)),
            findings,
            ready: [],
            fallbacks: [],
            policy: &self.policy,
        };
        serde_json::to_string(&decision).expect("a decision can be written")
    }
}

/// Each text once, where it is first.
fn once<'t>(texts: impl Iterator<Item = &'t str>) -> Vec<&'t str> {
    let mut seen = Vec::new();
    for text in texts {
        if !seen.contains(&text) {
            seen.push(text);
        }
    }
    seen
}

/// The requests as JSON text.
pub(crate) fn texts(requests: &[Request]) -> Vec<Vec<u8>> {
    let write = |request| serde_json::to_vec(request).expect("a request can be written");
    requests.iter().map(write).collect()
}

/// Stops the run where the two decide differently.
pub(crate) fn agree(policy: &Scopegate, baseline: &Baseline, texts: &[Vec<u8>]) {
    for text in texts {
        let read = |json: String| -> Value { serde_json::from_str(&json).expect("it is JSON") };
        let (ours, plain) = (read(policy.decide_json(text)), read(baseline.decide(text)));
        assert!(
            ours == plain,
            "JSON to JSON differs for {}:\nScopegate: {ours}\nplain:     {plain}",
            String::from_utf8_lossy(text)
        );
    }
}
