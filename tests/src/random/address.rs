//! URLs, hosts and patterns that are canonical, or nearly so.

use super::pool::one_of;
use fastrand::Rng;

const HOSTS: [&str; 10] = [
    "shop.example",
    "shop.example",
    "shop.example",
    "other.example",
    "xn--e1afmkfd.xn--p1ai",
    "Shop.example",
    "shop.example.",
    "shop",
    "127.0.0.1",
    "user@shop.example",
];
const PORTS: [&str; 10] = ["", "", "", "", "", ":8443", ":443", ":80", ":0", ":08443"];
const SEGMENTS: [&str; 24] = [
    "account",
    "account",
    "Account",
    "accounting",
    "checkout",
    "pay",
    "a-._~!$&'()*+,=:@",
    "%C3%A9",
    "%20a",
    "a%20",
    "%c3",
    "%2F",
    "%41",
    "%",
    "%3",
    "%25",
    "a;b",
    "a^b",
    "a\"b",
    ".",
    "..",
    "...",
    "*",
    "",
];
const QUERIES: [&str; 7] = ["", "", "", "", "?", "?page=2", "?a=/../%zz*"];
const ENDS: [&str; 12] = ["", "", "", "", "", "", "", "", "", "#top", "\\", "\u{7f}"];

/// A URL that is canonical, or nearly so.
pub(super) fn url(rng: &mut Rng) -> String {
    if rng.u8(..3) == 0 {
        return one_of(
            rng,
            &[
                "https://shop.example/",
                "https://shop.example/account",
                "https://shop.example",
            ],
        )
        .to_owned();
    }
    let scheme = one_of(
        rng,
        &[
            "https", "https", "https", "https", "http", "HTTPS", "ftp", "",
        ],
    );
    let (host, port) = (host(rng), one_of(rng, &PORTS));
    let (path, query, end) = (path(rng), one_of(rng, &QUERIES), one_of(rng, &ENDS));
    noisy(rng, format!("{scheme}://{host}{port}{path}{query}{end}"))
}

/// A URL or a path.
pub(super) fn pattern(rng: &mut Rng) -> String {
    if rng.bool() {
        return url(rng);
    }
    let path = path(rng);
    noisy(rng, path)
}

pub(super) fn host(rng: &mut Rng) -> &'static str {
    one_of(rng, &HOSTS)
}

fn path(rng: &mut Rng) -> String {
    // Most segments are plain, so that most paths are canonical.
    let segment = |rng: &mut Rng| {
        let plain = if rng.u8(..4) > 0 { 8 } else { SEGMENTS.len() };
        SEGMENTS[rng.usize(..plain)]
    };
    let mut path = String::new();
    for _ in 0..rng.u8(..4) {
        path.push('/');
        path.push_str(segment(rng));
    }
    if rng.u8(..3) == 0 {
        path.push('/');
    }
    path
}

/// Now and then with a character replaced, taken out or put in.
fn noisy(rng: &mut Rng, text: String) -> String {
    const NOISE: [char; 24] = [
        'a', 'Z', '0', '-', '_', '.', '/', ':', '?', '*', '%', '2', '5', 'C', 'f', '@', ';', '#',
        '\\', ' ', '[', '\u{7f}', '\u{1}', '\u{e9}',
    ];
    if rng.u8(..4) > 0 {
        return text;
    }
    let mut characters: Vec<char> = text.chars().collect();
    let at = rng.usize(..=characters.len());
    let taken_out = at..(at + rng.usize(..2)).min(characters.len());
    let put_in = rng.bool().then(|| NOISE[rng.usize(..NOISE.len())]);
    characters.splice(taken_out, put_in);
    characters.into_iter().collect()
}
