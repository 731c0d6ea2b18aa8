//! What was proven about a component, for whoever keeps it to remember.

use serde::{Deserialize, Serialize};

use crate::policy::{Origin, Policy};

/// A record that a compiler was proven to have made a component: kept beside the component, it spares a later version, whose compiler makes other
/// bytes, from taking the component for a stranger's.
///
/// It is a statement of whoever wrote it, not a proof. A host that is given it watches the component's work by the clock alone instead of counting it
/// too, and takes nothing else on trust: see [`Origin::Recorded`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// The component's SHA-256, `sha256:<hex>`.
    pub component: String,
    /// The compiler that made it, by name and version.
    pub compiler: String,
}

impl Proof {
    /// What this version has proven of `policy`'s component; `None` if it has proven nothing.
    #[cfg(feature = "compiler")]
    pub fn of(policy: &Policy) -> Option<Self> {
        (policy.origin() == Origin::Compiled).then(|| Self {
            component: policy.id().digest.clone(),
            compiler: scopegate_compiler::COMPILER.to_owned(),
        })
    }

    /// What this version has proven of `policy`'s component: nothing without the compiler.
    #[cfg(not(feature = "compiler"))]
    pub fn of(_: &Policy) -> Option<Self> {
        None
    }
}
