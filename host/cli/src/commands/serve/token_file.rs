//! The file of tokens, read again when it changes.
//!
//! Always true here: a token that is taken out of the file is refused from the next look on, whatever else is wrong with the file; a file
//! that others may write to gives nobody a new one.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, bail};
use scopegate_compiler::digest;
use scopegate_server::{Service, Tokens, TokensError};
use scopegate_store::read_regular;

/// How many looks a file that cannot be read is waited for: some editors take it away for a moment.
const PATIENCE: u32 = 5;

/// The most lines that a message says something of.
const LINES: usize = 5;

/// A file of tokens.
pub(super) struct TokenFile {
    path: PathBuf,
    known: Mutex<Known>,
}

/// What is known of the file.
struct Known {
    /// What the file was like at the last look.
    seen: Seen,
    /// The tokens that counted when the file could last be trusted.
    tokens: Tokens,
    /// How many looks it could not be read.
    vain: u32,
}

/// What a look at the file shows.
#[derive(Clone, PartialEq, Eq)]
enum Seen {
    /// It has a text with this digest; and why it is not to be trusted, if it is not.
    Text(String, Option<String>),
    /// It cannot be read.
    Unreadable(String),
}

impl TokenFile {
    /// Reads the file, and gives its tokens.
    pub(super) fn read(path: &Path) -> anyhow::Result<(Self, Tokens)> {
        let unusable = || format!("the tokens `{}` cannot be used", path.display());
        let text = text_of(path)
            .with_context(|| format!("the tokens `{}` cannot be read", path.display()))?;
        if let Some(reason) = distrust(path).with_context(unusable)? {
            bail!("{}: {reason}", unusable());
        }
        let (tokens, errors) = Tokens::read(&text);
        if !errors.is_empty() {
            bail!("{}: {}", unusable(), said(&errors));
        }
        let file = Self {
            path: path.to_owned(),
            known: Mutex::new(Known {
                seen: Seen::Text(digest(text.as_bytes()), None),
                tokens: tokens.clone(),
                vain: 0,
            }),
        };
        Ok((file, tokens))
    }

    /// Looks at the file; if it has changed, what is in it counts from now on. Each change is said once.
    pub(super) fn look(&self, service: &Service) {
        // Without the lock: the disk may not answer.
        let looked = text_of(&self.path).and_then(|text| Ok((text, distrust(&self.path)?)));
        let mut known = self.known();
        let (seen, text) = match looked {
            Ok((text, distrust)) => (Seen::Text(digest(text.as_bytes()), distrust), text),
            Err(error) => (Seen::Unreadable(error.to_string()), String::new()),
        };
        let is_new = known.seen != seen;
        known.seen = seen.clone();
        let file = self.path.display();
        match seen {
            Seen::Unreadable(reason) => {
                known.vain = known.vain.saturating_add(1);
                if known.vain == 1 {
                    tracing::error!(%file, reason, "the tokens cannot be read: soon none counts any more");
                }
                if known.vain == PATIENCE {
                    service.replace_tokens(Tokens::default());
                    tracing::error!(%file, reason, "the tokens cannot be read, so none counts: put the file back");
                }
                return;
            }
            Seen::Text(..) if !is_new && known.vain == 0 => return,
            Seen::Text(_, Some(reason)) => {
                let tokens = known.tokens.clone().only_in(&Tokens::read(&text).0);
                service.replace_tokens(tokens.clone());
                known.tokens = tokens;
                tracing::error!(%file, reason, "no new token of the file counts; those that are gone from it do not count either");
            }
            Seen::Text(_, None) => {
                let (tokens, errors) = Tokens::read(&text);
                service.replace_tokens(tokens.clone());
                known.tokens = tokens;
                if errors.is_empty() {
                    tracing::info!("the tokens were read again");
                } else {
                    let lines = said(&errors);
                    tracing::error!(%file, lines, "some lines of the tokens do not count; all others do");
                }
            }
        }
        known.vain = 0;
    }

    /// The file does not answer: no token counts until it does.
    pub(super) fn withhold(&self, service: &Service) {
        let mut known = self.known();
        known.vain = PATIENCE;
        service.replace_tokens(Tokens::default());
        let file = self.path.display();
        tracing::error!(%file, "the tokens cannot be read in time, so none counts: put the file where it can be read");
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The file's text. What is not UTF-8 makes its line wrong, and no other.
fn text_of(path: &Path) -> std::io::Result<String> {
    let bytes = read_regular(path)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// What is wrong with the lines.
fn said(errors: &[TokensError]) -> String {
    let mut said: Vec<_> = errors.iter().take(LINES).map(ToString::to_string).collect();
    if errors.len() > LINES {
        said.push(format!("and {} more", errors.len() - LINES));
    }
    said.join("; ")
}

/// Why the file is not to be trusted, if everybody on this machine may write to it, or put another in its place.
#[cfg(unix)]
fn distrust(path: &Path) -> std::io::Result<Option<String>> {
    use std::os::unix::fs::MetadataExt as _;

    const OTHERS_WRITE: u32 = 0o002;
    const STICKY: u32 = 0o1000;
    let path = fs::canonicalize(path)?;
    if fs::metadata(&path)?.mode() & OTHERS_WRITE != 0 {
        let file = path.display();
        return Ok(Some(format!(
            "everybody may write to `{file}`: `chmod o-w` it, and look whether all its lines are yours"
        )));
    }
    let Some(folder) = path.parent() else {
        return Ok(None);
    };
    let mode = fs::metadata(folder)?.mode();
    if mode & OTHERS_WRITE != 0 && mode & STICKY == 0 {
        let folder = folder.display();
        return Ok(Some(format!(
            "everybody may put another file in its place: `chmod o-w` the folder `{folder}`"
        )));
    }
    Ok(None)
}

/// Why the file is not to be trusted: here nobody tells.
#[cfg(not(unix))]
fn distrust(_: &Path) -> std::io::Result<Option<String>> {
    Ok(None)
}
