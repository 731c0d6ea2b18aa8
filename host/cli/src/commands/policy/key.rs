//! Keys and signatures.
//!
//! Always true here: a secret key is written so that only its owner can read it, and never over another file; what decides now is not
//! stopped unless that is asked for.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use scopegate_compiler::plain_text;
use scopegate_store::{Added, KeyPair, Stopped, Store, TrustChange, Trusted};

use super::named;
use crate::arguments::{KeyAction, StoreChoice};
use crate::commands::check::chain;
use crate::exit::Exit;
use crate::output::{BAD, Plain};
use crate::policy::{self, version_of};

pub(super) fn run(
    choice: &StoreChoice,
    action: KeyAction,
    out: &mut impl Write,
) -> anyhow::Result<Exit> {
    match action {
        KeyAction::New { output } => new(&output, out)?,
        KeyAction::Trust { key, label } => {
            trust(&choice.open()?, &read(&key)?, &label, out)?;
        }
        KeyAction::Remove { key, yes } => remove(&choice.open()?, &key, yes, out)?,
        KeyAction::List => {
            for key in choice.open()?.keys()? {
                let mark = if key.is_removed {
                    format!("  {BAD}removed{BAD:#}")
                } else {
                    String::new()
                };
                writeln!(out, "{}  {}{mark}", key.id, Plain(&key.label))?;
            }
        }
        KeyAction::Require { required, yes } => {
            require(&choice.open()?, required == "yes", yes, out)?;
        }
    }
    Ok(Exit::Done)
}

fn trust(store: &Store, text: &str, label: &str, out: &mut impl Write) -> anyhow::Result<()> {
    let Trusted {
        key,
        was_removed,
        other_labels,
    } = store.trust(label, text)?;
    let again = if was_removed {
        " again: it was removed before, and what it signed then counts too"
    } else {
        ""
    };
    writeln!(
        out,
        "signatures of {} `{}` count{again}",
        key.id,
        Plain(label)
    )?;
    if !other_labels.is_empty() {
        let others = labels(other_labels.iter().map(String::as_str));
        writeln!(out, "the same key is called {others} too")?;
    }
    Ok(())
}

fn remove(store: &Store, key: &str, yes: bool, out: &mut impl Write) -> anyhow::Result<()> {
    let stopped = asked(store, TrustChange::Remove(key), yes)?;
    let removed = store.distrust(key)?;
    let called = labels(removed.iter().map(|key| key.label.as_str()));
    writeln!(
        out,
        "signatures of {} {called} no longer count",
        removed[0].id
    )?;
    tell(&stopped, out)
}

fn require(
    store: &Store,
    is_required: bool,
    yes: bool,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let stopped = if is_required {
        asked(store, TrustChange::Require, yes)?
    } else {
        Vec::new()
    };
    store.require_signature(is_required)?;
    let must = if is_required { "must" } else { "need not" };
    writeln!(out, "components {must} be signed")?;
    tell(&stopped, out)
}

/// The versions that a change stops, if none of them is active or the operator said that it may.
fn asked(store: &Store, change: TrustChange<'_>, yes: bool) -> anyhow::Result<Vec<Stopped>> {
    let stopped = store.would_stop(change)?;
    let active: Vec<String> = stopped
        .iter()
        .filter(|stopped| stopped.is_active)
        .map(|it| format!("\n  {} {}: {}", it.name, it.version, chain(&it.error)))
        .collect();
    if yes || active.is_empty() {
        return Ok(stopped);
    }
    bail!(
        "nothing changed, for these active versions would no longer decide:{}\nsign each with a key that counts, \
         `scopegate policy sign NAME@VERSION --key FILE`, or say `--yes`",
        active.concat()
    )
}

fn tell(stopped: &[Stopped], out: &mut impl Write) -> anyhow::Result<()> {
    for Stopped {
        name,
        version,
        is_active,
        error,
    } in stopped
    {
        let active = if *is_active { ", which is active," } else { "" };
        let reason = chain(error);
        writeln!(
            out,
            "{} {version}{active} no longer decides: {}",
            Plain(name),
            Plain(&reason)
        )?;
    }
    Ok(())
}

fn labels<'l>(labels: impl Iterator<Item = &'l str>) -> String {
    let quoted: Vec<String> = labels.map(|label| format!("`{}`", Plain(label))).collect();
    quoted.join(", ")
}

fn new(output: &Path, out: &mut impl Write) -> anyhow::Result<()> {
    let pair = KeyPair::generate()?;
    let (secret, public) = (with(output, ".key"), with(output, ".pub"));
    write(&secret, &pair.secret, true)?;
    write(&public, &pair.public, false)?;
    writeln!(
        out,
        "`{}` is the secret key, `{}` the public one",
        secret.display(),
        public.display()
    )?;
    Ok(())
}

/// Signs a component in a file, or a version in the store.
pub(super) fn sign(
    choice: &StoreChoice,
    component: &Path,
    key: &Path,
    out: &mut impl Write,
) -> anyhow::Result<Exit> {
    // A folder is no component, so what has its name in the store is meant.
    match component.to_str() {
        Some(text) if !component.is_file() && choice.store.is_some() && is_named(text) => {
            sign_stored(choice, text, key, out)
        }
        _ => sign_file(component, key, out),
    }
}

/// Whether this names a policy, not a file elsewhere or a component that is not there.
fn is_named(text: &str) -> bool {
    !text.contains(['/', '\\'])
        && Path::new(text)
            .extension()
            .is_none_or(|extension| extension != "wasm")
}

fn sign_stored(
    choice: &StoreChoice,
    policy: &str,
    key: &Path,
    out: &mut impl Write,
) -> anyhow::Result<Exit> {
    let store = choice.open()?;
    let (name, version) = named(policy)?;
    let version = version_of(&store, name, version)?;
    let engine = policy::engine(&choice.cache)?;
    let signed = store
        .sign(&engine, name, &version, &read(key)?)
        .with_context(|| format!("{name} {version} is not signed"))?;
    let (Added::Signed(manifest) | Added::There(manifest) | Added::Published(manifest)) = signed;
    writeln!(
        out,
        "{} {version} has this signature in the store now, {}",
        Plain(name),
        manifest.digest
    )?;
    Ok(Exit::Done)
}

fn sign_file(component: &Path, key: &Path, out: &mut impl Write) -> anyhow::Result<Exit> {
    let cannot = || format!("`{}` cannot be read", component.display());
    let bytes = fs::read(component).with_context(cannot)?;
    let signature = scopegate_store::sign(&bytes, &read(key)?)?;
    let file = with(component, ".minisig");
    fs::write(&file, signature)
        .with_context(|| format!("`{}` cannot be written", file.display()))?;
    writeln!(out, "`{}` is its signature", file.display())?;
    Ok(Exit::Done)
}

fn read(file: &Path) -> anyhow::Result<String> {
    let text = fs::read_to_string(file)
        .with_context(|| format!("the key `{}` cannot be read", file.display()))?;
    Ok(plain_text(&text).into_owned())
}

/// Writes a file that is not there yet.
fn write(file: &Path, text: &str, is_secret: bool) -> anyhow::Result<()> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if is_secret {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    #[cfg(not(unix))]
    let _ = is_secret;
    let written = options.open(file).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.with_context(|| format!("`{}` cannot be written", file.display()))
}

fn with(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    name.into()
}
