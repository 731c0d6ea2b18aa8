//! What is handed in as a version of a policy: a component, alone or with what belongs to it.
//!
//! Always true here: no more than the limit is ever in memory, and a part that is not known is an error.

use std::convert::Infallible;

use axum::body::Bytes;
use axum::extract::Request;
use axum::http::header;
use futures_util::stream;
use scopegate::Excerpt;
use utoipa::ToSchema;

use crate::body;
use crate::problem::{Kind, Problem};
use crate::settings::Settings;

/// A version that is handed in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Upload {
    /// The component.
    pub component: Vec<u8>,
    /// Its signature, as minisign writes it.
    pub signature: Option<Vec<u8>>,
    /// The cases that it has to pass, one a line.
    pub cases: Option<String>,
    /// The requests that the cases change, as JSON; only with cases.
    pub bases: Option<String>,
}

/// A component.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary, content_media_type = "application/wasm")]
#[expect(dead_code, reason = "it describes what `Upload` reads")]
pub(crate) struct Component(Vec<u8>);

/// The parts of an upload.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what `Upload` reads")]
pub(crate) struct Parts {
    /// The component.
    #[schema(value_type = String, format = Binary, content_media_type = "application/wasm")]
    component: Vec<u8>,
    /// Its signature, as minisign writes it: needed where the store asks for signatures.
    signature: Option<String>,
    /// The cases that it has to pass, as JSON lines.
    cases: Option<String>,
    /// The requests that the cases change, as a JSON object.
    bases: Option<String>,
}

impl Upload {
    /// Reads the body of `request`, of at most `component_bytes` in all.
    pub(crate) async fn read(request: Request, settings: &Settings) -> Result<Self, Problem> {
        let media = body::media_type(request.headers());
        let boundary = match media.as_deref() {
            Some("application/wasm" | "application/octet-stream") => None,
            Some("multipart/form-data") => Some(boundary(&request)?),
            _ => {
                return Err(Problem::new(
                    Kind::MediaType,
                    "the content type does not fit: send a component as `application/wasm`, or with its signature and cases as `multipart/form-data`",
                ));
            }
        };
        let (limit, time) = (settings.component_bytes, settings.body_time);
        let bytes = body::read(request, limit, time).await?;
        match boundary {
            None => Ok(Self {
                component: bytes.into(),
                ..Self::default()
            }),
            Some(boundary) => Self::of_parts(bytes, boundary).await,
        }
    }

    async fn of_parts(bytes: Bytes, boundary: String) -> Result<Self, Problem> {
        let body = stream::iter([Ok::<_, Infallible>(bytes)]);
        let mut parts = multer::Multipart::new(body, boundary);
        let mut component = None;
        let mut upload = Self::default();
        while let Some(part) = parts.next_field().await.map_err(|error| broken(&error))? {
            let name = part.name().unwrap_or_default().to_owned();
            let bytes = part.bytes().await.map_err(|error| broken(&error))?;
            let is_second = match name.as_str() {
                "component" => component.replace(bytes.to_vec()).is_some(),
                "signature" => upload.signature.replace(bytes.to_vec()).is_some(),
                "cases" => upload.cases.replace(text(&name, &bytes)?).is_some(),
                "bases" => upload.bases.replace(text(&name, &bytes)?).is_some(),
                _ => {
                    let detail = format!(
                        "the part `{}` is not known: send `component`, `signature`, `cases` and `bases`",
                        Excerpt(&name)
                    );
                    return Err(Problem::new(Kind::Malformed, detail));
                }
            };
            if is_second {
                let detail = format!("the part `{name}` is there twice: send it once");
                return Err(Problem::new(Kind::Malformed, detail));
            }
        }
        upload.component = component.ok_or_else(|| {
            Problem::new(Kind::Malformed, "there is no part `component`: send one")
        })?;
        if upload.bases.is_some() && upload.cases.is_none() {
            let detail = "there are `bases` without `cases`: send both, or neither";
            return Err(Problem::new(Kind::Malformed, detail));
        }
        Ok(upload)
    }
}

fn boundary(request: &Request) -> Result<String, Problem> {
    let kind = request.headers().get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    multer::parse_boundary(kind).map_err(|_| {
        Problem::new(
            Kind::MediaType,
            "the content type has no boundary: send `multipart/form-data; boundary=…`",
        )
    })
}

fn text(name: &str, bytes: &[u8]) -> Result<String, Problem> {
    let text = str::from_utf8(bytes).map_err(|error| {
        let detail = format!("the part `{name}` is not UTF-8: {error}: send text");
        Problem::new(Kind::Malformed, detail)
    })?;
    Ok(text.to_owned())
}

fn broken(error: &multer::Error) -> Problem {
    let detail = format!("the parts cannot be read: {error}: send `multipart/form-data`");
    Problem::new(Kind::Malformed, detail)
}
