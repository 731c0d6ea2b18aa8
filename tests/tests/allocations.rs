//! An allowed decision allocates nothing: its texts are the policy's, and its indices are in place.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use scopegate::Engine;
use scopegate_tests::cases;

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call is handed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`, and `pointer` came from `System`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn an_allowed_decision_allocates_nothing() {
    let engine = Engine::new().expect("an engine");
    let policy = engine.load(&cases::component()).expect("the policy loads");
    let mut allowed = 0;
    for (name, base) in cases::bases() {
        let request = cases::request(&base).expect("a base is a request");
        // The first decision may need more memory for its instance.
        drop(policy.evaluate(&request).expect("a base is decided"));
        let before = ALLOCATIONS.get();
        let decision = policy.evaluate(&request).expect("a base is decided");
        let after = ALLOCATIONS.get();
        assert_eq!(after - before, 0, "{name}: {decision:?}");
        allowed += u32::from(decision.is_allowed());
    }
    assert!(allowed > 5, "{allowed}");
}
