//! `host`, `accepts` and `excludes` against a reference that reads like the domain's page.

use crate::machine::Machine;
use crate::random;

/// The most bytes of a canonical URL.
const LONGEST: usize = 8_192;

struct Url<'u> {
    scheme: &'u str,
    host: &'u str,
    port: &'u str,
    path: &'u str,
}

fn url(text: &str) -> Option<Url<'_>> {
    let free = |byte: u8| (0x21..=0x7E).contains(&byte) && byte != b'#' && byte != b'\\';
    if text.len() > LONGEST || !text.bytes().all(free) {
        return None;
    }
    let (scheme, usual, rest) = match text.split_once("://")? {
        ("http", rest) => ("http", "80", rest),
        ("https", rest) => ("https", "443", rest),
        _ => return None,
    };
    let rest = rest.split_once('?').map_or(rest, |(rest, _)| rest);
    let path_at = rest.find('/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at(path_at);
    let path = if path.is_empty() { "/" } else { path };
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, port),
        None => (authority, usual),
    };
    let number: u32 = port.parse().ok()?;
    let port_is_right = number.to_string() == port && (1..=65_535).contains(&number);
    let written = authority.contains(':');
    let right = port_is_right && !(written && port == usual) && is_host(host) && is_path(path);
    right.then_some(Url {
        scheme,
        host,
        port,
        path,
    })
}

fn is_host(host: &str) -> bool {
    let labels: Vec<&str> = host.split('.').collect();
    let is_label = |label: &&str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    labels.len() >= 2
        && labels.iter().all(is_label)
        && labels
            .last()
            .is_some_and(|last| last.as_bytes()[0].is_ascii_lowercase())
}

fn is_path(path: &str) -> bool {
    let Some(rest) = path.strip_prefix('/') else {
        return false;
    };
    let segments: Vec<&str> = rest.split('/').collect();
    let last = segments.len() - 1;
    segments
        .iter()
        .enumerate()
        .all(|(index, segment)| (index == last || !segment.is_empty()) && is_segment(segment))
}

fn itself(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,=:@".contains(&byte)
}

fn is_segment(segment: &str) -> bool {
    if segment == "." || segment == ".." || segment.ends_with("%20") {
        return false;
    }
    let mut pieces = segment.split('%');
    let plain = |piece: &[u8]| piece.iter().all(|byte| itself(*byte));
    let escape = |piece: &[u8]| {
        let Some((digits, rest)) = piece.split_at_checked(2) else {
            return false;
        };
        let upper = digits
            .iter()
            .all(|d| d.is_ascii_digit() || (b'A'..=b'F').contains(d));
        let Ok(text) = std::str::from_utf8(digits) else {
            return false;
        };
        let Ok(byte) = u8::from_str_radix(text, 16) else {
            return false;
        };
        let never = byte <= 0x1F || byte == 0x7F || b"%/\\;".contains(&byte);
        upper && !itself(byte) && !never && plain(rest)
    };
    pieces.next().is_some_and(|first| plain(first.as_bytes()))
        && pieces.all(|piece| escape(piece.as_bytes()))
}

fn host(text: &str) -> &str {
    url(text).map_or("", |url| url.host)
}

fn is_readable(pattern: &str) -> bool {
    !pattern.contains('?') && !pattern.contains('*')
}

fn accepts(pattern: &str, target: &str) -> bool {
    let (Some(p), Some(t)) = (url(pattern), url(target)) else {
        return false;
    };
    is_readable(pattern)
        && (p.scheme, p.host, p.port) == (t.scheme, t.host, t.port)
        && (t.path == p.path
            || p.path.ends_with('/') && t.path.starts_with(p.path)
            || t.path.starts_with(&format!("{}/", p.path)))
}

fn excludes(pattern: &str, target: &str) -> bool {
    let Some(target) = url(target) else {
        return true;
    };
    let path = match url(pattern) {
        _ if !is_readable(pattern) => return true,
        Some(p) if p.host != target.host => return false,
        Some(p) => p.path.to_string(),
        // A path by itself may be no longer than any text.
        None if is_path(pattern) && pattern.len() <= LONGEST => pattern.to_string(),
        None => return true,
    };
    let path = path.strip_suffix('/').unwrap_or(&path).to_ascii_lowercase();
    let url = target.path.to_ascii_lowercase();
    url == path || url.starts_with(&format!("{path}/"))
}

/// All three functions on a pattern and a URL, each text in turn at the end of memory.
fn agree(machine: &mut Machine, pattern: &str, target: &str) {
    for pattern_last in [true, false] {
        let (p, t) = machine.put_two(pattern.as_bytes(), target.as_bytes(), pattern_last);
        for (text, place) in [(pattern, p), (target, t)] {
            let found = machine.call_pair("host", &[place.at, place.len]);
            assert_eq!(machine.text(found), host(text), "host of {text:?}");
        }
        assert_eq!(
            machine.test("accepts", p, t),
            accepts(pattern, target),
            "{pattern:?} accepts {target:?}"
        );
        assert_eq!(
            machine.test("excludes", p, t),
            excludes(pattern, target),
            "{pattern:?} excludes {target:?}"
        );
        machine.run("reset", &[]);
    }
}

fn pick<'c>(random: &mut fastrand::Rng, usual: &[&'c str], odd: &[&'c str]) -> &'c str {
    let from = if random.u8(..8) > 0 || odd.is_empty() {
        usual
    } else {
        odd
    };
    from[random.usize(..from.len())]
}

fn random_path(random: &mut fastrand::Rng) -> String {
    const USUAL: [&str; 9] = [
        "a", "A", "shop", "Shop", "x.y", "%C3%A9", "%20a", "a%20b", "~:@!",
    ];
    const ODD: [&str; 18] = [
        "", ".", "..", "...", "a%20", "%20", "%2F", "%41", "%c3", "%", "%2", "%25", "a;b", "*",
        "a*", "é", "%00", "%7F",
    ];
    let mut path = String::new();
    for _ in 0..random.usize(..4) {
        path.push('/');
        path.push_str(pick(random, &USUAL, &ODD));
    }
    if random.bool() {
        path.push('/');
    }
    path
}

fn random_url(random: &mut fastrand::Rng) -> String {
    let scheme = pick(
        random,
        &["https", "http"],
        &["ftp", "HTTPS", "", "httpss", "htt"],
    );
    let between = pick(random, &["://"], &[":/", "//", ":///", "://@", "://u:p@"]);
    let hosts = ["a.de", "b.de", "www.a.de"];
    let host = pick(
        random,
        &hosts,
        &[
            "a", "", "A.de", "a..de", ".de", "a.de.", "1.2", "a.1de", "-.x", "a_b.de", "é.de",
        ],
    );
    let port = pick(
        random,
        &["", "", "", ":8080"],
        &[
            ":80",
            ":443",
            ":0",
            ":65535",
            ":65536",
            ":08",
            ":",
            ":8a",
            ":99999999999",
        ],
    );
    let query = pick(
        random,
        &["", "", ""],
        &[
            "?", "?q=1", "?a/../b", "?é", "?a#b", "#a", "?a b", "?\\", " ",
        ],
    );
    format!(
        "{scheme}{between}{host}{port}{}{query}",
        random_path(random)
    )
}

/// A pattern that has to do with the URL, more often than not.
fn random_pattern(random: &mut fastrand::Rng, target: &str) -> String {
    let path_at = target
        .find("://")
        .and_then(|at| target[at + 3..].find('/').map(|path| at + 3 + path));
    match (random.u8(..8), path_at) {
        (0, _) => random_url(random),
        (1, _) => random_path(random),
        (2, Some(at)) => target[at..].into(),
        (3, Some(at)) => target[at..].to_uppercase(),
        (4, Some(at)) => target[..at].into(),
        (5, _) => format!("{}/", target.trim_end_matches('/')),
        (6, _) => target
            .rsplit_once('/')
            .map_or("", |(before, _)| before)
            .into(),
        _ => target.into(),
    }
}

#[test]
fn random_urls_and_patterns_agree() {
    const ROUNDS: usize = 40_000;
    let mut random = random("random_urls_and_patterns_agree");
    let mut machine = Machine::new();
    let (mut accepted, mut excluded, mut canonical) = (0, 0, 0);
    for _ in 0..ROUNDS {
        let target = random_url(&mut random);
        let pattern = random_pattern(&mut random, &target);
        agree(&mut machine, &pattern, &target);
        canonical += usize::from(url(&target).is_some());
        accepted += usize::from(accepts(&pattern, &target));
        excluded += usize::from(url(&target).is_some() && excludes(&pattern, &target));
    }
    for (what, count) in [
        ("canonical", canonical),
        ("accepted", accepted),
        ("excluded", excluded),
    ] {
        assert!(
            count > ROUNDS / 20 && count < ROUNDS * 19 / 20,
            "{count} of {ROUNDS} are {what}"
        );
    }
}

/// Every byte, by itself and as an escape, in upper and lower case, in each part of a URL.
#[test]
fn every_byte_agrees_in_every_part() {
    let mut machine = Machine::new();
    let mut spellings: Vec<String> = (0..=0x7F_u8)
        .map(|byte| char::from(byte).to_string())
        .collect();
    spellings
        .extend((0..=255_u8).flat_map(|byte| [format!("%{byte:02X}"), format!("%{byte:02x}")]));
    for spelling in &spellings {
        for text in [
            format!("https://a.de/{spelling}"),
            format!("https://a.de/{spelling}/b"),
            format!("https://a.de/x{spelling}y"),
            format!("https://a.de/?{spelling}"),
            format!("https://a{spelling}.de/"),
            format!("https://a.{spelling}e/"),
            format!("https://a.de:1{spelling}/"),
            format!("{spelling}ttps://a.de/"),
            format!("/{spelling}"),
            format!("/x{spelling}"),
        ] {
            agree(&mut machine, &text, "https://a.de/x");
            agree(&mut machine, "/x", &text);
            agree(&mut machine, &text, &text);
        }
    }
}

/// Exclusion ignores the case of ASCII letters, and of no other byte.
#[test]
fn every_two_bytes_that_differ_in_a_case_bit_agree() {
    let mut machine = Machine::new();
    for byte in 0x20..0x7F_u8 {
        let (one, other) = (char::from(byte), char::from(byte ^ 0x20));
        let target = format!("https://a.de/x{one}y");
        agree(&mut machine, &format!("/x{other}y"), &target);
        agree(&mut machine, &format!("https://a.de/X{other}Y"), &target);
    }
}

/// Every beginning of a URL: no function reads behind the end of its text.
#[test]
fn every_beginning_of_a_url_agrees() {
    let mut machine = Machine::new();
    let whole = "https://www.a-1.de:8443/Shop/%C3%A9/x%20y/?q=1";
    for end in 0..=whole.len() {
        agree(&mut machine, &whole[..end], whole);
        agree(&mut machine, whole, &whole[..end]);
        agree(&mut machine, &whole[whole.len() - end..], whole);
    }
}

#[test]
fn a_url_has_at_most_8192_bytes() {
    let mut machine = Machine::new();
    for len in [8_191, 8_192, 8_193] {
        let url = format!("https://a.de/{}", "a".repeat(len - 13));
        assert_eq!(url.len(), len);
        agree(&mut machine, "https://a.de/", &url);
        agree(&mut machine, &url, &url);
        agree(
            &mut machine,
            &format!("/{}", "a".repeat(len - 1)),
            "https://a.de/a",
        );
    }
}

/// Thousands of URLs in one call: each is found again, whatever else has been seen since.
#[test]
fn many_urls_in_one_call_agree() {
    let mut random = random("many_urls_in_one_call_agree");
    let mut machine = Machine::new();
    let urls: Vec<String> = (0..3_000).map(|_| random_url(&mut random)).collect();
    let places: Vec<_> = urls.iter().map(|url| machine.put(url.as_bytes())).collect();
    for _ in 0..20_000 {
        let (a, b) = (random.usize(..urls.len()), random.usize(..urls.len()));
        let (pattern, target) = (&urls[a], &urls[b]);
        let found = machine.test("accepts", places[a], places[b]);
        assert_eq!(
            found,
            accepts(pattern, target),
            "{pattern:?} accepts {target:?}"
        );
        let found = machine.test("excludes", places[a], places[b]);
        assert_eq!(
            found,
            excludes(pattern, target),
            "{pattern:?} excludes {target:?}"
        );
    }
}

/// Texts that begin at one place and differ in length are different texts.
#[test]
fn a_text_is_known_by_its_place_and_its_length() {
    let mut machine = Machine::new();
    let whole = "https://a.de/b/c";
    let place = machine.put(whole.as_bytes());
    for len in (0..=place.len).chain((0..=place.len).rev()) {
        let found = machine.call_pair("host", &[place.at, len]);
        assert_eq!(machine.text(found), host(&whole[..len as usize]), "{len}");
    }
}
