//! `docs/resources.md` says what there is.

use scopegate_server::Settings;

use crate::support::{builder, facts, get, post};

const PAGE: &str = include_str!("../../../../docs/resources.md");

/// Every metric that the page names is there.
#[tokio::test]
async fn the_page_names_metrics_that_there_are() {
    let service = builder().build();
    // Some are there once there was something to count.
    for body in [
        "{}".to_owned(),
        facts().to_string(),
        facts().to_string().replace("user-17", ""),
    ] {
        post(&service, "/v1/decisions", body).await;
    }
    let metrics = get(&service, "/metrics").await;
    let mut names = 0;
    for name in PAGE
        .split('`')
        .filter(|text| text.starts_with("scopegate_"))
    {
        let name = name.split('{').next().unwrap_or_default();
        let name = name.strip_suffix("_total").unwrap_or(name);
        let help = format!("# HELP {name} ");
        assert!(metrics.text().contains(&help), "{name}");
        names += 1;
    }
    assert!(names > 20, "{names}");
}

/// The defaults that the page names are those of the settings.
#[test]
fn the_page_names_the_defaults() {
    let settings = Settings::default();
    for (row, default) in [
        ("`connections`", settings.connections.to_string()),
        (
            "`concurrent_requests`",
            settings.concurrent_requests.to_string(),
        ),
        ("`streams`", settings.streams.to_string()),
        ("`head_bytes`", format!("{} KiB", settings.head_bytes >> 10)),
        ("`body_bytes`", format!("{} MiB", settings.body_bytes >> 20)),
        ("`batch`", settings.batch.to_string()),
        (
            "`unsent_bytes`",
            format!("{} MiB", settings.unsent_bytes >> 20),
        ),
        (
            "`stream_rate`",
            format!("{} bytes a second", settings.stream_rate),
        ),
        (
            "`stream_rate`",
            format!("waited for {} seconds", settings.body_time.as_secs()),
        ),
        ("`heavy`", format!("{} more wait", settings.heavy)),
        (
            "`write_seconds`",
            format!("for {} seconds", settings.write_time.as_secs()),
        ),
        (
            "`write_rate`",
            format!("each {} KiB", settings.write_rate >> 10),
        ),
        (
            "a head, a TLS handshake",
            format!("{} seconds each", settings.head_time.as_secs()),
        ),
        (
            "time to read: a body",
            format!("{} seconds", settings.body_time.as_secs()),
        ),
    ] {
        let rows = PAGE
            .lines()
            .filter(|line| line.starts_with('|') && line.contains(row));
        // Thousands have a comma.
        let rows: Vec<_> = rows.map(|line| line.replace(',', "")).collect();
        assert!(
            rows.iter().any(|line| line.contains(&default)),
            "{row}: {default}: {rows:?}"
        );
    }
    assert_eq!(settings.answer_time.as_secs(), 60, "the page says a minute");
    assert_eq!(settings.patience.as_secs(), 1, "the page says a second");
}
