//! `scopegate policy`: a store of versions.
//!
//! Always true here: what changes the store says what became of it, and nothing becomes active that does not load and pass its cases.

mod allow;
mod key;
mod list;
mod new;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use scopegate_store::{
    Activation, Added, Allowance, Candidate, Direction, Folder, Store, Version, check_identity,
};

use crate::arguments::{PolicyAction, PolicyCommand, StoreChoice};
use crate::commands::check::chain;
use crate::exit::Exit;
use crate::output::{self, BAD, Plain, STRONG};
use crate::policy;

impl PolicyCommand {
    pub(crate) fn run(self) -> anyhow::Result<Exit> {
        let choice = &self.store;
        let mut out = output::people();
        let exit = match self.action {
            PolicyAction::Init => init(choice, &mut out)?,
            PolicyAction::New { folder, extends } => {
                new::run(&folder, extends.as_deref(), &mut out)?
            }
            PolicyAction::Add {
                path,
                name,
                build,
                signature,
            } => {
                let (folder, stored) = folder(&path, signature, choice.store.as_deref())?;
                let not = || format!("`{}` is not published", path.display());
                let of = (name.as_deref(), build);
                add(choice, folder, stored, of, &mut out).with_context(not)?
            }
            PolicyAction::Allow(allow) => allow::run(&choice.open()?, &allow, &mut out)?,
            PolicyAction::List { format } => list::policies(&choice.open()?, format, &mut out)?,
            PolicyAction::Show { policy } => list::show(&choice.open()?, &policy, &mut out)?,
            PolicyAction::Activate {
                policy,
                allow_downgrade,
                why,
            } => {
                let (name, version) = named(&policy)?;
                let version = version.ok_or_else(|| unversioned(name))?;
                let direction = if allow_downgrade {
                    Direction::Any
                } else {
                    Direction::Forward
                };
                activate(choice, direction, (name, &version), &why, &mut out)?
            }
            PolicyAction::Rollback { name, why } => {
                let version = choice.open()?.before(&name)?;
                activate(choice, Direction::Back, (&name, &version), &why, &mut out)?
            }
            PolicyAction::Remove { policy } => {
                let (name, version) = named(&policy)?;
                let version = version.ok_or_else(|| unversioned(name))?;
                choice.open()?.remove(name, &version)?;
                writeln!(out, "{} {version} is removed", Plain(name))?;
                Exit::Done
            }
            PolicyAction::Verify => verify(choice, &mut out)?,
            PolicyAction::History { name, format } => {
                list::history(&choice.open()?, &name, format, &mut out)?
            }
            PolicyAction::Sign { component, key } => key::sign(choice, &component, &key, &mut out)?,
            PolicyAction::Key { action } => key::run(choice, action, &mut out)?,
        };
        out.flush()?;
        Ok(exit)
    }
}

impl StoreChoice {
    fn folder(&self) -> anyhow::Result<&Path> {
        self.store
            .as_deref()
            .context("no store is named: say `--store DIR`, or set `SCOPEGATE_STORE`")
    }

    fn open(&self) -> anyhow::Result<Store> {
        Ok(Store::open(self.folder()?)?)
    }
}

fn init(choice: &StoreChoice, out: &mut impl Write) -> anyhow::Result<Exit> {
    let folder = choice.folder()?;
    let was = Store::open(folder).is_ok();
    Store::create(folder)?;
    let now = if was { "already" } else { "now" };
    writeln!(out, "`{}` is a store {now}", folder.display())?;
    Ok(Exit::Done)
}

fn add(
    choice: &StoreChoice,
    folder: Folder,
    stored: Option<(String, Version)>,
    (name, build): (Option<&str>, Option<u64>),
    out: &mut impl Write,
) -> anyhow::Result<Exit> {
    let store = choice.open()?;
    let mut engine = policy::engine(&choice.cache)?;
    if let Some(name) = name {
        engine = store.allowance(name)?.engine(&engine);
    }
    let mut candidate = Candidate::new(&engine, folder, build)?;
    if name.is_none() {
        // Its name is known only now, and with it what it is allowed.
        let allowance = store.allowance(&candidate.policy().id().name)?;
        if allowance != Allowance::default() {
            candidate = candidate.again(&allowance.engine(&engine))?;
        }
    }
    if let Some((name, version)) = stored {
        check_identity(&name, &version, candidate.policy().id())?;
    }
    let found = &candidate.policy().id().name;
    if let Some(name) = name.filter(|name| name != found) {
        bail!("it is the policy `{}`, not `{name}`", found.escape_debug());
    }
    match store.add(&candidate, &choice.by)? {
        Added::Signed(manifest) => writeln!(
            out,
            "{} {} is there already, with the same bytes: it has this signature now",
            Plain(&manifest.name),
            manifest.version
        )?,
        Added::Published(manifest) => writeln!(
            out,
            "{STRONG}{} {}{STRONG:#} is published, {}",
            Plain(&manifest.name),
            manifest.version,
            manifest.digest
        )?,
        Added::There(manifest) => writeln!(
            out,
            "{} {} is there already, with the same bytes: nothing changed",
            Plain(&manifest.name),
            manifest.version
        )?,
    }
    Ok(Exit::Done)
}

/// What is to be published: the component, and what stands beside it; and the name and version that it has to have, if it was named by them.
fn folder(
    path: &Path,
    signature: Option<PathBuf>,
    store: Option<&Path>,
) -> anyhow::Result<(Folder, Option<(String, Version)>)> {
    let mut stored = None;
    let (component, beside) = match policy::named_in(path, store)? {
        policy::Named::Rules(rules) => {
            rules.warn();
            (rules.component()?, None)
        }
        policy::Named::Stored {
            name,
            version,
            component,
            ..
        } => {
            stored = Some((name, version));
            (component, None)
        }
        policy::Named::Component { file, bytes } => {
            let mut beside = file.into_os_string();
            beside.push(".minisig");
            (bytes, Some(PathBuf::from(beside)))
        }
    };
    let read = |path: &Path| {
        fs::read(path).with_context(|| format!("`{}` cannot be read", path.display()))
    };
    let signature = signature.or_else(|| beside.filter(|beside| beside.exists()));
    let signature = signature.as_deref().map(read).transpose()?;
    let text = |name: &str| {
        let file = path.join(name);
        if !path.is_dir() || !file.exists() {
            return Ok(None);
        }
        let text = String::from_utf8(read(&file)?);
        text.map(Some)
            .map_err(|_| anyhow!("`{}` is not UTF-8", file.display()))
    };
    let cases = match text("cases.jsonl")? {
        Some(cases) => Some((cases, text("bases.json")?)),
        None => None,
    };
    let folder = Folder {
        component,
        signature,
        cases,
    };
    Ok((folder, stored))
}

fn activate(
    choice: &StoreChoice,
    direction: Direction,
    (name, version): (&str, &Version),
    why: &str,
    out: &mut impl Write,
) -> anyhow::Result<Exit> {
    let store = choice.open()?;
    let engine = policy::engine(&choice.cache)?;
    store
        .candidate(&engine, name, version)
        .with_context(|| format!("{name} {version} does not become active"))?;
    let before = store.last_number(name)?;
    let Activation { from, number, .. } =
        store.activate_toward(direction, name, version, &choice.by, why)?;
    if number == before {
        writeln!(
            out,
            "{} {version} is active already (activation {number}): nothing changed",
            Plain(name)
        )?;
        return Ok(Exit::Done);
    }
    let from = from.map_or(String::new(), |from| format!(", after {from}"));
    writeln!(
        out,
        "{STRONG}{} {version}{STRONG:#} is active{from} (activation {number})",
        Plain(name)
    )?;
    Ok(Exit::Done)
}

fn verify(choice: &StoreChoice, out: &mut impl Write) -> anyhow::Result<Exit> {
    let verified = choice.open()?.verify(&policy::engine(&choice.cache)?)?;
    for finding in &verified.findings {
        let version = finding
            .version
            .as_ref()
            .map_or(String::new(), |version| format!(" {version}"));
        writeln!(
            out,
            "{BAD}{}{version}{BAD:#}: {}",
            Plain(&finding.name),
            Plain(&chain(&finding.error))
        )?;
    }
    writeln!(
        out,
        "{} versions are as published, {} things are wrong",
        verified.sound,
        verified.findings.len()
    )?;
    Ok(if verified.findings.is_empty() {
        Exit::Done
    } else {
        Exit::Failed
    })
}

/// The policy, and the version if one is named.
fn named(text: &str) -> anyhow::Result<(&str, Option<Version>)> {
    match text.split_once('@') {
        Some(("", _) | (_, "")) => {
            bail!("`{text}` does not name a version: write `NAME@VERSION`, such as `acme@1.0.0`")
        }
        None => Ok((text, None)),
        Some((name, version)) => Ok((name, Some(version.parse()?))),
    }
}

fn unversioned(name: &str) -> anyhow::Error {
    anyhow!("which version of `{name}`? Write `{name}@VERSION`: `scopegate policy list` shows them")
}
