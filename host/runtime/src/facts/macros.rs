//! Makes a record or an enum of the contract from one list of its names.
//!
//! Always true here: the Rust type, the component type and the JSON form come from the same list, so they cannot differ.

/// A record: its fields in the contract's order, as `name: type`, with `as "kebab-name"` where the contract's name has a hyphen,
/// and `or |at| value` where JSON may leave a field out that the contract requires.
macro_rules! record {
    ($(#[$meta:meta])* $Name:ident {
        $($(#[$field_meta:meta])* $field:ident $(as $wit:literal)? : $ty:ty $(, or $default:expr)?;)*
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, wasmtime::component::ComponentType, wasmtime::component::Lower, wasmtime::component::Lift)]
        #[component(record)]
        pub struct $Name {
            $($(#[$field_meta])* $(#[component(name = $wit)])? pub $field: $ty,)*
        }

        impl $Name {
            const KNOWN: &'static $crate::json::Names = &$crate::json::Names::new(&[$(stringify!($field)),*]);
        }

        impl $crate::json::Quick for $Name {
            fn blank() -> Self {
                Self { $($field: $crate::json::Quick::blank(),)* }
            }

            fn quick(&mut self, from: &mut $crate::json::Cursor<'_, '_>) -> Option<()> {
                #[expect(non_camel_case_types, reason = "the fields' own names")]
                enum Index { $($field),* }

                let given = from.record(Self::KNOWN, |from, index| {
                    $(if index == Index::$field as usize {
                        record!(@quick from, self.$field, $ty $(, $default)?);
                    })*
                    Some(())
                })?;
                $(if given & 1 << Index::$field as usize == 0 {
                    self.$field = record!(@absent from, $ty $(, $default)?);
                })*
                Some(())
            }
        }

        impl $crate::json::Json for $Name {
            const IS_RECORD: bool = true;

            fn read<'de, D: serde::de::Deserializer<'de>>(from: D, at: &$crate::json::Path<'_>) -> Result<Self, D::Error> {
                struct Fields<'p>(&'p $crate::json::Path<'p>);

                impl<'de> $crate::json::Shape<'de> for Fields<'_> {
                    type Value = $Name;
                    const EXPECTED: &'static str = "an object";

                    fn object<A: serde::de::MapAccess<'de>>(self, mut object: A) -> Result<$Name, A::Error> {
                        use $crate::json::{At, Name};

                        #[expect(non_camel_case_types, reason = "the fields' own names")]
                        enum Index { $($field),* }

                        let at = self.0;
                        $(let mut $field = None;)*
                        while let Some(index) = object.next_key_seed(Name { at, known: $Name::KNOWN }).map_err(|error| at.blame(error))? {
                            $(if index == Index::$field as usize {
                                let here = at.name(stringify!($field));
                                if $field.is_some() {
                                    return Err(here.refuse($crate::json::TWICE));
                                }
                                let value = At::<record!(@read $ty $(, $default)?)>::new(&here);
                                $field = Some(object.next_value_seed(value).map_err(|error| here.blame(error))?);
                                continue;
                            })*
                        }
                        Ok($Name { $($field: record!(@finish at, $field, $ty $(, $default)?),)* })
                    }
                }

                $crate::json::read_shape(from, Fields(at))
            }

            fn write<S: serde::ser::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeStruct as _;

                let given = [$(!$crate::json::Json::is_absent(&self.$field)),*].iter().filter(|given| **given).count();
                let mut object = to.serialize_struct(stringify!($Name), given)?;
                $(if !$crate::json::Json::is_absent(&self.$field) {
                    object.serialize_field(stringify!($field), &$crate::json::Written(&self.$field))?;
                })*
                object.end()
            }

            fn faults(written: &str, at: &$crate::json::Path<'_>, found: &mut $crate::json::Faults) {
                static PARTS: &[$crate::json::Part] = &[$(record!(@part $ty $(, $default)?)),*];
                $crate::json::record_faults::<Self>(written, at, Self::KNOWN, PARTS, found);
            }
        }

        impl $crate::memory::Laid for $Name {
            const LAYOUT: $crate::memory::Layout = $crate::memory::Layout::record([$(<$ty as $crate::memory::Laid>::LAYOUT),*]);
        }

        impl $crate::memory::Fact for $Name {
            const POINTERS: u32 = 0 $(+ <$ty as $crate::memory::Fact>::POINTERS)*;

            fn lay<const WITHIN: bool>(&self, memory: &mut [u8], place: usize, end: usize, reads: u64) -> usize {
                use $crate::memory::{Fact, Laid, Layout};

                #[expect(non_camel_case_types, reason = "the fields' own names")]
                enum Index { $($field),* }

                let offsets = const { Layout::offsets([$(<$ty as Laid>::LAYOUT),*]) };
                let pointers = const { $crate::memory::before([$(<$ty as Fact>::POINTERS),*]) };
                let next = end;
                $(
                    let $field = next;
                    let next = self.$field.lay::<WITHIN>(
                        memory,
                        place + offsets[Index::$field as usize],
                        next,
                        reads.unbounded_shr(pointers[Index::$field as usize]),
                    );
                )*
                if let Some(record) = memory.get_mut(place..place + Self::LAYOUT.size) {
                    $(self.$field.put(
                        &mut record[offsets[Index::$field as usize]..][..<$ty as Laid>::LAYOUT.size],
                        $field,
                        reads.unbounded_shr(pointers[Index::$field as usize]),
                    );)*
                }
                next
            }

            #[inline]
            fn put(&self, _: &mut [u8], _: usize, _: u64) {}

            fn is_within(&self) -> bool {
                true $(&& $crate::memory::Fact::is_within(&self.$field))*
            }

            fn room(&self, end: usize) -> usize {
                $(let end = $crate::memory::Fact::room(&self.$field, end);)*
                end
            }
        }

        impl $crate::memory::Lower for $Name {
            fn lower(&self, place: usize, room: &mut dyn $crate::memory::Room) -> Result<(), $crate::fault::Fault> {
                use $crate::memory::{Laid, Layout};

                #[expect(non_camel_case_types, reason = "the fields' own names")]
                enum Index { $($field),* }

                let offsets = const { Layout::offsets([$(<$ty as Laid>::LAYOUT),*]) };
                $($crate::memory::Lower::lower(&self.$field, place + offsets[Index::$field as usize], room)?;)*
                Ok(())
            }
        }

        impl $crate::memory::Transcribe for $Name {
            fn transcribe(
                from: &mut $crate::json::Cursor<'_, '_>,
                to: &mut $crate::memory::Page<'_>,
                place: usize,
                reads: u64,
            ) -> Option<()> {
                use $crate::memory::{Fact, Field, Laid, Layout};

                #[expect(non_camel_case_types, reason = "the fields' own names")]
                enum Index { $($field),* }

                static FIELDS: &[Field] = {
                    let offsets = Layout::offsets([$(<$ty as Laid>::LAYOUT),*]);
                    let pointers = $crate::memory::before([$(<$ty as Fact>::POINTERS),*]);
                    &[$(Field {
                        offset: offsets[Index::$field as usize],
                        pointers: pointers[Index::$field as usize],
                        transcribe: record!(@transcribe $ty $(, $default)?),
                        lay_absent: record!(@lay_absent $ty $(, $default)?),
                    }),*]
                };
                $crate::memory::transcribe_fields(from, to, place, reads, Self::KNOWN, FIELDS)
            }
        }

        impl serde::Serialize for $Name {
            fn serialize<S: serde::ser::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                $crate::json::Json::write(self, to)
            }
        }
    };

    // How a field is read: with a default, `null` stands for it too.
    (@read $ty:ty) => { $ty };
    (@read $ty:ty, $default:expr) => { Option<$ty> };

    (@part $ty:ty) => { $crate::json::Part::of::<$ty>() };
    (@part $ty:ty, $default:expr) => { $crate::json::Part::of::<Option<$ty>>() };

    (@finish $at:ident, $field:ident, $ty:ty) => {
        match $field.or_else(<$ty as $crate::json::Json>::absent) {
            Some(value) => value,
            None => return Err($at.name(stringify!($field)).refuse($crate::json::MISSING)),
        }
    };
    (@finish $at:ident, $field:ident, $ty:ty, $default:expr) => {
        $field.flatten().unwrap_or_else(|| record!(@default $at, $ty, $default))
    };

    (@default $at:expr, $ty:ty, $default:expr) => {{
        let default: fn(&$crate::json::Path<'_>) -> $ty = $default;
        default($at)
    }};

    (@quick $from:ident, $place:expr, $ty:ty) => {
        $crate::json::Quick::quick(&mut $place, $from)?
    };
    (@quick $from:ident, $place:expr, $ty:ty, $default:expr) => {
        if $from.null()? {
            $place = record!(@absent $from, $ty, $default);
        } else {
            record!(@quick $from, $place, $ty);
        }
    };

    (@transcribe $ty:ty) => { <$ty as $crate::memory::Transcribe>::transcribe };
    (@transcribe $ty:ty, $default:expr) => {
        |from, to, place, reads| {
            if from.null()? {
                let lay_absent: $crate::memory::Transcription = record!(@lay_absent $ty, $default);
                return lay_absent(from, to, place, reads);
            }
            <$ty as $crate::memory::Transcribe>::transcribe(from, to, place, reads)
        }
    };

    (@lay_absent $ty:ty) => { $crate::memory::lay_absent::<$ty> };
    (@lay_absent $ty:ty, $default:expr) => {
        |from, to, place, reads| {
            let value: $ty = record!(@absent from, $ty, $default);
            to.lay(&value, place, reads)
        }
    };

    (@absent $from:ident, $ty:ty) => {
        <$ty as $crate::json::Json>::absent()?
    };
    (@absent $from:ident, $ty:ty, $default:expr) => {
        record!(@default $from.root(), $ty, $default)
    };
}

/// An enum: its cases in the contract's order, as `Case = "json_name", "kebab-name"`.
macro_rules! cases {
    ($(#[$meta:meta])* $Name:ident {
        $($(#[$case_meta:meta])* $case:ident = $json:literal, $wit:literal;)*
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, wasmtime::component::ComponentType, wasmtime::component::Lower, wasmtime::component::Lift)]
        #[component(enum)]
        #[repr(u8)]
        pub enum $Name {
            $($(#[$case_meta])* #[component(name = $wit)] $case,)*
        }

        impl $Name {
            /// Every case, in the contract's order.
            pub const ALL: &[Self] = &[$(Self::$case),*];

            const KNOWN: &'static $crate::json::Names = &$crate::json::Names::new(&[$($json),*]);

            /// Each case has its index for its number.
            const ARE_NUMBERED: () = {
                let mut index = 0;
                while index < Self::ALL.len() {
                    assert!(Self::ALL[index] as usize == index);
                    index += 1;
                }
            };

            /// The case's name, as JSON writes it.
            pub const fn name(self) -> &'static str {
                Self::KNOWN.all()[self as usize]
            }
        }

        impl std::fmt::Display for $Name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }

        impl $crate::json::Quick for $Name {
            fn blank() -> Self {
                Self::ALL[0]
            }

            #[inline]
            fn quick(&mut self, from: &mut $crate::json::Cursor<'_, '_>) -> Option<()> {
                *self = Self::ALL[from.case(Self::KNOWN)?];
                Some(())
            }
        }

        impl $crate::json::Json for $Name {
            fn read<'de, D: serde::de::Deserializer<'de>>(from: D, _: &$crate::json::Path<'_>) -> Result<Self, D::Error> {
                $crate::json::case(from, Self::KNOWN).map(|index| Self::ALL[index])
            }

            fn write<S: serde::ser::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.name())
            }
        }

        impl serde::Serialize for $Name {
            fn serialize<S: serde::ser::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                $crate::json::Json::write(self, to)
            }
        }

        impl $crate::memory::Transcribe for $Name {
            fn transcribe(
                from: &mut $crate::json::Cursor<'_, '_>,
                to: &mut $crate::memory::Page<'_>,
                place: usize,
                _: u64,
            ) -> Option<()> {
                const { Self::ARE_NUMBERED };
                $crate::memory::transcribe_case(from, to, place, Self::KNOWN)
            }
        }

        $crate::memory::scalar!($Name: case => [case as u8], { let _ = case; true });
        $crate::facts::macros::tags!($Name: $($case),*);
    };
}

/// A record of a policy's answers: its fields in the contract's order.
macro_rules! answer {
    ($(#[$meta:meta])* $vis:vis struct $Name:ident $(<$($Of:ident),*>)? {
        $($(#[$field_meta:meta])* $field_vis:vis $field:ident: $ty:ty,)*
    }) => {
        $(#[$meta])*
        #[derive(wasmtime::component::ComponentType, wasmtime::component::Lift)]
        #[component(record)]
        $vis struct $Name $(<$($Of),*>)? {
            $($(#[$field_meta])* $field_vis $field: $ty,)*
        }

        impl $(<$($Of: $crate::memory::Laid),*>)? $crate::memory::Laid for $Name $(<$($Of),*>)? {
            const LAYOUT: $crate::memory::Layout = $crate::memory::Layout::record([$(<$ty as $crate::memory::Laid>::LAYOUT),*]);
        }

        impl $(<$($Of: $crate::memory::Answer),*>)? $crate::memory::Answer for $Name $(<$($Of),*>)? {
            #[inline]
            fn read(place: &[u8], memory: &$crate::memory::Memory<'_>) -> Result<Self, $crate::fault::Fault> {
                use $crate::memory::{Answer, Laid, Layout};

                #[expect(non_camel_case_types, reason = "the fields' own names")]
                enum Index { $($field),* }

                let offsets = const { Layout::offsets([$(<$ty as Laid>::LAYOUT),*]) };
                let place = &place[..Self::LAYOUT.size];
                Ok(Self {
                    $($field: <$ty as Answer>::read(&place[offsets[Index::$field as usize]..][..<$ty as Laid>::LAYOUT.size], memory)?,)*
                })
            }
        }
    };
}

/// An enum of a policy's answers: its cases in the contract's order.
macro_rules! tags {
    ($Name:ident: $($case:ident),*) => {
        impl $crate::memory::Laid for $Name {
            const LAYOUT: $crate::memory::Layout = $crate::memory::Layout::scalar(1);
        }

        impl $crate::memory::Answer for $Name {
            #[inline]
            fn read(place: &[u8], _: &$crate::memory::Memory<'_>) -> Result<Self, $crate::fault::Fault> {
                const CASES: &[$Name] = &[$($Name::$case),*];
                let tag = place[0];
                CASES.get(usize::from(tag)).copied().ok_or_else(|| $crate::memory::unknown_case(tag))
            }
        }
    };
}

pub(crate) use {answer, cases, record, tags};
