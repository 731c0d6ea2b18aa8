//! Writes to the two streams.
//!
//! Always true here: colour goes to terminals only, and what strangers wrote cannot steer a terminal.

use std::fmt::{self, Write as _};
use std::io::{self, BufWriter, IsTerminal as _, StdoutLock, Write};

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressStyle};

pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(crate) const STRONG: Style = Style::new().bold();
pub(crate) const FAINT: Style = Style::new().dimmed();

/// Standard output for people: colour on terminals.
pub(crate) fn people() -> BufWriter<AutoStream<StdoutLock<'static>>> {
    BufWriter::new(AutoStream::auto(io::stdout().lock()))
}

/// Standard output for programs.
pub(crate) fn data() -> BufWriter<StdoutLock<'static>> {
    BufWriter::new(io::stdout().lock())
}

/// Says on standard error what is wrong.
pub(crate) fn error(message: &str) {
    say("error", BAD, message);
}

fn say(what: &str, style: Style, message: &str) {
    let mut stderr = anstream::stderr().lock();
    // If nobody hears it, there is nobody to tell.
    let _ = writeln!(stderr, "{style}{what}{style:#}: {}", Lines(message));
}

/// Writes text that is rendered already, colours included, to standard error.
pub(crate) fn rendered(text: &str) {
    let _ = write!(anstream::stderr().lock(), "{text}");
}

/// A text in one line: control characters are escaped.
pub(crate) struct Plain<'a>(pub(crate) &'a str);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        escape(f, self.0, |_| false)
    }
}

/// A text in lines: control characters are escaped, but for the ends of lines.
struct Lines<'a>(&'a str);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        escape(f, self.0, |character| character == '\n')
    }
}

fn escape(f: &mut fmt::Formatter<'_>, text: &str, is_kept: impl Fn(char) -> bool) -> fmt::Result {
    for character in text.chars() {
        if is_unsafe(character) && !is_kept(character) {
            write!(f, "{}", character.escape_default())?;
        } else {
            f.write_char(character)?;
        }
    }
    Ok(())
}

/// Whether a character steers a terminal, or turns the direction of what follows.
fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

/// The number of requests that were decided, on a terminal only, and only if decisions go elsewhere.
pub(crate) fn spinner() -> ProgressBar {
    if io::stdout().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{spinner} {human_pos} requests, {per_sec}")
        .expect("the template is right");
    ProgressBar::new_spinner().with_style(style)
}

/// Progress of `length` pieces of work, on a terminal only.
pub(crate) fn progress(length: usize, what: &'static str) -> ProgressBar {
    let style =
        ProgressStyle::with_template("{msg} {bar:40} {pos}/{len}").expect("the template is right");
    ProgressBar::new(length as u64)
        .with_style(style)
        .with_message(what)
}

/// Progress through bytes, on a terminal only; how many there are is said later.
pub(crate) fn bytes(what: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {bar:40} {bytes}/{total_bytes}, {eta}")
        .expect("the template is right");
    ProgressBar::new(0).with_style(style).with_message(what)
}

/// Names in one line.
pub(crate) fn list<T: AsRef<str>>(names: &[T]) -> String {
    names
        .iter()
        .map(|name| Plain(name.as_ref()).to_string())
        .collect::<Vec<_>>()
        .join(", ")
}
