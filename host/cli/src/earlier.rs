//! Versions of the default policy that earlier programs had built in.
//!
//! Always true here: a published version's rules never change, so whatever extends or names one goes on to do so after an upgrade.

/// The rules of each, by its version.
const VERSIONS: [(&str, &str); 1] = [(
    "1.0.0",
    include_str!("../../../policies/webriskops/1.0.0/policy.toml"),
)];

/// The rules of the default policy in an earlier version; none if that is no version of it, or the one built in.
pub(crate) fn rules(name: &str, version: &str) -> Option<&'static str> {
    let of_version = VERSIONS.iter().find(|(known, _)| *known == version)?;
    (name == env!("SCOPEGATE_POLICY_NAME")).then_some(of_version.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_what_it_says_and_none_is_the_one_built_in() {
        for (version, rules) in VERSIONS {
            let set = scopegate_compiler::RuleSet::check(rules).expect("published rules compile");
            assert_eq!(
                (set.name(), set.version()),
                (env!("SCOPEGATE_POLICY_NAME"), version)
            );
            assert_ne!(version, env!("SCOPEGATE_POLICY_VERSION"));
        }
    }
}
