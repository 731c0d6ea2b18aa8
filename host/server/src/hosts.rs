//! Whether a request was meant for this service, where everyone on this machine may ask.
//!
//! Always true here: without tokens no page of another site gets an answer. A browser says which host its page asked for, and from which
//! site a request comes; a name that somebody else let point to this machine is neither of ours.

use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};

use axum::extract::Request;
use axum::http::{HeaderValue, header};
use scopegate::Excerpt;

use crate::message;
use crate::problem::{Kind, Problem};
use crate::settings::Settings;

/// What is answered whatever host is asked for: a probe asks for an address of its own choice, and learns nothing.
pub(crate) const PROBES: [&str; 2] = ["/healthz", "/readyz"];

/// What is wrong with `request` if it was not meant for this service.
pub(crate) fn check(settings: &Settings, route: &str, request: &Request) -> Result<(), Problem> {
    if PROBES.contains(&route) {
        return Ok(());
    }
    for host in request.headers().get_all(header::HOST) {
        check_host(settings, host.to_str().unwrap_or_default())?;
    }
    if let Some(authority) = request.uri().authority() {
        check_host(settings, authority.as_str())?;
    }
    if request.method().is_safe() {
        return Ok(());
    }
    match request.headers().get(header::ORIGIN) {
        Some(origin) => check_origin(settings, request.headers().get(header::HOST), origin),
        None => Ok(()),
    }
}

fn check_host(settings: &Settings, host: &str) -> Result<(), Problem> {
    if host_of(host).is_some_and(|host| is_ours(settings, &host)) {
        return Ok(());
    }
    let host = Excerpt(host);
    let detail = format!(
        "the request is for `{host}`, and without tokens this service answers to its own names only: ask for `localhost`, or add the name to `allowed_hosts`"
    );
    Err(Problem::new(Kind::Host, detail))
}

/// A page of this service's own may change something, and one of a host that is allowed; but no other page of this machine.
fn check_origin(
    settings: &Settings,
    host: Option<&HeaderValue>,
    origin: &HeaderValue,
) -> Result<(), Problem> {
    let origin = origin.to_str().unwrap_or_default();
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    let is_same = authority.is_some() && authority == host.and_then(|host| host.to_str().ok());
    let is_allowed = authority
        .and_then(host_of)
        .is_some_and(|host| !is_loopback(&host) && is_ours(settings, &host));
    if is_same || is_allowed {
        return Ok(());
    }
    let origin = Excerpt(origin);
    let detail = format!(
        "the request comes from a page of `{origin}`, and without tokens pages of other sites are not answered: configure a file of tokens, or serve the page from a host in `allowed_hosts`"
    );
    Err(Problem::new(Kind::Host, detail))
}

fn is_ours(settings: &Settings, host: &str) -> bool {
    is_loopback(host)
        || settings
            .public_url
            .as_ref()
            .is_some_and(|url| url.host() == host)
        || settings
            .allowed_hosts
            .iter()
            .any(|allowed| allowed.eq_ignore_ascii_case(host))
}

/// The name or address of `authority`, in lower case, without the port.
fn host_of(authority: &str) -> Option<Cow<'_, str>> {
    let host = message::host_of(authority)?;
    let host = host.strip_suffix('.').unwrap_or(host);
    if host.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Some(host.to_ascii_lowercase().into());
    }
    Some(host.into())
}

/// Whether `host`, in lower case, is this machine by its form alone, whoever is asked.
pub(crate) fn is_loopback(host: &str) -> bool {
    let v6 = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<Ipv4Addr>().is_ok_and(|it| it.is_loopback())
        || v6.is_some_and(|host| {
            host.parse::<Ipv6Addr>()
                .is_ok_and(|it| it.to_canonical().is_loopback())
        })
}
