//! The rule set that another extends: found, and pinned.
//!
//! Always true here: a base whose text is not the one that was pinned is not used, and no rule set is its own base.

use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use scopegate::PolicyId;
use scopegate_compiler::{BASES, RuleSet, plain_text};
use scopegate_store::{Store, Version, check_identity};
use toml_edit::{DocumentMut, value};

use crate::earlier;
use crate::output::{FAINT, Plain, STRONG};
use crate::policy::{self, DEFAULT};

/// The file beside a `policy.toml` that pins its base.
const LOCK: &str = "policy.lock";

/// The files of rule sets that extend one another, the outermost first.
#[derive(Default)]
pub(crate) struct Extending(Vec<PathBuf>);

impl Extending {
    /// The same and `file`, which the last of them extends.
    pub(crate) fn with(&self, file: &Path) -> anyhow::Result<Self> {
        let file = fs::canonicalize(file)
            .with_context(|| format!("`{}` cannot be read", file.display()))?;
        let mut files = self.0.clone();
        files.push(file);
        let last = &files[files.len() - 1];
        if let Some(first) = self.0.iter().position(|before| before == last) {
            let names = files[first..].iter().map(|file| file.display().to_string());
            bail!(
                "`{}` extends itself: {}; name another rule set in `extends`",
                last.display(),
                names.collect::<Vec<_>>().join(" -> ")
            );
        }
        if self.0.len() >= BASES {
            bail!(
                "more than {BASES} rule sets extend one another, up to `{}`: write some of them as one",
                last.display()
            );
        }
        Ok(Self(files))
    }
}

/// Which rule set's `extends` an error is about.
#[derive(Debug)]
struct Extends(String);

impl fmt::Display for Extends {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// The error with the one `extends` that it is about; where that is of a base, it says so already.
pub(crate) fn because_of(error: anyhow::Error, base: &str, file: &Path) -> anyhow::Error {
    if error.is::<Extends>() {
        return error;
    }
    error.context(Extends(format!("`{}` extends `{base}`", file.display())))
}

/// The text of `base`, which the rule set in `file` extends: the path of a rule set or component, or `name@version` of the store or of the
/// policy built in, or of the one that an earlier program had. `above` are those that extend it.
pub(crate) fn text(
    base: &str,
    file: &Path,
    store: Option<&Path>,
    above: &Extending,
) -> anyhow::Result<String> {
    if base.is_empty() {
        bail!("that names nothing: write `name@version`, or the path of a rule set");
    }
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let text = match base.split_once('@') {
        Some((name, version)) if !base.contains('/') => published(name, version, store)?,
        _ => of_component_or_rules(&folder.join(base), store, above)?,
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

fn of_component_or_rules(
    path: &Path,
    store: Option<&Path>,
    above: &Extending,
) -> anyhow::Result<String> {
    match policy::named_through(path, store, above)? {
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
