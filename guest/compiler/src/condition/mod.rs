//! From the text of a condition to CEL's syntax tree, bounded before it is parsed.

mod bounds;

use std::ops::Range;

use cel::Env;
use cel::common::ast::{Expr as Cel, IdedExpr, SourceInfo};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::file::Text;

/// A parsed condition: CEL's tree, whose macros are left as the calls they are written as.
pub(crate) struct Condition<'s> {
    pub(crate) root: IdedExpr,
    info: SourceInfo,
    text: &'s Text,
    source: &'s str,
}

impl<'s> Condition<'s> {
    /// Parses the condition `text`, which stands in `source`.
    pub(crate) fn parse(text: &'s Text, source: &'s str, out: &mut Diagnostics) -> Option<Self> {
        if let Err((at, message, remedy)) = bounds::check(&text.value) {
            out.push(Diagnostic::error(text.place(source, at), message, remedy));
            return None;
        }
        match Env::default().parser().parse_with_source_info(&text.value) {
            Ok((root, info)) => Some(Self {
                root,
                info,
                text,
                source,
            }),
            Err(errors) => {
                // The parser repeats itself after the first error of a condition.
                if let Some(error) = errors.errors.first() {
                    let at = offset_of(&text.value, error.pos);
                    let message = error.msg.trim_start_matches("Syntax error: ");
                    out.push(Diagnostic::error(
                        text.place(source, at..at + 1),
                        format!("this is not a CEL expression: {}", plain(message)),
                        "mend the condition; docs/language.md lists what one may use",
                    ));
                }
                None
            }
        }
    }

    /// The bytes of the file that spell the expression, its parts included.
    pub(crate) fn span(&self, expr: &IdedExpr) -> Range<usize> {
        let mut within = usize::MAX..0;
        self.widen(expr, &mut within);
        if within.start > within.end {
            return self.text.span.clone();
        }
        self.text.place(self.source, within)
    }

    /// The bytes of the file that spell the operator or name of the expression itself.
    pub(crate) fn point(&self, expr: &IdedExpr) -> Range<usize> {
        match self.info.offset_for(expr.id) {
            Some((start, stop)) => self
                .text
                .place(self.source, start as usize..stop as usize + 1),
            None => self.text.span.clone(),
        }
    }

    /// The bytes of the file that spell the field name of a selection, or the name of a method call.
    pub(crate) fn name_point(&self, expr: &IdedExpr, name: &str) -> Range<usize> {
        let Some((start, _)) = self.info.offset_for(expr.id) else {
            return self.text.span.clone();
        };
        let start = start as usize;
        let value = &self.text.value;
        let found = match &expr.expr {
            Cel::Select(_) => value
                .get(start..)
                .and_then(|rest| rest.find(name))
                .map(|at| start + at),
            _ => value.get(..start).and_then(|before| before.rfind(name)),
        };
        match found {
            Some(at) => self.text.place(self.source, at..at + name.len()),
            None => self.point(expr),
        }
    }

    fn widen(&self, expr: &IdedExpr, within: &mut Range<usize>) {
        if let Some((start, stop)) = self.info.offset_for(expr.id) {
            within.start = within.start.min(start as usize);
            within.end = within.end.max(stop as usize + 1);
        }
        match &expr.expr {
            Cel::Call(call) => {
                for part in call.target.iter().map(|t| &**t).chain(&call.args) {
                    self.widen(part, within);
                }
                let global =
                    call.target.is_none() && call.func_name.starts_with(char::is_alphabetic);
                if global {
                    within.start = within.start.saturating_sub(call.func_name.len());
                }
                let closes = self
                    .text
                    .value
                    .get(within.end..)
                    .is_some_and(|rest| rest.starts_with(')'));
                if closes && (global || call.target.is_some()) {
                    within.end += 1;
                }
            }
            Cel::Select(select) => {
                self.widen(&select.operand, within);
                within.end = within.end.max(within.start);
                if let Some((start, _)) = self.info.offset_for(expr.id) {
                    within.end = within.end.max(start as usize + 1 + select.field.len());
                }
            }
            Cel::List(list) => {
                for element in &list.elements {
                    self.widen(element, within);
                }
                if self
                    .text
                    .value
                    .get(within.end..)
                    .is_some_and(|rest| rest.starts_with(']'))
                {
                    within.end += 1;
                }
            }
            _ => {}
        }
    }
}

/// The parser's word for what it expected, without the list of every token there is.
fn plain(message: &str) -> String {
    let cut = message
        .find(" expecting {")
        .map_or(message, |at| &message[..at]);
    cut.replace("<EOF>", "end of the condition")
}

fn offset_of(text: &str, (line, column): (isize, isize)) -> usize {
    let line = usize::try_from(line - 1).unwrap_or(0);
    let column = usize::try_from(column - 1).unwrap_or(0);
    let mut offset = 0;
    for (number, content) in text.split_inclusive('\n').enumerate() {
        if number == line {
            let within = content
                .char_indices()
                .nth(column)
                .map_or(content.len(), |(at, _)| at);
            return offset + within;
        }
        offset += content.len();
    }
    text.len()
}
