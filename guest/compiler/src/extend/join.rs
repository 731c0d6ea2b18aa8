//! Actions of one's own that join a set of the base, or the actions of one of its requirements.
//!
//! Always true here: whatever joins is asked for more, never for less, and for the actions of the base nothing changes.

use std::collections::BTreeSet;
use std::ops::Range;

use toml_edit::{Array, DocumentMut, Item, TableLike, Value, value};

use super::{Extension, begin, span};
use crate::own::tables;

/// The set of every action.
const EVERY: &str = "every";

impl Extension<'_> {
    /// Every `[[join]]`.
    pub(super) fn join(&mut self, item: &Item, at: Range<usize>) {
        let Some(all) = tables(item) else {
            return self.error(
                at,
                "this is no list of tables",
                "write it in double brackets",
            );
        };
        for table in all {
            self.join_one(table);
        }
    }

    fn join_one(&mut self, table: &dyn TableLike) {
        let is_set = !table.contains_key("requirement");
        let key = if is_set { "set" } else { "requirement" };
        self.only(table, &[key, "actions"]);
        let Some(name) = table.get(key).and_then(Item::as_str) else {
            return self.error(
                begin(table, &(0..0)),
                "it is not said what the actions join",
                "write `set = \"…\"` or `requirement = \"…\"`",
            );
        };
        if is_set && name == EVERY {
            return self.error(
                span(table.get(key)),
                format!("`{EVERY}` is joined by every action already"),
                "leave this out: whatever is for every action is for yours",
            );
        }
        let Some(actions) = self.joining(table) else {
            let at = table
                .get("actions")
                .map_or_else(|| begin(table, &(0..0)), |item| span(Some(item)));
            return self.error(
                at,
                format!("it is not said which actions join `{name}`"),
                "write `actions = [\"…\"]`",
            );
        };
        let is_known = if is_set {
            self.base
                .get("sets")
                .and_then(|sets| sets.get(name))
                .is_some()
        } else {
            // It may have been dropped, and one of one's own has the actions that its `for` says.
            is_requirement(&self.base, name) && self.place("requirement", "id", name).is_some()
        };
        if !is_known {
            return self.unknown(table, key, name);
        }
        if is_set && excepted(&self.base).contains(name) {
            return self.error(
                span(table.get(key)),
                format!("the base takes the actions of `{name}` out of other sets"),
                "to join it would ask less of an action: change a requirement's `for` with `[[loosen]]` and a reason",
            );
        }
        let joined = if is_set {
            self.document["sets"].get_mut(name)
        } else {
            let index = self.place("requirement", "id", name).unwrap_or_default();
            self.document["requirement"][index].get_mut("for")
        };
        if let Some(set) = joined {
            add(set, &actions);
        }
    }

    /// The actions that join; none if they are not given. Only the extension's own may.
    fn joining(&mut self, table: &dyn TableLike) -> Option<Vec<String>> {
        let written = table.get("actions")?.as_array()?;
        let mut joining = Vec::new();
        for action in written {
            let name = action.as_str()?;
            let (message, remedy) = if is_action(&self.base, name) {
                (
                    format!("`{name}` is an action of the base"),
                    "only actions of your own join: ask more of one of the base with a requirement of your own",
                )
            } else if self.own_actions.iter().any(|own| own == name) {
                joining.push(name.to_owned());
                continue;
            } else if name == EVERY || self.is_set(name) {
                (format!("`{name}` is a set"), "name the actions that join")
            } else {
                (
                    format!("`{name}` is no action of this file"),
                    "list it in `actions`: only actions of your own join",
                )
            };
            self.error(action.span().unwrap_or_default(), message, remedy);
        }
        Some(joining)
    }

    /// Whether the base or the extension has a set of that name.
    fn is_set(&self, name: &str) -> bool {
        let sets = self.document.get("sets");
        self.own_sets.iter().any(|own| own == name)
            || sets.and_then(|sets| sets.get(name)).is_some()
    }
}

fn is_action(base: &DocumentMut, name: &str) -> bool {
    let actions = base.get("actions").and_then(Item::as_array);
    actions.is_some_and(|all| all.iter().any(|action| action.as_str() == Some(name)))
}

fn is_requirement(base: &DocumentMut, id: &str) -> bool {
    let all = base.get("requirement").and_then(tables).unwrap_or_default();
    all.iter()
        .any(|table| table.get("id").and_then(Item::as_str) == Some(id))
}

/// The set with more actions.
fn add(set: &mut Item, actions: &[String]) {
    let Ok(mut before) = std::mem::take(set).into_value() else {
        return;
    };
    before.decor_mut().clear();
    let mut both = Array::new();
    both.push_formatted(before);
    both.extend(actions);
    *set = value(both);
}

/// The sets whose actions some `except` takes out, and the sets that those are made of.
fn excepted(base: &DocumentMut) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let sets = base.get("sets").and_then(Item::as_table_like);
    let sets: Vec<(&str, &Item)> = sets.into_iter().flat_map(TableLike::iter).collect();
    let requirements = base.get("requirement").and_then(tables).unwrap_or_default();
    let requirements = requirements.iter().filter_map(|table| table.get("for"));
    let fallbacks = base.get("fallbacks").and_then(|all| all.get("for"));
    for set in sets
        .iter()
        .map(|(_, set)| *set)
        .chain(requirements)
        .chain(fallbacks)
    {
        item_mentions(set, false, &mut names);
    }
    loop {
        let before = names.len();
        for (name, set) in &sets {
            if names.contains(*name) {
                item_mentions(set, true, &mut names);
            }
        }
        if names.len() == before {
            return names;
        }
    }
}

fn item_mentions(set: &Item, is_excepted: bool, names: &mut BTreeSet<String>) {
    if let Some(value) = set.as_value() {
        return mentions(value, is_excepted, names);
    }
    for (key, part) in set.as_table_like().into_iter().flat_map(TableLike::iter) {
        if key != "when" {
            item_mentions(part, is_excepted || key == "except", names);
        }
    }
}

/// The names in a set that stand behind an `except`.
fn mentions(set: &Value, is_excepted: bool, names: &mut BTreeSet<String>) {
    match set {
        Value::String(name) if is_excepted => {
            names.insert(name.value().clone());
        }
        Value::Array(parts) => parts
            .iter()
            .for_each(|part| mentions(part, is_excepted, names)),
        Value::InlineTable(set) => {
            for (key, part) in set.iter().filter(|(key, _)| *key != "when") {
                mentions(part, is_excepted || key == "except", names);
            }
        }
        _ => {}
    }
}
