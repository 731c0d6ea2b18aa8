//! The reference for `host`, `accepts` and `excludes`, written for reading.
//!
//! A URL is taken apart only if it is canonical, that is written in the one way the specification allows; whatever is not is
//! never accepted and always excluded. Nothing here allocates.

use scopegate_contract::TEXT_BYTES;

/// A canonical URL, taken apart. The query plays no part in any decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Url<'a> {
    scheme: &'a str,
    pub(crate) host: &'a str,
    /// As written: a canonical port is written in one way only, and a default port not at all.
    port: Option<&'a str>,
    /// `/` where the URL has none.
    pub(crate) path: &'a str,
}

/// The host of a canonical URL, else `""`.
pub fn host(url: &str) -> &str {
    parse(url).map_or("", |url| url.host)
}

/// Whether the accepted pattern takes in the URL.
pub fn accepts(pattern: &str, url: &str) -> bool {
    if !readable(pattern) {
        return false;
    }
    let (Some(pattern), Some(url)) = (parse(pattern), parse(url)) else {
        return false;
    };
    let below = || url.path.strip_prefix(pattern.path);
    (pattern.scheme, pattern.host, pattern.port) == (url.scheme, url.host, url.port)
        && below().is_some_and(|rest| {
            rest.is_empty() || pattern.path.ends_with('/') || rest.starts_with('/')
        })
}

/// Whether the exclusion keeps the URL out. It fails shut: what cannot be read, on either side, is excluded.
pub fn excludes(pattern: &str, url: &str) -> bool {
    let Some(url) = parse(url) else {
        return true;
    };
    if !readable(pattern) {
        return true;
    }
    let path = if let Some(pattern) = parse(pattern) {
        if pattern.host != url.host {
            return false;
        }
        pattern.path
    } else if is_path(pattern) {
        pattern
    } else {
        return true;
    };
    let path = path.strip_suffix('/').unwrap_or(path);
    let Some((begin, rest)) = url.path.split_at_checked(path.len()) else {
        return false;
    };
    begin.eq_ignore_ascii_case(path) && (rest.is_empty() || rest.starts_with('/'))
}

/// A pattern with a query, even an empty one, or an asterisk cannot be read.
fn readable(pattern: &str) -> bool {
    !pattern.contains(['?', '*'])
}

pub(crate) fn parse(url: &str) -> Option<Url<'_>> {
    let printable = |byte: u8| matches!(byte, 0x21..=0x7E) && byte != b'#' && byte != b'\\';
    if url.len() > TEXT_BYTES as usize || !url.bytes().all(printable) {
        return None;
    }
    let (scheme, rest) = url.split_once("://")?;
    let default_port = match scheme {
        "http" => "80",
        "https" => "443",
        _ => return None,
    };
    let before_query = rest.split_once('?').map_or(rest, |(before, _query)| before);
    let (authority, path) = match before_query.find('/') {
        Some(slash) => before_query.split_at(slash),
        None => (before_query, "/"),
    };
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    let port_written_right = port.is_none_or(|port| is_port(port) && port != default_port);
    (is_host(host) && port_written_right && is_path(path)).then_some(Url {
        scheme,
        host,
        port,
        path,
    })
}

/// Two or more labels, the last beginning with a letter: no address, no bare name.
fn is_host(host: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
    };
    host.split('.').all(is_label)
        && host
            .rsplit_once('.')
            .is_some_and(|(_, last)| last.starts_with(|first: char| first.is_ascii_lowercase()))
}

/// 1 to 65535 without leading zero.
fn is_port(port: &str) -> bool {
    !port.starts_with('0')
        && port.bytes().all(|byte| byte.is_ascii_digit())
        && port.parse::<u16>().is_ok()
}

/// A canonical path: `/` and segments joined by `/`.
fn is_path(path: &str) -> bool {
    let Some(segments) = path.strip_prefix('/') else {
        return false;
    };
    let (inner, last) = match segments.rsplit_once('/') {
        Some((inner, last)) => (Some(inner), last),
        None => (None, segments),
    };
    let inner_right = |inner: &str| {
        inner
            .split('/')
            .all(|segment| !segment.is_empty() && is_segment(segment))
    };
    inner.is_none_or(inner_right) && is_segment(last)
}

/// Plain bytes and escapes of the bytes that need one; empty is for the caller to judge.
fn is_segment(segment: &str) -> bool {
    if segment == "." || segment == ".." || segment.ends_with("%20") {
        return false;
    }
    let mut rest = segment.as_bytes();
    loop {
        rest = match rest {
            [] => return true,
            [b'%', high, low, after @ ..] => match (upper_hex(*high), upper_hex(*low)) {
                (Some(high), Some(low)) if needs_escape(high << 4 | low) => after,
                _ => return false,
            },
            [byte, after @ ..] if is_plain(*byte) => after,
            _ => return false,
        };
    }
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,=:@".contains(&byte)
}

/// The bytes that stand in a path only as an escape.
fn needs_escape(byte: u8) -> bool {
    !is_plain(byte) && !byte.is_ascii_control() && !b"%/\\;".contains(&byte)
}

fn upper_hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}
