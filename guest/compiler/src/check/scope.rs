//! What a condition may name, and what is known while one is checked.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use super::facts::{Facts, Optional};
use crate::condition::Condition;
use crate::contract::{CONTRACT, Type};
use crate::dfa::Dfa;
use crate::diagnostic::{Diagnostic, Diagnostics, suggest};
use crate::file::{RuleFile, Text};
use crate::ir::{Expr, Kind, Var};
use crate::rules::{Attribute, Table};

/// The deepest chain of definitions and `holds` that use one another.
pub(crate) const DEPTH: usize = 64;

/// The rule set while its conditions are checked.
pub(crate) struct Checker<'s> {
    pub(crate) source: &'s str,
    pub(crate) file: &'s RuleFile,
    pub(crate) out: Diagnostics,
    pub(crate) actions: HashMap<&'s str, usize>,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) tables: Vec<Table>,
    /// What is known of each table's values; none if the table is wrong.
    pub(crate) table_values: Vec<Option<TableValues>>,
    pub(crate) table_names: HashMap<&'s str, usize>,
    pub(crate) definition_names: HashMap<&'s str, usize>,
    pub(crate) definitions: Vec<State>,
    pub(crate) patterns: Vec<Arc<Dfa>>,
    pub(crate) pattern_names: HashMap<String, usize>,
    /// For each group and requirement id, the requirements it stands for.
    pub(crate) groups: HashMap<&'s str, Arc<[usize]>>,
    pub(crate) used: Used,
    vars: Var,
    /// How many expressions have been checked, and how many are being checked, one within another.
    pub(crate) parts: usize,
    pub(crate) depth: usize,
    /// The definitions being checked, outermost first.
    pub(crate) stack: Vec<usize>,
}

/// What some condition made use of.
#[derive(Default)]
pub(crate) struct Used {
    pub(crate) groups: BTreeSet<String>,
    pub(crate) tables: BTreeSet<usize>,
    pub(crate) definitions: BTreeSet<usize>,
    pub(crate) attributes: BTreeSet<usize>,
}

/// What is known of the values that a table gives.
#[derive(Clone, Default)]
pub(crate) struct TableValues {
    /// The least and the greatest, of numbers.
    pub(crate) range: Option<(i128, i128)>,
    /// Each once, of texts.
    pub(crate) texts: Option<Arc<[Arc<str>]>>,
}

/// How far the check of a definition has come.
#[derive(Clone)]
pub(crate) enum State {
    Unchecked,
    InProgress,
    /// It has been reported as wrong.
    Failed,
    Done(Rc<Definition>),
}

/// A checked definition, and what must be proven present where it is used.
pub(crate) struct Definition {
    pub(crate) expr: Expr,
    /// How many expressions it consists of.
    pub(crate) parts: usize,
    pub(crate) requires: Facts,
    pub(crate) yes: Facts,
    pub(crate) no: Facts,
}

/// A checked expression, and which facts it proves present where it is true, and where it is false.
#[derive(Clone)]
pub(crate) struct Checked {
    pub(crate) expr: Expr,
    pub(crate) yes: Facts,
    pub(crate) no: Facts,
}

impl From<Expr> for Checked {
    fn from(expr: Expr) -> Self {
        let (yes, no) = match expr.kind {
            Kind::Bool(true) => (Facts::none(), Facts::everything()),
            Kind::Bool(false) => (Facts::everything(), Facts::none()),
            _ => (Facts::none(), Facts::none()),
        };
        Self { expr, yes, no }
    }
}

/// One condition while it is checked.
pub(crate) struct Scope<'c> {
    pub(crate) condition: &'c Condition<'c>,
    /// The variables of the macros around, innermost last.
    pub(crate) vars: Vec<(String, Expr)>,
    /// In a definition: the facts it uses without proving them present itself.
    pub(crate) requires: Option<Facts>,
    /// How often bodies of macros over list literals have been written out.
    pub(crate) unrolled: usize,
}

impl<'s> Checker<'s> {
    pub(crate) fn new(source: &'s str, file: &'s RuleFile) -> Self {
        Self {
            source,
            file,
            out: Diagnostics::default(),
            actions: HashMap::new(),
            attributes: Vec::new(),
            tables: Vec::new(),
            table_values: Vec::new(),
            table_names: HashMap::new(),
            definition_names: HashMap::new(),
            definitions: Vec::new(),
            patterns: Vec::new(),
            pattern_names: HashMap::new(),
            groups: HashMap::new(),
            used: Used::default(),
            vars: 0,
            parts: 0,
            depth: 0,
            stack: Vec::new(),
        }
    }

    pub(crate) fn error(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.out.push(Diagnostic::error(span, message, remedy));
    }

    /// As `suggest`, as long as somebody will read it.
    pub(crate) fn suggest<'a>(
        &self,
        word: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> String {
        if self.out.are_enough() {
            return String::new();
        }
        suggest(word, known)
    }

    pub(crate) fn fresh_var(&mut self) -> Var {
        self.vars += 1;
        self.vars - 1
    }

    /// Checks a condition of the rule set: a boolean whose facts are all proven, given `proven`.
    pub(crate) fn condition(&mut self, text: &Text, proven: &Facts) -> Option<Checked> {
        let condition = Condition::parse(text, self.source, &mut self.out)?;
        let mut scope = Scope {
            condition: &condition,
            vars: Vec::new(),
            requires: None,
            unrolled: 0,
        };
        let checked = self.expr(&condition.root, &mut scope, proven)?;
        self.expect_bool(checked)
    }

    /// The definition with this index, checked now if it has not been.
    pub(crate) fn definition(&mut self, index: usize, at: &Range<usize>) -> Option<Rc<Definition>> {
        match &self.definitions[index] {
            State::Done(definition) => return Some(definition.clone()),
            State::Failed => return None,
            State::InProgress => {
                let name = &self.file.definitions[index].0.value;
                let message = format!("the definition `{name}` uses itself");
                self.error(
                    at.clone(),
                    message,
                    "definitions cannot go in a circle: write one of them out",
                );
                return None;
            }
            State::Unchecked => {}
        }
        if self.stack.len() >= DEPTH {
            self.error(
                at.clone(),
                format!("definitions use one another more than {DEPTH} deep"),
                "write some of them out",
            );
            return None;
        }
        self.definitions[index] = State::InProgress;
        self.stack.push(index);
        let checked = self.check_definition(index).map(Rc::new);
        self.stack.pop();
        self.definitions[index] = checked.clone().map_or(State::Failed, State::Done);
        checked
    }

    fn check_definition(&mut self, index: usize) -> Option<Definition> {
        let text = &self.file.definitions[index].1;
        let condition = Condition::parse(text, self.source, &mut self.out)?;
        let mut scope = Scope {
            condition: &condition,
            vars: Vec::new(),
            requires: Some(Facts::none()),
            unrolled: 0,
        };
        let checked = self.expr(&condition.root, &mut scope, &Facts::none())?;
        Some(Definition {
            parts: checked.expr.parts(),
            expr: checked.expr,
            requires: scope.requires.unwrap_or_default(),
            yes: checked.yes,
            no: checked.no,
        })
    }

    /// Makes sure that the fact may be used here, or says why not.
    pub(crate) fn need(
        &mut self,
        fact: Optional,
        path: &str,
        span: Range<usize>,
        scope: &mut Scope<'_>,
        proven: &Facts,
    ) -> Option<()> {
        if proven.has(fact) {
            return Some(());
        }
        if let Some(requires) = &mut scope.requires
            && !matches!(fact, Optional::Element(..))
        {
            requires.add(fact, path.into());
            return Some(());
        }
        self.error(
            span,
            format!("`{path}` may be absent here"),
            format!("ask first: `has({path}) && …`, or put `has({path})` into `given`"),
        );
        None
    }

    pub(crate) fn expect_bool(&mut self, checked: Checked) -> Option<Checked> {
        if checked.expr.ty == Type::Bool {
            return Some(checked);
        }
        let is = CONTRACT.describe(&checked.expr.ty);
        self.error(
            checked.expr.span.clone(),
            format!("this is {is}, where a boolean belongs"),
            "compare it with something, such as `… == \"ready\"`",
        );
        None
    }
}
