//! What HTTP itself asks of a request, beside what the library that reads it looks at.
//!
//! Always true here: a body is sent as it is or in chunks, and a request says for which host it is.

use axum::extract::Request;
use axum::http::uri::Authority;
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
    Err(problem)
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
    Err(Problem::new(Kind::Malformed, detail))
}

/// Whether `host` is a name or an address, and perhaps a port.
fn is_authority(host: &HeaderValue) -> bool {
    let is_plain =
        |byte: &u8| matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-');
    let host = host.as_bytes();
    // Most are so simple that there is nothing to take apart.
    if !host.is_empty() && host.iter().all(is_plain) {
        return true;
    }
    let authority = Authority::try_from(host);
    authority.is_ok_and(|it| !it.host().is_empty() && !it.as_str().contains('@'))
}
