//! Finds all that is wrong with a document, once it is known that something is.
//!
//! Always true here: it says of each place what the strict reader says, in the same order, and how much it says has a limit.

use std::fmt;

use serde::de::{Deserializer as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Deserializer;
use serde_json::value::RawValue;

use super::error::{InputError, InputFault};
use super::name::unknown;
use super::path::{Context, Path};
use super::{Json, Names};
use crate::excerpt::Excerpt;

/// What is said of a name that is there a second time.
pub(crate) const TWICE: &str = "this name is given twice";
/// What is said of a name that has to be there, and is not.
pub(crate) const MISSING: &str = "this name is missing";

/// The most bytes of a document that is looked through once more.
const DOCUMENT_BYTES: usize = 256 << 10;

/// The most bytes of what is said of one document: enough for every name that a request may lack.
const SAID_BYTES: usize = 8 << 10;

/// What is wrong with a document.
pub(crate) struct Faults {
    list: Vec<InputFault>,
    said_bytes: usize,
    /// Whether nothing that follows can be told: there is too much, or it is no JSON.
    is_ended: bool,
}

impl Faults {
    /// Notes that the value at `at` is wrong.
    pub(crate) fn note(&mut self, at: &Path<'_>, message: impl fmt::Display) {
        self.push(&at.wrong(), message.to_string());
    }

    /// Notes what is wrong with the value `written` at `at` if it cannot be read as a `T`.
    pub(crate) fn read<T: Json>(&mut self, written: &str, at: &Path<'_>) {
        if let Err(error) = T::read(&mut Deserializer::from_str(written), at) {
            self.push(&at.wrong(), InputError::new(None, &error).message);
        }
    }

    fn broken(&mut self, error: &serde_json::Error, at: &Path<'_>) {
        self.note(at, InputError::new(None, error).message);
        self.is_ended = true;
    }

    fn push(&mut self, path: &str, message: String) {
        if self.is_ended {
            return;
        }
        let (mut path, mut message) = (Excerpt(path).to_string(), message);
        self.said_bytes += path.len() + message.len();
        if self.said_bytes > SAID_BYTES {
            self.is_ended = true;
            (path, message) = ("$".to_owned(), "there is more: mend these first".to_owned());
        }
        self.list.push(InputFault { path, message });
    }
}

/// A field of a record.
pub(crate) struct Part {
    faults: fn(&str, &Path<'_>, &mut Faults),
    must_be_given: fn() -> bool,
    is_record: bool,
}

impl Part {
    /// A field of the type `T`.
    pub(crate) const fn of<T: Json>() -> Self {
        Self {
            faults: T::faults,
            must_be_given: || T::absent().is_none(),
            is_record: T::IS_RECORD,
        }
    }
}

/// `error` with all else that is wrong with the `T` that `document` should be, unless that cannot be told.
pub(super) fn with_others<T: Json>(error: InputError, document: &[u8]) -> InputError {
    if document.len() > DOCUMENT_BYTES {
        return error;
    }
    let Ok(document) = str::from_utf8(document) else {
        return error;
    };
    let mut others = all::<T>(document);
    let path = Excerpt(&error.path).to_string();
    let is_first = |fault: &InputFault| fault.message == error.message && fault.path == path;
    if let Some(first) = others.iter().position(is_first) {
        others.remove(first);
    }
    InputError { others, ..error }
}

/// All that is wrong with the `T` that `document` should be, in its order.
fn all<T: Json>(document: &str) -> Vec<InputFault> {
    let mut found = Faults {
        list: Vec::new(),
        said_bytes: 0,
        is_ended: false,
    };
    let context = Context::new(true, &|| 0);
    let root = Path::root(&context);
    T::faults(document.trim_ascii(), &root, &mut found);
    // What follows the value comes last.
    if let Err(error) = serde_json::from_str::<IgnoredAny>(document) {
        found.broken(&error, &root);
    }
    found.list
}

/// Notes all that is wrong with the record `written` at `at`, whose fields are `parts` with the names `known`, in the same order.
pub(crate) fn record_faults<T: Json>(
    written: &str,
    at: &Path<'_>,
    known: &'static Names,
    parts: &[Part],
    found: &mut Faults,
) {
    if !written.starts_with('{') {
        return found.read::<T>(written, at);
    }
    let mut given = 0_u64;
    entries(written, at, found, |name, value, found| {
        let here = at.name(name);
        match known.index(name.as_bytes()) {
            None => found.note(&here, unknown(name, known)),
            Some(index) if given & 1 << index != 0 => found.note(&here, TWICE),
            Some(index) => {
                given |= 1 << index;
                (parts[index].faults)(value, &here, found);
            }
        }
    });
    for (index, (name, part)) in known.all().iter().zip(parts).enumerate() {
        if given & 1 << index == 0 && (part.must_be_given)() {
            let here = at.name(name);
            found.note(&here, MISSING);
            if part.is_record {
                // So are all names that it must have.
                (part.faults)("{}", &here, found);
            }
        }
    }
}

/// Calls `each` with every name of the object `written` and its value as it is written.
pub(crate) fn entries(
    written: &str,
    at: &Path<'_>,
    found: &mut Faults,
    each: impl FnMut(&str, &str, &mut Faults),
) {
    let mut from = Deserializer::from_str(written);
    let walked = from.deserialize_map(Entries { found, each });
    if let Err(error) = walked {
        found.broken(&error, at);
    }
}

/// Calls `each` with every element of the list `written` as it is written.
pub(super) fn elements(
    written: &str,
    at: &Path<'_>,
    found: &mut Faults,
    each: impl FnMut(&str, &mut Faults),
) {
    let mut from = Deserializer::from_str(written);
    let walked = from.deserialize_seq(Elements { found, each });
    if let Err(error) = walked {
        found.broken(&error, at);
    }
}

struct Entries<'f, E> {
    found: &'f mut Faults,
    each: E,
}

impl<'de, E: FnMut(&str, &str, &mut Faults)> Visitor<'de> for Entries<'_, E> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut object: A) -> Result<(), A::Error> {
        while let Some(name) = object.next_key::<String>()? {
            if self.found.is_ended {
                object.next_value::<IgnoredAny>()?;
                continue;
            }
            let value: &RawValue = object.next_value()?;
            (self.each)(&name, value.get(), self.found);
        }
        Ok(())
    }
}

struct Elements<'f, E> {
    found: &'f mut Faults,
    each: E,
}

impl<'de, E: FnMut(&str, &mut Faults)> Visitor<'de> for Elements<'_, E> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        while let Some(value) = list.next_element::<&RawValue>()? {
            if !self.found.is_ended {
                (self.each)(value.get(), self.found);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;
    use serde_json::{Value, json};

    use super::{SAID_BYTES, all};
    use crate::facts::Request;

    /// A request with every fact there is.
    const FULL: &str = include_str!("../../tests/runtime/full.json");

    /// The places in `value`, as JSON pointers.
    fn places(value: &Value, at: &str, found: &mut Vec<String>) {
        found.push(at.to_owned());
        match value {
            Value::Object(object) => object
                .iter()
                .for_each(|(name, value)| places(value, &format!("{at}/{name}"), found)),
            Value::Array(list) => (0..list.len())
                .for_each(|index| places(&list[index], &format!("{at}/{index}"), found)),
            _ => {}
        }
    }

    /// Makes one place wrong, if it can be.
    fn spoil(value: &mut Value, rng: &mut Rng) {
        let mut found = Vec::new();
        places(value, "", &mut found);
        let at = &found[rng.usize(..found.len())];
        let place = value.pointer_mut(at).expect("the place is there");
        match (rng.u8(..3), place) {
            (0, Value::Object(object)) => object.retain(|_, _| rng.bool()),
            (1, Value::Object(object)) => {
                object.insert(format!("made_up_{}", rng.u8(..)), json!(1));
            }
            (_, place) => {
                let values = [
                    json!(7),
                    json!("?"),
                    json!([]),
                    json!({}),
                    json!([1, "a"]),
                    json!(1.5),
                    json!(true),
                    json!("x".repeat(8_193)),
                ];
                *place = values[rng.usize(..values.len())].clone();
            }
        }
    }

    #[test]
    fn what_is_found_first_is_what_the_strict_reader_refuses() {
        let seed = fastrand::u64(..);
        let mut rng = Rng::with_seed(seed);
        let full: Value = serde_json::from_str(FULL).expect("JSON");
        let mut several = 0;
        for _ in 0..5_000 {
            let mut value = full.clone();
            for _ in 0..rng.usize(1..6) {
                spoil(&mut value, &mut rng);
            }
            let text = value.to_string();
            let found = all::<Request>(&text);
            match Request::from_json(text.as_bytes(), || 0) {
                Ok(_) => assert_eq!(found, [], "seed {seed}: {text}"),
                Err(error) => {
                    let (first, others) = found.split_first().expect("what is wrong is found");
                    assert_eq!(first.path, error.path, "seed {seed}: {text}");
                    assert_eq!(first.message, error.message, "seed {seed}: {text}");
                    assert_eq!(others, error.others, "seed {seed}: {text}");
                    several += usize::from(!others.is_empty());
                }
            }
        }
        assert!(several > 1_000, "seed {seed}: {several}");
    }

    #[test]
    fn what_follows_the_request_comes_last() {
        let error = Request::from_json(b"{} x", || 0).expect_err("it lacks everything");
        assert_eq!(error.path, "action");
        let last = error.others.last().expect("there are others");
        assert_eq!(
            last.to_string(),
            "`$`: this is not JSON: trailing characters"
        );
        assert_eq!(error.others.len(), 27);
    }

    /// Who mends all that is said needs as many tries as records stand within each other.
    #[test]
    fn a_request_by_hand_takes_a_few_tries() {
        let full: Value = serde_json::from_str(FULL).expect("JSON");
        let mut request = json!({"made_up": 1, "scan": {}, "access": {"resource": 7}});
        for tries in 0.. {
            let Err(error) = Request::from_json(request.to_string().as_bytes(), || 0) else {
                assert!(tries <= 2, "{tries}");
                return;
            };
            let first = (error.path, error.message);
            let others = error
                .others
                .into_iter()
                .map(|other| (other.path, other.message));
            for (path, message) in [first].into_iter().chain(others) {
                let pointer = format!("/{}", path.replace('.', "/"));
                let (above, name) = pointer.rsplit_once('/').expect("it begins with one");
                let above = request
                    .pointer_mut(above)
                    .expect("what is around it is there");
                if message.contains("not known") {
                    above.as_object_mut().expect("an object").remove(name);
                } else {
                    above[name] = match full.pointer(&pointer).expect("it is a fact") {
                        Value::Object(_) => json!({}),
                        value => value.clone(),
                    };
                }
            }
        }
    }

    #[test]
    fn what_is_said_has_a_limit() {
        let said = |text: &str| {
            let found = all::<Request>(text);
            let bytes: usize = found
                .iter()
                .map(|fault| fault.path.len() + fault.message.len())
                .sum();
            assert!(bytes <= SAID_BYTES + 64, "{bytes}");
            found
        };
        let names: Vec<_> = (0..5_000).map(|name| format!("\"n{name}\": 1")).collect();
        let found = said(&format!("{{{}}}", names.join(",")));
        let last = found.last().expect("there is much");
        assert_eq!(last.to_string(), "`$`: there is more: mend these first");
        let long = "x".repeat(1 << 20);
        let found = said(&format!("{{\"{long}\": 1, \"action\": 1}}"));
        assert_eq!(found[0].path, format!("{}…", "x".repeat(80)));
        assert_eq!(found[1].path, "action");
        // Every name that a request may lack.
        let found = said(
            r#"{"actor": {}, "tenancy": {}, "responsibility": {"authorized_for": {}, "evidence_review": {"of": {}}},
            "scan": {"accepted_for": {}}, "task": {}, "access": {"resource": {}}, "approved_scope": {"approved_for": {},
            "resource": {}, "approver": {}}, "remediation_approval": {"approved_for": {}, "approver": {}}}"#,
        );
        assert!(found.iter().all(|fault| fault.message == super::MISSING));
        assert!(found.len() > 60, "{}", found.len());
    }

    #[test]
    fn what_breaks_off_ends_the_list() {
        let paths = |text: &str| -> Vec<String> {
            let error = Request::from_json(text.as_bytes(), || 0).expect_err(text);
            let others = error.others.into_iter().map(|other| other.path);
            [error.path].into_iter().chain(others).collect()
        };
        for (text, expected) in [
            (r#"{"now": "never", "action": "#, &["now", "$"][..]),
            (r#"{"action": "#, &["action"]),
            (r#"{"color": 1, "action" 7}"#, &["color", "$"]),
            (
                r#"{"attributes": {"a": {}, "b": 1.5, "a": 1}, "color": 1} x"#,
                &["attributes.a", "attributes.b", "attributes.a", "color"],
            ),
            (
                r#"{"responsibility": null, "scan": 7} x"#,
                &["responsibility", "scan", "action"],
            ),
        ] {
            assert_eq!(paths(text)[..expected.len()], *expected, "{text}");
        }
    }
}
