//! What a policy says it is.
//!
//! Always true here: the [`Manifest`] of a loaded policy is valid, and never changes.

use std::collections::HashSet;

use serde::Serialize;
use wasmtime::component::{ComponentType, Lift};

use crate::facts::macros::{answer, tags};

/// The most bytes of a name in a manifest.
const NAME_BYTES: usize = 256;

answer! {
    /// What a policy is. The host reads it once, when it loads the component.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
    pub struct Manifest {
        /// The policy's name.
        pub name: String,
        /// The policy's semantic version.
        pub version: String,
        /// What the policy is for.
        pub summary: String,
        /// `sha256:<hex>` of the rule set's text; empty for a policy written by hand.
        #[component(name = "rules-digest")]
        pub rules_digest: String,
        /// The actions the policy knows, in its order.
        pub actions: Vec<String>,
        /// The requirements, in the order of findings.
        pub requirements: Vec<Requirement>,
        /// The ready states, in their order.
        pub ready: Vec<ReadyState>,
        /// The custom facts the policy judges.
        pub attributes: Vec<AttributeDeclaration>,
        /// What the policy accepts at most.
        pub limits: PolicyLimits,
    }
}

answer! {
    /// What must hold before an action may proceed, and what follows when it does not.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
    pub struct Requirement {
        /// Its id, unique in the policy.
        pub id: String,
        /// The code of the denial.
        pub code: String,
        /// The blocked state.
        pub state: String,
        /// What is wrong.
        pub message: String,
        /// What the customer does next.
        pub remedy: String,
        /// The document and step it comes from.
        pub source: String,
        /// The actions it names.
        pub actions: Vec<String>,
        /// The paths of the facts its guard and condition read, such as `scan.targets[].url`.
        pub reads: Vec<String>,
    }
}

answer! {
    /// A state that holds or does not, whatever the action.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
    pub struct ReadyState {
        /// Its name.
        pub state: String,
        /// The paths of the facts it reads.
        pub reads: Vec<String>,
    }
}

/// The type of a custom fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ComponentType, Lift)]
#[component(enum)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum AttributeType {
    /// A text.
    #[component(name = "text")]
    Text,
    /// A whole number.
    #[component(name = "number")]
    Number,
    /// Yes or no.
    #[component(name = "truth")]
    Truth,
    /// A list of texts.
    #[component(name = "texts")]
    Texts,
}

tags!(AttributeType: Text, Number, Truth, Texts);

answer! {
    /// A custom fact that the policy judges. An attribute that no policy declares is not judged.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
    pub struct AttributeDeclaration {
        /// Its name.
        pub name: String,
        /// Its type.
        #[component(name = "type")]
        #[serde(rename = "type")]
        pub type_: AttributeType,
        /// What it means.
        pub summary: String,
    }
}

answer! {
    /// What a policy says it accepts at most.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
    pub struct PolicyLimits {
        /// Bytes of a text.
        #[component(name = "text-bytes")]
        pub text_bytes: u32,
        /// Elements of `scan.targets`.
        pub targets: u32,
        /// Elements of `accepted`, `excluded` and `hosts`, each.
        pub patterns: u32,
        /// Elements of any other list.
        pub list: u32,
        /// Bytes of linear memory the policy grows to at most.
        #[component(name = "memory-bytes")]
        pub memory_bytes: u64,
    }
}

impl Manifest {
    /// What is wrong with the manifest, if anything.
    pub(crate) fn check(&self) -> Result<(), String> {
        name("the policy's name", &self.name)?;
        if let Err(error) = semver::Version::parse(&self.version) {
            return Err(format!(
                "the version `{}` is not a semantic version: {error}",
                self.version.escape_debug()
            ));
        }
        let digest = self
            .rules_digest
            .strip_prefix("sha256:")
            .unwrap_or(&self.rules_digest);
        let is_digest = self.rules_digest.len() == "sha256:".len() + 64
            && digest
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if !self.rules_digest.is_empty() && !is_digest {
            return Err("the rules' digest is not `sha256:` and 64 hexadecimal digits".to_owned());
        }
        distinct("action", self.actions.iter())?;
        distinct(
            "requirement",
            self.requirements.iter().map(|requirement| &requirement.id),
        )?;
        distinct("ready state", self.ready.iter().map(|ready| &ready.state))?;
        distinct(
            "attribute",
            self.attributes.iter().map(|attribute| &attribute.name),
        )?;
        let known: HashSet<&String> = self.actions.iter().collect();
        for requirement in &self.requirements {
            name("a requirement's code", &requirement.code)?;
            name("a requirement's state", &requirement.state)?;
            if let Some(action) = requirement
                .actions
                .iter()
                .find(|action| !known.contains(action))
            {
                let (id, action) = (&requirement.id, action.escape_debug());
                return Err(format!(
                    "the requirement `{id}` names the action `{action}`, which is not among the policy's actions"
                ));
            }
        }
        Ok(())
    }
}

/// Names end up in logs and on terminals: short, and without control characters.
fn name(what: &str, name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err(format!("{what} is empty"));
    }
    if name.len() > NAME_BYTES || name.contains(char::is_control) {
        return Err(format!(
            "{what} has more than {NAME_BYTES} bytes or holds control characters"
        ));
    }
    Ok(())
}

/// Each name is one, and is there once.
fn distinct<'a>(what: &str, names: impl Iterator<Item = &'a String>) -> Result<(), String> {
    let mut seen = HashSet::new();
    for one in names {
        name(&format!("the name of one {what}"), one)?;
        if !seen.insert(one) {
            return Err(format!("the {what} `{one}` is there twice"));
        }
    }
    Ok(())
}
