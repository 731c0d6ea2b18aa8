//! A look-up table: as the rule set writes it, and as the oracle looks it up.

use std::fmt::Write;

use super::contract::{CONTRACT, Type};

/// What a table gives.
#[derive(Clone, Debug)]
pub enum Cell {
    /// A text.
    Text(&'static str),
    /// A whole number.
    Int(i64),
    /// A boolean.
    Bool(bool),
    /// Texts.
    Texts(&'static [&'static str]),
}

/// A table.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// `text`, or the name of an enum, for each key.
    pub keys: &'static [&'static str],
    /// The rows, by their keys.
    pub rows: Vec<(Vec<&'static str>, Cell)>,
    /// What else it gives.
    pub otherwise: Option<Cell>,
}

impl Table {
    /// What the table gives for the keys.
    pub fn look_up(&self, keys: &[&str]) -> &Cell {
        let row = self.rows.iter().find(|(row, _)| row == keys);
        row.map(|(_, cell)| cell)
            .or(self.otherwise.as_ref())
            .unwrap_or_else(|| panic!("{} has no row for {keys:?}", self.name))
    }

    /// Every value it gives.
    pub(super) fn cells(&self) -> impl Iterator<Item = &Cell> {
        self.rows
            .iter()
            .map(|(_, cell)| cell)
            .chain(&self.otherwise)
    }

    /// The type of what it gives.
    pub(super) fn ty(&self) -> Type {
        match self.cells().next() {
            Some(Cell::Text(_)) => Type::Text,
            Some(Cell::Int(_)) => Type::Int,
            Some(Cell::Bool(_)) => Type::Bool,
            Some(Cell::Texts(_)) => Type::List(Box::new(Type::Text)),
            None => panic!("{} is empty", self.name),
        }
    }

    /// The type of the key with this index.
    pub(super) fn key(&self, index: usize) -> Type {
        match self.keys[index] {
            "text" => Type::Text,
            name => Type::Enum(name.to_owned()),
        }
    }

    /// The enum of which every text it gives is a case.
    pub(super) fn gives_cases_of(&self, name: &str) -> bool {
        let cases = CONTRACT.cases(name);
        self.cells().all(|cell| matches!(cell, Cell::Text(text) if text.is_empty() || cases.iter().any(|case| case == text)))
    }

    /// The table in TOML.
    pub(super) fn toml(&self) -> String {
        let mut out = format!("[tables.{}]\nkeys = {:?}\n", self.name, self.keys);
        if let Some(otherwise) = &self.otherwise {
            writeln!(out, "otherwise = {}", cell(otherwise)).expect("a string can be written to");
        }
        let mut rows: Vec<_> = self.rows.iter().collect();
        rows.sort_by(|(a, _), (b, _)| a.cmp(b));
        let rows: Vec<(&[&str], &Cell)> = rows
            .into_iter()
            .map(|(keys, cell)| (&**keys, cell))
            .collect();
        writeln!(out, "rows = {}", nested(&rows)).expect("a string can be written to");
        out
    }
}

/// Rows that are sorted by their keys, as tables in tables.
fn nested(rows: &[(&[&str], &Cell)]) -> String {
    if let [([], only)] = rows {
        return cell(only);
    }
    let groups = rows.chunk_by(|(a, _), (b, _)| a[0] == b[0]);
    let entry = |group: &[(&[&str], &Cell)]| {
        let rest: Vec<_> = group
            .iter()
            .map(|(keys, cell)| (&keys[1..], *cell))
            .collect();
        format!("{:?} = {}", group[0].0[0], nested(&rest))
    };
    format!("{{ {} }}", groups.map(entry).collect::<Vec<_>>().join(", "))
}

fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => format!("{text:?}"),
        Cell::Int(number) => number.to_string(),
        Cell::Bool(truth) => truth.to_string(),
        Cell::Texts(texts) => format!("{texts:?}"),
    }
}
