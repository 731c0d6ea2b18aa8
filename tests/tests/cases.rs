//! Every case of the default policy.

use scopegate_tests::cases::{self, Expected};
use scopegate_tests::native;

#[test]
fn the_native_reference_decides_every_case() {
    for (case, request) in cases::all() {
        assert_eq!(Expected::of(&native::decide(&request)), case.expect, "{}", case.name);
    }
}
