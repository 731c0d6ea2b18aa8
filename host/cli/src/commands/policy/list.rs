//! What is in a store, for people and for programs.
//!
//! Always true here: nothing is loaded, and nothing changes.

use std::io::{self, Write};

use scopegate_store::Store;
use serde_json::json;

use super::named;
use crate::arguments::Format;
use crate::exit::Exit;
use crate::output::{FAINT, GOOD, Plain, STRONG};
use crate::policy::version_of;

pub(super) fn policies(
    store: &Store,
    format: Format,
    out: &mut impl Write,
) -> anyhow::Result<Exit> {
    for entry in store.policies()? {
        if format == Format::Json {
            let json =
                json!({"name": entry.name, "versions": entry.versions, "active": entry.active});
            line(out, &json)?;
            continue;
        }
        writeln!(out, "{STRONG}{}{STRONG:#}", Plain(&entry.name))?;
        let active = entry.active.as_ref().map(|active| &active.version);
        for manifest in &entry.versions {
            let mark = if active == Some(&manifest.version) {
                format!("  {GOOD}active{GOOD:#}")
            } else {
                String::new()
            };
            writeln!(
                out,
                "  {:<16} {FAINT}{}  {} by {}{FAINT:#}{mark}",
                manifest.version.to_string(),
                &manifest.digest[..manifest.digest.len().min(19)],
                Plain(&manifest.added_at),
                Plain(&manifest.added_by)
            )?;
        }
    }
    Ok(Exit::Done)
}

pub(super) fn show(store: &Store, policy: &str, out: &mut impl Write) -> anyhow::Result<Exit> {
    let (name, version) = named(policy)?;
    let version = version_of(store, name, version)?;
    let manifest = store.manifest(name, &version)?;
    serde_json::to_writer_pretty(&mut *out, &manifest).map_err(io::Error::from)?;
    writeln!(out)?;
    Ok(Exit::Done)
}

pub(super) fn history(
    store: &Store,
    name: &str,
    format: Format,
    out: &mut impl Write,
) -> anyhow::Result<Exit> {
    for activation in store.history(name)? {
        if format == Format::Json {
            line(out, &json!(activation))?;
            continue;
        }
        let from = activation
            .from
            .map_or(String::new(), |from| format!(" after {from}"));
        let why = if activation.why.is_empty() {
            String::new()
        } else {
            format!(": {}", Plain(&activation.why))
        };
        writeln!(
            out,
            "{:>4}  {}  {STRONG}{}{STRONG:#}{from}, by {}{why}",
            activation.number,
            Plain(&activation.at),
            activation.version,
            Plain(&activation.by)
        )?;
    }
    Ok(Exit::Done)
}

fn line(out: &mut impl Write, json: &serde_json::Value) -> io::Result<()> {
    writeln!(out, "{json}")
}
