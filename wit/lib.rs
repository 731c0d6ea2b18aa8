//! The contract between a policy component and its host, as both sides read it.
//!
//! `gate.wit` is the one source of names and types; the limits its documentation states are the constants here.

/// The text of the WIT package `scopegate:gate`.
pub const WIT: &str = include_str!("gate.wit");

/// The exported interface, with its version, as a component names it.
pub const INTERFACE: &str = "scopegate:gate/policy@1.0.0";

/// The world a policy component fits.
pub const WORLD: &str = "gate";

/// The most bytes a text of a request may have.
pub const TEXT_BYTES: u32 = 8_192;

/// The most elements `scan.targets` may have.
pub const TARGETS: u32 = 10_000;

/// The most elements `scan.accepted`, `scan.excluded` and `authorized_for.hosts` may have, each.
pub const PATTERNS: u32 = 1_000;

/// The most elements any other list of a request may have.
pub const LIST: u32 = 256;

/// 9999-12-31T23:59:59Z in seconds since 1970-01-01T00:00:00Z: the last instant a request may name.
pub const LAST_INSTANT: i64 = 253_402_300_799;

/// The most bytes of linear memory a compiled policy grows to (256 MiB).
pub const MEMORY_BYTES: u64 = 256 << 20;

/// The code of a denial of an action that no requirement names.
pub const ACTION_NOT_GOVERNED: &str = "ACTION_NOT_GOVERNED";

/// The most elements the list at `path` may have; `path` has JSON names and no indices, such as `scan.targets`.
#[must_use]
pub fn list_limit(path: &str) -> u32 {
    match path {
        "scan.targets" => TARGETS,
        "scan.accepted" | "scan.excluded" | "responsibility.authorized_for.hosts" => PATTERNS,
        _ => LIST,
    }
}

/// How code points are spelled, for `is_blank` and `excludes_any_spelling`: ranges of code points, packed.
///
/// Two little-endian 16-bit numbers, how many bytes follow them and how many ranges those are; then the ranges, rising. A range is two
/// or three numbers of seven bits a byte, the lowest bits first, the highest bit of a byte saying that more follow:
///
/// 1. how many code points lie between the range before and this one, times 8, plus the kind;
/// 2. how many code points follow its first;
/// 3. of kind 1 only, what is added to fold a code point, times 2; or, if that is negative, minus 1 more than it, times 2, plus 1.
///
/// | kind | a code point of the range |
/// |---|---|
/// | 0 | folds to the next, if it is the first, third, fifth ... of the range; beyond ASCII |
/// | 1 | folds by what is added |
/// | 2 | prints as nothing |
/// | 3 | does not stand for itself: it has another form, or may be part of one |
/// | 4 | is a mark with a combining class |
/// | 5 | is one with some code point of kind 6 or 7 behind it |
/// | 6 | is one with some code point of kind 5 before it |
/// | 7 | both 4 and 6 |
///
/// The test `spelling` of the workspace's tests makes the table of Unicode's data, and holds it to that.
pub const SPELLINGS: &[u8] = include_bytes!("spellings.bin");

/// The component's custom section with the rule set's text.
pub const RULES_SECTION: &str = "scopegate:rules";

/// The component's custom section with the compiler's name and version.
pub const COMPILER_SECTION: &str = "scopegate:compiler";

/// The component's custom section that says how many steps any call takes at most, as a decimal number; it is there only if they are at
/// most [`MOST_WORK`]. A step takes about a nanosecond.
pub const WORK_SECTION: &str = "scopegate:work";

/// The most steps of a policy that says how many they are: about ten seconds of work, which no host would wait for.
pub const MOST_WORK: u64 = 10_000_000_000;

/// The core module's export that says where in memory a host may lay out a request by itself: a constant, an address. What is laid
/// there is the canonical ABI's image of `request`, and what it points to may follow as far as memory goes.
pub const REQUEST_BEGIN: &str = "request-begin";

/// The core module's export that says where the host puts the address at which what it laid out ends: a constant, the address of a word.
pub const REQUEST_END: &str = "request-end";

/// The core module's export that decides as `evaluate` does, for a host that has seen that the request is within the limits and has no
/// attributes: the request's address in, the result's out.
pub const EVALUATE_WITHIN: &str = "evaluate-within";

/// The core module's export that says which texts and lists of a request `evaluate-within` reads: a constant, a bit for each in the
/// contract's order, those of a list's elements behind the list's, and one for `attributes` with all that is in it. What has no bit a
/// host may lay out as empty.
pub const REQUEST_READS: &str = "request-reads";

/// The contract's functions, in the order in which a component exports them.
pub const WIRING_FUNCTIONS: [&str; 4] = ["describe", "evaluate", "evaluate-batch", "explain"];

/// The index of each function's type in a component of one core module, as `wit-component` makes it.
pub const WIRING_TYPES: [u32; 4] = [56, 58, 61, 64];

/// The sections of such a component that are the same whatever its module is, by their ids: core instances, components, instances, types and exports.
pub const WIRING_SECTIONS: [u8; 5] = [2, 4, 5, 7, 11];

/// The digest of such a component's wiring: the ids of its sections in order, custom ones aside, each of [`WIRING_SECTIONS`] followed by its
/// length, four bytes in little-endian order, and its content. A test holds it to what `wit-component` makes.
pub const WIRING_DIGEST: &str =
    "sha256:1b4157059fd0d81d4f755f0ff017adccc2afc8e690af18026d987be4d7a2f0a4";
