//! Reads one TOML table key by key, and reports what is missing, misplaced or unknown in it.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Text;
use crate::diagnostic::{Diagnostic, Diagnostics, quote, suggest};

/// A value and where it stands.
#[derive(Clone)]
pub(super) struct Item<'t> {
    pub(super) value: &'t DeValue<'t>,
    pub(super) span: Range<usize>,
}

impl<'t> Item<'t> {
    fn new(value: &'t Spanned<DeValue<'t>>) -> Self {
        Self {
            value: value.get_ref(),
            span: value.span(),
        }
    }
}

/// A table being read. Every key it is asked for is known; `finish` reports the others.
pub(super) struct Reader<'t, 'n, 'd> {
    what: &'n str,
    table: &'t DeTable<'t>,
    span: Range<usize>,
    known: BTreeSet<&'static str>,
    pub(super) out: &'d mut Diagnostics,
}

impl<'t, 'n, 'd> Reader<'t, 'n, 'd> {
    pub(super) fn new(
        what: &'n str,
        table: &'t DeTable<'t>,
        span: Range<usize>,
        out: &'d mut Diagnostics,
    ) -> Self {
        Self {
            what,
            table,
            span,
            known: BTreeSet::new(),
            out,
        }
    }

    pub(super) fn optional(&mut self, key: &'static str) -> Option<Item<'t>> {
        self.known.insert(key);
        self.table.get(key).map(Item::new)
    }

    pub(super) fn required(&mut self, key: &'static str, remedy: &str) -> Option<Item<'t>> {
        let item = self.optional(key);
        if item.is_none() {
            self.out.push(Diagnostic::error(
                self.span.clone(),
                format!("{} has no `{key}`", self.what),
                remedy,
            ));
        }
        item
    }

    /// An error of the table as a whole.
    pub(super) fn lacks(&mut self, message: &str, remedy: &str) {
        self.out
            .push(Diagnostic::error(self.span.clone(), message, remedy));
    }

    pub(super) fn text(&mut self, key: &'static str, remedy: &str) -> Option<Text> {
        self.required(key, remedy)
            .and_then(|item| self.as_text(&item))
    }

    pub(super) fn optional_text(&mut self, key: &'static str) -> Option<Text> {
        self.optional(key).and_then(|item| self.as_text(&item))
    }

    pub(super) fn texts(&mut self, key: &'static str, remedy: &str) -> Option<Vec<Text>> {
        self.required(key, remedy)
            .and_then(|item| self.as_texts(&item))
    }

    pub(super) fn as_text(&mut self, item: &Item<'t>) -> Option<Text> {
        if let DeValue::String(value) = item.value {
            return Some(Text {
                value: value.to_string(),
                span: item.span.clone(),
            });
        }
        self.wrong(item, "a string")
    }

    pub(super) fn as_texts(&mut self, item: &Item<'t>) -> Option<Vec<Text>> {
        self.elements(item, |reader, item| reader.as_text(&item))
    }

    pub(super) fn integer(&mut self, item: &Item<'t>) -> Option<i64> {
        if let DeValue::Integer(number) = item.value
            && let Ok(number) = i64::from_str_radix(number.as_str(), number.radix())
        {
            return Some(number);
        }
        self.wrong(
            item,
            "a whole number from -9223372036854775808 to 9223372036854775807",
        )
    }

    /// The elements of an array, each read by `read`.
    pub(super) fn elements<T>(
        &mut self,
        item: &Item<'t>,
        read: impl Fn(&mut Self, Item<'t>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let DeValue::Array(array) = item.value else {
            return self.wrong(item, "a list");
        };
        let read: Vec<Option<T>> = array
            .iter()
            .map(|element| read(self, Item::new(element)))
            .collect();
        read.into_iter().collect()
    }

    /// The table at `item`, read by `read`.
    pub(super) fn nested<T>(
        &mut self,
        what: &str,
        item: &Item<'t>,
        read: impl FnOnce(&mut Reader<'t, '_, '_>) -> Option<T>,
    ) -> Option<T> {
        let DeValue::Table(table) = item.value else {
            return self.wrong(item, "a table");
        };
        let mut reader = Reader::new(what, table, item.span.clone(), self.out);
        let value = read(&mut reader);
        reader.finish();
        value
    }

    /// The entries of the optional table at `key`; none if it is not there.
    pub(super) fn table<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Reader<'t, '_, '_>) -> Vec<T>,
    ) -> Vec<T> {
        let Some(item) = self.optional(key) else {
            return Vec::new();
        };
        self.nested(key, &item, |reader| Some(read(reader)))
            .unwrap_or_default()
    }

    /// Every entry of this table, in the order of the file.
    pub(super) fn entries<T>(
        &mut self,
        read: impl Fn(&mut Self, Item<'t>) -> Option<T>,
    ) -> Vec<(Text, T)> {
        let mut entries: Vec<_> = self.table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        self.known.insert("");
        entries
            .into_iter()
            .filter_map(|(key, value)| {
                let name = Text {
                    value: key.get_ref().to_string(),
                    span: key.span(),
                };
                Some((name, read(self, Item::new(value))?))
            })
            .collect()
    }

    /// The tables of the optional array at `key`, in the order of the file.
    pub(super) fn array_of_tables<T>(
        &mut self,
        key: &'static str,
        what: &str,
        read: impl Fn(&mut Reader<'t, '_, '_>) -> Option<T>,
    ) -> Vec<T> {
        let Some(item) = self.optional(key) else {
            return Vec::new();
        };
        let DeValue::Array(array) = item.value else {
            self.wrong::<()>(&item, &format!("written as `[[{key}]]`"));
            return Vec::new();
        };
        array
            .iter()
            .filter_map(|element| self.nested(what, &Item::new(element), |reader| read(reader)))
            .collect()
    }

    fn wrong<T>(&mut self, item: &Item<'_>, expected: &str) -> Option<T> {
        self.out.push(Diagnostic::error(
            item.span.clone(),
            format!("this is {}", kind(item.value)),
            format!("it must be {expected}"),
        ));
        None
    }

    /// Reports the keys nobody asked for.
    pub(super) fn finish(self) {
        if self.known.contains("") {
            return;
        }
        for key in self.table.keys() {
            if !self.known.contains(key.get_ref().as_ref()) {
                self.out.push(Diagnostic::error(
                    key.span(),
                    format!("{} has no key {}", self.what, quote(key.get_ref())),
                    suggest(key.get_ref(), self.known.iter().copied()),
                ));
            }
        }
    }
}

/// What a value is, with its article.
pub(super) fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a fractional number",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
