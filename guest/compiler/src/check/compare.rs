//! Checks comparisons and arithmetic, where the types of two sides meet.

use std::ops::Range;

use cel::common::ast::{CallExpr, IdedExpr, operators};

use super::facts::Facts;
use super::scope::{Checked, Checker, Scope};
use crate::contract::{CONTRACT, Type};
use crate::diagnostic::{quote, suggest};
use crate::ir::{Expr, Kind};

/// The seconds CEL's times reach from and to: years 1 to 9999.
const TIMES: (i128, i128) = (-62_135_596_800, scopegate_contract::LAST_INSTANT as i128);

impl Checker<'_> {
    /// The two sides of a comparison, each checked.
    fn sides(
        &mut self,
        call: &CallExpr,
        scope: &mut Scope<'_>,
        proven: &Facts,
    ) -> Option<(Expr, Expr)> {
        let left = self.expr(&call.args[0], scope, proven);
        let right = self.expr(&call.args[1], scope, proven);
        Some((left?.expr, right?.expr))
    }

    /// `==` and `!=`.
    pub(crate) fn equality(
        &mut self,
        call: &CallExpr,
        cel: &IdedExpr,
        scope: &mut Scope<'_>,
        proven: &Facts,
    ) -> Option<Checked> {
        let (left, right) = self.sides(call, scope, proven)?;
        let span = scope.condition.span(cel);
        let (left, right) = self.alike(left, right, span.clone())?;
        self.kept(&left).and(self.kept(&right))?;
        self.known_texts(&left, &right)?;
        self.comparable(&left, &span)?;
        let expr = Expr::new(
            Kind::Equal(Box::new(left), Box::new(right)),
            Type::Bool,
            span.clone(),
        );
        if call.func_name == operators::EQUALS {
            return Some(expr.into());
        }
        Some(Expr::new(Kind::Not(Box::new(expr)), Type::Bool, span).into())
    }

    /// Refuses a list literal that holds facts where the list is a value: it stands nowhere in memory.
    pub(crate) fn kept(&mut self, side: &Expr) -> Option<()> {
        if literal_list(side) && !side.is_constant() {
            self.error(
                side.span.clone(),
                "a list literal that holds facts is no value",
                "ask `x in […]`, or go through it with `all` or `exists`",
            );
            return None;
        }
        Some(())
    }

    fn comparable(&mut self, side: &Expr, span: &Range<usize>) -> Option<()> {
        if side.ty == Type::Record(CONTRACT.request) {
            self.error(
                span.clone(),
                "the request cannot be compared as a whole",
                "compare the facts that matter",
            );
            return None;
        }
        Some(())
    }

    /// Brings two expressions to one type, as for `==` and the branches of `? :`.
    pub(crate) fn alike(
        &mut self,
        left: Expr,
        right: Expr,
        span: Range<usize>,
    ) -> Option<(Expr, Expr)> {
        if left.ty == right.ty {
            return Some((left, right));
        }
        match (&left.ty, &right.ty) {
            (Type::Enum(e), Type::Text) => {
                let e = *e;
                let right = self.case_of(e, right)?;
                Some((left, right))
            }
            (Type::Text, Type::Enum(e)) => {
                let e = *e;
                let left = self.case_of(e, left)?;
                Some((left, right))
            }
            (Type::List(a), Type::List(b)) if literal_list(&right) => {
                let element = (**a).clone();
                self.element_fits(&element, b, &right)?;
                let right = self.elements_as(&element, right)?;
                Some((left, right))
            }
            (Type::List(a), Type::List(b)) if literal_list(&left) => {
                let element = (**b).clone();
                self.element_fits(&element, a, &left)?;
                let left = self.elements_as(&element, left)?;
                Some((left, right))
            }
            _ => {
                self.mismatch(&left, &right, span);
                None
            }
        }
    }

    fn element_fits(&mut self, element: &Type, of_literal: &Type, literal: &Expr) -> Option<()> {
        let empty = matches!(&literal.kind, Kind::List(all) if all.is_empty());
        if empty
            || element == of_literal
            || matches!((element, of_literal), (Type::Enum(_), Type::Text))
        {
            return Some(());
        }
        let (is, should) = (CONTRACT.describe(of_literal), CONTRACT.describe(element));
        self.error(
            literal.span.clone(),
            format!("this list holds {is}, the other {should}"),
            "a list is compared with a list of the same type",
        );
        None
    }

    fn mismatch(&mut self, left: &Expr, right: &Expr, span: Range<usize>) {
        let (a, b) = (CONTRACT.describe(&left.ty), CONTRACT.describe(&right.ty));
        let remedy = match (&left.ty, &right.ty) {
            (Type::Time, Type::Text) | (Type::Text, Type::Time) => {
                "write a time as `timestamp(\"2026-01-01T00:00:00Z\")`"
            }
            (Type::Duration, Type::Text | Type::Int) | (Type::Text | Type::Int, Type::Duration) => {
                "write a duration as `duration(\"36h\")`"
            }
            (Type::List(_), _) => "to find a value in a list write `value in list`",
            _ => "both sides must have one type",
        };
        self.error(span, format!("{a} cannot be compared with {b}"), remedy);
    }

    /// A list literal with its elements turned to `element`.
    pub(crate) fn elements_as(&mut self, element: &Type, list: Expr) -> Option<Expr> {
        let (Kind::List(all), Type::Enum(e)) = (&list.kind, element) else {
            let mut list = list;
            list.ty = Type::List(Box::new(element.clone()));
            return Some(list);
        };
        let all: Vec<Option<Expr>> = all
            .iter()
            .map(|each| self.case_of(*e, each.clone()))
            .collect();
        let all: Option<Vec<Expr>> = all.into_iter().collect();
        Some(Expr::new(
            Kind::List(all?),
            Type::List(Box::new(element.clone())),
            list.span,
        ))
    }

    /// The text as a case of the enum.
    pub(crate) fn case_of(&mut self, e: usize, text: Expr) -> Option<Expr> {
        let cases = &CONTRACT.enums[e].cases;
        if let Some(value) = text.as_text() {
            let Some(case) = cases.iter().position(|case| **case == **value) else {
                self.error(
                    text.span.clone(),
                    format!(
                        "unknown case {} of `{}`",
                        quote(value),
                        CONTRACT.enums[e].name
                    ),
                    suggest(value, cases.iter().map(String::as_str)),
                );
                return None;
            };
            let case = u32::try_from(case).expect("enums are small");
            return Some(Expr::new(Kind::Case(case), Type::Enum(e), text.span));
        }
        let Some(known) = &text.known else {
            self.error(
                text.span.clone(),
                format!(
                    "a text of the request cannot be compared with a case of `{}`",
                    CONTRACT.enums[e].name
                ),
                "compare it with a literal, or with what a table gives",
            );
            return None;
        };
        let stranger = known
            .iter()
            .find(|text| !text.is_empty() && !cases.iter().any(|case| **case == ***text));
        if let Some(stranger) = stranger {
            self.error(
                text.span.clone(),
                format!(
                    "this can be {}, which is no case of `{}`",
                    quote(stranger),
                    CONTRACT.enums[e].name
                ),
                suggest(stranger, cases.iter().map(String::as_str)),
            );
            return None;
        }
        let span = text.span.clone();
        Some(Expr::new(
            Kind::CaseOf(e, Box::new(text)),
            Type::Enum(e),
            span,
        ))
    }

    /// Refuses the comparison of a text whose values are known with a literal that is none of them.
    pub(crate) fn known_texts(&mut self, left: &Expr, right: &Expr) -> Option<()> {
        for (side, other) in [(left, right), (right, left)] {
            let (Some(literal), Some(known)) = (side.as_text(), &other.known) else {
                continue;
            };
            if matches!(other.kind, Kind::Lookup(..)) && !known.contains(literal) {
                self.error(
                    side.span.clone(),
                    format!("the table never gives {}", quote(literal)),
                    suggest(literal, known.iter().map(|text| &**text)),
                );
                return None;
            }
        }
        for (side, other) in [(left, right), (right, left)] {
            if let (Some(literal), Kind::Action) = (side.as_text(), &other.kind) {
                self.known_action(literal, side.span.clone())?;
            }
        }
        Some(())
    }

    /// The index of an action that the rule set lists.
    pub(crate) fn known_action(&mut self, action: &str, span: Range<usize>) -> Option<usize> {
        let found = self.actions.get(action).copied();
        if found.is_none() {
            let known: Vec<&str> = self.actions.keys().copied().collect();
            let near = self.suggest(action, known);
            let remedy = if near.starts_with("did") {
                near
            } else {
                "list it in `actions`".into()
            };
            self.error(span, format!("unknown action {}", quote(action)), remedy);
        }
        found
    }

    /// `<`, `<=`, `>`, `>=`.
    pub(crate) fn order(
        &mut self,
        call: &CallExpr,
        cel: &IdedExpr,
        scope: &mut Scope<'_>,
        proven: &Facts,
    ) -> Option<Checked> {
        let (left, right) = self.sides(call, scope, proven)?;
        let span = scope.condition.span(cel);
        let ordered =
            |ty: &Type| matches!(ty, Type::Int | Type::Text | Type::Time | Type::Duration);
        if let Some(side) = [&left, &right].into_iter().find(|side| !ordered(&side.ty)) {
            let is = CONTRACT.describe(&side.ty);
            self.error(
                span,
                format!("{is} has no order"),
                "numbers, texts, times and durations do; give cases a rank in `[tables]`",
            );
            return None;
        }
        if left.ty != right.ty {
            self.mismatch(&left, &right, span);
            return None;
        }
        let (left, right) = (Box::new(left), Box::new(right));
        let kind = match call.func_name.as_str() {
            operators::LESS => Kind::Less(left, right),
            operators::LESS_EQUALS => Kind::AtMost(left, right),
            operators::GREATER => Kind::Less(right, left),
            _ => Kind::AtMost(right, left),
        };
        Some(Expr::new(kind, Type::Bool, span).into())
    }

    /// `x in list`.
    pub(crate) fn membership(
        &mut self,
        call: &CallExpr,
        cel: &IdedExpr,
        scope: &mut Scope<'_>,
        proven: &Facts,
    ) -> Option<Checked> {
        let (needle, list) = self.sides(call, scope, proven)?;
        let span = scope.condition.span(cel);
        let Type::List(element) = list.ty.clone() else {
            let is = CONTRACT.describe(&list.ty);
            self.error(
                list.span,
                format!("this is {is}, where a list belongs"),
                "write `x in [\"a\", \"b\"]`",
            );
            return None;
        };
        let (needle, list) = match (&needle.ty, &*element) {
            (Type::Text, Type::Enum(e)) => (self.case_of(*e, needle)?, list),
            (Type::Enum(_), Type::Text) if literal_list(&list) => {
                let ty = needle.ty.clone();
                (needle, self.elements_as(&ty, list)?)
            }
            (a, b) if a == b => (needle, list),
            _ if matches!(&list.kind, Kind::List(all) if all.is_empty()) => (needle, list),
            (a, b) => {
                let (a, b) = (CONTRACT.describe(a), CONTRACT.describe(b));
                self.error(
                    span,
                    format!("{a} cannot be in a list that holds {b}"),
                    "both must have one type",
                );
                return None;
            }
        };
        if let Kind::List(all) = &list.kind {
            for each in all {
                self.known_texts(&needle, each)?;
            }
        }
        Some(Expr::new(Kind::In(Box::new(needle), Box::new(list)), Type::Bool, span).into())
    }

    /// `+` and `-`, where the result is plainly in range.
    pub(crate) fn arithmetic(
        &mut self,
        call: &CallExpr,
        cel: &IdedExpr,
        scope: &mut Scope<'_>,
        proven: &Facts,
    ) -> Option<Checked> {
        let (left, right) = self.sides(call, scope, proven)?;
        let span = scope.condition.span(cel);
        let plus = call.func_name == operators::ADD;
        let ty = match (&left.ty, &right.ty, plus) {
            (Type::Int, Type::Int, _) => Type::Int,
            (Type::Time, Type::Duration, _) | (Type::Duration, Type::Time, true) => Type::Time,
            (Type::Time, Type::Time, false) | (Type::Duration, Type::Duration, _) => Type::Duration,
            (Type::Text, Type::Text, true) => {
                let remedy = "compare the parts, or ask with `startsWith` and `endsWith`";
                return self.unsupported(cel, scope, "joining of texts", remedy);
            }
            (Type::List(_), Type::List(_), true) => {
                let remedy = "ask of each list, joined by `||`";
                return self.unsupported(cel, scope, "joining of lists", remedy);
            }
            (a, b, _) => {
                let sign = if plus { "+" } else { "-" };
                let (a, b) = (CONTRACT.describe(a), CONTRACT.describe(b));
                self.error(
                    span,
                    format!("`{sign}` does not take {a} and {b}"),
                    "add and subtract numbers, times and durations",
                );
                return None;
            }
        };
        let range = if plus {
            (left.range.0 + right.range.0, left.range.1 + right.range.1)
        } else {
            (left.range.0 - right.range.1, left.range.1 - right.range.0)
        };
        let most = match ty {
            Type::Time => TIMES,
            _ => (i128::from(i64::MIN), i128::from(i64::MAX)),
        };
        if range.0 < most.0 || range.1 > most.1 {
            let remedy = if ty == Type::Time {
                "subtract times instead: `request.now - t < duration(\"36h\")`".to_owned()
            } else if !plus && !left.is_constant() && !right.is_constant() {
                "compare the two: `n > m` instead of `n - m > 0`".to_owned()
            } else if has_attribute(&left) || has_attribute(&right) {
                "a `number` attribute may be any number, whatever is asked of it: compare it by itself, as `n > 4` instead of `n + 1 > 5`, or have the caller send the result".to_owned()
            } else {
                format!(
                    "numbers have 64 bits, and this may be anything from {} to {}: compare the parts, as `n > 4` instead of `n + 1 > 5`, or have the caller send the result",
                    range.0, range.1
                )
            };
            self.error(span, "the result may be out of range", remedy);
            return None;
        }
        let (left, right) = (Box::new(left), Box::new(right));
        let kind = if plus {
            Kind::Add(left, right)
        } else {
            Kind::Subtract(left, right)
        };
        Some(Expr::new(kind, ty, span).with_range(range).into())
    }
}

/// Whether a number is made of an attribute.
fn has_attribute(expr: &Expr) -> bool {
    matches!(expr.kind, Kind::Attribute(_)) || expr.children().into_iter().any(has_attribute)
}

fn literal_list(list: &Expr) -> bool {
    matches!(list.kind, Kind::List(_))
}
