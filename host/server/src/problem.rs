//! What went wrong, as a problem document (RFC 9457).
//!
//! Always true here: a problem is never a decision, and its status is never a success.

use std::fmt;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use scopegate::{EvaluateError, Excerpt, Fault, InputError, InputFault};
use serde::Serialize;
use serde::ser::{SerializeStruct as _, Serializer};

use crate::administration::AdministrationError;
use crate::deciders;

/// The most bytes of a detail. What callers said is cut before; this bounds whatever else is said, such as why a policy is refused.
const DETAIL_BYTES: usize = 4_096;

/// What kinds of problems there are.
macro_rules! kinds {
    ($($kind:ident $slug:literal $status:ident $title:literal,)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Kind { $($kind,)* }

        impl Kind {
            pub(crate) fn slug(self) -> &'static str {
                match self { $(Self::$kind => $slug,)* }
            }

            fn status(self) -> StatusCode {
                match self { $(Self::$kind => StatusCode::$status,)* }
            }

            fn title(self) -> &'static str {
                match self { $(Self::$kind => $title,)* }
            }
        }
    };
}

kinds! {
    Malformed "malformed" BAD_REQUEST "The body cannot be read",
    CallerTime "caller-time" BAD_REQUEST "The request brings its own time",
    Query "query" BAD_REQUEST "The query cannot be read",
    Unauthenticated "unauthenticated" UNAUTHORIZED "No valid token was given",
    Forbidden "forbidden" FORBIDDEN "The caller may not do this",
    Host "host" FORBIDDEN "The request is not for this service",
    NotFound "not-found" NOT_FOUND "There is no such thing",
    Method "method" METHOD_NOT_ALLOWED "The method does not fit",
    Slow "slow" REQUEST_TIMEOUT "The body took too long",
    Conflict "conflict" CONFLICT "It contradicts what is there",
    TooLarge "too-large" PAYLOAD_TOO_LARGE "The body is too large",
    AnswerTooLarge "answer-too-large" PAYLOAD_TOO_LARGE "The answer would be too large",
    HeadTooLarge "head-too-large" REQUEST_HEADER_FIELDS_TOO_LARGE "The headers are too large",
    MediaType "media-type" UNSUPPORTED_MEDIA_TYPE "The content type does not fit",
    Invalid "invalid" UNPROCESSABLE_ENTITY "The request is not one",
    Unjudged "unjudged" BAD_REQUEST "The policy cannot judge a fact",
    Refused "refused" UNPROCESSABLE_ENTITY "The policy is not accepted",
    Fault "fault" INTERNAL_SERVER_ERROR "The policy failed to decide",
    Overrun "overrun" INTERNAL_SERVER_ERROR "The decision took too long",
    Internal "internal" INTERNAL_SERVER_ERROR "The server failed",
    NoPolicy "no-policy" SERVICE_UNAVAILABLE "No policy is active",
    Stale "stale" SERVICE_UNAVAILABLE "The policies are too old",
    NotRecorded "not-recorded" SERVICE_UNAVAILABLE "The decision could not be recorded",
    Busy "busy" SERVICE_UNAVAILABLE "The server is busy",
    TimedOut "timed-out" SERVICE_UNAVAILABLE "The answer took too long",
}

/// Something that went wrong, for the caller to read.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(crate) kind: Kind,
    pub(crate) status: StatusCode,
    /// What is wrong, where, and what to do.
    pub(crate) detail: String,
    /// The fact that is wrong, such as `scan.targets[3].url`.
    path: Option<String>,
    /// How many bytes at the end of the detail say the line and the column.
    place: usize,
    /// What else is wrong with the request.
    others: Vec<InputFault>,
    /// Whether nothing more can be read of the connection, since nobody knows where the request ends.
    ends: bool,
    /// Whether it also says, for an AuthZEN client that reads nothing else, that nothing is allowed.
    denies: bool,
}

impl Problem {
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        let mut detail = detail.into();
        if detail.len() > DETAIL_BYTES {
            detail.truncate(detail.floor_char_boundary(DETAIL_BYTES));
            detail.push('…');
        }
        Self {
            kind,
            status: kind.status(),
            detail,
            path: None,
            place: 0,
            others: Vec::new(),
            ends: false,
            denies: false,
        }
    }

    /// The same, of the fact at `path`.
    pub(crate) fn at(self, path: &str) -> Self {
        Self {
            path: Some(Excerpt(path).to_string()),
            ..self
        }
    }

    /// The same, and the connection ends with it.
    pub(crate) fn ending(self) -> Self {
        Self { ends: true, ..self }
    }

    /// The first of `problems`, which says what the others are.
    pub(crate) fn all(problems: Vec<Self>) -> Option<Self> {
        let mut problems = problems.into_iter();
        let first = problems.next()?;
        let others = problems.map(|problem| {
            let path = problem.path.unwrap_or_default();
            let message = problem.detail.strip_prefix(&format!("`{path}`: "));
            let message = message.unwrap_or(&problem.detail).to_owned();
            InputFault { path, message }
        });
        let others = others.collect();
        Some(Self { others, ..first })
    }

    /// What AuthZEN says of it: what is wrong with a request is 400, and nothing is allowed.
    pub(crate) fn in_authzen(self) -> Self {
        let status = match self.kind {
            Kind::Invalid | Kind::Unjudged | Kind::MediaType => StatusCode::BAD_REQUEST,
            _ => self.status,
        };
        Self {
            status,
            denies: true,
            ..self
        }
    }

    /// An answer that has more than `limit` bytes.
    pub(crate) fn answer_too_large(limit: usize) -> Self {
        let detail = format!("the answer has more than {limit} bytes: ask for less at once");
        Self::new(Kind::AnswerTooLarge, detail)
    }

    /// A text that is no request.
    pub(crate) fn input(error: &InputError) -> Self {
        let InputError {
            path,
            message,
            line,
            column,
            others,
        } = error;
        let kind = if message.starts_with("this is not JSON")
            || message == "the JSON text ends too early"
        {
            Kind::Malformed
        } else {
            Kind::Invalid
        };
        let place = format!(" (line {line}, column {column})");
        let detail = if path == "$" {
            format!("the request: {message}{place}")
        } else {
            let path = Excerpt(path);
            format!("`{path}`: {message}{place}")
        };
        let problem = Self::new(kind, detail).at(path);
        let is_placed = problem.detail.ends_with(&place);
        Self {
            others: others.clone(),
            place: if is_placed { place.len() } else { 0 },
            ..problem
        }
    }

    /// The same without the line and the column, which are those of a text that the caller never sent.
    pub(crate) fn unplaced(mut self) -> Self {
        self.detail.truncate(self.detail.len() - self.place);
        Self { place: 0, ..self }
    }

    /// A body that is no JSON.
    pub(crate) fn malformed(error: &serde_json::Error) -> Self {
        let said = scopegate::cut_message(&error.to_string());
        Self::new(
            Kind::Malformed,
            format!("the body is not as expected: {said}"),
        )
    }
}

impl From<EvaluateError> for Problem {
    fn from(error: EvaluateError) -> Self {
        match &error {
            EvaluateError::Unjudged { path, .. } => {
                Self::new(Kind::Unjudged, error.to_string()).at(path)
            }
            EvaluateError::RequestTooLarge { .. } => Self::new(Kind::TooLarge, error.to_string()),
            EvaluateError::Fault(fault @ (Fault::TimedOut { .. } | Fault::OutOfFuel { .. })) => {
                let detail = format!(
                    "{fault}, so nothing is allowed: ask about less at once, or allow the policy more"
                );
                Self::new(Kind::Overrun, detail)
            }
            EvaluateError::Fault(Fault::Stopped) => deciders::busy(),
            _ => {
                let error = causes(&error);
                tracing::error!(error, "the policy failed to decide");
                Self::new(
                    Kind::Fault,
                    "the policy failed to decide, so nothing is allowed: the server's log tells how",
                )
            }
        }
    }
}

impl From<AdministrationError> for Problem {
    fn from(error: AdministrationError) -> Self {
        let kind = match &error {
            AdministrationError::NotFound { .. } => Kind::NotFound,
            AdministrationError::Conflict { .. } => Kind::Conflict,
            AdministrationError::Refused { .. } => Kind::Refused,
            AdministrationError::Failed { .. } => {
                tracing::error!(%error, "the administration failed");
                return Self::new(
                    Kind::Internal,
                    "the store failed: the server's log tells how",
                );
            }
        };
        Self::new(kind, error.to_string())
    }
}

/// An error with what caused it.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let status = self.status.as_u16();
        let mut object = to.serialize_struct("Problem", 8)?;
        object.serialize_field(
            "type",
            &format!("urn:scopegate:problem:{}", self.kind.slug()),
        )?;
        object.serialize_field("title", self.kind.title())?;
        object.serialize_field("status", &status)?;
        object.serialize_field("detail", &self.detail)?;
        match &self.path {
            Some(path) => object.serialize_field("path", path)?,
            None => object.skip_field("path")?,
        }
        if self.others.is_empty() {
            object.skip_field("others")?;
        } else {
            object.serialize_field("others", &self.others)?;
        }
        if self.denies {
            object.serialize_field("decision", &false)?;
            let error = serde_json::json!({"error": {"status": status, "message": self.detail}});
            object.serialize_field("context", &error)?;
        }
        object.end()
    }
}

/// An answer whose extensions have the problem's [`Kind`].
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (self.status, body).into_response();
        response.extensions_mut().insert(self.kind);
        let headers = response.headers_mut();
        let problem = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, problem);
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if self.ends {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if self.kind == Kind::Busy {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use scopegate::EXCERPT_BYTES;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "it is only read")]
    struct Body {
        version: String,
        reason: Option<String>,
    }

    /// What `serde_json` repeats of a body is cut, and what it says in its own words is not.
    #[test]
    fn a_malformed_body_is_not_repeated() {
        let table = [
            (
                r#"{"reasons": 1}"#.to_owned(),
                "the body is not as expected: unknown field `reasons`, expected `version` or `reason` at line 1 column 10",
            ),
            (
                "{}".to_owned(),
                "the body is not as expected: missing field `version` at line 1 column 2",
            ),
        ];
        for (body, expected) in table {
            let error = serde_json::from_str::<Body>(&body).expect_err("it is none");
            assert_eq!(Problem::malformed(&error).detail, expected);
        }
        for length in [81, 100, 4_000_000] {
            let long = "x".repeat(length);
            for body in [
                format!(r#"{{"{long}": 1}}"#),
                format!(r#""{long}""#),
                format!(r#"{{"`{long}`": "{long}"}}"#),
            ] {
                let error = serde_json::from_str::<Body>(&body).expect_err("it is none");
                let detail = Problem::malformed(&error).detail;
                let most = detail.split(|it| it != 'x').map(str::len).max();
                assert!(most <= Some(EXCERPT_BYTES), "{detail}");
                assert!(detail.contains(" at line 1 column "), "{detail}");
            }
        }
    }

    #[test]
    fn a_detail_is_bounded() {
        let problem = Problem::new(Kind::Refused, "ü".repeat(1_000_000));
        assert_eq!(problem.detail, "ü".repeat(DETAIL_BYTES / 2) + "…");
    }
}
