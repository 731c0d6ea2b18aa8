//! How others reach the service.
//!
//! Always true here: what is sent to it is not read on the way. It is an https URL, or a name of this machine.

use std::fmt;
use std::str::FromStr;

use axum::http::Uri;
use scopegate::Excerpt;
use serde::{Deserialize, Serialize};

use crate::hosts::is_loopback;

/// The URL at which others reach the service, its identifier for AuthZEN.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublicUrl {
    text: String,
    host: String,
}

/// Why a text is no [`PublicUrl`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrlError {
    /// What is wrong with it, and what to do.
    pub reason: String,
}

impl PublicUrl {
    /// Its text, as it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The name or address in it, in lower case, without the port.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }
}

impl FromStr for PublicUrl {
    type Err = PublicUrlError;

    fn from_str(text: &str) -> Result<Self, PublicUrlError> {
        let wrong = |what: &str| PublicUrlError {
            reason: format!(
                "`{}` cannot be the public URL: {what}: give one such as `https://gate.example.com`",
                Excerpt(text)
            ),
        };
        if text.contains('#') {
            return Err(wrong("it has a fragment"));
        }
        let uri: Uri = text.parse().map_err(|_| wrong("it is no URL"))?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(wrong("it is no URL with a host"));
        };
        if authority.as_str().contains('@') {
            return Err(wrong("it names a user"));
        }
        if authority.host().is_empty() {
            return Err(wrong("it is no URL with a host"));
        }
        if uri.query().is_some() {
            return Err(wrong("it has a query"));
        }
        let host = authority.host().to_ascii_lowercase();
        match scheme {
            "https" => {}
            "http" if is_loopback(&host) => {}
            "http" => return Err(wrong("http is for names of this machine only")),
            _ => return Err(wrong("it is not https")),
        }
        Ok(Self {
            text: text.to_owned(),
            host,
        })
    }
}

impl TryFrom<String> for PublicUrl {
    type Error = PublicUrlError;

    fn try_from(text: String) -> Result<Self, PublicUrlError> {
        text.parse()
    }
}

impl From<PublicUrl> for String {
    fn from(url: PublicUrl) -> Self {
        url.text
    }
}

impl fmt::Display for PublicUrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for PublicUrlError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_public_url_may_be() {
        let table = [
            ("https://gate.example.com", Ok("gate.example.com")),
            ("https://Gate.example.com:8443/pdp", Ok("gate.example.com")),
            ("http://localhost:8080", Ok("localhost")),
            ("http://127.0.0.1:8080/", Ok("127.0.0.1")),
            ("http://[::1]:8080", Ok("[::1]")),
            (
                "http://gate.example.com",
                Err("http is for names of this machine only"),
            ),
            (
                "http://localhost.example.com",
                Err("http is for names of this machine only"),
            ),
            ("ftp://gate.example.com", Err("it is not https")),
            ("gate.example.com", Err("it is no URL with a host")),
            ("/pdp", Err("it is no URL with a host")),
            ("", Err("it is no URL")),
            ("https://", Err("it is no URL")),
            ("https://gate.example.com/?a=b", Err("it has a query")),
            ("https://gate.example.com/#a", Err("it has a fragment")),
            ("https://me:secret@gate.example.com", Err("it names a user")),
        ];
        for (text, expected) in table {
            match (text.parse::<PublicUrl>(), expected) {
                (Ok(url), Ok(host)) => {
                    assert_eq!((url.as_str(), url.host()), (text, host));
                }
                (Err(error), Err(what)) => assert!(error.reason.contains(what), "{error}"),
                (found, _) => panic!("{text}: {found:?}"),
            }
        }
    }
}
