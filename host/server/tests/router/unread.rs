//! Clients that ask and do not read, and those that read slowly.

use std::time::Duration;

use scopegate_server::{PreviewFile, Service, Settings};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, split};
use tokio::task::yield_now;
use tokio::time::sleep;

use crate::support::{builder, facts, get as ask_router};
use crate::wire::{Still, Wire, get, post, read};

/// More than the buffers on the way take.
const LARGE: usize = 1 << 20;

static PREVIEW: &[PreviewFile] = &[PreviewFile {
    path: "large.wasm",
    bytes: &[0; LARGE],
}];

fn with(settings: Settings) -> Service {
    builder().preview(PREVIEW).settings(settings).build()
}

/// The value of a metric.
async fn metric(service: &Service, name: &str) -> u64 {
    let text = ask_router(service, "/metrics").await;
    let text = text.text();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.map_or(0, |value| value.parse().expect("a number"))
}

/// Waits until `is_so` of a metric's value, while the clock stands still.
async fn until(service: &Service, name: &str, is_so: impl Fn(u64) -> bool) {
    let _still = Still::new();
    while !is_so(metric(service, name).await) {
        yield_now().await;
    }
}

const UNSENT: &str = "scopegate_unsent_bytes";
const DECIDED: &str = r#"scopegate_answers_total{route="/v1/decisions",status="200"}"#;
const UNREAD: &str = r#"scopegate_connections_ended_total{reason="unread"}"#;
const CROWDED: &str = r#"scopegate_connections_ended_total{reason="crowded"}"#;

/// How a client reads what it asked for.
#[derive(Debug, Clone, Copy)]
enum Reads {
    Nothing,
    /// So much, then nothing more.
    Until(usize),
    /// So many bytes at a time, then so many seconds nothing.
    Pieces(usize, u64),
}

/// Reads as that says, until it is ended; gives how much there was.
async fn reads(connection: &mut (impl AsyncRead + Unpin), how: Reads) -> usize {
    let (most, piece, pause) = match how {
        Reads::Nothing => return 0,
        Reads::Until(bytes) => (bytes, bytes, 0),
        Reads::Pieces(bytes, seconds) => (usize::MAX, bytes, seconds),
    };
    let (mut all, mut buffer) = (0, vec![0; piece]);
    while all < most {
        match connection.read_exact(&mut buffer).await {
            Ok(read) => all += read,
            Err(_) => break,
        }
        sleep(Duration::from_secs(pause)).await;
    }
    all
}

/// Whoever reads nothing, or reads on the whole more slowly than the least rate, is not waited for, whatever was asked for and however.
#[tokio::test(start_paused = true)]
async fn whoever_does_not_read_is_not_waited_for() {
    let large = get("/preview/large.wasm", false);
    let list = format!("[{}{{}}]", "{},".repeat(999));
    let lines = "{}\n".repeat(2_000);
    let json = "application/json";
    for (name, asked, how) in [
        ("nothing", large.clone(), Reads::Nothing),
        ("the head alone", large.clone(), Reads::Until(300)),
        ("half", large.clone(), Reads::Until(LARGE / 2)),
        ("a byte a minute", large.clone(), Reads::Pieces(1, 60)),
        ("a byte a second", large.clone(), Reads::Pieces(1, 1)),
        ("100 bytes a second", large.clone(), Reads::Pieces(100, 1)),
        ("many at once", large.repeat(100), Reads::Nothing),
        (
            "what is described",
            get("/openapi.json", false).repeat(100),
            Reads::Nothing,
        ),
        (
            "what is counted",
            get("/metrics", false).repeat(100),
            Reads::Nothing,
        ),
        (
            "what is wrong",
            get("/nothing", false).repeat(100),
            Reads::Nothing,
        ),
        ("a list", post(json, &list, false), Reads::Nothing),
        (
            "a list, half",
            post(json, &list, false),
            Reads::Until(100_000),
        ),
        (
            "lines",
            post("application/x-ndjson", &lines, false),
            Reads::Nothing,
        ),
        (
            "lines, some",
            post("application/x-ndjson", &lines, false),
            Reads::Until(10_000),
        ),
    ] {
        let service = with(Settings::default());
        let wire = Wire::new(&service);
        let (here, there) = (wire.connect(), asked.clone());
        let (mut reader, mut writer) = split(here);
        // What is asked for may be more than is taken.
        let asking = tokio::spawn(async move {
            let _ = writer.write_all(there.as_bytes()).await;
            writer
        });
        sleep(Duration::from_millis(1)).await;
        assert_eq!(metric(&service, "scopegate_connections").await, 1, "{name}");
        if asked.starts_with("POST") {
            until(&service, UNSENT, |bytes| bytes > 0).await;
        }
        let reading = tokio::spawn(async move {
            reads(&mut reader, how).await;
            reader
        });
        sleep(Duration::from_secs(200)).await;
        assert_eq!(metric(&service, "scopegate_connections").await, 0, "{name}");
        assert_eq!(metric(&service, UNREAD).await, 1, "{name}");
        assert_eq!(metric(&service, "scopegate_slots_taken").await, 0, "{name}");
        assert_eq!(
            metric(&service, "scopegate_streams_taken").await,
            0,
            "{name}"
        );
        assert_eq!(
            metric(&service, "scopegate_unsent_bytes").await,
            0,
            "{name}"
        );
        asking.abort();
        reading.abort();
    }
}

/// Whoever reads slowly, but not more slowly than that, gets all of it.
#[tokio::test(start_paused = true)]
async fn whoever_reads_slowly_gets_all() {
    let service = with(Settings::default());
    let wire = Wire::new(&service);
    let mut connection = wire.say(&get("/preview/large.wasm", true)).await;
    let read = reads(&mut connection, Reads::Pieces(16 << 10, 1)).await;
    // The last piece is not full.
    assert!(read > LARGE - (16 << 10), "{read}");
    assert_eq!(metric(&service, UNREAD).await, 0);
}

/// Who does not read holds no slot for what was asked for beside it: others are answered at once.
#[tokio::test(start_paused = true)]
async fn what_is_not_read_holds_no_slot() {
    for asked in [
        get("/preview/large.wasm", false).repeat(20),
        get("/openapi.json", false).repeat(200),
        post(
            "application/json",
            &format!("[{}{{}}]", "{},".repeat(999)),
            false,
        ),
    ] {
        let service = with(Settings {
            concurrent_requests: 1,
            ..Settings::default()
        });
        let wire = Wire::new(&service);
        let _unread = wire.say(&asked).await;
        if asked.starts_with("POST") {
            until(&service, DECIDED, |many| many > 0).await;
            until(&service, "scopegate_slots_taken", |many| many == 0).await;
        }
        let answer = wire
            .ask(&post("application/json", &facts().to_string(), true))
            .await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
}

/// When all places are taken, whoever does not read makes room for the next, and health is answered even before.
#[tokio::test(start_paused = true)]
async fn all_places_are_taken_by_who_does_not_read() {
    let service = with(Settings {
        connections: 3,
        ..Settings::default()
    });
    let wire = Wire::new(&service);
    let mut unread = Vec::new();
    for _ in 0..3 {
        unread.push(wire.say(&get("/openapi.json", false).repeat(100)).await);
    }
    // At once: the places of its own are for that alone, and asked once.
    for path in ["/healthz", "/readyz", "/metrics"] {
        let answer = wire.ask(&get(path, false)).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
    }
    let answer = wire.ask(&get("/openapi.json", false)).await;
    assert!(
        answer.starts_with("HTTP/1.1 503 ") && answer.contains(":busy"),
        "{answer}"
    );
    sleep(Duration::from_secs(1)).await;
    let one = post("application/json", &facts().to_string(), true);
    let answer = wire.ask(&one).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert_eq!(metric(&service, CROWDED).await, 1);
    // The others keep theirs as long as there is room.
    let answer = wire.ask(&one).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert_eq!(metric(&service, CROWDED).await, 1);
}

/// Streams that nobody reads, or that send nothing, hold neither all slots nor all places of streams.
#[tokio::test(start_paused = true)]
async fn streams_leave_room() {
    let service = with(Settings {
        concurrent_requests: 4,
        streams: 2,
        ..Settings::default()
    });
    let wire = Wire::new(&service);
    let open = "POST /v1/decisions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n";
    let lines = post("application/x-ndjson", &"{}\n".repeat(2_000), false);
    let _silent = wire.say(open).await;
    let unread = wire.connect();
    let (_reader, mut writer) = split(unread);
    tokio::spawn(async move { writer.write_all(lines.as_bytes()).await });
    sleep(Duration::from_millis(1)).await;
    let one = post("application/json", &facts().to_string(), true);
    let stream = post("application/x-ndjson", &facts().to_string(), true);
    let answer = wire.ask(&one).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let answer = wire.ask(&stream).await;
    assert!(answer.contains(":busy"), "{answer}");
    sleep(Duration::from_secs(1)).await;
    let answer = wire.ask(&stream).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert_eq!(metric(&service, CROWDED).await, 1);
}

/// Bodies that come slowly hold no slot that others need.
#[tokio::test(start_paused = true)]
async fn slow_bodies_make_room() {
    let service = with(Settings {
        concurrent_requests: 1,
        ..Settings::default()
    });
    let wire = Wire::new(&service);
    let one = post("application/json", &facts().to_string(), true);
    let mut slow = wire.say(&one[..one.len() - 10]).await;
    sleep(Duration::from_millis(900)).await;
    slow.write_all(&one.as_bytes()[one.len() - 10..one.len() - 9])
        .await
        .unwrap();
    let answer = wire.ask(&one).await;
    assert!(answer.contains(":busy"), "{answer}");
    // A byte now and then does not help.
    sleep(Duration::from_millis(100)).await;
    let answer = wire.ask(&one).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert_eq!(read(&mut slow).await, "");
}

/// The memory of answers that nobody reads is limited: whoever reads nothing makes room, and until then others are told to come again.
#[tokio::test(start_paused = true)]
async fn unread_answers_are_limited_in_memory() {
    let list = post(
        "application/json",
        &format!("[{}{{}}]", "{},".repeat(999)),
        true,
    );
    let still = Still::new();
    let bytes = {
        let service = with(Settings::default());
        Wire::new(&service).ask(&list).await.len()
    };
    assert!(bytes > 100_000, "{bytes}");
    let service = with(Settings {
        unsent_bytes: 2 * bytes,
        ..Settings::default()
    });
    let wire = Wire::new(&service);
    let unread = [wire.say(&list).await, wire.say(&list).await];
    until(&service, UNSENT, |unsent| unsent > bytes as u64).await;
    let answer = wire.ask(&list).await;
    assert!(
        answer.starts_with("HTTP/1.1 503 ") && answer.contains(":busy"),
        "{answer}"
    );
    // Small answers are answered meanwhile, and the next list when they were waited for long enough.
    let answer = wire
        .ask(&post("application/json", &facts().to_string(), true))
        .await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    drop(still);
    sleep(Duration::from_secs(1)).await;
    let _still = Still::new();
    assert_eq!(wire.ask(&list).await.len(), bytes);
    assert_eq!(metric(&service, CROWDED).await, 1);
    drop(unread);
    until(&service, UNSENT, |unsent| unsent == 0).await;
}
