//! The text of a rule set, changed as an operator would change it: by deleting some of it.

/// The rule set without the requirement of this id. Nothing else is touched.
pub fn without(rules: &str, id: &str) -> String {
    let named = format!("\nid = \"{id}\"\n");
    let at = rules
        .find(&named)
        .unwrap_or_else(|| panic!("no requirement {id}"));
    let start = rules[..=at]
        .rfind("[[requirement]]\n")
        .expect("a requirement begins with its header");
    let end = rules[at..]
        .find("\n[")
        .map_or(rules.len(), |end| at + end + 1);
    format!("{}{}", &rules[..start], &rules[end..])
}
