//! Keys and signatures.
//!
//! Always true here: a secret key is written so that only its owner can read it, and never over another file.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use scopegate_store::KeyPair;

use crate::arguments::{KeyAction, StoreChoice};
use crate::exit::Exit;
use crate::output::{BAD, Plain};

pub(super) fn run(
    choice: &StoreChoice,
    action: KeyAction,
    out: &mut impl Write,
) -> anyhow::Result<Exit> {
    match action {
        KeyAction::New { output } => new(&output, out)?,
        KeyAction::Trust { key, label } => {
            let key = choice.open()?.trust(&label, &read(&key)?)?;
            writeln!(out, "signatures of {} `{}` count", key.id, Plain(&label))?;
        }
        KeyAction::Remove { label } => {
            choice.open()?.distrust(&label)?;
            writeln!(out, "signatures of `{}` no longer count", Plain(&label))?;
        }
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
        KeyAction::Require { required } => {
            let is_required = required == "yes";
            choice.open()?.require_signature(is_required)?;
            let must = if is_required { "must" } else { "need not" };
            writeln!(out, "components {must} be signed")?;
        }
    }
    Ok(Exit::Done)
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

pub(super) fn sign(component: &Path, key: &Path, out: &mut impl Write) -> anyhow::Result<Exit> {
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
    fs::read_to_string(file).with_context(|| format!("the key `{}` cannot be read", file.display()))
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
