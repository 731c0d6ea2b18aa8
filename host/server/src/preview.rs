//! The preview page, at `/preview/`: static files, if there are any.
//!
//! Always true here: a file is served with the policies that its kind may have and no others, and nothing of it is a decision of this service.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use scopegate::Excerpt;
use tower_http::compression::CompressionLayer;

use crate::problem::{Kind, Problem};
use crate::service::Service;

/// A file of the preview page.
#[derive(Debug, Clone, Copy)]
pub struct PreviewFile {
    /// Its path below `/preview/`, such as `assets/index.js`.
    pub path: &'static str,
    /// What it holds.
    pub bytes: &'static [u8],
}

/// The page itself.
const INDEX: &str = "index.html";

/// Beside what the page's own policy says: nobody may frame it.
const OF_PAGES: &str = "frame-ancestors 'none'";

/// The frame for policies of strangers has no origin, whoever opens it, and only the page may.
const OF_FRAME: &str = "frame-ancestors 'self'; sandbox allow-scripts";

/// What a worker that was started from its file may do: run WebAssembly.
const OF_WORKERS: &str = "default-src 'none'; script-src 'wasm-unsafe-eval'";

const REFERRER_POLICY: HeaderName = HeaderName::from_static("referrer-policy");

pub(crate) fn routes() -> Router<Service> {
    Router::new()
        .route("/preview", get(async || Redirect::permanent("/preview/")))
        .route("/preview/", get(page))
        .route("/preview/{*path}", get(file))
        .layer(CompressionLayer::new())
}

async fn page(State(service): State<Service>) -> Result<Response, Problem> {
    answer(&service, INDEX)
}

async fn file(
    State(service): State<Service>,
    Path(path): Path<String>,
) -> Result<Response, Problem> {
    answer(&service, &path)
}

fn answer(service: &Service, path: &str) -> Result<Response, Problem> {
    let files = service.preview();
    if files.is_empty() {
        let detail = "this program was built without the preview page: build `host/browser` first, as its README says, then the program again";
        return Err(Problem::new(Kind::NotFound, detail));
    }
    let Some(file) = files.iter().find(|file| file.path == path) else {
        let path = Excerpt(path);
        let detail = format!("the preview page has no file `{path}`: it begins at `/preview/`");
        return Err(Problem::new(Kind::NotFound, detail));
    };
    let (kind, policy) = match path.rsplit('.').next() {
        Some("html") if path == "frame.html" => ("text/html; charset=utf-8", OF_FRAME),
        Some("html") => ("text/html; charset=utf-8", OF_PAGES),
        Some("js") => ("text/javascript; charset=utf-8", OF_WORKERS),
        Some("css") => ("text/css; charset=utf-8", OF_PAGES),
        Some("wasm") => ("application/wasm", OF_PAGES),
        _ => ("application/octet-stream", OF_PAGES),
    };
    // The names of files below `assets/` change with what they hold.
    let cached = if path.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, cached),
    ];
    Ok((headers, file.bytes).into_response())
}
