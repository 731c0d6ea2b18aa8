//! Rules for the tests of this module.

use crate::diagnostic::Diagnostics;
use crate::rules::Rules;

const HEAD: &str = r#"language = 1
name = "selection"
version = "1.0.0"
summary = "What is selected."
actions = ["scan", "retest"]
codes = { NO = "no" }
[attributes]
team = { type = "text", summary = "s" }
budget = { type = "number", summary = "s" }
[definitions]
ours = 'request.tenancy.project == "ours"'
project = 'request.tenancy.project'
few = '["a", "b"]'
by_github = 'has(request.access) && request.access.provider == "github"'
large = '(request.tenancy.project == "x" || request.tenancy.project == "y" || request.tenancy.project == "z") && request.actor.id != ""'
[tables.lists]
keys = ["text"]
otherwise = []
rows = { one = ["a"], two = ["a", "b"] }
[tables.roles]
keys = ["text"]
otherwise = "owner"
rows = { a = "owner", b = "admin" }
"#;

/// The rules that require this, as `(given, must)`.
pub(super) fn rules(requirements: &[(&str, &str)]) -> Rules {
    let mut source = HEAD.to_owned();
    for (index, (given, must)) in requirements.iter().enumerate() {
        let given = match *given {
            "" => String::new(),
            given => format!("given = '''{given}'''\n"),
        };
        source += &format!(
            "[[requirement]]\nid = 'r{index}'\nfor = 'every'\n{given}must = '''{must}'''\ncode = 'NO'\nmessage = 'm'\nremedy = 'r'\nsource = 's'\n"
        );
    }
    let mut diagnostics = Diagnostics::default();
    let file = crate::file::read(&source, &mut diagnostics).expect("the file is read");
    let (rules, diagnostics) = crate::check::check(&source, &file);
    rules.unwrap_or_else(|| panic!("{}", diagnostics.render(&source, "policy.toml", false)))
}
