//! Rules of one's own on top of a base: one text of both, which is compiled as any other.
//!
//! Always true here: nothing of the base is lost or changed unless the text names it and gives a reason, and what it names so is written
//! down in `[base]`.

use std::mem;
use std::ops::Range;

use toml_edit::{
    Array, ArrayOfTables, Document, DocumentMut, InlineTable, Item, Table, TableLike, Value, value,
};

use crate::component::digest;
use crate::diagnostic::{Diagnostic, Diagnostics};

/// Tables of named things: those of the base stand, others may be added.
const NAMED: [&str; 4] = ["codes", "sets", "definitions", "attributes"];

/// What of a requirement may be loosened.
const LOOSENED: [&str; 3] = ["for", "given", "must"];

/// What a text extends: a policy such as `webriskops@1.1.0`, or the path of one; none if it stands alone.
pub fn extends(source: &str) -> Option<String> {
    let document = Document::parse(source).ok()?;
    document.get("extends")?.as_str().map(str::to_owned)
}

/// The rule set that `source` is with everything of `base`, the text of the rule set that it extends.
///
/// # Errors
///
/// Everything that is wrong with `source` as an extension. What else is wrong with it shows when the result is compiled.
pub fn extend(source: &str, base: &str) -> Result<String, Diagnostics> {
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
    let described = described(&mut document, base);
    let mut extension = Extension {
        source,
        document,
        changes: Changes::default(),
        position: isize::MAX / 2,
        out: &mut out,
    };
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

/// Moves what was said about the text of both to where it is written in `source`; what is said about the base stays.
pub fn placed(diagnostics: &Diagnostics, text: &str, source: &str) -> (Diagnostics, Diagnostics) {
    let (mut own, mut others) = (Diagnostics::default(), Diagnostics::default());
    for diagnostic in &diagnostics.list {
        match place(&diagnostic.span, text, source) {
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

/// Where the lines that a span of `text` is in stand in `source`, if they do once.
fn place(span: &Range<usize>, text: &str, source: &str) -> Option<Range<usize>> {
    let from = text.get(..span.start)?.rfind('\n').map_or(0, |at| at + 1);
    let to = text
        .get(span.end..)?
        .find('\n')
        .map_or(text.len(), |at| span.end + at);
    let lines = &text[from..to];
    let mut found = source.match_indices(lines);
    let (at, _) = found.next().filter(|_| !lines.trim().is_empty())?;
    let begins = at == 0 || source[..at].ends_with('\n');
    (begins && found.next().is_none()).then(|| span.start - from + at..span.end - from + at)
}

/// What is no longer as the base has it.
#[derive(Default)]
struct Changes {
    dropped: Array,
    loosened: Array,
}

struct Extension<'o> {
    source: &'o str,
    document: DocumentMut,
    changes: Changes,
    /// Where the next table stands: behind all of the base.
    position: isize,
    out: &'o mut Diagnostics,
}

impl Extension<'_> {
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
        let Some(more) = item.as_array_of_tables() else {
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
            let table = self.table_behind(table);
            let entry = self.document.entry(part);
            let all = entry.or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
            if let Some(all) = all.as_array_of_tables_mut() {
                all.push(table);
            }
        }
    }

    fn each(&mut self, item: &Item, at: Range<usize>, change: fn(&mut Self, &Table, &str)) {
        let Some(all) = item.as_array_of_tables() else {
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
                    table.span().unwrap_or_default(),
                    "there is no reason for it",
                    "say why the base is not followed here, with `reason = \"…\"`",
                ),
            }
        }
    }

    fn drop_one(&mut self, table: &Table, reason: &str) {
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
            table.span().unwrap_or_default(),
            "it is not said what is dropped",
            "name it, with `requirement = \"…\"` or `ready = \"…\"`",
        );
    }

    fn loosen_one(&mut self, table: &Table, reason: &str) {
        let text = |key: &str| table.get(key).and_then(Item::as_str);
        if let Some(id) = text("requirement") {
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
        } else if let Some((name, is)) = text("definition").zip(text("is")) {
            let definitions = self.document.get_mut("definitions");
            let definitions = definitions.and_then(Item::as_table_like_mut);
            let Some(definition) = definitions.and_then(|all| all.get_mut(name)) else {
                return self.unknown(table, "definition", name);
            };
            *definition = value(is);
            self.changes
                .loosened
                .push(change("definition", name, reason));
        } else {
            self.error(
                table.span().unwrap_or_default(),
                "it is not said what is loosened",
                "name it, with `requirement = \"…\"` and its `for`, `given` or `must`, or `definition = \"…\"` and `is = \"…\"`",
            );
        }
    }

    fn unknown(&mut self, table: &Table, part: &str, id: &str) {
        self.error(
            span(table.get(part)),
            format!("the base has no {part} `{id}`"),
            "`scopegate inspect` shows what it has",
        );
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
            Item::Table(table) => Item::Table(self.table_behind(table)),
            Item::ArrayOfTables(all) => {
                let all = all.iter().map(|table| self.table_behind(table));
                Item::ArrayOfTables(all.collect())
            }
            _ => self.spelled(item),
        }
    }

    fn table_behind(&mut self, table: &Table) -> Table {
        self.position += 1;
        let mut moved = Table::new();
        moved.set_position(Some(self.position));
        moved.set_implicit(table.is_implicit());
        for (key, item) in table {
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

fn change(part: &str, id: &str, reason: &str) -> InlineTable {
    let mut change = InlineTable::new();
    change.insert(part, id.into());
    change.insert("reason", reason.into());
    change
}

fn span(item: Option<&Item>) -> Range<usize> {
    item.and_then(Item::span).unwrap_or_default()
}
