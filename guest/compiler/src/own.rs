//! Where the parts of a text that extends another stand in what the two become, and the way back.
//!
//! Always true here: two places belong together only if they are the value of the same key of the same part.

use std::ops::Range;

use toml_edit::{Array, Document, Item, Table, TableLike, Value};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plain::plain_text;

/// The places that a text of one's own has in the text that is made of it and its base.
pub struct OwnPlaces {
    /// In the text of both, and in one's own.
    pairs: Vec<(Range<usize>, Range<usize>)>,
}

impl OwnPlaces {
    /// The places of `own` in `text`, which `extend` made of it and its base; none if one of them is no TOML.
    pub fn new(text: &str, own: &str) -> Self {
        let (text, own) = (&*plain_text(text), &*plain_text(own));
        let mut pairing = Pairing {
            text,
            own,
            pairs: Vec::new(),
        };
        if let (Ok(both), Ok(own)) = (Document::parse(text), Document::parse(own)) {
            pairing.rule_set(both.as_table(), own.as_table());
        }
        Self {
            pairs: pairing.pairs,
        }
    }

    /// Where a part of the text of both stands in one's own; none if it is the base's.
    pub fn find(&self, span: &Range<usize>) -> Option<Range<usize>> {
        let around = self
            .pairs
            .iter()
            .filter(|(both, _)| both.start <= span.start && span.end <= both.end);
        let (both, own) = around.min_by_key(|(both, _)| both.len())?;
        // Values are spelled as they were; where one is not, it is meant as a whole.
        if both.len() == own.len() {
            let begins = own.start + (span.start - both.start);
            return Some(begins..begins + span.len());
        }
        Some(own.clone())
    }

    /// Moves what was said about the text of both to where it is written in one's own; what is said about the base stays.
    pub fn placed(&self, diagnostics: &Diagnostics) -> (Diagnostics, Diagnostics) {
        let (mut own, mut others) = (Diagnostics::default(), Diagnostics::default());
        for diagnostic in &diagnostics.list {
            match self.find(&diagnostic.span) {
                Some(span) => own.push(Diagnostic {
                    span,
                    ..diagnostic.clone()
                }),
                None => others.push(diagnostic.clone()),
            }
        }
        own.sort();
        (own, others)
    }
}

/// Two texts, and what belongs together in them.
struct Pairing<'t> {
    text: &'t str,
    own: &'t str,
    pairs: Vec<(Range<usize>, Range<usize>)>,
}

impl Pairing<'_> {
    fn rule_set(&mut self, both: &Table, own: &Table) {
        for (key, item) in own {
            match key {
                "requirement" => self.named(both, item, key, "id", Self::table),
                "ready" => self.named(both, item, key, "state", Self::table),
                "loosen" => {
                    self.named(both, item, "requirement", "requirement", Self::table);
                    self.each(item, Self::changed_definition, both);
                }
                "join" => self.each(item, Self::joined, both),
                _ => self.entry(both, own, key),
            }
        }
    }

    /// Tables of `own`, each beside that of the base's `part` with the name that it has under `name`.
    fn named(
        &mut self,
        both: &Table,
        own: &Item,
        part: &str,
        name: &str,
        pair: fn(&mut Self, &dyn TableLike, &dyn TableLike),
    ) {
        let key = if part == "ready" { "state" } else { "id" };
        let all = both.get(part).and_then(tables).unwrap_or_default();
        for table in tables(own).unwrap_or_default() {
            let Some(named) = table.get(name).and_then(Item::as_str) else {
                continue;
            };
            let there = all
                .iter()
                .find(|table| table.get(key).and_then(Item::as_str) == Some(named));
            if let Some(there) = there {
                pair(self, *there, table);
            }
        }
    }

    fn each(&mut self, own: &Item, pair: fn(&mut Self, &Table, &dyn TableLike), both: &Table) {
        for table in tables(own).unwrap_or_default() {
            pair(self, both, table);
        }
    }

    fn changed_definition(&mut self, both: &Table, own: &dyn TableLike) {
        let name = own.get("definition").and_then(Item::as_str);
        let there = name.and_then(|name| both.get("definitions")?.get(name));
        if let Some((there, own)) = there.zip(own.get("is")) {
            self.item(there, own);
        }
    }

    fn joined(&mut self, both: &Table, own: &dyn TableLike) {
        let text = |key| own.get(key).and_then(Item::as_str);
        let there = match (text("set"), text("requirement")) {
            (Some(set), _) => both.get("sets").and_then(|sets| sets.get(set)),
            (None, Some(id)) => both
                .get("requirement")
                .and_then(tables)
                .unwrap_or_default()
                .into_iter()
                .find(|table| table.get("id").and_then(Item::as_str) == Some(id))
                .and_then(|table| table.get("for")),
            (None, None) => None,
        };
        if let Some((there, actions)) = there.zip(own.get("actions")) {
            self.item(there, actions);
        }
    }

    fn table(&mut self, both: &dyn TableLike, own: &dyn TableLike) {
        for (key, _) in own.iter() {
            self.entry(both, own, key);
        }
    }

    fn entry(&mut self, both: &dyn TableLike, own: &dyn TableLike, key: &str) {
        let pair = both.get_key_value(key).zip(own.get_key_value(key));
        if let Some(((both_key, both), (own_key, own))) = pair {
            self.pair(both_key.span(), own_key.span());
            self.item(both, own);
        }
    }

    fn item(&mut self, both: &Item, own: &Item) {
        if let (Some(both), Some(own)) = (both.as_table_like(), own.as_table_like()) {
            return self.table(both, own);
        }
        if let (Some(both), Some(own)) = (both.as_array(), own.as_array())
            && self.are_spelled_differently(both, own)
        {
            return self.members(both, own);
        }
        self.pair(both.span(), own.span());
    }

    fn are_spelled_differently(&self, both: &Array, own: &Array) -> bool {
        let both = both.span().and_then(|span| self.text.get(span));
        let own = own.span().and_then(|span| self.own.get(span));
        both != own
    }

    /// Texts that were added to a list.
    fn members(&mut self, both: &Array, own: &Array) {
        for member in own {
            let there = both
                .iter()
                .filter(|there| there.as_str().is_some() && there.as_str() == member.as_str())
                .last();
            self.pair(there.and_then(Value::span), member.span());
        }
    }

    fn pair(&mut self, both: Option<Range<usize>>, own: Option<Range<usize>>) {
        self.pairs.extend(both.zip(own));
    }
}

/// The tables of a list of them, however it is written; none if it is no such list.
pub(crate) fn tables(item: &Item) -> Option<Vec<&dyn TableLike>> {
    match item {
        Item::ArrayOfTables(all) => Some(all.iter().map(|table| table as &dyn TableLike).collect()),
        Item::Value(Value::Array(all)) => all
            .iter()
            .map(|value| value.as_inline_table().map(|table| table as &dyn TableLike))
            .collect(),
        _ => None,
    }
}
