//! Checks `all`, `exists` and `exists_one`.

use cel::common::ast::{CallExpr, Expr as Cel, IdedExpr};

use super::facts::Facts;
use super::scope::{Checked, Checker, Scope};
use crate::contract::{CONTRACT, Type, Width};
use crate::ir::{Base, Expr, Kind, Place, Quantifier};

/// The longest list literal of facts that a macro goes through.
const UNROLLED: usize = 32;
/// The most parts of an element of such a list: it is written out wherever the variable stands.
const PARTS: usize = 16;
/// The most elements that the macros of a condition go through in this way: one within another multiplies.
const UNROLLED_IN_ALL: usize = 4_096;

impl Checker<'_> {
    pub(crate) fn quantified(
        &mut self,
        quantifier: Quantifier,
        call: &CallExpr,
        target: &IdedExpr,
        cel: &IdedExpr,
        scope: &mut Scope<'_>,
        proven: &Facts,
    ) -> Option<Checked> {
        let form = format!("`list.{}(x, condition on x)`", call.func_name);
        let [var, body] = call.args.as_slice() else {
            return self.arguments(cel, scope, &call.func_name, &form);
        };
        let Cel::Ident(name) = &var.expr else {
            return self.arguments(cel, scope, &call.func_name, &form);
        };
        if name == super::expr::REQUEST || self.definition_names.contains_key(name.as_str()) {
            self.error(
                scope.condition.span(var),
                format!("the name `{name}` is taken"),
                "give the variable another name",
            );
            return None;
        }
        let list = self.expr(target, scope, proven)?.expr;
        let Type::List(element) = list.ty.clone() else {
            let is = CONTRACT.describe(&list.ty);
            self.error(
                list.span,
                format!("this is {is}, where a list belongs"),
                format!("write {form}"),
            );
            return None;
        };
        if let Kind::List(elements) = &list.kind
            && !list.is_constant()
        {
            return self.unrolled(quantifier, name, elements, body, cel, scope, proven);
        }
        let number = self.fresh_var();
        let element = self.element_of(number, &list, &element);
        scope.vars.push((name.clone(), element));
        let checked = self.expr(body, scope, proven);
        scope.vars.pop();
        let body = self.expect_bool(checked?)?.expr;
        let kind = Kind::Quantified {
            quantifier,
            var: number,
            list: Box::new(list),
            body: Box::new(body),
        };
        Some(Expr::new(kind, Type::Bool, scope.condition.span(cel)).into())
    }

    /// A list literal that holds facts: the condition once for each element.
    #[expect(
        clippy::too_many_arguments,
        reason = "a macro is its variable, its list, its body and where it stands"
    )]
    fn unrolled(
        &mut self,
        quantifier: Quantifier,
        name: &str,
        elements: &[Expr],
        body: &IdedExpr,
        cel: &IdedExpr,
        scope: &mut Scope<'_>,
        proven: &Facts,
    ) -> Option<Checked> {
        let large = elements.iter().any(|element| parts(element) > PARTS);
        if quantifier == Quantifier::ExistsOne || elements.len() > UNROLLED || large {
            self.error(
                scope.condition.span(cel),
                format!("a list literal that holds facts goes through `all` and `exists` only, with at most {UNROLLED} simple elements"),
                "write the comparisons out",
            );
            return None;
        }
        let span = scope.condition.span(cel);
        let mut result: Option<Expr> = None;
        for element in elements {
            scope.unrolled += 1;
            if scope.unrolled > UNROLLED_IN_ALL {
                self.error(
                    span,
                    format!("the list literals of this condition come to more than {UNROLLED_IN_ALL} elements, one within another"),
                    "name parts of it in `[definitions]`, or ask for less",
                );
                return None;
            }
            scope.vars.push((name.into(), element.clone()));
            let checked = self.expr(body, scope, proven);
            scope.vars.pop();
            let next = self.expect_bool(checked?)?.expr;
            result = Some(match result {
                None => next,
                Some(before) => {
                    let (a, b) = (Box::new(before), Box::new(next));
                    let kind = if quantifier == Quantifier::All {
                        Kind::And(a, b)
                    } else {
                        Kind::Or(a, b)
                    };
                    Expr::new(kind, Type::Bool, span.clone())
                }
            });
        }
        result.map(Checked::from)
    }

    /// What the variable stands for: the element at the place the loop is at.
    fn element_of(&self, var: usize, list: &Expr, element: &Type) -> Expr {
        let path = match &list.kind {
            Kind::Fact(place, _) => place.path.as_ref().map(|path| format!("{path}[]")),
            Kind::Attribute(index) => {
                Some(format!("attributes.{}[]", self.attributes[*index].name))
            }
            _ => None,
        };
        let place = Place {
            base: Base::Element(var),
            offset: 0,
            path,
        };
        let mut expr = Expr::new(
            Kind::Fact(place, Width::Bits64),
            element.clone(),
            list.span.clone(),
        );
        if let Kind::List(constants) = &list.kind {
            let least = constants.iter().map(|constant| constant.range.0).min();
            let most = constants.iter().map(|constant| constant.range.1).max();
            expr.range = least.zip(most).unwrap_or(expr.range);
            expr.known = constants
                .iter()
                .map(|constant| constant.as_text().cloned())
                .collect();
        }
        expr
    }
}

fn parts(expr: &Expr) -> usize {
    1 + expr.children().into_iter().map(parts).sum::<usize>()
}
