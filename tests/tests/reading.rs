//! However a request is read, it is the same request: quickly or strictly, by itself or over another.

use fastrand::Rng;
use scopegate::{Engine, JsonError, Request};
use scopegate_tests::cases;
use scopegate_tests::random::{Requests, seed};

/// The request as different serializers write it.
fn texts(request: &Request) -> [String; 3] {
    let value = serde_json::to_value(request).expect("JSON");
    [
        serde_json::to_string(request).expect("JSON"),
        serde_json::to_string_pretty(request).expect("JSON"),
        value.to_string(),
    ]
}

/// Puts something else at one place of `text`.
fn spoil(text: &mut Vec<u8>, rng: &mut Rng) {
    const PIECES: [&[u8]; 20] = [
        b"\"",
        b"\\",
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b"null",
        b"true",
        b"-",
        b"0",
        b"1.0",
        b" ",
        b"\x0c",
        b"\x00",
        b"\xff",
        b"\xc3\xa9",
        b"\\u0061",
        b"",
    ];
    let at = rng.usize(..text.len());
    let end = (at + rng.usize(..3)).min(text.len());
    let piece = PIECES[rng.usize(..PIECES.len())];
    text.splice(at..end, piece.iter().copied());
}

#[test]
fn requests_are_read_alike() {
    let seed = seed(11);
    let mut rng = Rng::with_seed(seed);
    let mut over = Request::default();
    let engine = Engine::new().expect("an engine");
    let policy = engine
        .load(&cases::component())
        .expect("the default policy");
    let (mut read, mut refused) = (0, 0);
    for request in Requests::new(seed).take(4_000) {
        for text in texts(&request) {
            let mut text = text.into_bytes();
            let is_spoilt = rng.bool();
            if is_spoilt {
                spoil(&mut text, &mut rng);
            }
            let said = || String::from_utf8_lossy(&text).into_owned();
            let strictly = serde_json::from_slice::<Request>(&text);
            let quickly = Request::from_json(&text, || 0);
            assert_eq!(quickly.as_ref().ok(), strictly.as_ref().ok(), "{}", said());
            let read_over = over.read_json(&text, || 0);
            assert_eq!(
                read_over.as_ref().err(),
                quickly.as_ref().err(),
                "{}",
                said()
            );
            assert!(over == quickly.clone().unwrap_or_default(), "{}", said());
            assert!(is_spoilt || quickly.as_ref() == Ok(&request), "{}", said());
            let decided = policy.evaluate_json(&text, || 0);
            let expected = match &quickly {
                Ok(request) => policy.evaluate(request).map_err(JsonError::Evaluate),
                Err(error) => Err(JsonError::Input(error.clone())),
            };
            let [decided, expected] = [decided, expected].map(|it| format!("{it:?}"));
            assert_eq!(decided, expected, "{}", said());
            match quickly {
                Ok(_) => read += 1,
                Err(_) => refused += 1,
            }
        }
    }
    println!("{read} read, {refused} refused");
    assert!(read > 6_000 && refused > 3_000);
}
