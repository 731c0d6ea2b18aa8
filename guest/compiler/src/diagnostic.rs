//! What the compiler has to say about a rule set: always with a place in the file and a remedy.

use std::fmt;
use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use crate::plain::plain_text;

/// How grave a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The rule set does not compile.
    Error,
    /// The rule set compiles, but something in it has no effect.
    Warning,
}

/// One finding of the compiler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How grave it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// Where: bytes of the file, as [`plain_text`] has it.
    pub span: Range<usize>,
    /// What to do.
    pub remedy: String,
}

impl Diagnostic {
    pub(crate) fn error(
        span: Range<usize>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Error,
            message: message.into(),
            span,
            remedy: remedy.into(),
        }
    }

    pub(crate) fn warning(
        span: Range<usize>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(span, message, remedy)
        }
    }

    /// Line and column of the diagnostic in `source`, both from 1; columns count characters.
    pub fn position(&self, source: &str) -> (usize, usize) {
        let source = &*plain_text(source);
        let before = &source[..floor_char_boundary(source, self.span.start)];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (
            before.matches('\n').count() + 1,
            before[line_start..].chars().count() + 1,
        )
    }

    fn render(&self, source: &str, file: &str, renderer: &Renderer) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let start = floor_char_boundary(source, self.span.start);
        let end = floor_char_boundary(source, self.span.end.max(start));
        // Only the lines in question: the renderer goes through all that it is given.
        let from = source[..start].rfind('\n').map_or(0, |at| at + 1);
        let to = source[end..]
            .find('\n')
            .map_or(source.len(), |at| end + at + 1);
        let line = source[..from].matches('\n').count() + 1;
        let annotation = AnnotationKind::Primary.span(start - from..end - from);
        let snippet = Snippet::source(&source[from..to])
            .line_start(line)
            .path(file);
        let mut group = level
            .primary_title(&self.message)
            .element(snippet.annotation(annotation));
        if !self.remedy.is_empty() {
            group = group.element(Level::HELP.message(&self.remedy));
        }
        renderer.render(&[group])
    }
}

fn floor_char_boundary(source: &str, at: usize) -> usize {
    let mut at = at.min(source.len());
    while !source.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Everything the compiler has to say about one file, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics {
    /// The findings, by place.
    pub list: Vec<Diagnostic>,
}

/// The most errors of one file that are kept, and the most warnings: what follows is noise.
const MOST: usize = 200;
/// The longest word that suggestions are made for, and from.
const SUGGESTED_BYTES: usize = 100;

impl Diagnostics {
    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        let alike = self
            .list
            .iter()
            .filter(|d| d.severity == diagnostic.severity);
        if alike.count() < MOST && !self.list.contains(&diagnostic) {
            self.list.push(diagnostic);
        }
    }

    /// Whether as many errors are known as are kept: looking for more is no use.
    pub(crate) fn are_enough(&self) -> bool {
        self.list
            .iter()
            .filter(|d| d.severity == Severity::Error)
            .count()
            >= MOST
    }

    pub(crate) fn sort(&mut self) {
        self.list.sort_by_key(|d| (d.span.start, d.span.end));
    }

    /// Whether any of them keeps the rule set from compiling.
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|d| d.severity == Severity::Error)
    }

    /// Whether there are none at all.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The diagnostics as a person reads them, with excerpts of `source`, which the reader knows as `file`.
    pub fn render(&self, source: &str, file: &str, color: bool) -> String {
        let source = &*plain_text(source);
        let renderer = if color {
            Renderer::styled()
        } else {
            Renderer::plain()
        }
        .decor_style(DecorStyle::Ascii);
        self.list
            .iter()
            .map(|diagnostic| diagnostic.render(source, file, &renderer) + "\n")
            .collect::<Vec<_>>()
            .join("\n")
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, diagnostic) in self.list.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            write!(f, "{}", diagnostic.message)?;
            if !diagnostic.remedy.is_empty() {
                write!(f, ": {}", diagnostic.remedy)?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

/// "did you mean `x`?" for the candidate nearest to `word`, or else the list of candidates if it is short.
pub(crate) fn suggest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    let nearest = candidates
        .iter()
        .filter(|c| c.len() <= SUGGESTED_BYTES && word.len() <= SUGGESTED_BYTES)
        .map(|c| (strsim::damerau_levenshtein(word, c), *c))
        .min();
    match nearest {
        Some((distance, candidate)) if distance <= 2.max(word.chars().count() / 3) => {
            format!("did you mean `{candidate}`?")
        }
        _ if (1..=16).contains(&candidates.len())
            && candidates.iter().all(|c| c.len() <= SUGGESTED_BYTES) =>
        {
            let list: Vec<String> = candidates.iter().map(|c| format!("`{c}`")).collect();
            format!("known are {}", list.join(", "))
        }
        _ => String::new(),
    }
}

/// `text` for a message: cut where it is long, control characters escaped.
pub(crate) fn quote(text: &str) -> String {
    const LONGEST: usize = 60;
    let cut: String = text.chars().take(LONGEST).collect();
    let ellipsis = if cut.len() < text.len() { "…" } else { "" };
    format!(
        "`{}{ellipsis}`",
        cut.escape_debug()
            .to_string()
            .replace("\\\"", "\"")
            .replace("\\'", "'")
    )
}
