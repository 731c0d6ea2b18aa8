//! Several at one store.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::thread;

use scopegate_store::Direction;

use crate::support::{publish, store, version};

#[test]
fn activations_at_the_same_time_are_all_in_the_journal_once() {
    const EACH: u64 = 20;
    let (_kept, store) = store();
    for text in ["1.0.0", "1.1.0"] {
        publish(&store, text, "").expect("it is published");
    }
    let told = Mutex::new(BTreeSet::new());
    thread::scope(|scope| {
        for text in ["1.0.0", "1.1.0", "1.0.0", "1.1.0"] {
            // As another process would: nothing is shared but the folder.
            let store = scopegate_store::Store::open(store.folder()).expect("it opens");
            let told = &told;
            scope.spawn(move || {
                for _ in 0..EACH {
                    let any = Direction::Any;
                    let activated = store.activate_toward(any, "acme", &version(text), text, "");
                    let activation = activated.expect("one after the other");
                    assert_eq!(activation.version, version(text));
                    told.lock()
                        .expect("nobody panics")
                        .insert(activation.number);
                }
            });
        }
    });
    let history = store.history("acme").expect("readable");
    // What is active already is not activated once more.
    let numbers: BTreeSet<_> = history.iter().map(|it| it.number).collect();
    assert_eq!(told.into_inner().expect("nobody panics"), numbers);
    for (before, after) in history.iter().zip(&history[1..]) {
        assert_eq!(after.number, before.number + 1);
        assert_eq!(after.from.as_ref(), Some(&before.version));
        assert_ne!(after.version, before.version);
    }
}
