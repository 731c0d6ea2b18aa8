//! Streams of lines that come slowly, and lines that are nearly blank.

use std::time::Duration;

use axum::body::{Body, Bytes};
use futures_util::stream::unfold;
use scopegate_server::Settings;
use tokio::time::{Instant, sleep};

use crate::support::{builder, facts, lines, with};

/// A body of `pieces`, each so many milliseconds after the one before.
fn slowly(pieces: impl Iterator<Item = String> + Send + 'static, milliseconds: u64) -> Body {
    Body::from_stream(unfold(pieces, move |mut pieces| async move {
        sleep(Duration::from_millis(milliseconds)).await;
        let piece = pieces.next()?;
        Some((Ok::<_, std::io::Error>(Bytes::from(piece)), pieces))
    }))
}

/// A stream that comes more slowly than the least rate ends, whatever comes; when, is told by the time it is waited for.
#[tokio::test(start_paused = true)]
async fn streams_below_the_least_rate_end() {
    let endless = |text: &str| {
        let text: Vec<String> = text.chars().map(String::from).collect();
        text.into_iter().cycle()
    };
    for (name, pieces, milliseconds, seconds) in [
        ("two bytes a second", endless("{}\n"), 500, 30..32),
        ("a byte each 29 seconds", endless("\n"), 29_000, 30..59),
        ("blank lines", endless("\n"), 10, 30..60),
        ("a line without an end", endless("x"), 100, 30..40),
    ] {
        let service = with(Settings::default());
        let begun = Instant::now();
        let answer = lines(&service, slowly(pieces, milliseconds)).await;
        let last = answer.text().lines().last().unwrap_or_default();
        assert!(
            last.contains(":408") && last.contains("256 bytes a second"),
            "{name}: {answer:?}"
        );
        let took = begun.elapsed().as_secs();
        assert!(seconds.contains(&took), "{name}: {took}");
    }
}

/// A caller that asks whenever there is something to ask is waited for, for hours.
#[tokio::test(start_paused = true)]
async fn streams_above_the_least_rate_go_on() {
    let service = builder().build();
    let line = format!("{}\n", facts());
    let pieces = std::iter::repeat_n(line.clone(), 1_000);
    let answer = lines(&service, slowly(pieces, 4_000)).await;
    assert!(line.len() > 4 * 256);
    assert_eq!(answer.text().lines().count(), 1_000);
    assert!(
        answer
            .text()
            .lines()
            .all(|line| line.contains(r#""decision":"allow""#))
    );
}

/// What JSON does not allow around a value makes a line that is none, as it does in a text alone.
#[tokio::test]
async fn what_is_no_space_to_json() {
    let service = builder().build();
    let one = facts().to_string();
    for (space, is_space) in [
        (" ", true),
        ("\t", true),
        ("\r", true),
        ("\x0c", false),
        ("\x0b", false),
        ("\u{a0}", false),
        ("\u{2028}", false),
        ("\x00", false),
        ("\x1f", false),
    ] {
        for text in [
            format!("{space}{one}"),
            format!("{one}{space}"),
            format!("{space}{one}{space}"),
        ] {
            let alone = crate::support::post(&service, "/v1/decisions", text.clone()).await;
            assert_eq!(alone.status == 200, is_space, "{space:?} {alone:?}");
            let listed =
                crate::support::post(&service, "/v1/decisions", format!("{space}[{one}]{space}"))
                    .await;
            assert_eq!(listed.status == 200, is_space, "{space:?} {listed:?}");
            let line = lines(&service, text).await;
            assert_eq!(
                line.text().contains(r#""decision""#),
                is_space,
                "{space:?} {line:?}"
            );
        }
        // A line of nothing else is blank or wrong.
        let blank = lines(&service, format!("{space}\n{one}\n")).await;
        assert_eq!(
            blank.text().lines().count(),
            if is_space { 1 } else { 2 },
            "{space:?} {blank:?}"
        );
    }
}

/// Many lines at once are answered in order, whatever they are cut into.
#[tokio::test]
async fn many_lines_in_one_piece() {
    let service = builder().build();
    let many: Vec<String> = (0..1_500)
        .map(|index| {
            if index % 3 == 0 {
                facts().to_string()
            } else {
                format!("{{\"x{index}\":1}}")
            }
        })
        .collect();
    let answer = lines(&service, many.join("\n")).await;
    let answers: Vec<_> = answer.text().lines().collect();
    assert_eq!(answers.len(), many.len());
    for (index, answer) in answers.iter().enumerate() {
        let expected = if index % 3 == 0 {
            r#""decision":"allow""#.to_owned()
        } else {
            format!("x{index}")
        };
        assert!(answer.contains(&expected), "{index} {answer}");
    }
}
