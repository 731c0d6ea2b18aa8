//! Bodies, read within their limits of size and time.
//!
//! Always true here: no more than the limit is ever in memory.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt as _;

use crate::problem::{Kind, Problem};
use crate::within::within;

/// The most bytes that are set aside for a body because it is said to have them, before they come.
const DECLARED_BYTES: usize = 4 << 20;

/// The type of a body, without its parameters, in lower case.
pub(crate) fn media_type(headers: &HeaderMap) -> Option<Cow<'_, str>> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let essence = value.split(';').next().unwrap_or_default().trim();
    if essence.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Some(essence.to_ascii_lowercase().into());
    }
    (!essence.is_empty()).then_some(essence.into())
}

/// All of the request's body, of at most `limit` bytes, which may take `time`. What comes at once is not copied.
pub(crate) async fn read(request: Request, limit: usize, time: Duration) -> Result<Bytes, Problem> {
    let begin = Instant::now();
    let all = async {
        let mut body = request.into_body();
        let declared = usize::try_from(body.size_hint().lower()).unwrap_or(limit);
        let (mut read, mut rest) = (Bytes::new(), Vec::new());
        while let Some(bytes) = next(&mut body).await? {
            if bytes.len() > limit - read.len() - rest.len() {
                return Err(too_large(limit));
            }
            if read.is_empty() && rest.is_empty() {
                read = bytes;
                continue;
            }
            if rest.is_empty() {
                rest.reserve(declared.min(limit).min(DECLARED_BYTES));
                rest.extend_from_slice(&std::mem::take(&mut read));
            }
            rest.extend_from_slice(&bytes);
        }
        Ok(if rest.is_empty() { read } else { rest.into() })
    };
    let read = within(time, begin, all).await;
    read.unwrap_or_else(|| Err(slow(time)))
}

/// The same of a body that is text: without the byte order marks that some editors put before it.
pub(crate) async fn read_text(
    request: Request,
    limit: usize,
    time: Duration,
) -> Result<Bytes, Problem> {
    let body = read(request, limit, time).await?;
    let marks = body.len() - without_marks(&body).len();
    Ok(body.slice(marks..))
}

/// `text` without the byte order marks before it.
pub(crate) fn without_marks(mut text: &[u8]) -> &[u8] {
    while let Some(rest) = text.strip_prefix(b"\xef\xbb\xbf") {
        text = rest;
    }
    text
}

/// The next bytes of `body`.
pub(crate) async fn next(body: &mut Body) -> Result<Option<Bytes>, Problem> {
    while let Some(frame) = body.frame().await {
        let frame = frame
            .map_err(|_| Problem::new(Kind::Malformed, "the body broke off: send all of it"))?;
        if let Ok(bytes) = frame.into_data() {
            return Ok(Some(bytes));
        }
    }
    Ok(None)
}

pub(crate) fn too_large(limit: usize) -> Problem {
    Problem::new(
        Kind::TooLarge,
        format!("the body has more than {limit} bytes: send less at once"),
    )
}

pub(crate) fn slow(time: Duration) -> Problem {
    Problem::new(
        Kind::Slow,
        format!("the body took longer than {time:?}: send it faster, or less of it"),
    )
}
