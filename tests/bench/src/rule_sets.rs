//! The default policy, and the default policy with a thousand requirements more.

use std::fmt::Write;

/// The default policy's text.
pub fn default_policy() -> String {
    scopegate_tests::cases::policy_file("policy.toml")
}

/// The default policy and so many more requirements, for an action that no request has.
pub fn for_other_actions(count: usize) -> String {
    let source = default_policy().replacen("actions = [", "actions = [\"other_action\", ", 1);
    more(source, count, "[\"other_action\"]", different)
}

/// The default policy and so many more requirements that apply to every action and are met, each of which compares a text with another of
/// its length.
pub fn for_every_action(count: usize) -> String {
    more(default_policy(), count, "\"every\"", different)
}

/// The default policy and so many more requirements, each for one project: one of them for that of most requests.
pub fn selected_by_a_key(count: usize) -> String {
    more(default_policy(), count, "\"every\"", |index| {
        let project = if index == 7 {
            "proj-1".to_owned()
        } else {
            project(index)
        };
        format!(
            "given = 'request.tenancy.project == \"{project}\"'\nmust = 'request.actor.account != \"\"'"
        )
    })
}

/// The default policy and so many more requirements that no key selects: each is asked, and met.
pub fn not_selectable(count: usize) -> String {
    more(default_policy(), count, "\"every\"", |index| {
        format!(
            "must = '!request.tenancy.project.startsWith(\"{}\")'",
            prefix(index)
        )
    })
}

/// What those requirements cost at the least: the project begins with none of so many texts.
pub fn prefixes(count: usize) -> Vec<String> {
    (0..count).map(prefix).collect()
}

/// A text a little shorter than `proj-1`, and not its beginning.
fn prefix(index: usize) -> String {
    format!("p{:04}", index % 10_000)
}

fn different(index: usize) -> String {
    format!("must = 'request.tenancy.project != \"{}\"'", project(index))
}

/// A text as long as `proj-1`, and different from it.
fn project(index: usize) -> String {
    format!("p{index:05}")
}

fn more(
    mut source: String,
    count: usize,
    actions: &str,
    condition: impl Fn(usize) -> String,
) -> String {
    for index in 0..count {
        let condition = condition(index);
        write!(
            source,
            "\n[[requirement]]\nid = \"more-{index}\"\nfor = {actions}\n{condition}\ncode = \"SCOPE_TOO_BROAD\"\nmessage = \"This \
             project is not served.\"\nremedy = \"Choose another project.\"\nsource = \"none\"\n"
        )
        .expect("a string can be written to");
    }
    source
}
