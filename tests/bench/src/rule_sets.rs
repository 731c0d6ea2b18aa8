//! The default policy, and the default policy with a thousand requirements more.

use std::fmt::Write;

/// The default policy's text.
pub fn default_policy() -> String {
    scopegate_tests::cases::policy_file("policy.toml")
}

/// The default policy and so many more requirements, for an action that no request has.
pub fn for_other_actions(count: usize) -> String {
    let source = default_policy().replacen("actions = [", "actions = [\"other_action\", ", 1);
    more(source, count, "[\"other_action\"]", |index| {
        format!("request.tenancy.project != \"{}\"", project(index))
    })
}

/// The default policy and so many more requirements that apply to every action and are met, each of which compares a text with another of
/// its length.
pub fn for_every_action(count: usize) -> String {
    more(default_policy(), count, "\"every\"", |index| {
        format!("request.tenancy.project != \"{}\"", project(index))
    })
}

/// A text as long as `proj-1`, and different from it.
fn project(index: usize) -> String {
    format!("p{index:05}")
}

fn more(mut source: String, count: usize, actions: &str, must: impl Fn(usize) -> String) -> String {
    for index in 0..count {
        let must = must(index);
        write!(
            source,
            "\n[[requirement]]\nid = \"more-{index}\"\nfor = {actions}\nmust = '{must}'\ncode = \"SCOPE_TOO_BROAD\"\nmessage = \"This \
             project is not served.\"\nremedy = \"Choose another project.\"\nsource = \"none\"\n"
        )
        .expect("a string can be written to");
    }
    source
}
