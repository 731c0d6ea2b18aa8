//! Several at one store.

use std::thread;

use crate::support::{publish, store, version};

#[test]
fn activations_at_the_same_time_are_all_in_the_journal_once() {
    const EACH: u64 = 20;
    let (_kept, store) = store();
    for text in ["1.0.0", "1.1.0"] {
        publish(&store, text, "").expect("it is published");
    }
    thread::scope(|scope| {
        for text in ["1.0.0", "1.1.0", "1.0.0", "1.1.0"] {
            // As another process would: nothing is shared but the folder.
            let store = scopegate_store::Store::open(store.folder()).expect("it opens");
            scope.spawn(move || {
                for _ in 0..EACH {
                    store
                        .activate("acme", &version(text), text, "")
                        .expect("one after the other");
                }
            });
        }
    });
    let history = store.history("acme").expect("readable");
    assert_eq!(history.len() as u64, 4 * EACH);
    for (before, after) in history.iter().zip(&history[1..]) {
        assert_eq!(after.number, before.number + 1);
        assert_eq!(after.from.as_ref(), Some(&before.version));
    }
}
