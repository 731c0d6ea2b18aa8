//! A checked condition: every name resolved, every type known, every fact it reads proven present.
//!
//! An `Expr` that exists can be evaluated on any request that fits the contract, without failing.

use std::ops::Range;
use std::sync::Arc;

use crate::contract::{Type, Width};

/// A checked expression and what is known of its value.
#[derive(Clone, Debug)]
pub(crate) struct Expr {
    pub(crate) kind: Kind,
    pub(crate) ty: Type,
    /// The least and the greatest value, of a number, time or duration.
    pub(crate) range: (i128, i128),
    /// The texts it can be, where they are known.
    pub(crate) known: Option<Arc<[Arc<str>]>>,
    /// Where it is written: bytes of the file.
    pub(crate) span: Range<usize>,
}

/// Identifies the variable of one `all`, `exists` or `exists_one`.
pub(crate) type Var = usize;

/// Where a value stands: `offset` bytes behind the beginning of the request or of a list element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) base: Base,
    pub(crate) offset: u32,
    /// The fact's path, with `[]` for an element: `scan.targets[].url`. None for what is no fact of the request.
    pub(crate) path: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Base {
    Request,
    Element(Var),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quantifier {
    All,
    Exists,
    ExistsOne,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextTest {
    StartsWith,
    EndsWith,
    Contains,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UrlTest {
    Accepts,
    Excludes,
    ExcludesAnySpelling,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Bool(bool),
    /// A number, seconds of a time or of a duration.
    Int(i64),
    Text(Arc<str>),
    /// A case of the enum that is the expression's type.
    Case(u32),
    /// A list literal.
    List(Vec<Expr>),
    /// A fact, or a part of a list element.
    Fact(Place, Width),
    /// `request.action`.
    Action,
    /// The value of a declared attribute, by its index.
    Attribute(usize),
    /// Whether the byte at the place is 1: an optional fact is present.
    Has(Place),
    HasAttribute(usize),
    Not(Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    Equal(Box<Expr>, Box<Expr>),
    /// The first is less than the second.
    Less(Box<Expr>, Box<Expr>),
    /// The first is less than or equal to the second.
    AtMost(Box<Expr>, Box<Expr>),
    Add(Box<Expr>, Box<Expr>),
    Subtract(Box<Expr>, Box<Expr>),
    In(Box<Expr>, Box<Expr>),
    Quantified {
        quantifier: Quantifier,
        var: Var,
        list: Box<Expr>,
        body: Box<Expr>,
    },
    /// Code points of a text, elements of a list.
    Size(Box<Expr>),
    TextTest(TextTest, Box<Expr>, Box<Expr>),
    /// The text matches the pattern with this index.
    Matches(Box<Expr>, usize),
    Host(Box<Expr>),
    /// The text is empty or prints as nothing.
    IsBlank(Box<Expr>),
    UrlTest(UrlTest, Box<Expr>, Box<Expr>),
    /// The table with this index, looked up by the keys.
    Lookup(usize, Vec<Expr>),
    /// The text as a case of the enum; no case equals one that it does not name.
    CaseOf(usize, Box<Expr>),
    /// The definition with this index.
    Definition(usize),
    /// Every requirement of the list that applies holds; with an action, as for that action.
    Holds(Arc<[usize]>, Option<usize>),
}

impl Expr {
    pub(crate) fn new(kind: Kind, ty: Type, span: Range<usize>) -> Self {
        let range = match ty {
            Type::Time => (0, i128::from(scopegate_contract::LAST_INSTANT)),
            _ => (i128::from(i64::MIN), i128::from(i64::MAX)),
        };
        Self {
            kind,
            ty,
            range,
            known: None,
            span,
        }
    }

    pub(crate) fn bool(value: bool, span: Range<usize>) -> Self {
        Self::new(Kind::Bool(value), Type::Bool, span)
    }

    pub(crate) fn text(value: Arc<str>, span: Range<usize>) -> Self {
        let mut expr = Self::new(Kind::Text(value.clone()), Type::Text, span);
        expr.known = Some(Arc::new([value]));
        expr
    }

    pub(crate) fn int(value: i64, ty: Type, span: Range<usize>) -> Self {
        let mut expr = Self::new(Kind::Int(value), ty, span);
        expr.range = (i128::from(value), i128::from(value));
        expr
    }

    pub(crate) fn with_range(mut self, range: (i128, i128)) -> Self {
        self.range = range;
        self
    }

    /// The boolean it is, if it is a literal.
    pub(crate) fn as_bool(&self) -> Option<bool> {
        match self.kind {
            Kind::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The text it is, if it is a literal.
    pub(crate) fn as_text(&self) -> Option<&Arc<str>> {
        match &self.kind {
            Kind::Text(value) => Some(value),
            _ => None,
        }
    }

    pub(crate) fn is_constant(&self) -> bool {
        match &self.kind {
            Kind::Bool(_) | Kind::Int(_) | Kind::Text(_) | Kind::Case(_) => true,
            Kind::List(elements) => elements.iter().all(Self::is_constant),
            _ => false,
        }
    }

    /// How many expressions it consists of.
    pub(crate) fn parts(&self) -> usize {
        1 + self.children().into_iter().map(Self::parts).sum::<usize>()
    }

    /// The expressions directly within it.
    pub(crate) fn children(&self) -> Vec<&Expr> {
        match &self.kind {
            Kind::Bool(_)
            | Kind::Int(_)
            | Kind::Text(_)
            | Kind::Case(_)
            | Kind::Fact(..)
            | Kind::Action
            | Kind::Attribute(_)
            | Kind::Has(_)
            | Kind::HasAttribute(_)
            | Kind::Definition(_)
            | Kind::Holds(..) => Vec::new(),
            Kind::List(all) | Kind::Lookup(_, all) => all.iter().collect(),
            Kind::Not(a)
            | Kind::Size(a)
            | Kind::Matches(a, _)
            | Kind::Host(a)
            | Kind::IsBlank(a)
            | Kind::CaseOf(_, a) => vec![a],
            Kind::And(a, b)
            | Kind::Or(a, b)
            | Kind::Equal(a, b)
            | Kind::Less(a, b)
            | Kind::AtMost(a, b)
            | Kind::Add(a, b)
            | Kind::Subtract(a, b)
            | Kind::In(a, b)
            | Kind::TextTest(_, a, b)
            | Kind::UrlTest(_, a, b)
            | Kind::Quantified {
                list: a, body: b, ..
            } => vec![a, b],
            Kind::If(a, b, c) => vec![a, b, c],
        }
    }

    /// The expression with each direct child replaced by `f` of it.
    pub(crate) fn map_children(&self, f: &mut dyn FnMut(&Expr) -> Expr) -> Expr {
        let mut boxed = |e: &Expr| Box::new(f(e));
        let kind = match &self.kind {
            Kind::List(all) => Kind::List(all.iter().map(f).collect()),
            Kind::Lookup(table, all) => Kind::Lookup(*table, all.iter().map(f).collect()),
            Kind::Not(a) => Kind::Not(boxed(a)),
            Kind::Size(a) => Kind::Size(boxed(a)),
            Kind::Matches(a, pattern) => Kind::Matches(boxed(a), *pattern),
            Kind::Host(a) => Kind::Host(boxed(a)),
            Kind::IsBlank(a) => Kind::IsBlank(boxed(a)),
            Kind::CaseOf(e, a) => Kind::CaseOf(*e, boxed(a)),
            Kind::And(a, b) => Kind::And(boxed(a), boxed(b)),
            Kind::Or(a, b) => Kind::Or(boxed(a), boxed(b)),
            Kind::Equal(a, b) => Kind::Equal(boxed(a), boxed(b)),
            Kind::Less(a, b) => Kind::Less(boxed(a), boxed(b)),
            Kind::AtMost(a, b) => Kind::AtMost(boxed(a), boxed(b)),
            Kind::Add(a, b) => Kind::Add(boxed(a), boxed(b)),
            Kind::Subtract(a, b) => Kind::Subtract(boxed(a), boxed(b)),
            Kind::In(a, b) => Kind::In(boxed(a), boxed(b)),
            Kind::TextTest(test, a, b) => Kind::TextTest(*test, boxed(a), boxed(b)),
            Kind::UrlTest(test, a, b) => Kind::UrlTest(*test, boxed(a), boxed(b)),
            Kind::Quantified {
                quantifier,
                var,
                list,
                body,
            } => Kind::Quantified {
                quantifier: *quantifier,
                var: *var,
                list: boxed(list),
                body: boxed(body),
            },
            Kind::If(a, b, c) => Kind::If(boxed(a), boxed(b), boxed(c)),
            leaf => leaf.clone(),
        };
        Expr {
            kind,
            ..self.clone()
        }
    }
}
