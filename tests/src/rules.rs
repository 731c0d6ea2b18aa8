//! The text of a rule set, taken apart into its requirements.

/// The rule set without the requirement of this id. Nothing else is touched, as if an operator had deleted its lines.
pub fn without(rules: &str, id: &str) -> String {
    let header = "[[requirement]]\n";
    let named = format!("\nid = \"{id}\"\n");
    let at = rules.find(&named).unwrap_or_else(|| panic!("no requirement {id}"));
    let start = rules[..=at].rfind(header).expect("a requirement begins with its header");
    let length = rules[at..].find("\n[").map_or(rules.len() - start, |end| at + end + 1 - start);
    format!("{}{}", &rules[..start], &rules[start + length..])
}
