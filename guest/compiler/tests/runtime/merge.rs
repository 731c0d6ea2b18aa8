//! Findings: two rising lists, one behind the other, become one.

use crate::machine::Machine;
use crate::random;

#[test]
fn two_rising_lists_become_one() {
    let mut random = random("two_rising_lists_become_one");
    let mut machine = Machine::new();
    for round in 0..400 {
        let count = [0, 1, 2, 3, 10, 100][random.usize(..6)];
        let (mut first, mut second): (Vec<u32>, Vec<u32>) = match round % 4 {
            // All of one before all of the other.
            0 => ((0..count).collect(), (count..2 * count).collect()),
            1 => ((count..2 * count).collect(), (0..count).collect()),
            _ => (0..2 * count).partition(|_| random.bool()),
        };
        if round % 7 == 0 {
            first.truncate(1);
            second.truncate(random.usize(..=second.len()));
        }
        machine.run("reset", &[]);
        let words = [&*first, &*second, &[u32::MAX]].concat();
        let spare = machine.put_words(&vec![7; first.len() + 1]);
        let list = machine.put_words(&words);
        let mid = list.at + 4 * u32::try_from(first.len()).expect("lists are small");
        let end = mid + 4 * u32::try_from(second.len()).expect("lists are small");
        assert_eq!(machine.call("merge", &[list.at, mid, end, spare.at]), end);
        let mut expected = [&*first, &*second].concat();
        expected.sort_unstable();
        let merged: Vec<u32> = (list.at..end)
            .step_by(4)
            .map(|at| machine.word(at))
            .collect();
        assert_eq!(merged, expected);
        assert_eq!(machine.word(end), u32::MAX, "nothing behind is written to");
    }
}
