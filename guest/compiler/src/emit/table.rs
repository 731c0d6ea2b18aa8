//! Look-up tables: laid out once as static data, found by their text or, for enums and the action, by index.

use wasm_encoder::{Instruction as I, ValType};

use super::expr::Body;
use super::runtime::RUNTIME;
use super::{Emitter, count};
use crate::contract::{CONTRACT, Type};
use crate::ir::{Expr, Kind};
use crate::rules::{Constant, Key, Rows};

/// Where a table stands: the first key's part, and the cell with what holds otherwise.
#[derive(Clone, Copy)]
pub(super) struct Placed {
    first: Option<u32>,
    /// The first key's part by the index of the action.
    by_action: Option<u32>,
    otherwise: u32,
}

impl Body<'_, '_> {
    /// Leaves what the table gives.
    pub(super) fn look_up(&mut self, table: usize, keys: &[Expr], ty: &Type) {
        self.cell(table, keys);
        match ty {
            Type::Bool => {
                self.code.load(0);
            }
            Type::Int => {
                self.code.load_wide(0);
            }
            _ => {
                let cell = self.code.local(ValType::I32);
                self.code.tee(cell).load(0).get(cell).load(4);
            }
        }
    }

    /// Leaves the address of the cell with what the table gives: a step a key, from the part of one to that of the next.
    pub(super) fn cell(&mut self, table: usize, keys: &[Expr]) {
        let by_action = matches!(keys[0].kind, Kind::Action) && self.emitter.is_of_actions(table);
        let placed = self.emitter.placed(table, by_action);
        let mut rest = keys;
        if let Some(at) = placed.by_action.filter(|_| by_action) {
            self.code
                .op(I::GlobalGet(RUNTIME.index("action")))
                .word(2)
                .op(I::I32Shl)
                .load(at);
            rest = &keys[1..];
        } else {
            let first = placed.first.expect("the table is placed by its first key");
            if keys[0].ty == Type::Text {
                self.code.word(first);
            } else {
                self.expr(&keys[0]);
                self.code.word(2).op(I::I32Shl).load(first);
                rest = &keys[1..];
            }
        }
        for (left, key) in (0..rest.len()).rev().zip(rest) {
            self.expr(key);
            if key.ty == Type::Text {
                let otherwise = self.emitter.missing(table, left);
                self.code.word(otherwise);
                self.run("find");
            } else {
                self.code.word(2).op(I::I32Shl).add().load(0);
            }
        }
    }
}

impl Emitter<'_> {
    fn placed(&mut self, table: usize, by_action: bool) -> Placed {
        if !self.tables.contains_key(&table) {
            let rules = self.rules;
            let rule = &rules.tables[table];
            let otherwise = match &rule.otherwise {
                Some(value) => self.constant_cell(value),
                // Every key has its row: nothing is ever missed.
                None => 0,
            };
            self.tables.insert(
                table,
                Placed {
                    first: None,
                    by_action: None,
                    otherwise,
                },
            );
        }
        let mut placed = self.tables[&table];
        if by_action && placed.by_action.is_none() {
            placed.by_action = Some(self.rows_by_action(table));
        }
        if !by_action && placed.first.is_none() {
            let rules = self.rules;
            let rule = &rules.tables[table];
            placed.first = Some(self.rows(table, &rule.rows, &rule.keys));
        }
        self.tables.insert(table, placed);
        placed
    }

    /// What stands for a row that is not there, with so many keys left: a part in which nothing is found.
    fn missing(&mut self, table: usize, keys_left: usize) -> u32 {
        let otherwise = self.tables[&table].otherwise;
        let rule = &self.rules.tables[table];
        if keys_left == 0 {
            return otherwise;
        }
        match rule.keys[rule.keys.len() - keys_left] {
            Key::Text => self.find_table(Vec::new()),
            Key::Enum(e) => {
                let inner = self.missing(table, keys_left - 1);
                let words = vec![inner; CONTRACT.enums[e].cases.len()];
                self.data.words(&words)
            }
        }
    }

    /// Whether every row is that of an action the rule set knows; else one it does not know may have a row.
    fn is_of_actions(&self, table: usize) -> bool {
        match &self.rules.tables[table].rows {
            Rows::More(rows) => rows
                .iter()
                .all(|(name, _, _)| self.rules.actions.contains(name)),
            Rows::Value(_) => false,
        }
    }

    fn rows_by_action(&mut self, table: usize) -> u32 {
        let rules = self.rules;
        let rule = &rules.tables[table];
        let Rows::More(rows) = &rule.rows else {
            unreachable!("a table has rows for its first key");
        };
        let missing = self.missing(table, rule.keys.len() - 1);
        let mut words = Vec::new();
        for action in &rules.actions {
            words.push(match rows.iter().find(|(name, _, _)| name == action) {
                Some((_, row, _)) => self.rows(table, row, &rule.keys[1..]),
                None => missing,
            });
        }
        words.push(missing);
        self.data.words(&words)
    }

    /// The address of the rows' part, or of a value's cell.
    fn rows(&mut self, table: usize, rows: &Rows, keys: &[Key]) -> u32 {
        let rows = match rows {
            Rows::Value(value) => return self.constant_cell(value),
            Rows::More(rows) => rows,
        };
        let placed: Vec<(&str, u32)> = rows
            .iter()
            .map(|(name, row, _)| (&**name, self.rows(table, row, &keys[1..])))
            .collect();
        let Key::Enum(e) = keys[0] else {
            return self.find_table(placed);
        };
        let missing = self.missing(table, keys.len() - 1);
        let words: Vec<u32> = CONTRACT.enums[e]
            .cases
            .iter()
            .map(|case| {
                let row = placed.iter().find(|(name, _)| name == case);
                row.map_or(missing, |(_, at)| *at)
            })
            .collect();
        self.data.words(&words)
    }

    fn constant_cell(&mut self, value: &Constant) -> u32 {
        match value {
            Constant::Text(text) => {
                let (at, len) = self.data.text(text);
                self.data.words(&[at, len])
            }
            Constant::Int(value) => self.data.shared(value.to_le_bytes().to_vec(), 8),
            Constant::Bool(value) => self.data.words(&[u32::from(*value)]),
            Constant::Texts(texts) => {
                let (at, len) = self.data.texts(texts.iter().map(|text| &**text));
                self.data.words(&[at, len])
            }
        }
    }

    /// A table from the names of an enum's cases to their numbers.
    pub(super) fn cases_of(&mut self, e: usize) -> u32 {
        if let Some(at) = self.cases.get(&e) {
            return *at;
        }
        let cases = CONTRACT.enums[e].cases.iter().enumerate();
        let at = self.find_table(
            cases
                .map(|(case, name)| (name.as_str(), count(case)))
                .collect(),
        );
        self.cases.insert(e, at);
        at
    }

    /// Where a pattern's DFA stands.
    pub(super) fn pattern(&mut self, pattern: usize) -> u32 {
        if let Some(at) = self.patterns.get(&pattern) {
            return *at;
        }
        let image = self.rules.patterns[pattern].image();
        let at = self.data.put(&image, 4);
        self.patterns.insert(pattern, at);
        at
    }
}
