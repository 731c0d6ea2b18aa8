//! The trace: what is noted, taken back, and told as paths.

use crate::machine::Machine;
use crate::random;

const PATHS: [&str; 4] = [
    "actor.id",
    "scan.targets[].url",
    "scan.excluded[]",
    "responsibility.authorized_for.hosts[]",
];

fn with_index(path: &str, index: u32) -> String {
    path.replacen("[]", &format!("[{index}]"), 1)
}

#[test]
fn a_path_takes_its_index() {
    let mut random = random("a_path_takes_its_index");
    let mut machine = Machine::new();
    let edges = [
        0,
        1,
        9,
        10,
        11,
        99,
        100,
        9_999,
        10_000,
        1_000_000_000,
        2_147_483_647,
    ];
    for index in edges
        .into_iter()
        .chain((0..500).map(|_| random.u32(..10_000)))
    {
        for path in PATHS.iter().filter(|path| path.contains("[]")) {
            let place = machine.put_last(path.as_bytes(), 0);
            let told = machine.call_pair("path", &[place.at, place.len, index]);
            assert_eq!(machine.text(told), with_index(path, index));
        }
        machine.run("reset", &[]);
    }
}

#[test]
fn a_path_without_an_element_stays_as_it_is() {
    let mut machine = Machine::new();
    for path in PATHS {
        let place = machine.put(path.as_bytes());
        let told = machine.call_pair("path", &[place.at, place.len, u32::MAX]);
        assert_eq!((told.at, told.len), (place.at, place.len));
    }
}

/// A random sequence of notes and of notes taken back, against a list.
#[test]
fn notes_are_told_once_each_in_their_order() {
    let mut random = random("notes_are_told_once_each_in_their_order");
    for _ in 0..100 {
        let mut machine = Machine::new();
        for _ in 0..3 {
            // A call begins anew, its request at another place.
            machine.put(&vec![7; random.usize(..500)]);
            one_call(&mut machine, &mut random);
            machine.run("reset", &[]);
            assert_eq!(machine.global("trace_count"), 0);
        }
    }
}

fn one_call(machine: &mut Machine, random: &mut fastrand::Rng) {
    let cells: Vec<u32> = PATHS
        .iter()
        .map(|path| {
            let place = machine.put(path.as_bytes());
            machine.put_words(&[place.at, place.len]).at
        })
        .collect();
    // The same list of notes is used by several explanations of one call.
    for _ in 0..3 {
        let mut noted: Vec<String> = Vec::new();
        for _ in 0..random.usize(..150) {
            let which = random.usize(..PATHS.len());
            if random.u8(..10) == 0 {
                let from = random.usize(..=noted.len());
                let to = random.usize(from..=noted.len());
                machine.run("forget", &[count(from), count(to)]);
                noted.drain(from..to);
            } else if PATHS[which].contains("[]") && random.bool() {
                let index = random.u32(..20);
                machine.run("note_element", &[cells[which], index]);
                noted.push(with_index(PATHS[which], index));
            } else {
                machine.run("note", &[cells[which]]);
                noted.push(PATHS[which].into());
            }
            assert_eq!(machine.global("trace_count"), count(noted.len()));
        }
        let mut expected: Vec<String> = Vec::new();
        for path in noted {
            if !expected.contains(&path) {
                expected.push(path);
            }
        }
        let list = machine.call_pair("notes", &[]);
        let told: Vec<String> = (0..list.len)
            .map(|index| {
                let at = machine.word(list.at + 8 * index);
                let len = machine.word(list.at + 8 * index + 4);
                machine.text(crate::machine::Place { at, len })
            })
            .collect();
        assert_eq!(told, expected);
        assert_eq!(machine.global("trace_count"), 0);
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).expect("tests are small")
}
