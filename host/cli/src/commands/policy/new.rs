//! `scopegate policy new`: the beginning of a policy.
//!
//! Always true here: what is written compiles and passes its cases as it is, and no file that is there is touched.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context as _, bail};

use crate::exit::Exit;
use crate::output::Plain;

/// A rule set that stands alone: its parts in the order of `docs/language.md`.
const ALONE: &str = r#"[codes]
AUTHORIZATION_REQUIRED = "responsibility_blocked"

[[requirement]]
id = "authorization-ready"
for = "every"
must = 'request.responsibility.authorization_status == "ready"'
code = "AUTHORIZATION_REQUIRED"
message = "Authorization is not confirmed."
remedy = "Confirm that you may have this project tested."
source = "Say here which document and step it comes from"
"#;

/// Rules on top of others.
const EXTENDING: &str = r#"[codes]
OWN_RULE = "own_rule_unmet"

[[requirement]]
id = "own-rule"
for = "every"
must = 'request.actor.id != "nobody"'
code = "OWN_RULE"
message = "Say here what is wrong when the condition does not hold."
remedy = "Say here what the customer does next."
source = "Say here which document and step it comes from"
"#;

/// A request that names every fact that has to be there.
const BASES: &str = include_str!("new.json");

pub(super) fn run(
    folder: &Path,
    extends: Option<&str>,
    out: &mut impl Write,
) -> anyhow::Result<Exit> {
    let name = folder
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(is_name) {
        bail!(
            "`{}` is no name for a policy: name a folder with lower-case letters, digits and `-`, such as `acme`",
            folder.display()
        );
    }
    let allowed = r#"{"name": "a scan is allowed once everything is confirmed", "base": "scan", "expect": {"decision": "allow"}}"#;
    let (extending, rules, denied, allowed) = match extends {
        None => {
            let actions = "actions = [\"scan\"]\n";
            let denied = r#"{"name": "nobody scans before authorization is confirmed", "base": "scan", "patch": {"responsibility": {"authorization_status": "pending"}}, "expect": {"decision": "deny", "requirements": ["authorization-ready"]}}"#;
            (actions.to_owned(), ALONE, denied, Some(allowed))
        }
        Some(base) => {
            let denied = r#"{"name": "nobody does anything", "base": "scan", "patch": {"actor": {"id": "nobody"}}, "expect": {"decision": "deny"}}"#;
            // What another base says of the request is not known here.
            let is_default = base.split('@').next() == Some(env!("SCOPEGATE_POLICY_NAME"));
            let allowed = Some(allowed).filter(|_| is_default);
            (format!("extends = {base:?}\n"), EXTENDING, denied, allowed)
        }
    };
    let cases: Vec<&str> = std::iter::once(denied).chain(allowed).collect();
    let cases = cases.join("\n") + "\n";
    let policy = format!(
        "language = 1\n{extending}name = \"{name}\"\nversion = \"0.1.0\"\nsummary = \"Say \
         here what the policy is for.\"\n\n{rules}"
    );
    let cannot = |path: &Path| format!("`{}` cannot be written", path.display());
    fs::create_dir_all(folder).with_context(|| cannot(folder))?;
    for (file, text) in [
        ("policy.toml", &*policy),
        ("bases.json", BASES),
        ("cases.jsonl", &cases),
    ] {
        let path = folder.join(file);
        let written =
            fs::File::create_new(&path).and_then(|mut file| file.write_all(text.as_bytes()));
        match written {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => bail!(
                "`{}` is there already: name another folder, or remove it",
                path.display()
            ),
            written => written.with_context(|| cannot(&path))?,
        }
    }
    writeln!(
        out,
        "`{folder}` has a policy `{}` and its first cases: change them, and run `scopegate test {folder}`",
        Plain(name),
        folder = folder.display()
    )?;
    Ok(Exit::Done)
}
