//! Checks the tables: rows as deep as there are keys, values of one type, every case of an enum answered.

use std::collections::HashMap;
use std::sync::Arc;

use super::scope::{Checker, TableValues};
use crate::contract::{CONTRACT, Type};
use crate::diagnostic::{quote, suggest};
use crate::file::{TableDecl, Text, Value};
use crate::rules::{Constant, Key, Rows, Table};

/// The most keys of a table.
const KEYS: usize = 4;

impl<'s> Checker<'s> {
    pub(super) fn check_tables(&mut self) {
        for (index, decl) in self.file.tables.iter().enumerate() {
            self.identifier(&decl.name, "table");
            self.table_names.insert(&decl.name.value, index);
            let table = self.table(decl);
            self.table_values.push(table.as_ref().map(values));
            self.tables.push(table.unwrap_or_else(|| Table {
                name: decl.name.value.clone(),
                keys: vec![Key::Text; decl.keys.len()],
                value: Type::Text,
                rows: Rows::Value(Constant::Text("".into())),
                otherwise: None,
                span: decl.name.span.clone(),
            }));
        }
    }

    fn table(&mut self, decl: &'s TableDecl) -> Option<Table> {
        if decl.keys.is_empty() || decl.keys.len() > KEYS {
            self.error(
                decl.name.span.clone(),
                format!(
                    "the table `{}` has {} keys",
                    decl.name.value,
                    decl.keys.len()
                ),
                format!("give it 1 to {KEYS}, such as `keys = [\"text\"]`"),
            );
            return None;
        }
        let keys: Vec<Option<Key>> = decl.keys.iter().map(|key| self.key_type(key)).collect();
        let keys: Option<Vec<Key>> = keys.into_iter().collect();
        let keys = keys?;
        let otherwise = match &decl.otherwise {
            Some(value) => Some(self.constant_of(value)?),
            None => None,
        };
        let rows = self.rows(&decl.rows, &keys)?;
        let mut table = Table {
            name: decl.name.value.clone(),
            keys,
            value: Type::Bool,
            rows,
            otherwise,
            span: decl.name.span.clone(),
        };
        table.value = self.value_type(&table, decl)?;
        self.covers_every_key(&table, decl)?;
        Some(table)
    }

    fn key_type(&mut self, key: &Text) -> Option<Key> {
        if key.value == "text" {
            return Some(Key::Text);
        }
        if let Some(e) = CONTRACT.enum_named(&key.value) {
            return Some(Key::Enum(e));
        }
        let known = CONTRACT
            .enums
            .iter()
            .map(|e| e.name.as_str())
            .chain(["text"]);
        self.error(
            key.span.clone(),
            format!("unknown type {} of a key", quote(&key.value)),
            suggest(&key.value, known),
        );
        None
    }

    fn constant_of(&mut self, value: &Value) -> Option<Constant> {
        Some(match value {
            Value::Text(text) => Constant::Text(text.value.as_str().into()),
            Value::Int(number, _) => Constant::Int(*number),
            Value::Bool(truth, _) => Constant::Bool(*truth),
            Value::Texts(texts, _) => Constant::Texts(
                texts
                    .iter()
                    .map(|text| text.value.as_str().into())
                    .collect(),
            ),
            Value::Rows(_, span) => {
                self.error(
                    span.clone(),
                    "the rows are deeper than the table has keys",
                    "give the table another key, or a value here",
                );
                return None;
            }
        })
    }

    fn rows(&mut self, value: &Value, keys: &[Key]) -> Option<Rows> {
        let Some((key, more)) = keys.split_first() else {
            return self.constant_of(value).map(Rows::Value);
        };
        let Value::Rows(entries, _) = value else {
            self.error(
                value.span(),
                "rows belong here, one for each key",
                "write `{ key = value }`",
            );
            return None;
        };
        let mut rows = Vec::new();
        let mut failed = false;
        for (name, value) in entries {
            failed |= self.row_key(name, *key).is_none();
            match self.rows(value, more) {
                Some(row) => rows.push((Arc::from(name.value.as_str()), row, name.span.clone())),
                None => failed = true,
            }
        }
        (!failed).then_some(Rows::More(rows))
    }

    fn row_key(&mut self, name: &Text, key: Key) -> Option<()> {
        let Key::Enum(e) = key else { return Some(()) };
        let cases = &CONTRACT.enums[e].cases;
        if cases.contains(&name.value) {
            return Some(());
        }
        self.error(
            name.span.clone(),
            format!(
                "unknown case {} of `{}`",
                quote(&name.value),
                CONTRACT.enums[e].name
            ),
            suggest(&name.value, cases.iter().map(String::as_str)),
        );
        None
    }

    fn value_type(&mut self, table: &Table, decl: &TableDecl) -> Option<Type> {
        let types: HashMap<&str, Type> = table
            .values()
            .into_iter()
            .map(|value| match value {
                Constant::Text(_) => ("texts", Type::Text),
                Constant::Int(_) => ("numbers", Type::Int),
                Constant::Bool(_) => ("booleans", Type::Bool),
                Constant::Texts(_) => ("lists of texts", Type::List(Box::new(Type::Text))),
            })
            .collect();
        let mut names: Vec<&str> = types.keys().copied().collect();
        names.sort_unstable();
        match names.as_slice() {
            [one] => types.get(one).cloned(),
            [] => {
                self.error(
                    decl.name.span.clone(),
                    format!("the table `{}` holds nothing", decl.name.value),
                    "give it a row, or `otherwise`",
                );
                None
            }
            several => {
                self.error(
                    decl.name.span.clone(),
                    format!(
                        "the table `{}` holds {}",
                        decl.name.value,
                        several.join(" and ")
                    ),
                    "all values of a table, `otherwise` too, have one type",
                );
                None
            }
        }
    }

    /// A look-up always finds something: `otherwise`, or a row for every case.
    fn covers_every_key(&mut self, table: &Table, decl: &TableDecl) -> Option<()> {
        if table.otherwise.is_some() {
            return Some(());
        }
        let mut missing = None;
        missing_case(&table.rows, &table.keys, &mut missing);
        let missing = missing?;
        let message = match missing {
            Missing::None => return Some(()),
            Missing::Text => format!(
                "the table `{}` does not say what holds for other texts",
                decl.name.value
            ),
            Missing::Case(case) => {
                format!("the table `{}` has no row for `{case}`", decl.name.value)
            }
        };
        self.error(
            decl.name.span.clone(),
            message,
            "add `otherwise`, or a row for every case",
        );
        None
    }
}

fn values(table: &Table) -> TableValues {
    let values = table.values();
    let numbers = || {
        values.iter().filter_map(|value| match value {
            Constant::Int(number) => Some(i128::from(*number)),
            _ => None,
        })
    };
    let texts = values.iter().filter_map(|value| match value {
        Constant::Text(text) => Some(text.clone()),
        _ => None,
    });
    TableValues {
        range: numbers().min().zip(numbers().max()),
        texts: (table.value == Type::Text).then(|| texts.collect()),
    }
}

enum Missing {
    None,
    Text,
    Case(&'static str),
}

fn missing_case(rows: &Rows, keys: &[Key], found: &mut Option<Missing>) {
    let found_none = matches!(found, None | Some(Missing::None));
    let (Rows::More(rows), Some((key, more)), true) = (rows, keys.split_first(), found_none) else {
        found.get_or_insert(Missing::None);
        return;
    };
    let Key::Enum(e) = key else {
        *found = Some(Missing::Text);
        return;
    };
    let absent = CONTRACT.enums[*e]
        .cases
        .iter()
        .find(|case| !rows.iter().any(|(name, _, _)| **name == ***case));
    *found = Some(absent.map_or(Missing::None, |case| Missing::Case(case)));
    for (_, row, _) in rows {
        missing_case(row, more, found);
    }
}
