//! Checks expressions: names, literals, selections, logic. Calls and comparisons have files of their own.

use cel::common::ast::{CallExpr, Expr as Cel, IdedExpr, LiteralValue, SelectExpr, operators};

use super::facts::{Facts, Optional};
use super::scope::{Checked, Checker, Scope};
use crate::contract::{CONTRACT, Field, Type};
use crate::diagnostic::{quote, suggest};
use crate::ir::{Base, Expr, Kind, Place};
use crate::rules::AttributeType;

/// The name of the request in conditions.
pub(crate) const REQUEST: &str = "request";
const ATTRIBUTES: &str = "attributes";
/// How deep expressions may nest, with the definitions that they name.
const NESTED: usize = 4_096;
/// The most expressions of a rule set, each counted as often as it is written out.
const PARTS: usize = 1 << 20;
/// As many, once it has been reported that there are more than that.
const TOLD: usize = usize::MAX / 2;

impl Checker<'_> {
    /// Checks an expression, given the facts proven present before it is evaluated.
    pub(crate) fn expr(
        &mut self,
        cel: &IdedExpr,
        scope: &mut Scope<'_>,
        proven: &Facts,
    ) -> Option<Checked> {
        if self.out.are_enough() || !self.goes_on(cel, scope) {
            return None;
        }
        self.depth += 1;
        let checked = self.any(cel, scope, proven);
        self.depth -= 1;
        checked
    }

    /// Whether the expression and all that it names are still within bounds.
    fn goes_on(&mut self, cel: &IdedExpr, scope: &Scope<'_>) -> bool {
        self.parts += 1;
        if self.depth < NESTED && self.parts < PARTS {
            return true;
        }
        if self.parts >= TOLD {
            return false;
        }
        let (message, remedy) = if self.depth >= NESTED {
            (
                "definitions nest too deep, with what they name",
                "write some of them flatter",
            )
        } else {
            (
                "the rule set is too large once everything it names is written out",
                "split the rules into several policies",
            )
        };
        self.error(scope.condition.span(cel), message, remedy);
        if self.parts >= PARTS {
            self.parts = TOLD;
        }
        false
    }

    fn any(&mut self, cel: &IdedExpr, scope: &mut Scope<'_>, proven: &Facts) -> Option<Checked> {
        match &cel.expr {
            Cel::Literal(literal) => self.literal(literal, cel, scope),
            Cel::Ident(name) => self.name(name, cel, scope, proven),
            Cel::Select(select) => self.selection(select, cel, scope, proven),
            Cel::Call(call) => self.operator(call, cel, scope, proven),
            Cel::List(list) => {
                if !list.optional_indices.is_empty() {
                    return self.unsupported(
                        cel,
                        scope,
                        "optional elements",
                        "list the values that are always there",
                    );
                }
                let elements: Vec<Option<Checked>> = list
                    .elements
                    .iter()
                    .map(|element| self.expr(element, scope, proven))
                    .collect();
                let elements: Option<Vec<Checked>> = elements.into_iter().collect();
                self.list_of(elements?.into_iter().map(|e| e.expr).collect(), cel, scope)
            }
            Cel::Map(_) => self.unsupported(cel, scope, "maps", "use a table of `[tables]`"),
            Cel::Struct(_) => {
                self.unsupported(cel, scope, "messages", "compare the fields one by one")
            }
            Cel::Comprehension(_) | Cel::Unspecified => {
                self.unsupported(cel, scope, "comprehensions", "ask with `all` or `exists`")
            }
        }
    }

    pub(crate) fn unsupported(
        &mut self,
        cel: &IdedExpr,
        scope: &Scope<'_>,
        what: &str,
        remedy: &str,
    ) -> Option<Checked> {
        self.error(
            scope.condition.span(cel),
            format!("this rule language does not have CEL's {what}"),
            remedy,
        );
        None
    }

    fn literal(
        &mut self,
        literal: &LiteralValue,
        cel: &IdedExpr,
        scope: &Scope<'_>,
    ) -> Option<Checked> {
        let span = scope.condition.span(cel);
        let expr = match literal {
            LiteralValue::Boolean(value) => Expr::bool(*value.inner(), span),
            LiteralValue::Int(value) => Expr::int(*value.inner(), Type::Int, span),
            LiteralValue::String(value) => Expr::text(value.inner().into(), span),
            LiteralValue::UInt(_) => {
                self.error(
                    span,
                    "this rule language does not have CEL's unsigned numbers",
                    "leave out the `u`: all whole numbers are `int`",
                );
                return None;
            }
            LiteralValue::Null => {
                self.error(
                    span,
                    "this rule language does not have CEL's `null`",
                    "ask whether a fact is present with `has(…)`",
                );
                return None;
            }
            LiteralValue::Double(_) => {
                return self.unsupported(
                    cel,
                    scope,
                    "fractional numbers",
                    "count in whole numbers",
                );
            }
            LiteralValue::Bytes(_) => {
                return self.unsupported(cel, scope, "bytes", "compare texts");
            }
        };
        Some(expr.into())
    }

    fn list_of(
        &mut self,
        elements: Vec<Expr>,
        cel: &IdedExpr,
        scope: &Scope<'_>,
    ) -> Option<Checked> {
        let span = scope.condition.span(cel);
        let ty = elements
            .first()
            .map_or(Type::Text, |first| first.ty.clone());
        for element in &elements {
            if element.ty != ty {
                let (is, should) = (CONTRACT.describe(&element.ty), CONTRACT.describe(&ty));
                self.error(
                    element.span.clone(),
                    format!("this is {is} in a list that begins with {should}"),
                    "a list holds values of one type",
                );
                return None;
            }
        }
        if matches!(ty, Type::List(_)) {
            return self.unsupported(cel, scope, "lists of lists", "use a table that gives lists");
        }
        Some(Expr::new(Kind::List(elements), Type::List(Box::new(ty)), span).into())
    }

    fn name(
        &mut self,
        name: &str,
        cel: &IdedExpr,
        scope: &mut Scope<'_>,
        proven: &Facts,
    ) -> Option<Checked> {
        let span = scope.condition.span(cel);
        if let Some((_, bound)) = scope.vars.iter().rev().find(|(var, _)| var == name) {
            let mut expr = bound.clone();
            expr.span = span;
            return Some(expr.into());
        }
        if name == REQUEST {
            let place = Place {
                base: Base::Request,
                offset: 0,
                path: Some(String::new()),
            };
            let ty = Type::Record(CONTRACT.request);
            return Some(
                Expr::new(Kind::Fact(place, crate::contract::Width::Bits64), ty, span).into(),
            );
        }
        if let Some(index) = self.definition_names.get(name).copied() {
            return self.use_definition(index, cel, scope, proven);
        }
        let remedy = if CONTRACT.field(CONTRACT.request, name).is_some() || name == ATTRIBUTES {
            format!("facts stand under `request`: write `request.{name}`")
        } else if self.table_names.contains_key(name) {
            format!("`{name}` is a table: look it up with `{name}(…)`")
        } else {
            let vars = scope.vars.iter().map(|(var, _)| var.as_str());
            let mut known: Vec<&str> = vars.chain(self.definition_names.keys().copied()).collect();
            known.sort_unstable();
            known.insert(0, REQUEST);
            self.suggest(name, known)
        };
        self.error(span, format!("nothing is named {}", quote(name)), remedy);
        None
    }

    fn use_definition(
        &mut self,
        index: usize,
        cel: &IdedExpr,
        scope: &mut Scope<'_>,
        proven: &Facts,
    ) -> Option<Checked> {
        let span = scope.condition.span(cel);
        self.used.definitions.insert(index);
        let definition = self.definition(index, &span)?;
        for (fact, path) in definition.requires.iter() {
            if proven.has(fact) {
                continue;
            }
            if let Some(requires) = &mut scope.requires {
                requires.add(fact, path.into());
                continue;
            }
            let name = &self.file.definitions[index].0.value;
            let message = format!("`{name}` uses `{path}`, which may be absent here");
            self.error(
                span,
                message,
                format!("ask first: `has({path}) && {name}`, or put `has({path})` into `given`"),
            );
            return None;
        }
        let expr = &definition.expr;
        let inline = matches!(
            expr.kind,
            Kind::Fact(..)
                | Kind::Action
                | Kind::Attribute(_)
                | Kind::Bool(_)
                | Kind::Int(_)
                | Kind::Text(_)
                | Kind::List(_)
        ) || matches!(expr.ty, Type::Record(_));
        let mut used = Expr::new(Kind::Definition(index), expr.ty.clone(), span.clone());
        if inline {
            self.parts += definition.parts;
            if self.parts < PARTS {
                used = expr.clone();
                used.span = span;
            }
        } else {
            used.range = expr.range;
            used.known.clone_from(&expr.known);
        }
        Some(Checked {
            expr: used,
            yes: definition.yes.clone(),
            no: definition.no.clone(),
        })
    }

    fn selection(
        &mut self,
        select: &SelectExpr,
        cel: &IdedExpr,
        scope: &mut Scope<'_>,
        proven: &Facts,
    ) -> Option<Checked> {
        if is_attributes(&select.operand) {
            let index = self.attribute(&select.field, cel, scope)?;
            let path = format!("request.attributes.{}", select.field);
            let span = scope.condition.span(cel);
            self.need(
                Optional::Attribute(index),
                &path,
                span.clone(),
                scope,
                proven,
            )?;
            let ty = match self.attributes[index].ty {
                AttributeType::Text => Type::Text,
                AttributeType::Number => Type::Int,
                AttributeType::Truth => Type::Bool,
                AttributeType::Texts => Type::List(Box::new(Type::Text)),
            };
            return Some(Expr::new(Kind::Attribute(index), ty, span).into());
        }
        let operand = self.expr(&select.operand, scope, proven)?.expr;
        self.field_of(operand, &select.field, cel, scope, proven)
            .map(Checked::from)
    }

    /// The field of a record expression.
    fn field_of(
        &mut self,
        operand: Expr,
        name: &str,
        cel: &IdedExpr,
        scope: &mut Scope<'_>,
        proven: &Facts,
    ) -> Option<Expr> {
        let field = self.known_field(&operand, name, cel, scope)?;
        let span = scope.condition.span(cel);
        match operand.kind {
            Kind::If(condition, yes, no) => {
                let yes = self.field_of(*yes, name, cel, scope, proven)?;
                let no = self.field_of(*no, name, cel, scope, proven)?;
                let mut expr = yes.clone();
                expr.range = (yes.range.0.min(no.range.0), yes.range.1.max(no.range.1));
                expr.kind = Kind::If(condition, Box::new(yes), Box::new(no));
                Some(expr)
            }
            Kind::Fact(place, _) => {
                let path = place.path.as_ref().map(|path| join(path, name));
                if let Some(presence) = field.presence {
                    let at = Place {
                        offset: place.offset + presence,
                        ..place.clone()
                    };
                    let shown = shown(path.as_deref(), name);
                    self.need(Optional::at(&at), &shown, span.clone(), scope, proven)?;
                }
                Some(read(&place, field, path, span))
            }
            _ => {
                self.error(
                    span,
                    "a field can be taken of a fact only",
                    "write the fact's path",
                );
                None
            }
        }
    }

    fn known_field(
        &mut self,
        operand: &Expr,
        name: &str,
        cel: &IdedExpr,
        scope: &Scope<'_>,
    ) -> Option<&'static Field> {
        let Type::Record(record) = operand.ty else {
            let is = CONTRACT.describe(&operand.ty);
            self.error(
                scope.condition.name_point(cel, name),
                format!("this is {is} and has no field {}", quote(name)),
                "only records have fields",
            );
            return None;
        };
        if let Some(field) = CONTRACT.field(record, name) {
            return Some(field);
        }
        let message = format!(
            "the record `{}` has no field {}",
            CONTRACT.records[record].name,
            quote(name)
        );
        if name == ATTRIBUTES && record == CONTRACT.request {
            self.error(
                scope.condition.name_point(cel, name),
                "attributes cannot be used as a whole",
                "name one that `[attributes]` declares, such as `request.attributes.cost_center`",
            );
            return None;
        }
        let fields = CONTRACT.records[record]
            .fields
            .iter()
            .map(|f| f.name.as_str());
        self.error(
            scope.condition.name_point(cel, name),
            message,
            suggest(name, fields),
        );
        None
    }

    fn attribute(&mut self, name: &str, cel: &IdedExpr, scope: &Scope<'_>) -> Option<usize> {
        let found = self.attributes.iter().position(|a| &*a.name == name);
        if let Some(index) = found {
            self.used.attributes.insert(index);
            return found;
        }
        let names: Vec<String> = self.attributes.iter().map(|a| a.name.to_string()).collect();
        let near = self.suggest(name, names.iter().map(String::as_str));
        let remedy = if near.is_empty() {
            format!("declare it: `[attributes.{name}]` with `type` and `summary`")
        } else {
            near
        };
        self.error(
            scope.condition.name_point(cel, name),
            format!("no attribute {} is declared", quote(name)),
            remedy,
        );
        None
    }

    /// `has(fact)`.
    pub(crate) fn has(
        &mut self,
        call: &CallExpr,
        cel: &IdedExpr,
        scope: &mut Scope<'_>,
        proven: &Facts,
    ) -> Option<Checked> {
        let [argument] = call.args.as_slice() else {
            return self.arguments(cel, scope, "has", "`has(request.access)`");
        };
        let Cel::Select(select) = &argument.expr else {
            return self.arguments(cel, scope, "has", "`has(request.access)`");
        };
        let span = scope.condition.span(cel);
        if is_attributes(&select.operand) {
            let index = self.attribute(&select.field, argument, scope)?;
            let path = format!("request.attributes.{}", select.field);
            return Some(Checked {
                expr: Expr::new(Kind::HasAttribute(index), Type::Bool, span),
                yes: Facts::one(Optional::Attribute(index), path),
                no: Facts::none(),
            });
        }
        let operand = self.expr(&select.operand, scope, proven)?.expr;
        let field = self.known_field(&operand, &select.field, argument, scope)?;
        let (Some(presence), Kind::Fact(place, _)) = (field.presence, &operand.kind) else {
            self.error(
                span,
                format!("{} is always present", quote(&select.field)),
                "leave out the `has`, or compare the value",
            );
            return None;
        };
        let path = place.path.as_ref().map(|path| join(path, &field.name));
        let shown = shown(path.as_deref(), &field.name);
        let place = Place {
            base: place.base,
            offset: place.offset + presence,
            path,
        };
        Some(Checked {
            yes: Facts::one(Optional::at(&place), shown),
            no: Facts::none(),
            expr: Expr::new(Kind::Has(place), Type::Bool, span),
        })
    }

    pub(crate) fn not(
        &mut self,
        operand: &IdedExpr,
        cel: &IdedExpr,
        scope: &mut Scope<'_>,
        proven: &Facts,
    ) -> Option<Checked> {
        let operand = self.expr(operand, scope, proven)?;
        let Checked { expr, yes, no } = self.expect_bool(operand)?;
        let span = scope.condition.span(cel);
        Some(Checked {
            expr: Expr::new(Kind::Not(Box::new(expr)), Type::Bool, span),
            yes: no,
            no: yes,
        })
    }

    /// `&&` and `||`: the right side may use what the left one proves.
    pub(crate) fn logic(
        &mut self,
        call: &CallExpr,
        cel: &IdedExpr,
        scope: &mut Scope<'_>,
        proven: &Facts,
    ) -> Option<Checked> {
        let and = call.func_name == operators::LOGICAL_AND;
        let left = self.expr(&call.args[0], scope, proven);
        let left = left.and_then(|left| self.expect_bool(left));
        let before = match &left {
            Some(left) if and => proven.and(&left.yes),
            Some(left) => proven.and(&left.no),
            None => Facts::everything(),
        };
        let right = self.expr(&call.args[1], scope, &before);
        let right = right.and_then(|right| self.expect_bool(right));
        let (left, right) = (left?, right?);
        let span = scope.condition.span(cel);
        let (a, b) = (Box::new(left.expr), Box::new(right.expr));
        Some(if and {
            Checked {
                expr: Expr::new(Kind::And(a, b), Type::Bool, span),
                no: left.no.or(&left.yes.and(&right.no)),
                yes: left.yes.and(&right.yes),
            }
        } else {
            Checked {
                expr: Expr::new(Kind::Or(a, b), Type::Bool, span),
                yes: left.yes.or(&left.no.and(&right.yes)),
                no: left.no.and(&right.no),
            }
        })
    }

    /// `c ? a : b`.
    pub(crate) fn choice(
        &mut self,
        call: &CallExpr,
        cel: &IdedExpr,
        scope: &mut Scope<'_>,
        proven: &Facts,
    ) -> Option<Checked> {
        let condition = self.expr(&call.args[0], scope, proven);
        let condition = condition.and_then(|condition| self.expect_bool(condition));
        let everything = Facts::everything();
        let (if_yes, if_no) = match &condition {
            Some(c) => (proven.and(&c.yes), proven.and(&c.no)),
            None => (everything.clone(), everything),
        };
        let a = self.expr(&call.args[1], scope, &if_yes);
        let b = self.expr(&call.args[2], scope, &if_no);
        let (condition, a, b) = (condition?, a?, b?);
        let (left, right) = self.alike(a.expr, b.expr, scope.condition.span(cel))?;
        self.kept(&left).and(self.kept(&right))?;
        let span = scope.condition.span(cel);
        let mut expr = Expr::new(Kind::Bool(false), left.ty.clone(), span);
        expr.range = (
            left.range.0.min(right.range.0),
            left.range.1.max(right.range.1),
        );
        expr.known = left.known.as_ref().zip(right.known.as_ref()).map(|(l, r)| {
            let mut both = l.to_vec();
            both.extend(r.iter().filter(|text| !l.contains(text)).cloned());
            both.into()
        });
        expr.kind = Kind::If(Box::new(condition.expr), Box::new(left), Box::new(right));
        Some(Checked {
            expr,
            yes: condition.yes.and(&a.yes).or(&condition.no.and(&b.yes)),
            no: condition.yes.and(&a.no).or(&condition.no.and(&b.no)),
        })
    }
}

/// The value of `field` of the record at `place`.
pub(crate) fn read(
    place: &Place,
    field: &Field,
    path: Option<String>,
    span: std::ops::Range<usize>,
) -> Expr {
    let is_action = place.base == Base::Request && path.as_deref() == Some("action");
    let at = Place {
        base: place.base,
        offset: place.offset + field.offset,
        path,
    };
    let kind = if is_action {
        Kind::Action
    } else {
        Kind::Fact(at, field.width)
    };
    let expr = Expr::new(kind, field.ty.clone(), span);
    match (&field.ty, field.width) {
        (Type::Int, crate::contract::Width::Bits32) => expr.with_range((0, i128::from(u32::MAX))),
        _ => expr,
    }
}

fn is_attributes(operand: &IdedExpr) -> bool {
    matches!(&operand.expr, Cel::Select(select)
        if select.field == ATTRIBUTES && matches!(&select.operand.expr, Cel::Ident(name) if name == REQUEST))
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.into()
    } else {
        format!("{path}.{name}")
    }
}

fn shown(path: Option<&str>, name: &str) -> String {
    path.map_or_else(|| name.to_string(), |path| format!("request.{path}"))
}
