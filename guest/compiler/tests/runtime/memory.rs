//! Allocation: it doubles memory up to a cap, never gives a byte twice in a call, and begins anew with the next.

use crate::machine::{HEAP, Machine, PAGE};
use crate::random;

#[test]
fn memory_doubles_as_it_is_needed() {
    let mut machine = Machine::new();
    let mut seen = vec![machine.pages()];
    for _ in 0..40 {
        machine.call("alloc", &[60_000, 1]);
        if *seen.last().expect("it is not empty") != machine.pages() {
            seen.push(machine.pages());
        }
    }
    assert_eq!(seen, [1, 2, 4, 8, 16, 32, 64]);
}

#[test]
fn what_needs_more_than_the_double_gets_it() {
    let mut machine = Machine::new();
    machine.call("alloc", &[100 * 65_536, 1]);
    assert_eq!(machine.pages(), 101);
}

#[test]
fn a_request_that_ends_where_memory_ends_does_not_grow_it() {
    let mut machine = Machine::new();
    let rest = u32::try_from(PAGE).expect("a page is small") - HEAP;
    assert_eq!(machine.call("alloc", &[rest, 1]), HEAP);
    assert_eq!(machine.pages(), 1);
    machine.call("alloc", &[0, 1]);
    assert_eq!(machine.pages(), 1);
    machine.call("alloc", &[1, 1]);
    assert_eq!(machine.pages(), 2);
}

#[test]
fn near_the_cap_memory_grows_by_what_is_needed_and_beyond_it_traps() {
    let mut machine = Machine::with_pages(6);
    machine.call("alloc", &[3 * 65_536, 1]);
    machine.call("alloc", &[65_536, 1]);
    assert_eq!(machine.pages(), 5, "doubling to 8 is not allowed, 5 are");
    assert_eq!(machine.try_call("alloc", &[2 * 65_536, 1]), None);
    assert!(
        machine.try_call("alloc", &[65_536, 1]).is_some(),
        "what fits still fits"
    );
    assert_eq!(machine.pages(), 6);
}

#[test]
fn no_size_wraps_around() {
    for size in [
        0x7FFF_FFFF,
        0x8000_0000,
        0xFFFF_0000,
        u32::MAX - HEAP,
        u32::MAX - 1,
        u32::MAX,
    ] {
        for align in [1, 2, 4, 8] {
            let mut machine = Machine::new();
            assert_eq!(
                machine.try_call("alloc", &[size, align]),
                None,
                "{size} at {align}"
            );
            assert_eq!(machine.pages(), 1, "{size} at {align}");
        }
    }
}

#[test]
fn a_call_that_has_ended_leaves_all_memory_to_the_next() {
    let mut machine = Machine::new();
    let first = machine.call("alloc", &[1_000, 8]);
    machine.call("alloc", &[1_000_000, 8]);
    let pages = machine.pages();
    machine.run("reset", &[]);
    assert_eq!(machine.call("alloc", &[1_000, 8]), first);
    machine.call("alloc", &[1_000_000, 8]);
    assert_eq!(machine.pages(), pages, "nothing is lost");
}

/// A random sequence of allocations: aligned, apart, and what was written stays.
#[test]
fn allocations_are_aligned_and_apart() {
    let mut random = random("allocations_are_aligned_and_apart");
    for _ in 0..50 {
        let mut machine = Machine::new();
        let mut taken: Vec<(u32, Vec<u8>)> = Vec::new();
        for _ in 0..100 {
            let fill = |random: &mut fastrand::Rng, len: u32| -> Vec<u8> {
                (0..len).map(|_| random.u8(..)).collect()
            };
            let align = 1 << random.u32(0..4);
            if random.bool() || taken.is_empty() {
                let size = random.u32(0..2_000);
                let at = machine.call("alloc", &[size, align]);
                assert_eq!(at % align, 0);
                let bytes = fill(&mut random, size);
                machine.write(at, &bytes);
                taken.push((at, bytes));
            } else {
                let index = if random.bool() {
                    taken.len() - 1
                } else {
                    random.usize(..taken.len())
                };
                let (old, mut bytes) = taken.swap_remove(index);
                let old_size = u32::try_from(bytes.len()).expect("it is small");
                let size = random.u32(0..3_000);
                // The canonical ABI keeps the alignment of an allocation.
                let align = if old % align == 0 { align } else { 1 };
                let at = machine.call("cabi_realloc", &[old, old_size, align, size]);
                assert_eq!(at % align, 0);
                let kept = old_size.min(size);
                assert_eq!(
                    machine.read(at, kept),
                    bytes[..kept as usize],
                    "what was there is kept"
                );
                bytes = fill(&mut random, size);
                machine.write(at, &bytes);
                taken.push((at, bytes));
            }
            for (at, bytes) in &taken {
                let len = u32::try_from(bytes.len()).expect("it is small");
                assert!(*at >= HEAP, "the runtime's own data is not given away");
                assert_eq!(&machine.read(*at, len), bytes, "nobody else wrote here");
            }
        }
    }
}

#[test]
fn the_last_allocation_grows_in_place_and_others_move() {
    let mut machine = Machine::new();
    let first = machine.call("cabi_realloc", &[0, 0, 1, 10]);
    assert_eq!(machine.call("cabi_realloc", &[first, 10, 1, 20]), first);
    let second = machine.call("cabi_realloc", &[0, 0, 1, 10]);
    assert_eq!(
        second,
        first + 20,
        "in place means that nothing is left between"
    );
    assert_ne!(machine.call("cabi_realloc", &[first, 20, 1, 30]), first);
    assert_eq!(machine.call("cabi_realloc", &[0, 0, 4, 0]) % 4, 0);
}

#[test]
fn growing_in_place_beyond_the_cap_traps() {
    let mut machine = Machine::with_pages(2);
    let at = machine.call("cabi_realloc", &[0, 0, 1, 100_000]);
    assert_eq!(
        machine.try_call("cabi_realloc", &[at, 100_000, 1, 200_000]),
        None
    );
}
