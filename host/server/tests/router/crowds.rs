//! Many who ask for what anybody is told, and those who ask for decisions beside them.

use scopegate_server::Settings;
use tokio::io::{AsyncReadExt as _, DuplexStream};

use crate::support::{builder, facts, get as ask_router, with};
use crate::wire::{Wire, get, post, read};

/// The next answer of a connection that stays.
async fn next(connection: &mut DuplexStream) -> String {
    let (mut said, mut buffer) = (String::new(), [0; 4096]);
    while !said.contains("\r\n\r\n") {
        let many = connection
            .read(&mut buffer)
            .await
            .expect("it says something");
        assert!(many > 0, "it ended: {said}");
        said.push_str(&String::from_utf8_lossy(&buffer[..many]));
    }
    said
}

/// Where all places are taken, whoever is not known has one answer, and callers keep their connections.
#[tokio::test(start_paused = true)]
async fn places_turn_over() {
    let service = with(Settings {
        connections: 2,
        ..Settings::default()
    });
    let wire = Wire::new(&service);
    let decision = post("application/json", &facts().to_string(), false);
    let mut caller = wire.say(&decision).await;
    assert!(next(&mut caller).await.contains("200 OK"));
    for path in ["/healthz", "/openapi.json", "/nothing"] {
        let said = wire.ask(&get(path, false).repeat(100)).await;
        assert_eq!(said.matches("HTTP/1.1 ").count(), 1, "{path}: {said}");
        assert!(said.contains("\r\nconnection: close\r\n"), "{path}: {said}");
    }
    // With room it may ask for more.
    drop(caller);
    let said = read(
        &mut wire
            .say(&(get("/healthz", false) + &get("/healthz", true)))
            .await,
    )
    .await;
    assert_eq!(said.matches("alive").count(), 2, "{said}");
}

/// Callers have their places from who asks for health over and over, without waiting for it to stop.
#[tokio::test(start_paused = true)]
async fn whoever_asks_for_health_makes_room_at_once() {
    let service = with(Settings {
        connections: 1,
        ..Settings::default()
    });
    let wire = Wire::new(&service);
    let begin = tokio::time::Instant::now();
    // Its answer came before it was known that all places are taken.
    let mut health = wire.connect();
    tokio::io::AsyncWriteExt::write_all(&mut health, get("/healthz", false).as_bytes())
        .await
        .expect("it is sent");
    let said = next(&mut health).await;
    assert!(said.contains("200 OK"), "{said}");
    let decision = post("application/json", &facts().to_string(), true);
    let said = wire.ask(&decision).await;
    assert!(said.contains(r#""allow""#), "{said}");
    assert_eq!(begin.elapsed(), std::time::Duration::ZERO);
}

/// Requests that are there all at once are not answered all at once.
#[tokio::test(start_paused = true)]
async fn one_connection_is_not_answered_for_ever() {
    let service = builder().build();
    let wire = Wire::new(&service);
    let _many = wire.say(&get("/healthz", false).repeat(100)).await;
    let said = wire.ask(&get("/healthz", true)).await;
    assert!(said.contains("200 OK"), "{said}");
    let metrics = ask_router(&service, "/metrics").await;
    let line = metrics
        .text()
        .lines()
        .find(|line| line.starts_with("scopegate_answers_total") && line.contains("/healthz"));
    let answered = line.and_then(|line| line.rsplit(' ').next()?.parse().ok());
    assert!(answered.is_some_and(|many: u32| many < 100), "{line:?}");
}
