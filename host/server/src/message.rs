//! What HTTP itself asks of a request, beside what the library that reads it looks at.
//!
//! Always true here: a body is sent as it is or in chunks, and a request says for which host it is. A connection over which something else
//! came is not read any further.

use std::net::Ipv6Addr;

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, Version, header};

use crate::problem::{Kind, Problem};

/// Checks the headers of `request` that say how long it is and whom it is for.
pub(crate) fn check(request: &Request) -> Result<(), Problem> {
    check_host(request)?;
    let mut codings = request.headers().get_all(header::TRANSFER_ENCODING).iter();
    let Some(coding) = codings.next() else {
        return Ok(());
    };
    if coding.as_bytes().eq_ignore_ascii_case(b"chunked") && codings.next().is_none() {
        return Ok(());
    }
    let detail = "`transfer-encoding`: the body is encoded: send it as it is, with `content-length` or `transfer-encoding: chunked` alone";
    let mut problem = Problem::new(Kind::Malformed, detail);
    problem.status = StatusCode::NOT_IMPLEMENTED;
    Err(problem.ending())
}

/// Every request of HTTP/1.1 names one host.
fn check_host(request: &Request) -> Result<(), Problem> {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let what = match (hosts.next(), hosts.next()) {
        (Some(host), None) if is_authority(host) => return Ok(()),
        (None, None) if request.version() < Version::HTTP_11 => return Ok(()),
        (None, _) => "there is no such header",
        (Some(_), None) => "it is no name or address, with or without a port",
        (Some(_), Some(_)) => "it is there more than once",
    };
    let detail = format!("`host`: {what}: send one with the name of this service");
    Err(Problem::new(Kind::Malformed, detail).ending())
}

/// Whether `host` is a name or an address, and perhaps a port.
fn is_authority(host: &HeaderValue) -> bool {
    host.to_str().is_ok_and(|host| host_of(host).is_some())
}

/// The name or address that `authority` is, which may have a port behind it.
pub(crate) fn host_of(authority: &str) -> Option<&str> {
    let bracketed = authority.strip_prefix('[');
    let end = match bracketed.and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => {
            address.parse::<Ipv6Addr>().ok()?;
            address.len() + "[]".len()
        }
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, port) = authority.split_at(end);
    let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let is_host = bracketed.is_some() || !host.is_empty() && host.bytes().all(is_of_name);
    (is_host && (port.is_empty() || is_port(port))).then_some(host)
}

/// Whether `text` is a colon and the number of a port.
fn is_port(text: &str) -> bool {
    let port = text.strip_prefix(':').unwrap_or_default();
    port.bytes().all(|digit| digit.is_ascii_digit()) && port.parse::<u16>().is_ok()
}
