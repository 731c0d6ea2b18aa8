//! `scopegate build`: compiles a rule set.
//!
//! Always true here: in a regular file the component appears whole or not at all.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use anyhow::{Context as _, bail};
use tempfile::Builder;

use crate::arguments::Build;
use crate::exit::Exit;
use crate::output;
use crate::policy::Rules;

impl Build {
    pub(crate) fn run(self) -> anyhow::Result<Exit> {
        let rules = Rules::read(&self.rules)?;
        rules.warn();
        let component = rules.component()?;
        if self.output == Path::new("-") {
            let mut out = output::data();
            out.write_all(&component)?;
            out.flush()?;
            return Ok(Exit::Done);
        }
        write(&self.output, &component).with_context(|| {
            format!(
                "the component `{}` cannot be written",
                self.output.display()
            )
        })?;
        let summary = format!(
            "{} {}: {} bytes, {}, in `{}`",
            rules.set.name(),
            rules.set.version(),
            component.len(),
            scopegate_compiler::digest(&component),
            self.output.display()
        );
        // What is no regular file may be standard output itself, such as `/dev/stdout`.
        if self.output.is_file() {
            let mut out = output::people();
            writeln!(out, "{summary}")?;
            out.flush()?;
        } else {
            writeln!(io::stderr(), "{summary}")?;
        }
        Ok(Exit::Done)
    }
}

/// Writes a file beside the one at `path`, and puts it in its place.
fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    // What a link names is replaced, not the link.
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if path.is_dir() {
        bail!("it is a folder: name a file in it");
    }
    if path.exists() && !path.is_file() {
        // Such as `/dev/null` or a named pipe: it stays what it is, and takes the bytes.
        return Ok(fs::write(path, bytes)?);
    }
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    if !folder.is_dir() {
        bail!("there is no folder `{}`: make it first", folder.display());
    }
    let mut builder = Builder::new();
    builder.prefix(".scopegate-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // As any new file: what the umask leaves.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder
        .tempfile_in(folder)
        .map_err(|error| io::Error::from(error.kind()))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
