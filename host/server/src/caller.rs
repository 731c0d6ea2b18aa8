//! Who asks, and which policy is asked.
//!
//! Always true here: without tokens only this machine may ask for decisions, and nobody may administer.

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use percent_encoding::percent_decode_str;
use scopegate::Excerpt;

use crate::connections::Connection;
use crate::guard::REQUEST_ID;
use crate::problem::{Kind, Problem};
use crate::service::Service;
use crate::tokens::Role;

/// The address at the other end of the connection, an extension of each request that [`serve`](crate::serve) takes.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// The name of those who need no token.
static ANONYMOUS: LazyLock<Arc<str>> = LazyLock::new(|| "anonymous".into());

/// Somebody who may ask for decisions.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// The name of the token.
    pub(crate) name: Arc<str>,
    pub(crate) role: Role,
    pub(crate) request_id: Option<String>,
}

/// Somebody who may change which policies decide.
pub(crate) struct Administrator(pub(crate) Caller);

impl FromRequestParts<Service> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &Service) -> Result<Self, Problem> {
        let caller = Self::of(parts, service)?;
        if let Some(connection) = parts.extensions.get::<Arc<Connection>>() {
            connection.is_used_by_caller();
        }
        Ok(caller)
    }
}

impl Caller {
    fn of(parts: &Parts, service: &Service) -> Result<Self, Problem> {
        let request_id = parts.headers.get(REQUEST_ID);
        let request_id = request_id
            .and_then(|id| id.to_str().ok())
            .map(str::to_owned);
        let tokens = service.tokens();
        let Some(tokens) = &*tokens else {
            let peer = parts.extensions.get::<Peer>();
            if !peer.is_some_and(|Peer(peer)| peer.ip().to_canonical().is_loopback()) {
                return Err(Problem::new(
                    Kind::Forbidden,
                    "without tokens only callers on this machine are answered: configure a file of tokens",
                ));
            }
            return Ok(Self {
                name: Arc::clone(&ANONYMOUS),
                role: Role::Decide,
                request_id,
            });
        };
        let bearer = parts.headers.get(header::AUTHORIZATION);
        let bearer = bearer.and_then(|value| bearer_of(value.as_bytes()));
        let found = bearer.and_then(|token| tokens.find(token));
        let (name, role) = found.ok_or_else(|| {
            Problem::new(
                Kind::Unauthenticated,
                "the caller is not known: send `Authorization: Bearer` with a valid token",
            )
        })?;
        Ok(Self {
            name,
            role,
            request_id,
        })
    }
}

fn bearer_of(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked(7)?;
    let token = token.trim_ascii();
    (scheme.eq_ignore_ascii_case(b"bearer ") && !token.is_empty()).then_some(token)
}

impl FromRequestParts<Service> for Administrator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &Service) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, service).await?;
        if service.tokens().is_none() || service.administration().is_none() {
            return Err(Problem::new(
                Kind::Forbidden,
                "administration is off: configure a file of tokens and a store of policies",
            ));
        }
        if caller.role < Role::Administer {
            return Err(Problem::new(
                Kind::Forbidden,
                format!(
                    "the token `{}` may only decide: use one with the role `administer`",
                    caller.name
                ),
            ));
        }
        Ok(Self(caller))
    }
}

/// Which policy is asked: `name`, `name@version`, or the default.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    pub(crate) policy: Option<String>,
}

impl FromRequestParts<Service> for Asked {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Service) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        let wrong = |what: String| {
            let detail = format!("{what}: use `?policy=name` or `?policy=name@version`");
            Problem::new(Kind::Query, detail)
        };
        if percent_decode_str(query).decode_utf8().is_err() {
            return Err(wrong("the query is not UTF-8".to_owned()));
        }
        let mut asked = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if name != "policy" {
                let name = Excerpt(&name);
                return Err(wrong(format!("`?{name}`: there is no such parameter")));
            }
            if asked.policy.replace(value.into_owned()).is_some() {
                return Err(wrong("`?policy`: it is there twice".to_owned()));
            }
        }
        Ok(asked)
    }
}
