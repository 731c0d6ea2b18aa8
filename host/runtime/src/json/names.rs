//! Tells the names of a record's fields and of an enum's cases apart.
//!
//! Always true here: a name is known only if all of it is the same; its key only tells quickly which one it could be.

use super::quoted::{QUOTED_BYTES, Quoted};

/// The most names there may be.
const MOST: usize = 16;

/// Places of a table: several for each name, so that it soon has one to itself.
const PLACES: usize = 64;

/// Known names, in the contract's order.
pub(crate) struct Names {
    all: &'static [&'static str],
    /// Each as it stands before its value.
    quoted: [Quoted; MOST],
    /// For none and for each of them: what comes next in each [`Order`].
    next: [[u8; 2]; MOST + 1],
    /// Spreads the keys over the places so that no two names have the same.
    factor: u64,
    /// At the place of each name its index; elsewhere any.
    places: [u8; PLACES],
}

impl Names {
    /// The names `names`, which differ.
    pub(crate) const fn new(names: &'static [&'static str]) -> Self {
        assert!(
            names.len() <= MOST,
            "there are more names than are told apart"
        );
        let (mut quoted, mut next) = ([Quoted::NONE; MOST], [[0; 2]; MOST + 1]);
        next[0] = [0, first_behind("", names)];
        let mut index = 0;
        while index < names.len() {
            quoted[index] = Quoted::new(names[index].as_bytes());
            #[expect(clippy::cast_possible_truncation, reason = "there are at most 16")]
            let following = (index + 1) as u8;
            next[index + 1] = [following, first_behind(names[index], names)];
            index += 1;
        }
        let mut factor = 0x9e37_79b9_7f4a_7c15_u64;
        loop {
            if let Some(places) = places(names, factor) {
                return Self {
                    all: names,
                    quoted,
                    next,
                    factor,
                    places,
                };
            }
            factor = factor.wrapping_mul(0xd134_2543_de82_ef95) | 1;
        }
    }

    /// All of them.
    pub(crate) const fn all(&self) -> &'static [&'static str] {
        self.all
    }

    /// Which of them `name` is.
    #[inline]
    pub(crate) fn index(&self, name: &[u8]) -> Option<usize> {
        let index = usize::from(self.places[place(name, self.factor)]);
        is_same(self.all.get(index)?.as_bytes(), name).then_some(index)
    }

    /// Which of them `text` begins with, in quotes and with a colon, and how many bytes that has: told quickly if it is the one behind that
    /// with the index `before` in `order`. `None` says nothing.
    #[inline]
    pub(crate) fn following(
        &self,
        before: Option<usize>,
        order: Order,
        text: &[u8; QUOTED_BYTES],
    ) -> Option<(usize, usize)> {
        let likely = self.next[before.map_or(0, |before| before + 1)];
        let index = usize::from(likely[order as usize]);
        let quoted = self.quoted[..self.all.len()].get(index)?;
        quoted.begins(text).then_some((index, quoted.length))
    }
}

/// The orders in which serializers write names.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Order {
    /// The contract's.
    Contract,
    /// The alphabet's.
    Alphabet,
}

impl Order {
    pub(crate) fn other(self) -> Self {
        match self {
            Self::Contract => Self::Alphabet,
            Self::Alphabet => Self::Contract,
        }
    }
}

/// Whether both are the same: for most names sooner told than by `memcmp`.
#[inline]
fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len()
        && match one.len() {
            4..8 => has_same_ends::<4>(one, other),
            8..16 => has_same_ends::<8>(one, other),
            16..=32 => has_same_ends::<16>(one, other),
            _ => one == other,
        }
}

/// Whether their first and last `N` bytes are the same, which may overlap.
#[inline]
fn has_same_ends<const N: usize>(one: &[u8], other: &[u8]) -> bool {
    one.first_chunk::<N>() == other.first_chunk() && one.last_chunk::<N>() == other.last_chunk()
}

/// The index of the first of `names` in the alphabet that comes behind `name`; any if there is none.
const fn first_behind(name: &str, names: &[&str]) -> u8 {
    let mut first = MOST;
    let mut index = 0;
    while index < names.len() {
        let is_behind = is_less(name.as_bytes(), names[index].as_bytes());
        if is_behind && (first == MOST || is_less(names[index].as_bytes(), names[first].as_bytes()))
        {
            first = index;
        }
        index += 1;
    }
    #[expect(clippy::cast_possible_truncation, reason = "there are at most 16")]
    let first = first as u8;
    first
}

const fn is_less(one: &[u8], other: &[u8]) -> bool {
    let mut index = 0;
    while index < one.len() && index < other.len() {
        if one[index] != other[index] {
            return one[index] < other[index];
        }
        index += 1;
    }
    one.len() < other.len()
}

/// The index of each name at its place, if no two have the same.
const fn places(names: &[&str], factor: u64) -> Option<[u8; PLACES]> {
    const FREE: u8 = u8::MAX;
    let mut places = [FREE; PLACES];
    let mut index = 0;
    while index < names.len() {
        let place = place(names[index].as_bytes(), factor);
        if places[place] != FREE {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, reason = "there are at most 16")]
        let at = index as u8;
        places[place] = at;
        index += 1;
    }
    Some(places)
}

#[inline]
const fn place(name: &[u8], factor: u64) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "it is below the number of places"
    )]
    let place = (key(name).wrapping_mul(factor) >> (u64::BITS - PLACES.ilog2())) as usize;
    place
}

/// The name's length and its ends, mixed.
#[inline]
const fn key(name: &[u8]) -> u64 {
    let (first, last) = match (name.first_chunk(), name.last_chunk()) {
        (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ => match (name.first_chunk(), name.last_chunk()) {
            (Some(first), Some(last)) => (
                u32::from_le_bytes(*first) as u64,
                u32::from_le_bytes(*last) as u64,
            ),
            _ => match name {
                [] => (0, 0),
                [only] => (*only as u64, 0),
                [first, .., last] => (*first as u64, *last as u64),
            },
        },
    };
    first ^ last.rotate_left(29) ^ (name.len() as u64) << 56
}

#[cfg(test)]
mod tests {
    use super::{Names, Order, QUOTED_BYTES};

    #[test]
    fn only_what_is_all_the_same_is_known() {
        static NAMES: &[&str] = &[
            "",
            "a",
            "of",
            "kind",
            "scopes",
            "accounts",
            "accepted_scope",
        ];
        let names = Names::new(NAMES);
        for (index, name) in NAMES.iter().enumerate() {
            assert_eq!(names.index(name.as_bytes()), Some(index), "{name}");
        }
        for name in [
            "b",
            "A",
            "oe",
            "king",
            "score",
            "accepted scope",
            "acceptedXscope",
            "accountsaccounts",
        ] {
            assert_eq!(names.index(name.as_bytes()), None, "{name}");
        }
    }

    /// Names of every length, and each with any one of its bytes changed.
    #[test]
    fn every_byte_of_a_name_counts() {
        static ALPHABET: &str = "abcdefghijklmnopqrstuvwxyz_12";
        for length in 1..=ALPHABET.len() {
            let name = &ALPHABET[..length];
            let names = Names::new(Box::leak(Box::new([name])));
            assert_eq!(names.index(name.as_bytes()), Some(0), "{name}");
            for at in 0..length {
                let mut other = name.as_bytes().to_vec();
                other[at] ^= 1;
                assert_eq!(names.index(&other), None, "{name} at {at}");
            }
        }
    }

    #[test]
    fn what_likely_follows_is_told_by_what_came_before() {
        let names = Names::new(&["task", "id", "kind"]);
        let text = |start: &str| -> [u8; QUOTED_BYTES] {
            let text = format!("{start:x<32}").into_bytes();
            text.try_into().expect("it is as long")
        };
        let (contract, alphabet) = (Order::Contract, Order::Alphabet);
        for (before, order, start, expected) in [
            (None, contract, r#""task":"#, Some((0, 7))),
            (None, alphabet, r#""task":"#, None),
            (None, alphabet, r#""id":"#, Some((1, 5))),
            (None, contract, r#""id":"#, None),
            (None, alphabet, r#""kind":"#, None),
            (Some(0), contract, r#""id":"#, Some((1, 5))),
            (Some(1), contract, r#""kind":"#, Some((2, 7))),
            (Some(1), alphabet, r#""kind":"#, Some((2, 7))),
            (Some(2), contract, r#""kind":"#, None),
            (Some(2), alphabet, r#""task":"#, Some((0, 7))),
            (Some(2), alphabet, r#""":"#, None),
            (Some(1), contract, r#""kin":"#, None),
            (Some(1), contract, r#""kinds":"#, None),
            (Some(1), contract, r#""kind" "#, None),
        ] {
            assert_eq!(
                names.following(before, order, &text(start)),
                expected,
                "{before:?} {order:?} {start}"
            );
        }
    }
}
