//! From the text of a condition to CEL's syntax tree, bounded before it is parsed.

mod bounds;
mod syntax;

use std::collections::HashMap;
use std::ops::Range;

use cel::Env;
use cel::common::ast::{EntryExpr, Expr as Cel, IdedExpr, SourceInfo, operators};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::file::{Places, Text};

/// A parsed condition: CEL's tree, whose macros are left as the calls they are written as.
pub(crate) struct Condition<'s> {
    pub(crate) root: IdedExpr,
    text: &'s Text,
    /// Where each expression stands in the text, its parts included.
    spans: HashMap<u64, Range<usize>>,
    /// Where the operator or name of each expression stands in the text.
    points: HashMap<u64, Range<usize>>,
    /// Where the operands that stand in parentheses stand with them.
    parenthesised: HashMap<u64, Range<usize>>,
    places: Places,
}

impl<'s> Condition<'s> {
    /// Parses the condition `text`, which stands in `source`.
    pub(crate) fn parse(text: &'s Text, source: &str, out: &mut Diagnostics) -> Option<Self> {
        let value = &text.value;
        if value.trim().is_empty() {
            let remedy = "write what must hold, such as `request.actor.id != \"\"`";
            out.push(Diagnostic::error(
                text.span.clone(),
                "the condition is empty",
                remedy,
            ));
            return None;
        }
        let places = text.places(source);
        if let Err((at, message, remedy)) = bounds::check(value) {
            out.push(Diagnostic::error(places.of(at), message, remedy));
            return None;
        }
        match Env::default().parser().parse_with_source_info(value) {
            Ok((root, info)) => {
                let mut measure = Measure {
                    value,
                    info: &info,
                    spans: HashMap::new(),
                    points: HashMap::new(),
                    parenthesised: HashMap::new(),
                };
                measure.expr(&root);
                let Measure {
                    spans,
                    points,
                    parenthesised,
                    ..
                } = measure;
                Some(Self {
                    root,
                    text,
                    spans,
                    points,
                    parenthesised,
                    places,
                })
            }
            Err(errors) => {
                // The parser repeats itself after the first error of a condition.
                if let Some(error) = errors.errors.first() {
                    let (at, message, remedy) = syntax::explain(value, error.pos, &error.msg);
                    out.push(Diagnostic::error(places.of(at), message, remedy));
                }
                None
            }
        }
    }

    /// The bytes of the file that spell the expression, its parts included.
    pub(crate) fn span(&self, expr: &IdedExpr) -> Range<usize> {
        self.place(self.spans.get(&expr.id))
    }

    /// The bytes of the file that spell the expression and the parentheses around it, if it is an operand.
    pub(crate) fn whole_span(&self, expr: &IdedExpr) -> Range<usize> {
        let within = self.parenthesised.get(&expr.id);
        self.place(within.or_else(|| self.spans.get(&expr.id)))
    }

    /// Whether the expression is an operand in parentheses.
    pub(crate) fn is_parenthesised(&self, expr: &IdedExpr) -> bool {
        self.parenthesised.contains_key(&expr.id)
    }

    /// The bytes of the file that spell the operator of the expression.
    pub(crate) fn operator(&self, expr: &IdedExpr) -> Range<usize> {
        self.place(self.points.get(&expr.id))
    }

    /// The bytes of the file that spell the field name of a selection, or the name of a call.
    pub(crate) fn name_point(&self, expr: &IdedExpr, name: &str) -> Range<usize> {
        let Some(point) = self.points.get(&expr.id) else {
            return self.text.span.clone();
        };
        let value = &self.text.value;
        let found = match &expr.expr {
            Cel::Select(_) => value
                .get(point.start..)
                .and_then(|rest| rest.find(name))
                .map(|at| point.start + at),
            _ => value
                .get(..point.start)
                .and_then(|before| before.rfind(name)),
        };
        match found {
            Some(at) => self.places.of(at..at + name.len()),
            None => self.places.of(point.clone()),
        }
    }

    fn place(&self, within: Option<&Range<usize>>) -> Range<usize> {
        within.map_or_else(
            || self.text.span.clone(),
            |within| self.places.of(within.clone()),
        )
    }
}

/// Finds out where each expression stands, each once, its parts first.
struct Measure<'m> {
    value: &'m str,
    info: &'m SourceInfo,
    spans: HashMap<u64, Range<usize>>,
    points: HashMap<u64, Range<usize>>,
    parenthesised: HashMap<u64, Range<usize>>,
}

impl Measure<'_> {
    fn expr(&mut self, expr: &IdedExpr) -> Option<Range<usize>> {
        let point = self
            .info
            .offset_for(expr.id)
            .map(|(start, stop)| start as usize..stop as usize + 1);
        let mut within = point.clone().unwrap_or(Range {
            start: usize::MAX,
            end: 0,
        });
        match &expr.expr {
            Cel::Call(call) => {
                let named = call.func_name.starts_with(char::is_alphabetic);
                for part in call.target.iter().map(|target| &**target).chain(&call.args) {
                    if named {
                        self.part(part, &mut within);
                    } else {
                        self.operand(part, &mut within);
                    }
                }
                if call.target.is_none() && named {
                    // The call stands where its `(` does, and spaces may stand before that.
                    let before = self.value.get(..within.start).unwrap_or_default();
                    let name = before.trim_end().strip_suffix(call.func_name.as_str());
                    within.start = name.map_or(within.start, str::len);
                }
                if call.func_name == operators::INDEX || call.func_name == operators::OPT_INDEX {
                    self.close(']', &mut within);
                } else if call.target.is_some() || named {
                    self.close(')', &mut within);
                }
            }
            Cel::Select(select) => {
                self.part(&select.operand, &mut within);
                if let Some(point) = &point {
                    within.end = within.end.max(point.start + 1 + select.field.len());
                }
            }
            Cel::List(list) => {
                for element in &list.elements {
                    self.operand(element, &mut within);
                }
                self.close(']', &mut within);
            }
            Cel::Map(map) => {
                map.entries
                    .iter()
                    .for_each(|entry| self.entry(&entry.expr, &mut within));
                self.close('}', &mut within);
            }
            Cel::Struct(message) => {
                within.start = within.start.saturating_sub(message.type_name.len());
                message
                    .entries
                    .iter()
                    .for_each(|entry| self.entry(&entry.expr, &mut within));
                self.close('}', &mut within);
            }
            _ => {}
        }
        if let Some(point) = point {
            self.points.insert(expr.id, point);
        }
        if within.start > within.end {
            return None;
        }
        self.spans.insert(expr.id, within.clone());
        Some(within)
    }

    fn part(&mut self, part: &IdedExpr, within: &mut Range<usize>) {
        if let Some(part) = self.expr(part) {
            within.start = within.start.min(part.start);
            within.end = within.end.max(part.end);
        }
    }

    /// Measures an operand or an element as `part` does. The parentheses around it count as its own.
    fn operand(&mut self, operand: &IdedExpr, within: &mut Range<usize>) {
        let Some(bare) = self.expr(operand) else {
            return;
        };
        let mut whole = bare.clone();
        while let (Some(before), Some(after)) =
            (self.value.get(..whole.start), self.value.get(whole.end..))
        {
            let (opened, closed) = (before.trim_end(), after.trim_start());
            if !opened.ends_with('(') || !closed.starts_with(')') {
                break;
            }
            whole = opened.len() - 1..self.value.len() - closed.len() + 1;
        }
        within.start = within.start.min(whole.start);
        within.end = within.end.max(whole.end);
        if whole != bare {
            self.parenthesised.insert(operand.id, whole);
        }
    }

    fn entry(&mut self, entry: &EntryExpr, within: &mut Range<usize>) {
        match entry {
            EntryExpr::StructField(field) => self.part(&field.value, within),
            EntryExpr::MapEntry(entry) => {
                self.part(&entry.key, within);
                self.part(&entry.value, within);
            }
        }
    }

    /// Takes in the bracket that closes the expression, if it comes next.
    fn close(&self, bracket: char, within: &mut Range<usize>) {
        let Some(rest) = self.value.get(within.end..) else {
            return;
        };
        let closed = rest.trim_start_matches([',', ' ', '\t', '\r', '\n']);
        if closed.starts_with(bracket) {
            within.end += rest.len() - closed.len() + 1;
        }
    }
}
