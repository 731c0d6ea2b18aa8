//! Where the rules of a policy are written: in its own file, or in what it extends.
//!
//! Always true here: a place in the file is one that an editor finds.

use std::ops::Range;

use scopegate_compiler::OwnPlaces;

use crate::policy::Rules;

/// The places of a rule set.
pub(super) struct Places<'r> {
    rules: &'r Rules,
    /// Those of its file in its text, if it extends another.
    own: Option<OwnPlaces>,
}

impl<'r> Places<'r> {
    pub(super) fn new(rules: &'r Rules) -> Self {
        let own = rules.own.as_deref();
        Self {
            rules,
            own: own.map(|own| OwnPlaces::new(&rules.source, own)),
        }
    }

    /// Whether this part of the text is written in the policy's own file.
    pub(super) fn is_own(&self, span: &Range<usize>) -> bool {
        let own = self.own.as_ref();
        own.is_none_or(|own| own.find(span).is_some())
    }

    /// The file and the line of this part of the text, as people read it.
    pub(super) fn line(&self, span: &Range<usize>) -> String {
        let file = self.rules.file.display();
        let line = |text: &str, at: usize| text[..at.min(text.len())].matches('\n').count() + 1;
        match (&self.own, &self.rules.own) {
            (Some(places), Some(own)) => match places.find(span) {
                Some(span) => format!("{file}:{}", line(own, span.start)),
                None => format!(
                    "{file} with its base:{}",
                    line(&self.rules.source, span.start)
                ),
            },
            _ => format!("{file}:{}", line(&self.rules.source, span.start)),
        }
    }

    /// What is said of the base if it is not judged.
    pub(super) fn left_out(&self, with_base: bool) -> &'static str {
        if self.own.is_some() && !with_base {
            "; those of the base are judged with `--base`"
        } else {
            ""
        }
    }
}
