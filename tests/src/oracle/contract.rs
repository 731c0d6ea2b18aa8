//! The facts by their JSON names and types, read from the WIT package.

use std::sync::LazyLock;

use wit_parser::{Resolve, Type as WitType, TypeDefKind, TypeId};

/// The type of a value in a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Int,
    /// A text.
    Text,
    /// A time in whole seconds.
    Time,
    /// Seconds between two times.
    Duration,
    /// A case of the enum with this JSON name.
    Enum(String),
    /// The record with this JSON name.
    Record(String),
    /// A list of values of one type.
    List(Box<Type>),
}

/// A field of a record.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its JSON name.
    pub name: String,
    /// The type of its value.
    pub ty: Type,
    /// Whether it may be absent.
    pub optional: bool,
}

/// The records and enums that a request is made of.
pub struct Contract {
    resolve: Resolve,
}

/// The contract.
pub static CONTRACT: LazyLock<Contract> = LazyLock::new(Contract::read);

impl Contract {
    fn read() -> Self {
        let mut resolve = Resolve::new();
        resolve
            .push_str("gate.wit", scopegate_contract::WIT)
            .expect("the contract is valid WIT");
        Self { resolve }
    }

    /// The fields of the record with this JSON name, but for the custom facts.
    pub fn fields(&self, record: &str) -> Vec<Field> {
        let TypeDefKind::Record(record) = self.kind(record) else {
            panic!("{record} is no record")
        };
        let fields = record
            .fields
            .iter()
            .filter(|field| field.name != "attributes");
        fields
            .map(|field| self.field(&field.name, &field.ty))
            .collect()
    }

    /// The JSON names of the enum's cases.
    pub fn cases(&self, name: &str) -> Vec<String> {
        let TypeDefKind::Enum(cases) = self.kind(name) else {
            panic!("{name} is no enum")
        };
        cases
            .cases
            .iter()
            .map(|case| json_name(&case.name))
            .collect()
    }

    fn kind(&self, json: &str) -> &TypeDefKind {
        let mut types = self.resolve.types.iter();
        let found = types.find(|(_, def)| {
            def.name
                .as_deref()
                .is_some_and(|name| json_name(name) == json)
        });
        &found
            .unwrap_or_else(|| panic!("the contract has no {json}"))
            .1
            .kind
    }

    fn field(&self, name: &str, wit: &WitType) -> Field {
        let inner = match wit {
            WitType::Id(id) => match &self.resolve.types[*id].kind {
                TypeDefKind::Option(inner) => Some(inner),
                _ => None,
            },
            _ => None,
        };
        Field {
            name: json_name(name),
            ty: self.type_of(inner.unwrap_or(wit)),
            optional: inner.is_some(),
        }
    }

    fn type_of(&self, wit: &WitType) -> Type {
        match wit {
            WitType::Bool => Type::Bool,
            WitType::U32 => Type::Int,
            WitType::String => Type::Text,
            WitType::Id(id) => self.named_type(*id),
            other => panic!("a fact has the type {other:?}"),
        }
    }

    fn named_type(&self, id: TypeId) -> Type {
        let def = &self.resolve.types[id];
        let name = || json_name(def.name.as_deref().unwrap_or_default());
        match &def.kind {
            TypeDefKind::Type(WitType::S64) => Type::Time,
            TypeDefKind::Enum(_) => Type::Enum(name()),
            TypeDefKind::Record(_) => Type::Record(name()),
            TypeDefKind::List(element) => Type::List(Box::new(self.type_of(element))),
            kind => panic!("a fact has the type {kind:?}"),
        }
    }
}

fn json_name(kebab: &str) -> String {
    kebab.replace('-', "_")
}
