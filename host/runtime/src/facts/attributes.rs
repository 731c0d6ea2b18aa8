//! Custom facts, which a policy declares and the contract only carries.
//!
//! Always true here: JSON has them as an object by name, the contract as a list; names that were read differ.

use std::collections::HashSet;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess};
use serde::ser::{Serialize, Serializer};
use wasmtime::component::{ComponentType, Lift, Lower};

use crate::fault::Fault;
use crate::json::{self, At, Cursor, Faults, InputError, Json, Path, Quick, Shape, Written};
use crate::memory::{self, ALL, FULL, Fact, Laid, Layout, Page, Room, Transcribe};

/// A custom fact.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lower, Lift)]
#[component(record)]
pub struct Attribute {
    /// Its name, given once in a request.
    pub name: String,
    /// Its value.
    pub value: AttributeValue,
}

/// The value of a custom fact.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lower, Lift)]
#[component(variant)]
pub enum AttributeValue {
    /// A text.
    #[component(name = "text")]
    Text(String),
    /// A whole number.
    #[component(name = "number")]
    Number(i64),
    /// Yes or no.
    #[component(name = "truth")]
    Truth(bool),
    /// Texts, at most 256.
    #[component(name = "texts")]
    Texts(Vec<String>),
}

impl Laid for Attribute {
    const LAYOUT: Layout = Layout::record([String::LAYOUT, AttributeValue::LAYOUT]);
}

impl Fact for Attribute {
    // They are not told apart: a policy looks for them by their names.
    const POINTERS: u32 = 0;

    fn lay<const WITHIN: bool>(
        &self,
        memory: &mut [u8],
        place: usize,
        end: usize,
        _: u64,
    ) -> usize {
        const OFFSETS: [usize; 2] = Layout::offsets([String::LAYOUT, AttributeValue::LAYOUT]);
        if WITHIN {
            return FULL;
        }
        let value = self.name.lay::<false>(memory, place + OFFSETS[0], end, ALL);
        let next = self
            .value
            .lay::<false>(memory, place + OFFSETS[1], value, ALL);
        if let Some(place) = memory.get_mut(place..place + Self::LAYOUT.size) {
            self.name
                .put(&mut place[OFFSETS[0]..][..String::LAYOUT.size], end, ALL);
            self.value.put(&mut place[OFFSETS[1]..], value, ALL);
        }
        next
    }

    fn put(&self, _: &mut [u8], _: usize, _: u64) {}

    fn is_within(&self) -> bool {
        // The policy itself has to look for it by its name.
        false
    }

    fn room(&self, end: usize) -> usize {
        self.value.room(self.name.room(end))
    }
}

impl memory::Lower for Attribute {
    fn lower(&self, place: usize, room: &mut dyn Room) -> Result<(), Fault> {
        const OFFSETS: [usize; 2] = Layout::offsets([String::LAYOUT, AttributeValue::LAYOUT]);
        self.name.lower(place + OFFSETS[0], room)?;
        self.value.lower(place + OFFSETS[1], room)
    }
}

impl memory::Lower for AttributeValue {
    fn lower(&self, place: usize, room: &mut dyn Room) -> Result<(), Fault> {
        room.write(place, &[self.tag()]);
        let payload = place + Self::LAYOUT.payload();
        match self {
            Self::Text(text) => text.lower(payload, room),
            Self::Number(number) => number.lower(payload, room),
            Self::Truth(truth) => truth.lower(payload, room),
            Self::Texts(texts) => texts.lower(payload, room),
        }
    }
}

impl AttributeValue {
    /// The number of its case.
    fn tag(&self) -> u8 {
        match self {
            Self::Text(_) => 0,
            Self::Number(_) => 1,
            Self::Truth(_) => 2,
            Self::Texts(_) => 3,
        }
    }
}

impl Laid for AttributeValue {
    const LAYOUT: Layout = Layout::variant([
        String::LAYOUT,
        i64::LAYOUT,
        bool::LAYOUT,
        Vec::<String>::LAYOUT,
    ]);
}

impl Fact for AttributeValue {
    const POINTERS: u32 = 0;

    fn lay<const WITHIN: bool>(
        &self,
        memory: &mut [u8],
        place: usize,
        end: usize,
        _: u64,
    ) -> usize {
        match self {
            Self::Text(text) => text.lay::<WITHIN>(memory, place, end, ALL),
            Self::Number(_) | Self::Truth(_) => end,
            Self::Texts(texts) => texts.lay::<WITHIN>(memory, place, end, ALL),
        }
    }

    fn put(&self, place: &mut [u8], end: usize, _: u64) {
        let (tag, payload) = place.split_at_mut(Self::LAYOUT.payload());
        tag[0] = self.tag();
        match self {
            Self::Text(text) => text.put(&mut payload[..String::LAYOUT.size], end, ALL),
            Self::Number(number) => number.put(&mut payload[..i64::LAYOUT.size], end, ALL),
            Self::Truth(truth) => truth.put(&mut payload[..bool::LAYOUT.size], end, ALL),
            Self::Texts(texts) => texts.put(&mut payload[..String::LAYOUT.size], end, ALL),
        }
    }

    fn is_within(&self) -> bool {
        false
    }

    fn room(&self, end: usize) -> usize {
        match self {
            Self::Text(text) => text.room(end),
            Self::Number(_) | Self::Truth(_) => end,
            Self::Texts(texts) => texts.room(end),
        }
    }
}

/// The most custom facts of a request.
const ATTRIBUTES: usize = scopegate_contract::LIST as usize;

impl Json for Vec<Attribute> {
    fn read<'de, D: Deserializer<'de>>(from: D, at: &Path<'_>) -> Result<Self, D::Error> {
        struct Attributes<'p>(&'p Path<'p>);
        impl<'de> Shape<'de> for Attributes<'_> {
            type Value = Vec<Attribute>;
            const EXPECTED: &'static str = "an object";

            fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<Vec<Attribute>, A::Error> {
                let at = self.0;
                let mut attributes = Vec::new();
                while let Some(name) = object
                    .next_key_seed(NewName {
                        at,
                        before: &attributes,
                    })
                    .map_err(|error| at.blame(error))?
                {
                    let here = at.name(&name);
                    let value = object
                        .next_value_seed(At::new(&here))
                        .map_err(|error| here.blame(error))?;
                    attributes.push(Attribute { name, value });
                }
                Ok(attributes)
            }
        }
        json::read_shape(from, Attributes(at))
    }

    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(
            self.iter()
                .map(|attribute| (&attribute.name, Written(&attribute.value))),
        )
    }

    fn faults(written: &str, at: &Path<'_>, found: &mut Faults) {
        if !written.starts_with('{') {
            return found.read::<Self>(written, at);
        }
        let mut names = HashSet::new();
        json::entries(written, at, found, |name, value, found| {
            let here = at.name(name);
            if names.contains(name) {
                return found.note(&here, json::TWICE);
            }
            names.insert(name.to_owned());
            if names.len() > ATTRIBUTES {
                if names.len() == ATTRIBUTES + 1 {
                    found.note(at, too_many());
                }
                return;
            }
            match json::text::<serde_json::Error>(name) {
                Ok(_) => AttributeValue::faults(value, &here, found),
                Err(error) => found.note(&here, error),
            }
        });
    }

    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

fn too_many() -> String {
    format!("there are more than {ATTRIBUTES} attributes")
}

impl Quick for Vec<Attribute> {
    fn blank() -> Self {
        Self::new()
    }

    fn quick(&mut self, from: &mut Cursor<'_, '_>) -> Option<()> {
        self.clear();
        from.pass(b'{')?;
        while from.goes_on(self.is_empty(), b'}')? {
            let mut attribute = Attribute {
                name: String::blank(),
                value: AttributeValue::blank(),
            };
            attribute.name.quick(from)?;
            let is_known = self.iter().any(|known| known.name == attribute.name);
            if is_known || self.len() == ATTRIBUTES {
                return None;
            }
            from.pass(b':')?;
            attribute.value.quick(from)?;
            self.push(attribute);
        }
        Some(())
    }
}

impl Transcribe for Vec<Attribute> {
    fn transcribe(
        from: &mut Cursor<'_, '_>,
        to: &mut Page<'_>,
        place: usize,
        reads: u64,
    ) -> Option<()> {
        from.pass(b'{')?;
        // The policy itself has to look for one by its name.
        from.pass(b'}')?;
        to.lay(&Self::new(), place, reads)
    }
}

/// Reads a name that no attribute before has.
struct NewName<'a> {
    at: &'a Path<'a>,
    before: &'a [Attribute],
}

impl<'de> DeserializeSeed<'de> for NewName<'_> {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<String, D::Error> {
        json::read_shape(from, self)
    }
}

impl Shape<'_> for NewName<'_> {
    type Value = String;
    const EXPECTED: &'static str = "a name";

    fn text<E: Error>(self, name: &str) -> Result<String, E> {
        let here = self.at.name(name);
        if self.before.iter().any(|attribute| attribute.name == name) {
            return Err(here.refuse(json::TWICE));
        }
        if self.before.len() == ATTRIBUTES {
            return Err(self.at.refuse(too_many()));
        }
        json::text(name).map_err(|error| here.blame(error))
    }
}

impl Json for AttributeValue {
    fn read<'de, D: Deserializer<'de>>(from: D, at: &Path<'_>) -> Result<Self, D::Error> {
        let raw = json::raw(from, at)?;
        let written = raw.get();
        let mut from = serde_json::Deserializer::from_str(written);
        let value = match written.as_bytes().first() {
            Some(b'"') => String::read(&mut from, at).map(Self::Text),
            Some(b'[') => Vec::read(&mut from, at).map(Self::Texts),
            Some(b't' | b'f') => bool::read(&mut from, at).map(Self::Truth),
            Some(b'-' | b'0'..=b'9') => {
                return json::whole_number(written, i64::MIN..=i64::MAX)
                    .map(Self::Number)
                    .map_err(D::Error::custom);
            }
            found => {
                let found = if found == Some(&b'{') {
                    "an object"
                } else {
                    "`null`"
                };
                return Err(D::Error::custom(json::refusal(
                    "a text, a whole number, `true`, `false` or a list of texts",
                    &found,
                )));
            }
        };
        value.map_err(|error| D::Error::custom(InputError::new(None, &error).message))
    }

    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => text.write(to),
            Self::Number(number) => to.serialize_i64(*number),
            Self::Truth(truth) => truth.write(to),
            Self::Texts(texts) => texts.write(to),
        }
    }
}

impl Quick for AttributeValue {
    fn blank() -> Self {
        Self::Truth(false)
    }

    fn quick(&mut self, from: &mut Cursor<'_, '_>) -> Option<()> {
        fn value<T: Quick>(from: &mut Cursor<'_, '_>) -> Option<T> {
            let mut value = T::blank();
            value.quick(from).map(|()| value)
        }
        *self = match from.peek()? {
            b'"' => Self::Text(value(from)?),
            b'[' => Self::Texts(value(from)?),
            b't' | b'f' => Self::Truth(value(from)?),
            _ => Self::Number(from.number()?.parse().ok()?),
        };
        Some(())
    }
}

impl Serialize for AttributeValue {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.write(to)
    }
}
