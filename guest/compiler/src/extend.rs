//! Rules of one's own on top of a base: one text of both, which is compiled as any other.
//!
//! Always true here: nothing of the base is lost or changed unless the text names it and gives a reason, and what it names so is written
//! down in `[base]`.

mod change;
mod join;

use std::mem;
use std::ops::Range;

use toml_edit::{
    Array, ArrayOfTables, Document, DocumentMut, Item, Table, TableLike, Value, value,
};

use crate::component::digest;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::file::LANGUAGE;
use crate::own::tables;
use crate::plain::plain_text;

/// Tables of named things: those of the base stand, others may be added.
const NAMED: [&str; 4] = ["codes", "sets", "definitions", "attributes"];

/// The most rule sets that extend one another, one on top of the other.
pub const BASES: usize = 16;

/// What a text extends: a policy such as `webriskops@1.1.0`, or the path of one; none if it stands alone.
pub fn extends(source: &str) -> Option<String> {
    let document = Document::parse(plain_text(source)).ok()?;
    document.get("extends")?.as_str().map(str::to_owned)
}

/// The rule set that `source` is with everything of `base`, the text of the rule set that it extends; both read as [`plain_text`] has them.
///
/// # Errors
///
/// Everything that is wrong with `source` as an extension. What else is wrong with it shows when the result is compiled.
pub fn extend(source: &str, base: &str) -> Result<String, Diagnostics> {
    let (source, base) = (&*plain_text(source), &*plain_text(base));
    let mut out = Diagnostics::default();
    let own = match Document::parse(source) {
        Ok(own) => own,
        Err(error) => {
            out.push(Diagnostic::error(
                error.span().unwrap_or_default(),
                format!("this is not TOML: {}", error.message().trim_end()),
                "mend the syntax; https://toml.io shows it",
            ));
            return Err(out);
        }
    };
    let Ok(mut document) = base.parse::<DocumentMut>() else {
        out.push(Diagnostic::error(
            span(own.get("extends")),
            "the base is not TOML",
            "name another base",
        ));
        return Err(out);
    };
    if bases(document.as_table()) >= BASES {
        out.push(Diagnostic::error(
            span(own.get("extends")),
            format!("more than {BASES} rule sets extend one another"),
            "write some of them as one",
        ));
        return Err(out);
    }
    let described = described(&mut document, base);
    for part in ["requirement", "ready"] {
        as_tables(&mut document, part);
    }
    let mut extension = Extension {
        source,
        own_actions: own
            .get("actions")
            .and_then(Item::as_array)
            .into_iter()
            .flat_map(Array::iter)
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        own_sets: own
            .get("sets")
            .and_then(Item::as_table_like)
            .into_iter()
            .flat_map(TableLike::iter)
            .map(|(name, _)| name.to_owned())
            .collect(),
        base: document.clone(),
        document,
        changes: Changes::default(),
        position: isize::MAX / 2,
        out: &mut out,
    };
    extension.head(own.as_table());
    for (key, item) in own.iter() {
        extension.part(key, item, span(Some(item)));
    }
    extension.write_base(described);
    let text = extension.document.to_string();
    if out.has_errors() {
        out.sort();
        return Err(out);
    }
    Ok(text)
}

/// How many rule sets the text extends, one on top of the other.
fn bases(text: &dyn TableLike) -> usize {
    let base = text.get("base").and_then(Item::as_table_like);
    base.map_or(0, |base| 1 + bases(base))
}

/// What is no longer as the base has it.
#[derive(Default)]
struct Changes {
    dropped: Array,
    loosened: Array,
}

struct Extension<'o> {
    source: &'o str,
    /// The actions and the names of sets that the text itself lists.
    own_actions: Vec<String>,
    own_sets: Vec<String>,
    /// The base as it is.
    base: DocumentMut,
    /// The text of both.
    document: DocumentMut,
    changes: Changes,
    /// Where the next table stands: behind all of the base.
    position: isize,
    out: &'o mut Diagnostics,
}

impl Extension<'_> {
    /// What every rule set says of itself. A rule set that took the name and version of its base would pass for it.
    fn head(&mut self, own: &Table) {
        for (key, remedy) in [
            ("language", "write `language = 1`"),
            ("name", "name the policy, such as `name = \"acme\"`"),
            (
                "version",
                "give it a semantic version, such as `version = \"0.1.0\"`",
            ),
        ] {
            if !own.contains_key(key) {
                let at = span(own.get("extends"));
                self.error(at, format!("the rule set has no `{key}`"), remedy);
            }
        }
        if let Some(language) = own.get("language")
            && language.as_integer() != Some(LANGUAGE)
        {
            self.error(
                span(Some(language)),
                "this compiler reads version 1 of the rule language",
                "write `language = 1`",
            );
        }
    }

    fn part(&mut self, key: &str, item: &Item, at: Range<usize>) {
        match key {
            "extends" | "language" => {}
            "name" | "version" | "summary" => {
                let item = self.spelled(item);
                self.document.insert(key, item);
            }
            "actions" => self.actions(item, at),
            "requirement" | "ready" => self.more(key, item, at),
            "tables" => self.tables(item, at),
            "drop" => self.each(item, at, Self::drop_one),
            "loosen" => self.each(item, at, Self::loosen_one),
            "join" => self.join(item, at),
            "fallbacks" if !self.document.contains_key("fallbacks") => {
                let item = self.behind(item);
                self.document.insert(key, item);
            }
            "fallbacks" => self.error(
                at,
                "the base has fallbacks already",
                "leave `[fallbacks]` out: those of the base stand",
            ),
            key if NAMED.contains(&key) => self.named(key, item, at),
            key => self.error(
                at,
                format!("`{key}` is no part of a rule set that extends another"),
                "docs/language.md lists the parts",
            ),
        }
    }

    fn error(&mut self, at: Range<usize>, message: impl Into<String>, remedy: impl Into<String>) {
        self.out.push(Diagnostic::error(at, message, remedy));
    }

    fn actions(&mut self, item: &Item, at: Range<usize>) {
        let (Some(more), Some(actions)) = (
            item.as_array(),
            self.document
                .get_mut("actions")
                .and_then(Item::as_array_mut),
        ) else {
            return self.error(
                at,
                "expected a list of actions",
                "write `actions = [\"…\"]`",
            );
        };
        if let Some(wrong) = more.iter().find(|action| action.as_str().is_none()) {
            let at = wrong.span().unwrap_or(at);
            return self.error(at, "an action is a text", "write it in quotes");
        }
        let known: Vec<&str> = actions.iter().filter_map(Value::as_str).collect();
        let new: Vec<String> = more
            .iter()
            .filter_map(Value::as_str)
            .filter(|action| !known.contains(action))
            .map(str::to_owned)
            .collect();
        actions.extend(new);
    }

    /// Named things of one's own.
    fn named(&mut self, part: &str, item: &Item, at: Range<usize>) {
        let Some(more) = item.as_table_like() else {
            return self.error(at, format!("`{part}` is no table"), "write a table");
        };
        for (name, item) in more.iter() {
            let of_base = self.document.get(part).and_then(|part| part.get(name));
            if of_base.is_some() {
                self.error(
                    span(Some(item)),
                    format!("the base has `{name}` in `[{part}]` already"),
                    if part == "definitions" {
                        "give yours another name, or change the base's with `[[loosen]]` and a reason"
                    } else {
                        "give yours another name"
                    },
                );
                continue;
            }
            let item = self.behind(item);
            self.table_of(part).insert(name, item);
        }
    }

    /// Tables of one's own, and more rows in those of the base.
    fn tables(&mut self, item: &Item, at: Range<usize>) {
        let Some(tables) = item.as_table_like() else {
            return self.error(at, "`tables` is no table", "write `[tables.<name>]`");
        };
        for (name, table) in tables.iter() {
            let there = self
                .document
                .get("tables")
                .and_then(|tables| tables.get(name));
            if there.is_none() {
                let table = self.behind(table);
                self.table_of("tables").insert(name, table);
                continue;
            }
            let other = table.as_table_like().into_iter().flat_map(TableLike::iter);
            for (key, item) in other.filter(|(key, _)| *key != "rows") {
                self.error(
                    span(Some(item)),
                    format!("the base says what `{key}` of the table `{name}` is"),
                    "give rows only, which are added to the base's",
                );
            }
            let Some(rows) = table.get("rows") else {
                continue;
            };
            let mut taken = Vec::new();
            if let Some(into) = self.document["tables"][name].get_mut("rows") {
                add_rows(into, rows, &mut taken);
            }
            for (key, at) in taken {
                self.error(
                    at,
                    format!("the base has a row `{key}` in the table `{name}` already"),
                    "leave it out: a row of the base stands",
                );
            }
        }
    }

    /// Requirements or ready states of one's own.
    fn more(&mut self, part: &str, item: &Item, at: Range<usize>) {
        let Some(more) = tables(item) else {
            return self.error(
                at,
                format!("`{part}` is no table"),
                format!("write `[[{part}]]`"),
            );
        };
        let key = if part == "requirement" { "id" } else { "state" };
        for table in more {
            let id = table.get(key).and_then(Item::as_str);
            if id.is_some_and(|id| self.place(part, key, id).is_some()) {
                let id = id.unwrap_or_default();
                self.error(
                    span(table.get(key)),
                    format!("the base has `{id}` already"),
                    format!("give yours another {key}, or change the base's with `[[loosen]]` and a reason"),
                );
                continue;
            }
            let table = self.table_behind(table, false);
            let entry = self.document.entry(part);
            let all = entry.or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
            if let Some(all) = all.as_array_of_tables_mut() {
                all.push(table);
            }
        }
    }

    /// Where something of the base stands in its list.
    fn place(&self, part: &str, key: &str, id: &str) -> Option<usize> {
        let mut all = self.document.get(part)?.as_array_of_tables()?.iter();
        all.position(|table| table.get(key).and_then(Item::as_str) == Some(id))
    }

    fn table_of(&mut self, part: &str) -> &mut dyn TableLike {
        let mut table = Table::new();
        table.set_implicit(true);
        self.document
            .entry(part)
            .or_insert(Item::Table(table))
            .as_table_like_mut()
            .expect("the base compiled, so this part of it is a table")
    }

    /// The same, to stand behind all of the base.
    fn behind(&mut self, item: &Item) -> Item {
        match item {
            Item::Table(table) => Item::Table(self.table_behind(table, table.is_implicit())),
            Item::ArrayOfTables(all) => {
                let all = all
                    .iter()
                    .map(|table| self.table_behind(table, table.is_implicit()));
                Item::ArrayOfTables(all.collect())
            }
            _ => self.spelled(item),
        }
    }

    fn table_behind(&mut self, table: &dyn TableLike, is_implicit: bool) -> Table {
        self.position += 1;
        let mut moved = Table::new();
        moved.set_position(Some(self.position));
        moved.set_implicit(is_implicit);
        for (key, item) in table.iter() {
            let item = self.behind(item);
            moved.insert(key, item);
        }
        moved
    }

    /// A value as it is written.
    fn spelled(&self, item: &Item) -> Item {
        let spelled = item
            .span()
            .and_then(|span| self.source.get(span)?.parse::<Value>().ok());
        spelled.map_or_else(|| item.clone(), Item::Value)
    }

    /// Says in `[base]` what was extended, and what of it is not as it was.
    fn write_base(&mut self, mut base: Table) {
        self.position += 1;
        base.set_position(Some(self.position));
        base.insert("dropped", value(mem::take(&mut self.changes.dropped)));
        base.insert("loosened", value(mem::take(&mut self.changes.loosened)));
        self.document.insert("base", Item::Table(base));
    }
}

/// Writes a list of tables of the base in double brackets, if it is written otherwise: more can stand behind them.
fn as_tables(document: &mut DocumentMut, part: &str) {
    let Some(item) = document.get(part).filter(|item| item.is_array()) else {
        return;
    };
    let is_empty = item.as_array().is_some_and(Array::is_empty);
    match item.clone().into_array_of_tables() {
        Ok(all) => {
            document.insert(part, Item::ArrayOfTables(all));
        }
        Err(_) if is_empty => {
            document.remove(part);
        }
        // It is no list of tables: the compiler says so.
        Err(_) => {}
    }
}

/// Where a table begins: its first value, if it has one.
fn begin(table: &dyn TableLike, otherwise: &Range<usize>) -> Range<usize> {
    let first = table.iter().find_map(|(_, item)| item.span());
    first.unwrap_or_else(|| otherwise.clone())
}

/// What is known of a base before anything of it is changed; its own base within.
fn described(document: &mut DocumentMut, text: &str) -> Table {
    let mut base = Table::new();
    for key in ["name", "version"] {
        if let Some(text) = document.get(key).and_then(Item::as_str) {
            base.insert(key, value(text));
        }
    }
    base.insert("rules_digest", value(digest(text.as_bytes())));
    if let Some(Ok(before)) = document.remove("base").map(Item::into_value) {
        base.insert("base", Item::Value(before));
    }
    base
}

/// Adds rows, and notes those that are there already.
fn add_rows(into: &mut Item, rows: &Item, taken: &mut Vec<(String, Range<usize>)>) {
    let (Some(into), Some(rows)) = (into.as_table_like_mut(), rows.as_table_like()) else {
        return;
    };
    for (key, row) in rows.iter() {
        match into.get_mut(key) {
            Some(there) if there.is_table_like() && row.is_table_like() => {
                add_rows(there, row, taken);
            }
            Some(_) => taken.push((key.to_owned(), span(Some(row)))),
            None => {
                let row = row
                    .clone()
                    .into_value()
                    .map_or_else(|item| item, Item::Value);
                into.insert(key, row);
            }
        }
    }
}

fn span(item: Option<&Item>) -> Range<usize> {
    item.and_then(Item::span).unwrap_or_default()
}
