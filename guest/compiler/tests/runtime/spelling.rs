//! `is_blank` and `excludes_any_spelling` read no byte that is not their text's, whatever stands there; what they say is tested with the
//! whole system, against a reference on Unicode's data.

use crate::machine::Machine;
use crate::random;

/// Texts cut anywhere, within a code point too, at the end of memory.
#[test]
fn nothing_is_read_behind_a_text() {
    let mut machine = Machine::new();
    for whole in [
        "\u{200b}",
        "\u{3164}\u{e0020}",
        " \u{feff}",
        "é",
        "日",
        "😀",
    ] {
        for end in 0..=whole.len() {
            let text = &whole.as_bytes()[..end];
            let place = machine.put_last(text, 0);
            let blank = machine.call("is_blank", &[place.at, place.len]) == 1;
            machine.run("reset", &[]);
            if let Ok(text) = std::str::from_utf8(text) {
                let printed = text.contains(['é', '日', '😀']);
                assert_eq!(blank, !printed, "{text:?}");
            }
        }
    }
    let whole = "https://a.de/caf%C3%A9/%E6%9D%B1%E4%BA%AC::$DATA/x.%20.";
    for end in 0..=whole.len() {
        for first_last in [true, false] {
            let (a, b) = machine.put_two(b"/caf%C3%89", &whole.as_bytes()[..end], first_last);
            let excluded = machine.test("excludes_any_spelling", a, b);
            machine.run("reset", &[]);
            let (a, b) = machine.put_two(b"/caf%C3%89", &whole.as_bytes()[..end], first_last);
            assert!(
                excluded || !machine.test("excludes", a, b),
                "{}",
                &whole[..end]
            );
            machine.run("reset", &[]);
        }
    }
}

/// Bytes that are no UTF-8, which the canonical ABI lets no host hand in: the call ends, if only in a trap, and the next one is unharmed.
#[test]
fn bytes_that_are_no_text_do_no_harm() {
    let mut random = random("bytes_that_are_no_text_do_no_harm");
    let mut machine = Machine::new();
    for _ in 0..20_000 {
        let mut bytes = Vec::new();
        for _ in 0..random.usize(..9) {
            let is_high = random.bool();
            bytes.push(random.u8(if is_high { 0x80..=0xFF } else { 0..=0xFF }));
        }
        let place = machine.put_last(&bytes, 0);
        machine.try_call("is_blank", &[place.at, place.len]);
        machine.run("reset", &[]);
    }
    let blank = machine.put("\u{3164}".as_bytes());
    assert_eq!(machine.call("is_blank", &[blank.at, blank.len]), 1);
}

/// Many texts in one call: what was spelled once is found again.
#[test]
fn many_texts_in_one_call_keep_apart() {
    let mut machine = Machine::new();
    let urls: Vec<_> = (0..2_000)
        .map(|number| machine.put(format!("https://a.de/%C3%A9/{number}.").as_bytes()))
        .collect();
    let patterns: Vec<_> = (0..50)
        .map(|number| machine.put(format!("/%C3%89/{number}").as_bytes()))
        .collect();
    for (number, url) in urls.iter().enumerate() {
        for (excluded, pattern) in patterns.iter().enumerate() {
            let found = machine.test("excludes_any_spelling", *pattern, *url);
            assert_eq!(found, excluded == number, "{excluded} excludes {number}");
        }
    }
}
