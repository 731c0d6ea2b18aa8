//! What is transcribed against what is laid, as the contract's types read both.

use std::fmt::Write as _;

use wit_parser::{Resolve, SizeAlign, Type, TypeDefKind, TypeId};

use crate::facts::Request;
use crate::json::{Context, Cursor, Path};
use crate::memory::{ALL, lay, lay_within, text_at, transcribe, word};

/// A request with every fact there is but attributes, none of it out of the ordinary.
fn full() -> String {
    let full = include_str!("../../../tests/runtime/full.json").replace("\\u00e9", "é");
    let mut request = Request::from_json(full.as_bytes(), || 7).expect("a request");
    request.attributes.clear();
    serde_json::to_string(&request).expect("JSON")
}

/// Lays out the request that all of `text` is.
fn transcribed(
    text: &[u8],
    clock: &dyn Fn() -> i64,
    memory: &mut [u8],
    address: usize,
    reads: u64,
) -> Option<usize> {
    let context = Context::new(true, clock);
    let root = Path::root(&context);
    let mut from = Cursor::new(text, &root);
    let end = transcribe::<Request>(&mut from, memory, address, reads)?;
    from.is_at_end().then_some(end)
}

/// Reads what stands in memory by the contract alone.
struct Reader {
    resolve: Resolve,
    sizes: SizeAlign,
}

impl Reader {
    fn new() -> Self {
        let mut resolve = Resolve::new();
        resolve
            .push_str("gate.wit", scopegate_contract::WIT)
            .expect("the contract is valid");
        let mut sizes = SizeAlign::default();
        sizes.fill(&resolve);
        Self { resolve, sizes }
    }

    fn request(&self, memory: &[u8], place: usize) -> String {
        let mut types = self.resolve.types.iter();
        let request = types.find(|(_, def)| def.name.as_deref() == Some("request"));
        let (id, _) = request.expect("the contract has a request");
        let mut out = String::new();
        self.read(memory, place, &Type::Id(id), &mut out);
        out
    }

    fn read(&self, memory: &[u8], place: usize, ty: &Type, out: &mut String) {
        let word = |place: usize| word(&memory[place..][..4]) as usize;
        match ty {
            Type::Bool => write!(out, "{}", memory[place]),
            Type::U32 => write!(out, "{}", word(place)),
            Type::S64 => {
                let bytes = memory[place..][..8].try_into().expect("eight bytes");
                write!(out, "{}", i64::from_le_bytes(bytes))
            }
            Type::String => {
                let text = &memory[word(place)..][..word(place + 4)];
                write!(out, "{:?}", str::from_utf8(text).expect("UTF-8"))
            }
            Type::Id(id) => return self.read_id(memory, place, *id, out),
            other => unreachable!("no request has {other:?}"),
        }
        .expect("a text takes all");
    }

    fn read_id(&self, memory: &[u8], place: usize, id: TypeId, out: &mut String) {
        match &self.resolve.types[id].kind {
            TypeDefKind::Type(ty) => self.read(memory, place, ty, out),
            TypeDefKind::Record(record) => {
                let types = record.fields.iter().map(|field| &field.ty);
                for (offset, ty) in self.sizes.field_offsets(types) {
                    self.read(memory, place + offset.size_wasm32(), ty, out);
                    out.push(' ');
                }
            }
            TypeDefKind::Enum(_) => out.push_str(&memory[place].to_string()),
            TypeDefKind::Option(ty) => {
                out.push_str(if memory[place] == 0 { "none" } else { "some " });
                if memory[place] == 1 {
                    let payload = self.sizes.align(ty).align_wasm32();
                    self.read(memory, place + payload, ty, out);
                }
            }
            TypeDefKind::List(ty) => {
                let word = |place: usize| word(&memory[place..][..4]) as usize;
                let (address, count) = (word(place), word(place + 4));
                let size = self.sizes.size(ty).size_wasm32();
                assert!(address.is_multiple_of(self.sizes.align(ty).align_wasm32()));
                out.push('[');
                for index in 0..count {
                    self.read(memory, address + index * size, ty, out);
                    out.push(' ');
                }
                out.push(']');
            }
            // Attributes are laid, not transcribed, so there are none.
            other => unreachable!("no request without attributes has {other:?}"),
        }
    }
}

#[test]
fn what_is_transcribed_is_what_is_laid() {
    let reader = Reader::new();
    let full = full();
    let value: serde_json::Value = serde_json::from_str(&full).expect("JSON");
    let change = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut value = value.clone();
        change(&mut value);
        value.to_string()
    };
    let many: Vec<String> = (0..256).map(|index| format!("scope:{index}")).collect();
    for text in [
        full.clone(),
        full.replace("\"acme\"", "\"äcme 東京 𝄞\""),
        serde_json::to_string_pretty(&value).expect("JSON"),
        change(&|_| ()),
        change(&|value| drop(value.as_object_mut().expect("an object").remove("now"))),
        change(&|value| value["now"] = serde_json::Value::Null),
        change(&|value| value["attributes"] = serde_json::json!({})),
        change(&|value| value["scan"] = serde_json::Value::Null),
        change(&|value| drop(value.as_object_mut().expect("an object").remove("task"))),
        change(&|value| value["access"]["required_scopes"] = serde_json::json!(many)),
        change(&|value| value["access"]["required_scopes"] = serde_json::json!([])),
        change(&|value| value["scan"]["targets"][0]["url"] = "a".repeat(8_192).into()),
    ] {
        let request = Request::from_json(text.as_bytes(), || 7).expect("a request");
        let mut laid = vec![0xAA; 1 << 16];
        lay(&request, &mut laid, 1_024).expect("there is room");
        let mut memory = vec![0xAA; 1 << 16];
        let end = transcribed(text.as_bytes(), &|| 7, &mut memory, 1_024, ALL);
        let end = end.unwrap_or_else(|| panic!("it is ordinary: {text}"));
        let (before, behind) = (&memory[..1_024], &memory[end..]);
        assert!(before.iter().chain(behind).all(|byte| *byte == 0xAA));
        let read = reader.request(&memory, 1_024);
        assert_eq!(read, reader.request(&laid, 1_024), "{text}");
        let action = text_at(&memory, 1_024 + Request::ACTION_OFFSET);
        assert_eq!(action, Some(&*request.action));
    }
}

#[test]
fn what_is_not_read_is_empty() {
    let (text, mut memory) = (full(), vec![0xAA; 1 << 16]);
    let end = transcribed(text.as_bytes(), &|| 7, &mut memory, 1_024, Request::ACTION);
    let request = Request::from_json(text.as_bytes(), || 7).expect("a request");
    let bare = {
        let mut bare = vec![0xAA; 1 << 16];
        lay_within(&request, &mut bare, 1_024, Request::ACTION).expect("room");
        bare
    };
    let reader = Reader::new();
    assert!(end.is_some());
    assert_eq!(reader.request(&memory, 1_024), reader.request(&bare, 1_024));
    assert_eq!(text_at(&memory, 1_024), Some(&*request.action));
}

#[test]
fn too_little_room_is_found() {
    let text = full();
    let room = |room: usize| {
        let mut memory = vec![0xAA; 1_024 + room];
        transcribed(text.as_bytes(), &|| 7, &mut memory, 1_024, ALL)
    };
    let end = room(1 << 16).expect("there is room");
    for less in 0..end - 1_024 {
        assert_eq!(room(less), None, "{less}");
    }
    assert_eq!(room(end - 1_024), Some(end));
}

#[test]
fn what_needs_a_closer_look_is_not_transcribed() {
    let full = full();
    let is_transcribed = |text: &[u8], now: i64| {
        let mut memory = vec![0; 1 << 16];
        [ALL, Request::ACTION]
            .map(|reads| transcribed(text, &|| now, &mut memory, 0, reads).is_some())
    };
    assert_eq!(is_transcribed(full.as_bytes(), 7), [true; 2]);
    let long = format!("\"{}\"", "a".repeat(8_193));
    let scopes = format!("\"required_scopes\":[{}\"\",", "\"\",".repeat(256));
    for (from, to) in [
        ("\"user-17\"", "\"user\\u002d17\""),
        ("\"user-17\"", "17"),
        ("\"user-17\"", &*long),
        ("\"required_scopes\":[", &*scopes),
        ("\"action\":", "\"color\":1,\"action\":"),
        ("\"action\":", "\"action\":\"scan\",\"action\":"),
        ("{", "{\"attributes\":{\"a\":true},"),
        ("\"developer\"", "\"king\""),
        ("{", "[{"),
    ] {
        assert!(full.contains(from), "{from}");
        let text = full.replacen(from, to, 1);
        assert_eq!(is_transcribed(text.as_bytes(), 7), [false; 2], "{from}");
    }
    let no_text = full.replacen("user-17", "user?17", 1);
    let no_text: Vec<u8> = no_text
        .bytes()
        .map(|byte| if byte == b'?' { 0xff } else { byte })
        .collect();
    assert_eq!(is_transcribed(&no_text, 7), [false; 2]);
    let mut value: serde_json::Value = serde_json::from_str(&full).expect("JSON");
    value.as_object_mut().expect("an object").remove("now");
    assert_eq!(is_transcribed(value.to_string().as_bytes(), 7), [true; 2]);
    assert_eq!(is_transcribed(value.to_string().as_bytes(), -1), [false; 2]);
}
