//! Conditions without `&&` and `||`: a fact that is true or false, comparisons, tests of texts and of lists.

use super::super::contract::Type;
use super::super::literal;
use super::super::world::ACTIONS;
use super::{Generator, Scope};

/// Patterns that both the oracle and the compiler know.
const PATTERNS: [&str; 30] = [
    "^[a-z]+-[0-9]+$",
    "[0-9]",
    "^$",
    ".",
    "a",
    "^a",
    "b$",
    "github|gitlab",
    "(?i)GITHUB",
    "é",
    "[^\\x00-\\x7F]",
    "^.$",
    "^..?$",
    "(?s)^.*$",
    "^.*$",
    "https?://",
    "^https://shop\\.example(/|$)",
    "account$",
    "(ab)+",
    "x*",
    "[a-c]{2,}",
    "\\.example",
    "^(user|agent)-[0-9]+$",
    "proj-[12]",
    "(?m)^break$",
    "[一-龥]",
    "^[^a-z]*$",
    "read",
    "-[13]$",
    "😀",
];

impl Generator<'_> {
    /// A boolean without logic of its own.
    pub(super) fn atom(&mut self, depth: u32, scope: &Scope) -> String {
        match self.rng.u8(..40) {
            0..3 => self.truth(scope),
            3..8 => self.texts_equal(depth, scope),
            8..11 => self.cases_equal(scope),
            11..14 => self.numbers_compared(depth, scope),
            14..17 => self.times_compared(scope),
            17..19 => self.texts_ordered(depth, scope),
            19..24 => self.membership(depth, scope),
            24..27 => self.text_test(depth, scope),
            27..29 => self.matches(depth, scope),
            29..31 => self.records_equal(scope),
            31..33 => self.lists_equal(scope),
            33 => self.action_is(),
            34 => self.presence(scope),
            35..37 => self.url_test(scope),
            _ => self.quantified(depth.saturating_sub(1), scope),
        }
    }

    /// A boolean fact, or what a table gives.
    fn truth(&mut self, scope: &Scope) -> String {
        if self.one_in(3) {
            return self.look_up(&Type::Bool, scope).0;
        }
        let fact = self
            .fact(scope, |ty| *ty == Type::Bool)
            .expect("the request always has booleans")
            .code;
        match self.rng.u8(..8) {
            0 => format!("!{fact}"),
            1 => format!("{fact} == {}", self.rng.bool()),
            2 => format!("{} != {fact}", self.rng.bool()),
            3 => {
                let other = self
                    .fact(scope, |ty| *ty == Type::Bool)
                    .expect("the request always has booleans")
                    .code;
                format!("{fact} == {other}")
            }
            _ => fact,
        }
    }

    fn presence(&mut self, scope: &Scope) -> String {
        match self.optional(scope) {
            Some(optional) => format!("has({optional})"),
            None => self.truth(scope),
        }
    }

    fn action_is(&mut self) -> String {
        let (one, two) = (self.pick(&ACTIONS), self.pick(&ACTIONS));
        match self.rng.u8(..5) {
            0 => format!("request.action in [\"{one}\", \"{two}\", \"retest\"]"),
            1 => format!("\"{one}\" != request.action"),
            2 => format!("[\"{one}\", \"{two}\", \"scan\"].exists(a, a == request.action)"),
            3 => format!(
                "(request.now > timestamp(\"2026-11-23T12:00:00Z\") ? \"{one}\" : \"{two}\") == request.action"
            ),
            _ => format!("request.action == \"{one}\""),
        }
    }

    pub(super) fn text_test(&mut self, depth: u32, scope: &Scope) -> String {
        let (mut text, path) = self.text(depth, scope);
        if self.one_in(8) {
            return format!("is_blank({text})");
        }
        if self.one_in(8) {
            text = self.literal_like(&path);
        }
        let test = self.pick(&["startsWith", "endsWith", "contains"]);
        if self.one_in(3) {
            let (part, _) = self.text(0, scope);
            return format!("{text}.{test}({part})");
        }
        let sample = self.text_like(&path);
        let chars: Vec<char> = sample.chars().collect();
        let middle = self.rng.usize(..=chars.len());
        let part: String = match test {
            "startsWith" => chars[..middle].iter().take(6).collect(),
            "endsWith" => chars[middle..].iter().collect(),
            _ => chars[middle..].iter().take(3).collect(),
        };
        format!("{text}.{test}({})", literal::text(&part, &mut self.rng))
    }

    fn matches(&mut self, depth: u32, scope: &Scope) -> String {
        let (text, _) = self.text(depth, scope);
        let pattern = self.pick(&PATTERNS);
        format!("{text}.matches(r\"{pattern}\")")
    }

    fn url_test(&mut self, scope: &Scope) -> String {
        let test = self.pick(&["accepts", "excludes", "excludes_any_spelling"]);
        let (pattern, url) = (self.url(scope), self.url(scope));
        format!("{test}({pattern}, {url})")
    }

    /// A URL or a pattern: a fact, or a literal that is one.
    pub(super) fn url(&mut self, scope: &Scope) -> String {
        let path = self.pick(&["scan.targets[].url", "scan.accepted[]", "scan.excluded[]"]);
        if self.one_in(3) {
            return self.literal_like(path);
        }
        match self.fact(scope, |ty| *ty == Type::Text) {
            Some(fact) if fact.path.starts_with("scan.") || self.one_in(3) => fact.code,
            _ => self.literal_like(path),
        }
    }
}
