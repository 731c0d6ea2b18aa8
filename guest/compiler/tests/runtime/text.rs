//! Texts: the runtime's functions against Rust's, also where a text ends with memory.

use std::cmp::Ordering;
use std::collections::HashMap;

use crate::machine::{Machine, Place};
use crate::random;

/// Texts that are often alike, begin alike or end alike.
fn text(random: &mut fastrand::Rng) -> String {
    const PARTS: [&str; 10] = ["a", "b", "ab", "é", "日", "🙂", "\0", "aaaaaaaa", "-", "Z"];
    let longest = *random.choice(&[2, 3, 10, 30]).expect("there are choices");
    (0..random.usize(0..longest))
        .map(|_| PARTS[random.usize(..PARTS.len())])
        .collect()
}

fn order(machine: &mut Machine, a: Place, b: Place) -> Ordering {
    machine
        .call("text_order", &[a.at, a.len, b.at, b.len])
        .cast_signed()
        .cmp(&0)
}

#[test]
fn texts_compare_as_in_rust() {
    let mut random = random("texts_compare_as_in_rust");
    let mut machine = Machine::new();
    for _ in 0..20_000 {
        let (a, mut b) = (text(&mut random), text(&mut random));
        match random.u8(..4) {
            0 => b.clone_from(&a),
            1 => b = a.chars().skip(random.usize(..3)).collect(),
            2 => b = a.chars().take(random.usize(..30)).collect(),
            _ => {}
        }
        let a_last = random.bool();
        let (x, y) = machine.put_two(a.as_bytes(), b.as_bytes(), a_last);
        assert_eq!(machine.test("text_equal", x, y), a == b, "{a:?} == {b:?}");
        assert_eq!(
            order(&mut machine, x, y),
            a.as_bytes().cmp(b.as_bytes()),
            "{a:?} < {b:?}"
        );
        assert_eq!(
            machine.test("starts_with", x, y),
            a.starts_with(&b),
            "{a:?} starts {b:?}"
        );
        assert_eq!(
            machine.test("ends_with", x, y),
            a.ends_with(&b),
            "{a:?} ends {b:?}"
        );
        assert_eq!(
            machine.test("contains", x, y),
            a.contains(&b),
            "{a:?} contains {b:?}"
        );
        let size = machine
            .try_call("text_size", &[x.at, x.len])
            .expect("it does not trap");
        assert_eq!(size, [a.chars().count() as u64], "size of {a:?}");
        let joined = machine.call_pair("join", &[x.at, x.len, y.at, y.len]);
        assert_eq!(machine.text(joined), a.clone() + &b);
        machine.run("reset", &[]);
    }
}

/// Every length around the words that texts are compared by, and a difference at every place.
#[test]
fn a_difference_is_seen_wherever_it_is() {
    let mut machine = Machine::new();
    for len in 0..40 {
        let a = vec![b'x'; len];
        let (x, y) = machine.put_two(&a, &a, true);
        assert!(machine.test("text_equal", x, y), "{len}");
        for at in 0..len {
            let mut b = a.clone();
            b[at] = b'y';
            let (x, y) = machine.put_two(&a, &b, at % 2 == 0);
            assert!(!machine.test("text_equal", x, y), "{len} differing at {at}");
            assert_eq!(
                order(&mut machine, x, y),
                Ordering::Less,
                "{len} differing at {at}"
            );
            assert_eq!(
                order(&mut machine, y, x),
                Ordering::Greater,
                "{len} differing at {at}"
            );
        }
    }
}

#[test]
fn bytes_order_without_sign() {
    let mut machine = Machine::new();
    let (x, y) = machine.put_two(&[0x7F], &[0x80], true);
    assert_eq!(order(&mut machine, x, y), Ordering::Less);
}

#[test]
fn a_list_tells_what_it_holds() {
    let mut random = random("a_list_tells_what_it_holds");
    for _ in 0..300 {
        let mut machine = Machine::new();
        let texts: Vec<String> = (0..random.usize(..8)).map(|_| text(&mut random)).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let list = machine.put_texts(&texts);
        for _ in 0..20 {
            let word = text(&mut random);
            let place = machine.put_last(word.as_bytes(), 0);
            let found = machine.call("text_in", &[place.at, place.len, list.at, list.len]);
            assert_eq!(
                found == 1,
                texts.contains(&word.as_str()),
                "{word:?} in {texts:?}"
            );
            let most = random.u32(..12);
            let first = texts.iter().position(|text| text.len() > most as usize);
            let long = machine.call("first_long", &[list.at, list.len, most]);
            assert_eq!(
                long as usize,
                first.unwrap_or(texts.len()),
                "{texts:?} over {most}"
            );
        }
        let cases: Vec<u8> = (0..random.usize(..10)).map(|_| random.u8(..6)).collect();
        let list = machine.put_last(&cases, 0);
        for case in 0..6 {
            let found = machine.call("case_in", &[u32::from(case), list.at, list.len]);
            assert_eq!(found == 1, cases.contains(&case), "{case} in {cases:?}");
        }
    }
}

/// The hash that tells a text's place in a table.
fn hash(text: &[u8]) -> u64 {
    let word = |bytes: &[u8]| {
        let mut word = [0; 8];
        word[..bytes.len()].copy_from_slice(bytes);
        u64::from_le_bytes(word)
    };
    let length = text.len();
    let mixed = match text {
        [] => 0,
        [first, ..] if length < 4 => word(&[*first, text[length / 2], text[length - 1]]),
        _ if length < 8 => word(&[&text[..4], &text[length - 4..]].concat()),
        _ => word(&text[..8]) ^ word(&text[length - 8..]).rotate_left(29),
    };
    (mixed ^ length as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

fn slots(rows: &[(&[u8], [u32; 3])], bits: u32) -> Option<Vec<[u32; 3]>> {
    let mask = (1 << bits) - 1;
    let mut slots = vec![[0; 3]; mask + 1];
    for (text, row) in rows {
        let first = usize::try_from(hash(text) >> (64 - bits)).expect("it is small");
        let mut places = (first..first + 16).map(|place| place & mask);
        let free = places.find(|place| slots[*place][1] == 0)?;
        slots[free] = *row;
    }
    Some(slots)
}

/// Slots by the hashes of their texts, behind a shift and a mask; one without a pointer is free, and none is further than 16 from its place.
fn hashed(rows: &[(&[u8], [u32; 3])]) -> Vec<u32> {
    let mut bits = (rows.len() + 1).next_power_of_two().ilog2().max(1);
    let slots = loop {
        match slots(rows, bits) {
            Some(slots) => break slots,
            None => bits += 1,
        }
    };
    let mask = slots.len() - 1;
    let head = [64 - bits, u32::try_from(mask).expect("small")];
    head.into_iter()
        .chain(slots.into_iter().flatten())
        .collect()
}

/// Tables as the compiler lays them out: hashed, or sorted by length and then bytes.
#[test]
fn a_table_finds_what_a_map_finds() {
    const OTHERWISE: u32 = 0xFFFF;
    let mut random = random("a_table_finds_what_a_map_finds");
    for round in 0..300 {
        let mut machine = Machine::new();
        let count = if round < 20 {
            round
        } else {
            random.usize(..200)
        };
        let map: HashMap<String, u32> = (0..count)
            .map(|value| (text(&mut random), u32::try_from(value).expect("small")))
            .collect();
        let mut rows: Vec<(&String, &u32)> = map.iter().collect();
        rows.sort_by_key(|(key, _)| (key.len(), key.as_bytes()));
        let rows: Vec<(&[u8], [u32; 3])> = rows
            .into_iter()
            .map(|(key, value)| {
                let place = machine.put(key.as_bytes());
                (key.as_bytes(), [place.len, place.at, *value])
            })
            .collect();
        let head = 1 << 31 | u32::try_from(rows.len()).expect("small");
        let sorted: Vec<u32> = std::iter::once(head)
            .chain(rows.iter().flat_map(|(_, row)| *row))
            .collect();
        let tables = [sorted, hashed(&rows)].map(|words| machine.put_words(&words).at);
        let strangers: Vec<String> = (0..30).map(|_| text(&mut random)).collect();
        for key in map.keys().chain(&strangers) {
            let place = machine.put_last(key.as_bytes(), 0);
            for table in tables {
                let found = machine.call("find", &[table, place.at, place.len, OTHERWISE]);
                assert_eq!(found, map.get(key).copied().unwrap_or(OTHERWISE), "{key:?}");
            }
        }
    }
}
