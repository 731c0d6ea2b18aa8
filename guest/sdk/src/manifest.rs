//! What a policy is, as the host reads it once.
//!
//! Always true here: what is said here is what the policy decides by.

use crate::export::contract::{AttributeDeclaration, Limits, Manifest, ReadyState};
use crate::policy::{Attribute, Policy, Ready, Requirement};

impl Policy {
    /// Its manifest.
    pub fn describe(&self) -> Manifest {
        Manifest {
            name: self.name.to_owned(),
            version: self.version.to_owned(),
            summary: self.summary.to_owned(),
            rules_digest: String::new(),
            actions: texts(self.actions),
            requirements: self.requirements.iter().map(requirement).collect(),
            ready: self.ready.iter().map(ready).collect(),
            attributes: self.attributes.iter().map(attribute).collect(),
            limits: Limits {
                text_bytes: scopegate_contract::TEXT_BYTES,
                targets: scopegate_contract::TARGETS,
                patterns: scopegate_contract::PATTERNS,
                list: scopegate_contract::LIST,
                memory_bytes: scopegate_contract::MEMORY_BYTES,
            },
        }
    }
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn requirement(it: &Requirement) -> crate::export::contract::Requirement {
    crate::export::contract::Requirement {
        id: it.id.to_owned(),
        code: it.code.to_owned(),
        state: it.state.to_owned(),
        message: it.message.to_owned(),
        remedy: it.remedy.to_owned(),
        source: it.source.to_owned(),
        actions: texts(it.actions),
        reads: texts(it.reads),
    }
}

fn ready(it: &Ready) -> ReadyState {
    ReadyState {
        state: it.state.to_owned(),
        reads: texts(it.reads),
    }
}

fn attribute(it: &Attribute) -> AttributeDeclaration {
    AttributeDeclaration {
        name: it.name.to_owned(),
        type_: it.kind,
        summary: it.summary.to_owned(),
    }
}
