//! The store's settings as they stand in their file.

use std::fs;

use scopegate_store::Allowance;

use crate::support::store;

#[test]
fn a_policy_is_allowed_something_once() {
    let (_kept, store) = store();
    let allowed = |time_ms| Allowance {
        time_ms: Some(time_ms),
        ..Allowance::default()
    };
    store.allow("acme", &allowed(7)).expect("it is written");
    store.allow("other", &allowed(8)).expect("it is written");
    assert_eq!(store.allowance("acme").expect("it is read"), allowed(7));
    let file = store.folder().join("store.json");
    let text = fs::read_to_string(&file).expect("the settings");
    for (from, to, expected) in [
        ("\"other\"", "\"acme\"", "`acme` is given twice"),
        (
            "\"time_ms\": 8",
            "\"time_ms\": 8, \"time_ms\": 9",
            "`other.time_ms` is given twice",
        ),
        (
            "\"layout\": 1",
            "\"layout\": 1, \"layout\": 1",
            "duplicate field `layout`",
        ),
        ("\"time_ms\": 8", "\"time\": 8", "unknown field `time`"),
    ] {
        assert!(text.contains(from), "{from}: {text}");
        fs::write(&file, text.replacen(from, to, 1)).expect("it is written");
        let error = store.settings().expect_err("it is wrong").to_string();
        assert!(error.contains(expected), "{error}");
    }
}
