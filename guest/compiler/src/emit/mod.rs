//! From checked rules to a core module: one function a condition, called by a function for each action.

mod asks;
mod data;
mod decide;
mod equal;
mod explain;
mod expr;
mod find;
mod fold;
mod function;
mod limits;
mod list;
mod manifest;
mod module;
mod needed;
mod reads;
mod runtime;
#[cfg(test)]
mod sample;
mod select;
mod table;
mod trace;
mod uses;
mod work;
mod writable;

use std::borrow::Cow;
use std::collections::HashMap;
use std::rc::Rc;

use wasm_encoder::{Function, ValType};

use crate::contract::Type;
use crate::ir::Expr;
use crate::rules::{Rules, When};
use data::Data;
use expr::Body;
pub(crate) use fold::fold;
use function::Code;
pub(crate) use reads::depends_on;
use runtime::RUNTIME;
pub(crate) use runtime::standalone;
use select::Selection;
use uses::Uses;
pub(crate) use work::work;
use writable::Writable;

/// The module would have more bytes than it may.
#[derive(Debug)]
pub(crate) struct TooLarge;

/// The core module of the rules, of at most `most` bytes; `digest` is that of their text.
///
/// A condition is written once for each action that `holds` asks it for, so few rules can make a large module: writing stops where it would be
/// larger.
pub(crate) fn module(rules: &Rules, digest: &str, most: usize) -> Result<Vec<u8>, TooLarge> {
    let mut emitter = Emitter::new(rules, most);
    let exports = emitter.exports(digest)?;
    let module = emitter.write(&exports);
    if module.len() > most {
        return Err(TooLarge);
    }
    Ok(module)
}

/// What a generated function computes. `action` is the action that conditions take for the request's.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Task {
    /// The value of a definition.
    Definition { index: usize, action: Option<usize> },
    /// `(out, request) -> out`: writes a requirement's index to `out`, and moves it on if its guard holds and its
    /// condition does not.
    Condition { index: usize, action: Option<usize> },
    /// Whether a conditional membership holds.
    Membership { index: usize, action: Option<usize> },
    /// Whether a ready state holds.
    Ready { index: usize },
    /// As `Definition`, noting the facts that decide it.
    TracedDefinition { index: usize, action: Option<usize> },
    /// A requirement's condition, noting the facts that decide it.
    TracedCondition { index: usize, action: Option<usize> },
    /// Whether two values of a type are equal.
    Equal(Type),
}

struct Emitter<'r> {
    rules: &'r Rules,
    uses: Uses,
    /// Each requirement's condition with its guard, of which everything known is worked out.
    conditions: Rc<[Expr]>,
    selection: Selection,
    data: Data,
    /// The index of the first function that is not the runtime's.
    first: u32,
    /// Where the table of spellings stands, if a condition reads it.
    spellings: Option<u32>,
    /// For each function after the runtime's: its type, and its body once it is written.
    functions: Vec<(u32, Option<Function>)>,
    /// The bytes of code that may still be written.
    left: usize,
    types: Vec<(Vec<ValType>, Vec<ValType>)>,
    tasks: HashMap<Task, u32>,
    queue: Vec<(Task, u32)>,
    tables: HashMap<usize, table::Placed>,
    patterns: HashMap<usize, u32>,
    cases: HashMap<usize, u32>,
    /// For each shared task the byte that remembers its result.
    memos: HashMap<Task, u32>,
    /// The conditions asked through the function table, and the place of each requirement's among them.
    visited: Vec<u32>,
    places: HashMap<usize, usize>,
    /// The function that asks a list of them, once it is needed.
    visit: Option<u32>,
    writable: Writable,
}

impl<'r> Emitter<'r> {
    fn new(rules: &'r Rules, most: usize) -> Self {
        let mut data = Data::new();
        let uses = Uses::of(rules);
        let writable = Writable::new(rules, &uses, &mut data);
        data.seal();
        let spells = rules.conditions().any(runtime::spells);
        let spellings = spells.then(|| data.put(scopegate_contract::SPELLINGS, 1));
        let conditions = rules.requirements.iter().map(uses::guarded);
        let conditions: Rc<[Expr]> = conditions
            .map(|condition| fold(&condition, rules, None))
            .collect();
        Self {
            rules,
            uses,
            selection: Selection::new(&conditions, rules),
            conditions,
            data,
            first: RUNTIME.function_count(spellings.is_some()),
            spellings,
            functions: Vec::new(),
            left: most,
            types: Vec::new(),
            tasks: HashMap::new(),
            queue: Vec::new(),
            tables: HashMap::new(),
            patterns: HashMap::new(),
            cases: HashMap::new(),
            memos: HashMap::new(),
            visited: Vec::new(),
            places: HashMap::new(),
            visit: None,
            writable,
        }
    }

    /// The index of the type, which is added if it is new.
    fn type_index(&mut self, params: &[ValType], results: &[ValType]) -> u32 {
        let known = self
            .types
            .iter()
            .position(|(p, r)| p == params && r == results);
        let at = known.unwrap_or_else(|| {
            self.types.push((params.to_vec(), results.to_vec()));
            self.types.len() - 1
        });
        RUNTIME.type_count() + count(at)
    }

    /// A new function, whose body follows.
    fn declare(&mut self, params: &[ValType], results: &[ValType]) -> u32 {
        let ty = self.type_index(params, results);
        self.functions.push((ty, None));
        self.first + count(self.functions.len() - 1)
    }

    fn define(&mut self, function: u32, code: Code) {
        let code = code.finish();
        self.left = self.left.saturating_sub(code.byte_len());
        self.functions[(function - self.first) as usize].1 = Some(code);
    }

    /// The function for the task; it is written later if it is new.
    fn function(&mut self, task: Task) -> u32 {
        let task = self.normal(task);
        if let Some(function) = self.tasks.get(&task) {
            return *function;
        }
        let (params, results) = match &task {
            Task::Definition { index, .. } => {
                (1, value_types(&self.rules.definitions[*index].expr.ty))
            }
            Task::Condition { .. } => (2, vec![ValType::I32]),
            Task::Equal(ty) => (2 * value_types(ty).len(), vec![ValType::I32]),
            _ => (1, vec![ValType::I32]),
        };
        let function = self.declare(&vec![ValType::I32; params], &results);
        self.tasks.insert(task.clone(), function);
        self.queue.push((task, function));
        function
    }

    /// The task without the action where it makes no difference.
    fn normal(&self, mut task: Task) -> Task {
        let uses = &self.uses;
        let (action, depends) = match &mut task {
            Task::Definition { index, action } | Task::TracedDefinition { index, action } => {
                (action, uses.definition_reads_action(*index))
            }
            Task::Condition { index, action } | Task::TracedCondition { index, action } => {
                (action, uses.condition_reads_action(*index))
            }
            Task::Membership { index, action } => (action, uses.membership_reads_action(*index)),
            Task::Ready { .. } | Task::Equal(_) => return task,
        };
        if !depends {
            *action = None;
        }
        task
    }

    /// Writes every function that has been asked for.
    fn drain(&mut self) -> Result<(), TooLarge> {
        let mut done = 0;
        while done < self.queue.len() {
            if self.left == 0 {
                return Err(TooLarge);
            }
            let (task, function) = self.queue[done].clone();
            done += 1;
            let code = self.body(&task);
            self.define(function, code);
        }
        self.queue.clear();
        Ok(())
    }

    fn body(&mut self, task: &Task) -> Code {
        let rules = self.rules;
        match task {
            Task::Definition { index, action } => {
                self.value(task, &rules.definitions[*index].expr, *action)
            }
            Task::Condition { index, action } => self.condition(task, *index, *action),
            Task::Membership { index, action } => {
                self.value(task, &rules.memberships[*index], *action)
            }
            Task::Ready { index } => self.value(task, &rules.ready[*index].when, None),
            Task::TracedDefinition { index, action } => {
                self.traced_value(&rules.definitions[*index].expr, *action)
            }
            Task::TracedCondition { index, action } => {
                self.traced_value(&rules.requirements[*index].must, *action)
            }
            Task::Equal(ty) => self.equal_values(ty),
        }
    }

    fn value(&mut self, task: &Task, expr: &Expr, action: Option<usize>) -> Code {
        let folded = fold(expr, self.rules, action);
        let memo = self.memo(task);
        let mut body = Body::new(self, action);
        body.remembered(memo, |body| body.expr(&folded));
        body.code
    }

    fn condition(&mut self, task: &Task, index: usize, action: Option<usize>) -> Code {
        let conditions = self.conditions.clone();
        let folded = match action {
            None => Cow::Borrowed(&conditions[index]),
            Some(_) => Cow::Owned(fold(&conditions[index], self.rules, action)),
        };
        let memo = self.memo(task);
        let mut body = Body::of_condition(self, action);
        body.write_index(index);
        body.remembered(memo, |body| body.expr(&folded));
        body.advance();
        body.code
    }

    fn traced_value(&mut self, expr: &Expr, action: Option<usize>) -> Code {
        let folded = fold(expr, self.rules, action);
        let mut body = Body::new(self, action);
        body.traced(&folded);
        body.code
    }

    /// Where the task's result is remembered, if others may ask for it in the same call.
    fn memo(&mut self, task: &Task) -> Option<u32> {
        if !self.uses.is_shared(task, self.rules) {
            return None;
        }
        let next = self.writable.memos + count(self.memos.len());
        Some(*self.memos.entry(task.clone()).or_insert(next))
    }

    /// Where an action belongs to a set only sometimes: the conditions, one list of which must hold.
    fn alternatives(when: &When) -> Option<&[Vec<usize>]> {
        match when {
            When::Always => None,
            When::Any(lists) => Some(lists),
        }
    }
}

/// How a value stands on WebAssembly's stack.
fn value_types(ty: &Type) -> Vec<ValType> {
    match ty {
        Type::Bool | Type::Enum(_) | Type::Record(_) => vec![ValType::I32],
        Type::Int | Type::Time | Type::Duration => vec![ValType::I64],
        Type::Text | Type::List(_) => vec![ValType::I32, ValType::I32],
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).expect("a rule set is far below 4 GiB")
}
