//! The preview page, if the program brings it along.

use axum::body::Body;
use axum::http::Method;
use scopegate_server::PreviewFile;

use crate::support::{ask, builder, get, send};

static FILES: &[PreviewFile] = &[
    PreviewFile {
        path: "index.html",
        bytes: b"<title>page</title>",
    },
    PreviewFile {
        path: "frame.html",
        bytes: b"<title>frame</title>",
    },
    PreviewFile {
        path: "assets/page-1a2b.js",
        bytes: b"/* a script that is worth its compression, since it is longer than a few bytes */",
    },
];

#[tokio::test]
async fn each_file_with_what_it_may_do() {
    let service = builder().preview(FILES).build();
    for (path, kind, policy, cached) in [
        (
            "/preview/",
            "text/html",
            "frame-ancestors 'none'",
            "no-cache",
        ),
        (
            "/preview/index.html",
            "text/html",
            "frame-ancestors 'none'",
            "no-cache",
        ),
        (
            "/preview/frame.html",
            "text/html",
            "frame-ancestors 'self'; sandbox allow-scripts",
            "no-cache",
        ),
        (
            "/preview/assets/page-1a2b.js",
            "text/javascript",
            "default-src 'none'; script-src 'wasm-unsafe-eval'",
            "immutable",
        ),
    ] {
        let answer = get(&service, path).await;
        assert_eq!(answer.status, 200, "{path}");
        let header = |name: &str| answer.headers[name].to_str().unwrap();
        assert!(header("content-type").starts_with(kind), "{path}");
        assert_eq!(header("content-security-policy"), policy, "{path}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert!(header("cache-control").contains(cached), "{path}");
    }
    let answer = get(&service, "/preview").await;
    assert_eq!(answer.status, 308);
    assert_eq!(answer.headers["location"], "/preview/");
    let gzip = [("accept-encoding", "gzip")];
    let script = ask(
        Method::GET,
        "/preview/assets/page-1a2b.js",
        &gzip,
        Body::empty(),
    );
    let answer = send(&service, script).await;
    assert_eq!(answer.headers["content-encoding"], "gzip");
}

#[tokio::test]
async fn what_is_not_there() {
    let with = builder().preview(FILES).build();
    let without = builder().build();
    for (service, path, said) in [
        (&with, "/preview/other.js", "has no file `other.js`"),
        (&with, "/preview/../Cargo.toml", "has no file"),
        (&with, "/preview/%2e%2e/Cargo.toml", "has no file"),
        (&without, "/preview/", "built without the preview page"),
    ] {
        let answer = get(service, path).await;
        assert_eq!(answer.problem(), "not-found", "{path}");
        assert!(answer.text().contains(said), "{path}: {}", answer.text());
    }
}
