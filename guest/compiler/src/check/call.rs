//! Checks calls: which operator, function, method, macro or table is meant, and whether its arguments fit.

use std::sync::Arc;

use cel::common::ast::{CallExpr, Expr as Cel, IdedExpr, operators};

use super::constant;
use super::facts::Facts;
use super::scope::{Checked, Checker, Scope};
use crate::contract::{CONTRACT, Type};
use crate::dfa::Dfa;
use crate::diagnostic::quote;
use crate::ir::{Expr, Kind, Quantifier, TextTest, UrlTest};
use crate::rules::Key;

/// Every function and method of the language, for suggestions.
const FUNCTIONS: [&str; 18] = [
    "has",
    "size",
    "all",
    "exists",
    "exists_one",
    "startsWith",
    "endsWith",
    "contains",
    "matches",
    "timestamp",
    "duration",
    "host",
    "accepts",
    "excludes",
    "excludes_any_spelling",
    "is_blank",
    "holds",
    "in",
];

/// The most different patterns of a rule set.
const PATTERNS: usize = 256;

/// What to do without the other kinds of arithmetic.
const SUMS: &str = "have the caller send the result; what is small, such as a size, can be added to itself: `x + x`";

/// What CEL has and this language does not, each with what to do instead.
const ABSENT: [(&str, &str); 22] = [
    ("map", "ask about the elements with `all` or `exists`"),
    ("filter", "ask about the elements with `all` or `exists`"),
    ("int", "facts have their types already"),
    ("uint", "all whole numbers are `int`"),
    ("double", "there are no fractional numbers"),
    ("string", "facts have their types already"),
    ("bytes", "compare texts"),
    ("bool", "facts have their types already"),
    ("dyn", "facts have their types already"),
    ("type", "facts have their types already"),
    ("getFullYear", "compare times with `timestamp(\"…\")`"),
    ("getMonth", "compare times with `timestamp(\"…\")`"),
    ("getDate", "compare times with `timestamp(\"…\")`"),
    ("getDayOfMonth", "compare times with `timestamp(\"…\")`"),
    ("getDayOfWeek", "compare times with `timestamp(\"…\")`"),
    ("getDayOfYear", "compare times with `timestamp(\"…\")`"),
    ("getHours", "compare times with `timestamp(\"…\")`"),
    ("getMinutes", "compare times with `timestamp(\"…\")`"),
    ("getSeconds", "compare times with `timestamp(\"…\")`"),
    ("getMilliseconds", "compare times with `timestamp(\"…\")`"),
    ("optional", "ask whether a fact is present with `has(…)`"),
    ("orValue", "ask whether a fact is present with `has(…)`"),
];

/// Reads a constant's text.
type Read = fn(&str) -> Result<i64, String>;

impl Checker<'_> {
    pub(crate) fn operator(
        &mut self,
        call: &CallExpr,
        cel: &IdedExpr,
        scope: &mut Scope<'_>,
        proven: &Facts,
    ) -> Option<Checked> {
        match call.func_name.as_str() {
            operators::LOGICAL_AND | operators::LOGICAL_OR => self.logic(call, cel, scope, proven),
            operators::LOGICAL_NOT => self.not(&call.args[0], cel, scope, proven),
            operators::CONDITIONAL => self.choice(call, cel, scope, proven),
            operators::EQUALS | operators::NOT_EQUALS => self.equality(call, cel, scope, proven),
            operators::LESS
            | operators::LESS_EQUALS
            | operators::GREATER
            | operators::GREATER_EQUALS => self.order(call, cel, scope, proven),
            operators::IN => self.membership(call, cel, scope, proven),
            operators::ADD | operators::SUBSTRACT => self.arithmetic(call, cel, scope, proven),
            operators::NEGATE => self.unsupported(
                cel,
                scope,
                "negation of an expression",
                "compare the other way round: `x < 0` instead of `-x > 0`",
            ),
            operators::MULTIPLY => self.unsupported(cel, scope, "`*`", SUMS),
            operators::DIVIDE => self.unsupported(cel, scope, "`/`", SUMS),
            operators::MODULO => self.unsupported(cel, scope, "`%`", SUMS),
            operators::INDEX => {
                self.unsupported(cel, scope, "indexing", "ask with `in`, `all` or `exists`")
            }
            operators::OPT_INDEX | operators::OPT_SELECT => self.unsupported(
                cel,
                scope,
                "optional syntax",
                "ask whether a fact is present with `has(…)`",
            ),
            _ => match &call.target {
                Some(target) => self.method(call, target, cel, scope, proven),
                None => self.function(call, cel, scope, proven),
            },
        }
    }

    fn function(
        &mut self,
        call: &CallExpr,
        cel: &IdedExpr,
        scope: &mut Scope<'_>,
        proven: &Facts,
    ) -> Option<Checked> {
        match call.func_name.as_str() {
            "has" => self.has(call, cel, scope, proven),
            "size" => match call.args.as_slice() {
                [argument] => self.size(argument, cel, scope, proven),
                _ => self.arguments(cel, scope, "size", "`size(request.scan.targets)`"),
            },
            "timestamp" => self.constant(call, cel, scope, Type::Time),
            "duration" => self.constant(call, cel, scope, Type::Duration),
            "host" => {
                let [url] = self.texts(call, cel, scope, proven, "`host(url)`")?;
                let span = scope.condition.span(cel);
                Some(Expr::new(Kind::Host(Box::new(url)), Type::Text, span).into())
            }
            "is_blank" => {
                let [text] = self.texts(call, cel, scope, proven, "`is_blank(text)`")?;
                let span = scope.condition.span(cel);
                Some(Expr::new(Kind::IsBlank(Box::new(text)), Type::Bool, span).into())
            }
            "accepts" => self.url_test(UrlTest::Accepts, call, cel, scope, proven),
            "excludes" => self.url_test(UrlTest::Excludes, call, cel, scope, proven),
            "excludes_any_spelling" => {
                self.url_test(UrlTest::ExcludesAnySpelling, call, cel, scope, proven)
            }
            "holds" => self.holds(call, cel, scope),
            name => match self.table_names.get(name).copied() {
                Some(table) => self.look_up(table, call, cel, scope, proven),
                None => self.unknown(name, cel, scope),
            },
        }
    }

    fn method(
        &mut self,
        call: &CallExpr,
        target: &IdedExpr,
        cel: &IdedExpr,
        scope: &mut Scope<'_>,
        proven: &Facts,
    ) -> Option<Checked> {
        let test = match call.func_name.as_str() {
            "all" => return self.quantified(Quantifier::All, call, target, cel, scope, proven),
            "exists" => {
                return self.quantified(Quantifier::Exists, call, target, cel, scope, proven);
            }
            "exists_one" | "existsOne" => {
                return self.quantified(Quantifier::ExistsOne, call, target, cel, scope, proven);
            }
            "size" if call.args.is_empty() => return self.size(target, cel, scope, proven),
            "matches" => return self.matches(call, target, cel, scope, proven),
            "startsWith" => TextTest::StartsWith,
            "endsWith" => TextTest::EndsWith,
            "contains" => TextTest::Contains,
            name => return self.unknown(name, cel, scope),
        };
        let [argument] = call.args.as_slice() else {
            let form = format!("`text.{}(\"…\")`", call.func_name);
            return self.arguments(cel, scope, &call.func_name, &form);
        };
        let text = self.expr(target, scope, proven);
        let part = self.expr(argument, scope, proven);
        let text = self.expect_text(text?.expr)?;
        let part = self.expect_text(part?.expr)?;
        let span = scope.condition.span(cel);
        let kind = Kind::TextTest(test, Box::new(text), Box::new(part));
        Some(Expr::new(kind, Type::Bool, span).into())
    }

    fn unknown(&mut self, name: &str, cel: &IdedExpr, scope: &Scope<'_>) -> Option<Checked> {
        let span = scope.condition.name_point(cel, name);
        if let Some((_, remedy)) = ABSENT.iter().find(|(absent, _)| *absent == name) {
            self.error(
                span,
                format!("this rule language does not have CEL's `{name}`"),
                *remedy,
            );
            return None;
        }
        let known: Vec<&str> = FUNCTIONS
            .iter()
            .copied()
            .chain(self.table_names.keys().copied())
            .collect();
        let near = self.suggest(name, known);
        let remedy = if near.starts_with("did") {
            near
        } else {
            "docs/language.md lists the functions".into()
        };
        self.error(
            span,
            format!("no function or table is named {}", quote(name)),
            remedy,
        );
        None
    }

    pub(crate) fn arguments(
        &mut self,
        cel: &IdedExpr,
        scope: &Scope<'_>,
        name: &str,
        form: &str,
    ) -> Option<Checked> {
        self.error(
            scope.condition.span(cel),
            format!("`{name}` is called with the wrong arguments"),
            format!("write {form}"),
        );
        None
    }

    fn expect_text(&mut self, expr: Expr) -> Option<Expr> {
        if expr.ty == Type::Text {
            return Some(expr);
        }
        let is = CONTRACT.describe(&expr.ty);
        self.error(
            expr.span,
            format!("this is {is}, where a text belongs"),
            "give a text",
        );
        None
    }

    /// The arguments of a call that takes `N` texts.
    fn texts<const N: usize>(
        &mut self,
        call: &CallExpr,
        cel: &IdedExpr,
        scope: &mut Scope<'_>,
        proven: &Facts,
        form: &str,
    ) -> Option<[Expr; N]> {
        let mut texts = Vec::new();
        let mut failed = false;
        for argument in &call.args {
            match self
                .expr(argument, scope, proven)
                .and_then(|a| self.expect_text(a.expr))
            {
                Some(text) => texts.push(text),
                None => failed = true,
            }
        }
        if failed {
            return None;
        }
        let texts: Result<[Expr; N], _> = texts.try_into();
        if texts.is_err() {
            self.arguments(cel, scope, &call.func_name, form);
        }
        texts.ok()
    }

    fn url_test(
        &mut self,
        test: UrlTest,
        call: &CallExpr,
        cel: &IdedExpr,
        scope: &mut Scope<'_>,
        proven: &Facts,
    ) -> Option<Checked> {
        let form = format!("`{}(pattern, url)`", call.func_name);
        let [pattern, url] = self.texts(call, cel, scope, proven, &form)?;
        let kind = Kind::UrlTest(test, Box::new(pattern), Box::new(url));
        Some(Expr::new(kind, Type::Bool, scope.condition.span(cel)).into())
    }

    fn size(
        &mut self,
        argument: &IdedExpr,
        cel: &IdedExpr,
        scope: &mut Scope<'_>,
        proven: &Facts,
    ) -> Option<Checked> {
        let argument = self.expr(argument, scope, proven)?.expr;
        self.kept(&argument)?;
        let most = match &argument.ty {
            Type::Text => scopegate_contract::TEXT_BYTES,
            // A literal in a rule set of 1 MiB has fewer elements than this, too.
            Type::List(_) => 1 << 20,
            other => {
                let is = CONTRACT.describe(other);
                self.error(
                    argument.span,
                    format!("{is} has no size"),
                    "texts and lists have one",
                );
                return None;
            }
        };
        let span = scope.condition.span(cel);
        let expr = Expr::new(Kind::Size(Box::new(argument)), Type::Int, span);
        Some(expr.with_range((0, i128::from(most.max(1 << 20)))).into())
    }

    fn matches(
        &mut self,
        call: &CallExpr,
        target: &IdedExpr,
        cel: &IdedExpr,
        scope: &mut Scope<'_>,
        proven: &Facts,
    ) -> Option<Checked> {
        let text = self.expr(target, scope, proven);
        let text = text.and_then(|text| self.expect_text(text.expr));
        let [argument] = call.args.as_slice() else {
            return self.arguments(cel, scope, "matches", "`text.matches(\"pattern\")`");
        };
        let pattern = self.expr(argument, scope, proven)?.expr;
        let Some(pattern_text) = pattern.as_text().cloned() else {
            self.error(
                pattern.span,
                "the pattern of `matches` is not a literal",
                "write the pattern out: it becomes a state machine when the rule set is compiled",
            );
            return None;
        };
        let index = self.pattern(&pattern_text, &pattern)?;
        let span = scope.condition.span(cel);
        Some(Expr::new(Kind::Matches(Box::new(text?), index), Type::Bool, span).into())
    }

    fn pattern(&mut self, text: &str, at: &Expr) -> Option<usize> {
        if let Some(index) = self.pattern_names.get(text) {
            return Some(*index);
        }
        if self.patterns.len() >= PATTERNS {
            self.error(
                at.span.clone(),
                format!("the rule set has more than {PATTERNS} patterns"),
                "compare with `startsWith`, `endsWith`, `contains` or `in`, or look texts up in a table",
            );
            return None;
        }
        match Dfa::new(text) {
            Ok(dfa) => {
                self.patterns.push(Arc::new(dfa));
                let index = self.patterns.len() - 1;
                self.pattern_names.insert(text.into(), index);
                Some(index)
            }
            Err(reason) => {
                self.error(
                    at.span.clone(),
                    format!("this pattern cannot be used: {reason}"),
                    "mend it, or simplify it: shorter repetitions, `[0-9]` for `\\d`, no look-around or Unicode word boundaries",
                );
                None
            }
        }
    }

    fn constant(
        &mut self,
        call: &CallExpr,
        cel: &IdedExpr,
        scope: &Scope<'_>,
        ty: Type,
    ) -> Option<Checked> {
        let literal = match call.args.as_slice() {
            [argument] => match &argument.expr {
                Cel::Literal(cel::common::ast::LiteralValue::String(text)) => {
                    Some(text.inner().to_string())
                }
                _ => None,
            },
            _ => None,
        };
        let (form, read): (_, Read) = if ty == Type::Time {
            (
                "`timestamp(\"2026-01-01T00:00:00Z\")`, a literal",
                constant::timestamp,
            )
        } else {
            ("`duration(\"36h\")`, a literal", constant::duration)
        };
        let Some(literal) = literal else {
            return self.arguments(cel, scope, &call.func_name, form);
        };
        let span = scope.condition.span(cel);
        match read(&literal) {
            Ok(seconds) => Some(Expr::int(seconds, ty, span).into()),
            Err(reason) => {
                self.error(
                    span,
                    format!("{} {reason}", quote(&literal)),
                    format!("write {form}"),
                );
                None
            }
        }
    }

    fn look_up(
        &mut self,
        table: usize,
        call: &CallExpr,
        cel: &IdedExpr,
        scope: &mut Scope<'_>,
        proven: &Facts,
    ) -> Option<Checked> {
        self.used.tables.insert(table);
        let arguments: Vec<Option<Checked>> = call
            .args
            .iter()
            .map(|argument| self.expr(argument, scope, proven))
            .collect();
        let arguments: Option<Vec<Checked>> = arguments.into_iter().collect();
        let arguments = arguments?;
        // A table that is wrong has been reported; its look-ups are not reported again.
        let values = self.table_values[table].clone()?;
        let keys = self.tables[table].keys.clone();
        if arguments.len() != keys.len() {
            self.error(
                scope.condition.span(cel),
                format!(
                    "the table `{}` is looked up by {} key{}, not {}",
                    call.func_name,
                    keys.len(),
                    if keys.len() == 1 { "" } else { "s" },
                    arguments.len()
                ),
                "give one argument a key",
            );
            return None;
        }
        let mut checked = Vec::new();
        for (argument, key) in arguments.into_iter().zip(keys) {
            checked.push(self.key(argument.expr, key, &call.func_name)?);
        }
        let table_type = self.tables[table].value.clone();
        let mut expr = Expr::new(
            Kind::Lookup(table, checked),
            table_type,
            scope.condition.span(cel),
        );
        if let Some(range) = values.range {
            expr.range = range;
        }
        expr.known = values.texts;
        Some(expr.into())
    }

    fn key(&mut self, argument: Expr, key: Key, table: &str) -> Option<Expr> {
        match (key, &argument.ty) {
            (Key::Text, Type::Text) => Some(argument),
            (Key::Enum(e), Type::Enum(given)) if e == *given => Some(argument),
            (Key::Enum(e), Type::Text) if argument.as_text().is_some() => self.case_of(e, argument),
            (key, ty) => {
                let is = CONTRACT.describe(ty);
                let should = match key {
                    Key::Text => "a text".into(),
                    Key::Enum(e) => CONTRACT.describe(&Type::Enum(e)),
                };
                self.error(
                    argument.span,
                    format!("this is {is}; the table `{table}` is looked up by {should}"),
                    "give a key of that type",
                );
                None
            }
        }
    }

    fn holds(&mut self, call: &CallExpr, cel: &IdedExpr, scope: &Scope<'_>) -> Option<Checked> {
        let span = scope.condition.span(cel);
        let mut literals = Vec::new();
        for argument in &call.args {
            let Cel::Literal(cel::common::ast::LiteralValue::String(text)) = &argument.expr else {
                return self.arguments(
                    cel,
                    scope,
                    "holds",
                    "`holds(\"group\")` or `holds(\"group\", \"action\")`, in literals",
                );
            };
            literals.push((text.inner().to_string(), scope.condition.span(argument)));
        }
        let (group, action) = match literals.as_slice() {
            [group] => (group, None),
            [group, action] => (group, Some(action)),
            _ => {
                return self.arguments(
                    cel,
                    scope,
                    "holds",
                    "`holds(\"group\")` or `holds(\"group\", \"action\")`, in literals",
                );
            }
        };
        self.used.groups.insert(group.0.clone());
        let requirements = self.group(&group.0, &group.1)?;
        let action = match action {
            Some((action, at)) => Some(self.known_action(action, at.clone())?),
            None => None,
        };
        Some(Expr::new(Kind::Holds(requirements, action), Type::Bool, span).into())
    }

    /// The requirements that `name` stands for; none is no error, for a group's last one may have been dropped.
    fn group(&mut self, name: &str, at: &std::ops::Range<usize>) -> Option<Arc<[usize]>> {
        if let Some(found) = self.groups.get(name) {
            return Some(found.clone());
        }
        let near = self.suggest(name, self.groups.keys().copied());
        if near.starts_with("did") {
            self.error(
                at.clone(),
                format!("no requirement is in a group {}", quote(name)),
                near,
            );
            return None;
        }
        self.out.push(crate::diagnostic::Diagnostic::warning(
            at.clone(),
            format!(
                "no requirement is in a group {}, so it always holds",
                quote(name)
            ),
            "put requirements into it with `groups`, or leave it out",
        ));
        Some(Arc::default())
    }
}
