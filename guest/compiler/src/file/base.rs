//! What a rule set extends, and what of that is not as it was: `[base]`, which the compiler writes and which decides nothing.
//!
//! Always true here: every change has its reason.

use super::reader::Reader;

/// The rule set that another extends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// `sha256:<hex>` of its text.
    pub rules_digest: String,
    /// What of it was left out.
    pub dropped: Vec<Change>,
    /// What of it asks for less, or for something else.
    pub loosened: Vec<Change>,
    /// What it extends itself.
    pub base: Option<Box<Base>>,
}

/// Something of a base that is not as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What it is: `requirement`, `ready` or `definition`.
    pub part: &'static str,
    /// Which one.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// What can be changed.
const PARTS: [&str; 3] = ["requirement", "ready", "definition"];

pub(super) fn base(reader: &mut Reader<'_, '_, '_>) -> Option<Base> {
    let name = reader.text("name", "name the policy that is extended");
    let version = reader.text("version", "give its version");
    let rules_digest = reader.text("rules_digest", "give the digest of its text");
    let [dropped, loosened] = ["dropped", "loosened"].map(|key| changes(reader, key));
    let within = reader
        .optional("base")
        .and_then(|item| reader.nested("the base", &item, base));
    Some(Base {
        name: name?.value,
        version: version?.value,
        rules_digest: rules_digest?.value,
        dropped,
        loosened,
        base: within.map(Box::new),
    })
}

fn changes(reader: &mut Reader<'_, '_, '_>, key: &'static str) -> Vec<Change> {
    let Some(item) = reader.optional(key) else {
        return Vec::new();
    };
    let changes = reader.elements(&item, |reader, item| {
        reader.nested("a change", &item, change)
    });
    changes.unwrap_or_default()
}

fn change(reader: &mut Reader<'_, '_, '_>) -> Option<Change> {
    let named = PARTS.map(|part| (part, reader.optional_text(part)));
    let reason = reader.text("reason", "say why the base is not followed here");
    let named = named
        .into_iter()
        .find_map(|(part, name)| Some((part, name?)));
    let Some((part, name)) = named else {
        reader.lacks(
            "the change names nothing",
            "name a `requirement`, `ready` or `definition`",
        );
        return None;
    };
    Some(Change {
        part,
        name: name.value,
        reason: reason?.value,
    })
}
