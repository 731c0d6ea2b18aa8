//! What of a base is left out or changed.
//!
//! Always true here: nothing is, unless the text names it and gives a reason.

use std::ops::Range;

use toml_edit::{InlineTable, Item, TableLike};

use super::{Extension, begin, span};
use crate::own::tables;

/// What of a requirement may be loosened.
const LOOSENED: [&str; 3] = ["for", "given", "must"];

impl Extension<'_> {
    /// Every `[[drop]]` or `[[loosen]]`, each with its reason.
    pub(super) fn each(
        &mut self,
        item: &Item,
        at: Range<usize>,
        change: fn(&mut Self, &dyn TableLike, &str),
    ) {
        let Some(all) = tables(item) else {
            return self.error(
                at,
                "this is no list of tables",
                "write it in double brackets",
            );
        };
        for table in all {
            match table.get("reason").and_then(Item::as_str) {
                Some(reason) if !reason.trim().is_empty() => change(self, table, reason),
                _ => self.error(
                    begin(table, &at),
                    "there is no reason for it",
                    "say why the base is not followed here, with `reason = \"…\"`",
                ),
            }
        }
    }

    /// Refuses keys that a table cannot have.
    pub(super) fn only(&mut self, table: &dyn TableLike, known: &[&str]) {
        for (key, item) in table.iter().filter(|(key, _)| !known.contains(key)) {
            self.error(
                span(Some(item)),
                format!("`{key}` means nothing here"),
                format!("known are {}", known.join(", ")),
            );
        }
    }

    pub(super) fn drop_one(&mut self, table: &dyn TableLike, reason: &str) {
        let part = if table.contains_key("ready") {
            "ready"
        } else {
            "requirement"
        };
        self.only(table, &[part, "reason"]);
        for (part, key) in [("requirement", "id"), ("ready", "state")] {
            let Some(id) = table.get(part).and_then(Item::as_str) else {
                continue;
            };
            match self.place(part, key, id) {
                Some(index) => {
                    if let Some(all) = self.document[part].as_array_of_tables_mut() {
                        all.remove(index);
                    }
                    let dropped = change(part, id, reason);
                    self.changes.dropped.push(dropped);
                }
                None => self.unknown(table, part, id),
            }
            return;
        }
        self.error(
            begin(table, &(0..0)),
            "it is not said what is dropped",
            "name it, with `requirement = \"…\"` or `ready = \"…\"`",
        );
    }

    pub(super) fn loosen_one(&mut self, table: &dyn TableLike, reason: &str) {
        let text = |key: &str| table.get(key).and_then(Item::as_str);
        let changes = LOOSENED.iter().any(|key| table.contains_key(key));
        if let Some(id) = text("requirement").filter(|_| changes || table.len() > 2) {
            let Some(index) = self.place("requirement", "id", id) else {
                return self.unknown(table, "requirement", id);
            };
            let others = table
                .iter()
                .filter(|(key, _)| !["requirement", "reason"].contains(key));
            for (key, item) in others {
                if !LOOSENED.contains(&key) {
                    self.error(
                        span(Some(item)),
                        format!("`{key}` of a requirement of the base cannot be changed"),
                        "give `for`, `given` or `must`",
                    );
                    continue;
                }
                let item = self.spelled(item);
                let all = self.document["requirement"].as_array_of_tables_mut();
                if let Some(requirement) = all.and_then(|all| all.get_mut(index)) {
                    requirement.insert(key, item);
                }
            }
            self.changes
                .loosened
                .push(change("requirement", id, reason));
        } else if let Some((name, is)) = text("definition").zip(table.get("is")) {
            self.only(table, &["definition", "is", "reason"]);
            let is = self.spelled(is);
            let definitions = self.document.get_mut("definitions");
            let definitions = definitions.and_then(Item::as_table_like_mut);
            let Some(definition) = definitions.and_then(|all| all.get_mut(name)) else {
                return self.unknown(table, "definition", name);
            };
            *definition = is;
            self.changes
                .loosened
                .push(change("definition", name, reason));
        } else {
            self.error(
                begin(table, &(0..0)),
                "it is not said what is loosened",
                "name it, with `requirement = \"…\"` and its `for`, `given` or `must`, or `definition = \"…\"` and `is = \"…\"`",
            );
        }
    }

    pub(super) fn unknown(&mut self, table: &dyn TableLike, part: &str, id: &str) {
        self.error(
            span(table.get(part)),
            format!("the base has no {part} `{id}`"),
            "`scopegate inspect` shows what it has",
        );
    }
}

fn change(part: &str, id: &str, reason: &str) -> InlineTable {
    let mut change = InlineTable::new();
    change.insert(part, id.into());
    change.insert("reason", reason.into());
    change
}
