//! The rule set that another extends: found, and pinned.
//!
//! Always true here: a base whose text is not the one that was pinned is not used.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context as _, anyhow, bail};
use scopegate::PolicyId;
use scopegate_compiler::{RuleSet, plain_text};
use scopegate_store::{Store, Version, check_identity};
use toml_edit::{DocumentMut, value};

use crate::earlier;
use crate::output::{FAINT, Plain, STRONG};
use crate::policy::{self, DEFAULT};

/// The file beside a `policy.toml` that pins its base.
const LOCK: &str = "policy.lock";

/// The text of `base`, which the rule set in `file` extends: the path of a rule set or component, or `name@version` of the store or of the
/// policy built in, or of the one that an earlier program had.
pub(crate) fn text(base: &str, file: &Path, store: Option<&Path>) -> anyhow::Result<String> {
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let text = match base.split_once('@') {
        Some((name, version)) if !base.contains('/') => published(name, version, store)?,
        _ => of_component_or_rules(&folder.join(base), store)?,
    };
    pin(base, &text, &folder.join(LOCK))?;
    Ok(text)
}

fn published(name: &str, version: &str, store: Option<&Path>) -> anyhow::Result<String> {
    if let Some(folder) = store {
        let store = Store::open(folder)?;
        if store.has(name) {
            let version = version.parse()?;
            let bytes = store.component(name, &version)?;
            let cannot = || format!("{name} {version} cannot be extended");
            return rules_of_version(name, &version, &bytes).with_context(cannot);
        }
    }
    if (name, version)
        == (
            env!("SCOPEGATE_POLICY_NAME"),
            env!("SCOPEGATE_POLICY_VERSION"),
        )
    {
        return rules(DEFAULT);
    }
    if let Some(rules) = earlier::rules(name, version) {
        return Ok(rules.to_owned());
    }
    let place = match store {
        Some(folder) => format!("the store `{}`", folder.display()),
        None => "this program; no store is named (`SCOPEGATE_STORE`)".to_owned(),
    };
    bail!("there is no {name} {version} in {place}: add it there, or give the path of its rules");
}

fn of_component_or_rules(path: &Path, store: Option<&Path>) -> anyhow::Result<String> {
    match policy::named_in(path, store)? {
        policy::Named::Rules(rules) => Ok(rules.source),
        policy::Named::Component { bytes, .. }
        | policy::Named::Stored {
            component: bytes, ..
        } => rules(&bytes).with_context(|| format!("`{}` cannot be extended", path.display())),
    }
}

/// The rules of a stored version, which are the same of all its builds.
fn rules_of_version(name: &str, version: &Version, component: &[u8]) -> anyhow::Result<String> {
    let text = rules(component)?;
    let set = RuleSet::check(&text)
        .map_err(|_| anyhow!("the rule set that the component carries does not compile"))?;
    let found = PolicyId {
        name: set.name().to_owned(),
        version: set.version().to_owned(),
        digest: scopegate_compiler::digest(component),
    };
    check_identity(name, version, &found)?;
    Ok(text)
}

fn rules(component: &[u8]) -> anyhow::Result<String> {
    scopegate_compiler::rules_of(component)
        .context("the component carries no rule set: it was not made of one")
}

/// Pins the base, or sees that it is the one that was pinned.
fn pin(base: &str, text: &str, lock: &Path) -> anyhow::Result<()> {
    let digest = scopegate_compiler::digest(plain_text(text).as_bytes());
    if lock.exists() {
        let written = fs::read_to_string(lock)
            .with_context(|| format!("`{}` cannot be read", lock.display()))?;
        let pinned: DocumentMut = plain_text(&written).parse().with_context(|| {
            format!(
                "`{}` is not TOML: remove it to pin the base anew",
                lock.display()
            )
        })?;
        let of = |key: &str| pinned.get(key).and_then(toml_edit::Item::as_str);
        if of("base") == Some(base) {
            if of("rules_digest") == Some(&digest) {
                return Ok(());
            }
            bail!(
                "`{base}` has changed: its rules are {digest}, but `{}` pins {}; remove that file if you mean to follow the change",
                lock.display(),
                of("rules_digest").unwrap_or("nothing")
            );
        }
    }
    let mut pinned = DocumentMut::new();
    pinned.insert("base", value(base));
    pinned.insert("rules_digest", value(digest));
    let text = format!(
        "# What `policy.toml` extends, as it was when it was last built. Keep it with the rules.\n{pinned}"
    );
    fs::write(lock, text).with_context(|| format!("`{}` cannot be written", lock.display()))
}

/// Says what a rule set extends, and what of that is not as it was.
pub(crate) fn changes(out: &mut impl Write, rules: &str) -> io::Result<()> {
    let mut next = scopegate_compiler::base_of(rules);
    while let Some(base) = next {
        writeln!(
            out,
            "\n{STRONG}extends {} {}{STRONG:#}  {FAINT}{}{FAINT:#}",
            Plain(&base.name),
            Plain(&base.version),
            Plain(&base.rules_digest)
        )?;
        for (what, changes) in [("without", &base.dropped), ("changed", &base.loosened)] {
            for change in changes {
                writeln!(
                    out,
                    "  {what} the {} {STRONG}{}{STRONG:#}: {}",
                    change.part,
                    Plain(&change.name),
                    Plain(&change.reason)
                )?;
            }
        }
        next = base.base.map(|base| *base);
    }
    Ok(())
}
