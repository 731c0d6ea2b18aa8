//! A checked rule set: what the code generator turns into a component.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use crate::contract::Type;
use crate::dfa::Dfa;
use crate::ir::Expr;

/// A rule set that compiles.
#[derive(Clone)]
pub(crate) struct Rules {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) summary: String,
    pub(crate) actions: Vec<Arc<str>>,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) tables: Vec<Table>,
    pub(crate) patterns: Vec<Arc<Dfa>>,
    pub(crate) definitions: Vec<Definition>,
    /// The conditions of conditional sets.
    pub(crate) memberships: Vec<Expr>,
    pub(crate) requirements: Vec<Requirement>,
    pub(crate) ready: Vec<Ready>,
    pub(crate) fallbacks: Option<Fallbacks>,
}

impl Rules {
    /// Every condition and definition of the rule set.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = &Expr> {
        let requirements = self.requirements.iter();
        let fallbacks = self.fallbacks.iter();
        self.definitions
            .iter()
            .map(|definition| &definition.expr)
            .chain(&self.memberships)
            .chain(requirements.flat_map(|r| r.given.iter().chain([&r.must])))
            .chain(self.ready.iter().map(|ready| &ready.when))
            .chain(
                fallbacks.flat_map(|f| f.when.iter().chain(f.modes.iter().map(|(_, when)| when))),
            )
    }
}

#[derive(Clone)]
pub(crate) struct Attribute {
    pub(crate) name: Arc<str>,
    pub(crate) ty: AttributeType,
    pub(crate) summary: String,
}

/// The type of an attribute; the number is the contract's case.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum AttributeType {
    Text = 0,
    Number = 1,
    Truth = 2,
    Texts = 3,
}

/// A look-up table.
#[derive(Clone)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) keys: Vec<Key>,
    /// The type of a look-up's result.
    pub(crate) value: Type,
    pub(crate) rows: Rows,
    pub(crate) otherwise: Option<Constant>,
    pub(crate) span: Range<usize>,
}

/// What a table is looked up by.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    Text,
    Enum(usize),
}

#[derive(Clone)]
pub(crate) enum Rows {
    More(Vec<(Arc<str>, Rows, Range<usize>)>),
    Value(Constant),
}

/// A value in a table.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Constant {
    Text(Arc<str>),
    Int(i64),
    Bool(bool),
    Texts(Vec<Arc<str>>),
}

impl Table {
    /// Every value the table can give, each once.
    pub(crate) fn values(&self) -> Vec<&Constant> {
        fn collect<'t>(rows: &'t Rows, into: &mut Vec<&'t Constant>) {
            match rows {
                Rows::Value(value) => into.push(value),
                Rows::More(rows) => rows.iter().for_each(|(_, rows, _)| collect(rows, into)),
            }
        }
        let mut values = Vec::new();
        collect(&self.rows, &mut values);
        values.extend(&self.otherwise);
        let mut seen = HashSet::new();
        values.retain(|value| seen.insert(*value));
        values
    }

    /// The value at `keys`, as the component will find it.
    pub(crate) fn at<'k>(&self, keys: impl IntoIterator<Item = &'k str>) -> Option<&Constant> {
        let mut rows = &self.rows;
        for key in keys {
            let Rows::More(more) = rows else { return None };
            match more.iter().find(|(name, _, _)| **name == *key) {
                Some((_, found, _)) => rows = found,
                None => return self.otherwise.as_ref(),
            }
        }
        match rows {
            Rows::Value(value) => Some(value),
            Rows::More(_) => None,
        }
    }
}

#[derive(Clone)]
pub(crate) struct Definition {
    pub(crate) name: String,
    pub(crate) expr: Expr,
    pub(crate) span: Range<usize>,
}

/// A set of actions: for each action in it, when it belongs to it.
pub(crate) type ActionSet = BTreeMap<usize, When>;

/// When an action belongs to a set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum When {
    Always,
    /// Where all conditions of one of the lists hold: indices into `Rules::memberships`.
    Any(Vec<Vec<usize>>),
}

impl When {
    pub(crate) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Any(mut a), Self::Any(b)) => {
                for conditions in b {
                    if !a.contains(&conditions) {
                        a.push(conditions);
                    }
                }
                Self::Any(a)
            }
            _ => Self::Always,
        }
    }

    /// This, and the condition too.
    pub(crate) fn and(self, condition: usize) -> Self {
        match self {
            Self::Always => Self::Any(vec![vec![condition]]),
            Self::Any(mut lists) => {
                for list in &mut lists {
                    if !list.contains(&condition) {
                        list.push(condition);
                    }
                }
                Self::Any(lists)
            }
        }
    }
}

#[derive(Clone)]
pub(crate) struct Requirement {
    pub(crate) id: String,
    pub(crate) actions: ActionSet,
    pub(crate) given: Option<Expr>,
    pub(crate) must: Expr,
    pub(crate) code: String,
    pub(crate) state: String,
    pub(crate) message: String,
    pub(crate) remedy: String,
    pub(crate) source: String,
    pub(crate) span: Range<usize>,
}

#[derive(Clone)]
pub(crate) struct Ready {
    pub(crate) state: String,
    pub(crate) when: Expr,
}

#[derive(Clone)]
pub(crate) struct Fallbacks {
    pub(crate) actions: ActionSet,
    pub(crate) when: Option<Expr>,
    /// The access mode's case, and when it stays open.
    pub(crate) modes: Vec<(u32, Expr)>,
}
