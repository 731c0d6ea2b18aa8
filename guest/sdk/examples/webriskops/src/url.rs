//! Canonical URLs, and the patterns that accept and exclude them.

const URL_BYTES: usize = 8_192;

/// A canonical URL.
struct Url<'u> {
    scheme: &'u str,
    host: &'u str,
    /// As written; `""` for the scheme's default.
    port: &'u str,
    path: &'u str,
}

/// The host of a canonical URL, else nothing.
pub fn host(url: &str) -> &str {
    Url::parse(url).map_or("", |url| url.host)
}

pub fn accepts(pattern: &str, url: &str) -> bool {
    let (Some(pattern), Some(url)) = (readable(pattern).and_then(Url::parse), Url::parse(url)) else {
        return false;
    };
    let is_same = pattern.scheme == url.scheme && pattern.host == url.host && pattern.port == url.port;
    let rest = url.path.strip_prefix(pattern.path);
    is_same && rest.is_some_and(|rest| rest.is_empty() || pattern.path.ends_with('/') || rest.starts_with('/'))
}

pub fn excludes(pattern: &str, url: &str) -> bool {
    let (Some(url), Some(pattern)) = (Url::parse(url), readable(pattern)) else {
        return true;
    };
    let (host, path) = match Url::parse(pattern) {
        Some(pattern) => (Some(pattern.host), pattern.path),
        None if pattern.len() <= URL_BYTES && is_path(pattern) => (None, pattern),
        None => return true,
    };
    if host.is_some_and(|host| host != url.host) {
        return false;
    }
    let path = path.strip_suffix('/').unwrap_or(path);
    let Some((begin, rest)) = url.path.split_at_checked(path.len()) else {
        return false;
    };
    begin.eq_ignore_ascii_case(path) && (rest.is_empty() || rest.starts_with('/'))
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
        (is_host(host) && is_path(path)).then_some(Self { scheme, host, port, path })
    }
}

fn is_host(host: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-')
    };
    let last = host.rsplit('.').next().unwrap_or_default();
    host.contains('.') && host.split('.').all(is_label) && last.starts_with(|it: char| it.is_ascii_lowercase())
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
