//! `scopegate inspect`: what a policy is.
//!
//! Always true here: all but the compiler's name is what the loaded component itself says, or what was proven of its bytes.

use std::io::{self, Write};

use anyhow::bail;
use scopegate::{Manifest, Origin, Policy};
use serde::Serialize;

use crate::arguments::{Format, Inspect};
use crate::base;
use crate::exit::Exit;
use crate::output::{self, FAINT, Plain, STRONG, list};
use crate::policy;

/// What `--format json` prints.
#[derive(Serialize)]
struct Description<'a> {
    digest: &'a str,
    bytes: usize,
    /// What the component says it was made by.
    compiler: Option<&'a str>,
    /// Whether this program's own compiler makes the same bytes of the rules within.
    is_proven: bool,
    imports: &'a [String],
    #[serde(flatten)]
    manifest: &'a Manifest,
}

impl Inspect {
    pub(crate) fn run(self) -> anyhow::Result<Exit> {
        let path = self.policy.as_deref();
        let chosen = policy::chosen(path, self.store.as_deref(), &self.cache)?;
        let bytes = &chosen.component;
        if self.rules {
            let Some(rules) = scopegate_compiler::rules_of(bytes) else {
                bail!("the component carries no rule set: it was not made of one");
            };
            let mut out = output::data();
            out.write_all(rules.as_bytes())?;
            out.flush()?;
            return Ok(Exit::Done);
        }
        let policy = chosen.load(path)?;
        let compiler = scopegate_compiler::compiler_of(bytes);
        let description = Description {
            digest: &policy.id().digest,
            bytes: bytes.len(),
            compiler: compiler.as_deref(),
            is_proven: policy.origin() == Origin::Compiled,
            imports: policy.imports(),
            manifest: policy.manifest(),
        };
        match self.format {
            Format::Json => {
                let mut out = output::data();
                serde_json::to_writer(&mut out, &description).map_err(io::Error::from)?;
                writeln!(out)?;
                out.flush()?;
            }
            Format::Text => {
                let mut out = output::people();
                head(&mut out, &policy, &description)?;
                if let Some(rules) = scopegate_compiler::rules_of(bytes) {
                    base::changes(&mut out, &rules)?;
                }
                body(&mut out, policy.manifest())?;
                out.flush()?;
            }
        }
        Ok(Exit::Done)
    }
}

fn head(out: &mut impl Write, policy: &Policy, description: &Description<'_>) -> io::Result<()> {
    let Manifest {
        name,
        version,
        summary,
        rules_digest,
        limits,
        ..
    } = policy.manifest();
    writeln!(
        out,
        "{STRONG}{} {}{STRONG:#}\n{}\n",
        Plain(name),
        Plain(version),
        Plain(summary)
    )?;
    let mut line = |name: &str, value: &str| writeln!(out, "{FAINT}{name:<9}{FAINT:#}  {value}");
    line("digest", description.digest)?;
    line(
        "rules",
        if rules_digest.is_empty() {
            "written by hand"
        } else {
            rules_digest
        },
    )?;
    let proof = if description.is_proven {
        "this program's compiler makes the same bytes"
    } else {
        "a claim: this program's compiler does not make these bytes"
    };
    match description.compiler {
        Some(compiler) => line("compiler", &format!("{} ({proof})", Plain(compiler)))?,
        None => line("compiler", "not named")?,
    }
    line("size", &format!("{} bytes", description.bytes))?;
    let imports = match description.imports {
        [] => "none".to_owned(),
        imports => Plain(&imports.join(", ")).to_string(),
    };
    line("imports", &imports)?;
    line(
        "limits",
        &format!(
            "text {} bytes, targets {}, patterns {}, other lists {}, memory {} bytes",
            limits.text_bytes, limits.targets, limits.patterns, limits.list, limits.memory_bytes
        ),
    )
}

fn body(out: &mut impl Write, manifest: &Manifest) -> io::Result<()> {
    section(out, "actions", manifest.actions.len())?;
    writeln!(out, "  {}", list(&manifest.actions))?;
    section(out, "requirements", manifest.requirements.len())?;
    let width = |texts: &mut dyn Iterator<Item = &String>| {
        texts
            .map(|text| text.chars().count())
            .max()
            .unwrap_or_default()
    };
    let ids = width(
        &mut manifest
            .requirements
            .iter()
            .map(|requirement| &requirement.id),
    );
    let codes = width(
        &mut manifest
            .requirements
            .iter()
            .map(|requirement| &requirement.code),
    );
    for (index, requirement) in manifest.requirements.iter().enumerate() {
        let actions = actions(&requirement.actions, &manifest.actions);
        let (id, code) = (
            Plain(&requirement.id).to_string(),
            Plain(&requirement.code).to_string(),
        );
        writeln!(
            out,
            "{:>4}  {STRONG}{id:<ids$}{STRONG:#}  {code:<codes$}  {FAINT}{actions}{FAINT:#}",
            index + 1
        )?;
    }
    section(out, "ready states", manifest.ready.len())?;
    for ready in &manifest.ready {
        writeln!(out, "  {}", Plain(&ready.state))?;
    }
    section(out, "attributes", manifest.attributes.len())?;
    for attribute in &manifest.attributes {
        let kind = serde_json::to_string(&attribute.type_).unwrap_or_default();
        writeln!(
            out,
            "  {STRONG}{}{STRONG:#} {}  {}",
            Plain(&attribute.name),
            kind.trim_matches('"'),
            Plain(&attribute.summary)
        )?;
    }
    Ok(())
}

/// The actions of a requirement, in few words.
fn actions(named: &[String], all: &[String]) -> String {
    let others: Vec<&String> = all
        .iter()
        .filter(|action| !named.contains(action))
        .collect();
    match others.len() {
        0 => "every action".to_owned(),
        1 | 2 if named.len() > 2 => format!("every action but {}", list(&others)),
        _ => list(named),
    }
}

fn section(out: &mut impl Write, name: &str, count: usize) -> io::Result<()> {
    writeln!(
        out,
        "\n{STRONG}{name}{STRONG:#}  {FAINT}{}{FAINT:#}",
        if count == 0 {
            "none".to_owned()
        } else {
            count.to_string()
        }
    )
}
