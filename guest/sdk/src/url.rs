//! Canonical URLs, and the patterns that accept and exclude them: the functions of those names in the rule language, whose documentation
//! says what a canonical URL is.

use crate::spelling;

const URL_BYTES: usize = scopegate_contract::TEXT_BYTES as usize;

/// A canonical URL.
struct Url<'u> {
    scheme: &'u str,
    host: &'u str,
    /// As written; `""` for the scheme's default.
    port: &'u str,
    path: &'u str,
}

/// The host of a canonical URL, else `""`.
pub fn host(url: &str) -> &str {
    Url::parse(url).map_or("", |url| url.host)
}

/// Whether the accepted pattern takes in the URL: both have one scheme, host and port, and the URL is at the pattern or below it.
pub fn accepts(pattern: &str, url: &str) -> bool {
    let (Some(pattern), Some(url)) = (readable(pattern).and_then(Url::parse), Url::parse(url))
    else {
        return false;
    };
    let is_same =
        pattern.scheme == url.scheme && pattern.host == url.host && pattern.port == url.port;
    let rest = url.path.strip_prefix(pattern.path);
    is_same
        && rest.is_some_and(|rest| {
            rest.is_empty() || pattern.path.ends_with('/') || rest.starts_with('/')
        })
}

/// Whether the excluded pattern, a URL or a path, keeps the URL out; what cannot be read, on either side, is kept out.
///
/// A server may take more for the excluded page than this does: [`excludes_any_spelling`] keeps that out too.
pub fn excludes(pattern: &str, url: &str) -> bool {
    match compared(pattern, url) {
        Compared::Unreadable => true,
        Compared::OtherHost => false,
        Compared::Paths(path, named) => {
            let path = path.strip_suffix('/').unwrap_or(path);
            let parts = named.split_at_checked(path.len());
            parts.is_some_and(|(begin, rest)| {
                begin.eq_ignore_ascii_case(path) && (rest.is_empty() || rest.starts_with('/'))
            })
        }
    }
}

/// Whether the excluded pattern keeps the URL out, as [`excludes`] says or because a common web server or file system may take the URL for
/// the excluded page: letters in another case, dots and spaces at the end of a segment, the streams of a file behind a `:`. A path that is
/// not in one readable form, on either side, is kept out.
pub fn excludes_any_spelling(pattern: &str, url: &str) -> bool {
    let (path, named) = match compared(pattern, url) {
        Compared::Unreadable => return true,
        Compared::OtherHost => return false,
        Compared::Paths(path, named) => (spelled(path), spelled(named)),
    };
    let (Some(path), Some(named)) = (path, named) else {
        return true;
    };
    let mut named = segments(&named);
    segments(&path).all(|segment| {
        let same = |named: &str| pieces(segment).zip(pieces(named)).all(|(a, b)| a == b);
        named.next().is_some_and(same)
    })
}

/// An exclusion beside a URL.
enum Compared<'t> {
    /// One of them cannot be read.
    Unreadable,
    /// The exclusion is of another host.
    OtherHost,
    /// The exclusion's path, and the URL's.
    Paths(&'t str, &'t str),
}

fn compared<'t>(pattern: &'t str, url: &'t str) -> Compared<'t> {
    let (Some(url), Some(pattern)) = (Url::parse(url), readable(pattern)) else {
        return Compared::Unreadable;
    };
    match Url::parse(pattern) {
        Some(pattern) if pattern.host != url.host => Compared::OtherHost,
        Some(pattern) => Compared::Paths(pattern.path, url.path),
        None if pattern.len() <= URL_BYTES && is_path(pattern) => {
            Compared::Paths(pattern, url.path)
        }
        None => Compared::Unreadable,
    }
}

/// A path without escapes and case, if it is in one readable form and each segment has a name.
fn spelled(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => 16 * rest.next().and_then(digit)? + rest.next().and_then(digit)?,
            byte => byte,
        });
    }
    let path = spelling::folded(&String::from_utf8(bytes).ok()?)?;
    let has_name = |segment| pieces(segment).next().is_some_and(|name| !name.is_empty());
    let is_named = segments(&path).all(has_name);
    is_named.then_some(path)
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

/// The name of a segment and what stands behind each `:`, without the dots and spaces at their ends.
fn pieces(segment: &str) -> impl Iterator<Item = &str> {
    segment
        .split(':')
        .map(|piece| piece.trim_end_matches(['.', ' ']))
}

/// A pattern has no query and no wildcard.
fn readable(pattern: &str) -> Option<&str> {
    (!pattern.contains(['?', '*'])).then_some(pattern)
}

impl<'u> Url<'u> {
    fn parse(text: &'u str) -> Option<Self> {
        let is_printable = text.bytes().all(|byte| (0x21..=0x7e).contains(&byte));
        if text.len() > URL_BYTES || !is_printable || text.contains(['#', '\\']) {
            return None;
        }
        let (scheme, rest) = text.split_once("://")?;
        let default = match scheme {
            "http" => "80",
            "https" => "443",
            _ => return None,
        };
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        let path = rest.split('?').next().unwrap_or_default();
        let (host, port) = match authority.split_once(':') {
            None => (authority, ""),
            Some((host, port)) if is_port(port) && port != default => (host, port),
            Some(_) => return None,
        };
        let path = if path.is_empty() { "/" } else { path };
        (is_host(host) && is_path(path)).then_some(Self {
            scheme,
            host,
            port,
            path,
        })
    }
}

fn is_host(host: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-')
    };
    let last = host.rsplit('.').next().unwrap_or_default();
    host.contains('.')
        && host.split('.').all(is_label)
        && last.starts_with(|it: char| it.is_ascii_lowercase())
}

fn is_port(port: &str) -> bool {
    let is_number = port.bytes().all(|it| it.is_ascii_digit()) && !port.starts_with('0');
    is_number && port.parse::<u16>().is_ok_and(|port| port > 0)
}

fn is_path(path: &str) -> bool {
    let Some(segments) = path.strip_prefix('/') else {
        return false;
    };
    let mut segments = segments.split('/').peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        if segment.is_empty() && !is_last || !is_segment(segment) {
            return false;
        }
    }
    true
}

fn is_segment(segment: &str) -> bool {
    if matches!(segment, "." | "..") || segment.ends_with("%20") {
        return false;
    }
    let mut bytes = segment.bytes();
    while let Some(byte) = bytes.next() {
        let is_right = match byte {
            b'%' => match (bytes.next().and_then(digit), bytes.next().and_then(digit)) {
                (Some(high), Some(low)) => may_be_escaped(16 * high + low),
                _ => false,
            },
            byte => may_stand(byte),
        };
        if !is_right {
            return false;
        }
    }
    true
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// Whether a byte of a segment may be written as itself.
fn may_stand(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,=:@".contains(&byte)
}

/// Whether a byte may be written as an escape: one that may not stand, and does no harm.
fn may_be_escaped(byte: u8) -> bool {
    !may_stand(byte) && !matches!(byte, 0x00..=0x1f | 0x7f | b'%' | b'/' | b'\\' | b';')
}
