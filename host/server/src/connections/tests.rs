use tokio::time::advance;

use super::*;

const PATIENCE: Duration = Duration::from_secs(1);

fn connections(most: usize, unsent_bytes: usize) -> Arc<Connections> {
    Arc::new(Connections::new(&Settings {
        connections: most,
        unsent_bytes,
        patience: PATIENCE,
        ..Settings::default()
    }))
}

fn has_ended(connections: &Connections, place: &Place) -> bool {
    !connections.table().open.contains_key(&place.id)
}

#[tokio::test(start_paused = true)]
async fn whoever_was_waited_for_longest_makes_room() {
    let all = connections(2, 0);
    let first = all.enter().await;
    advance(PATIENCE / 2).await;
    let second = all.enter().await;
    // Nobody was waited for long enough yet.
    let third = all.enter().await;
    assert!(third.connection.is_for_health());
    assert!(!all.promote(&third.connection));
    advance(PATIENCE / 2).await;
    assert!(all.promote(&third.connection));
    assert!(!third.connection.is_for_health());
    first.connection.ended().await;
    assert!(has_ended(&all, &first) && !has_ended(&all, &second));
    // What it was asked for is there: it is waited for anew.
    second.connection.progressed();
    advance(PATIENCE).await;
    let fourth = all.enter().await;
    assert!(!fourth.connection.is_for_health());
    assert!(has_ended(&all, &third), "it came before the progress");
    assert!(!has_ended(&all, &second));
}

#[tokio::test(start_paused = true)]
async fn those_that_are_worked_for_keep_their_place() {
    let all = connections(1, 0);
    let place = all.enter().await;
    place.connection.asks(true);
    advance(PATIENCE * 100).await;
    let health = all.enter().await;
    assert!(health.connection.is_for_health());
    assert!(!all.promote(&health.connection));
    place.connection.is_answered();
    assert!(!all.promote(&health.connection), "it may read first");
    let work = Working::new(&place.connection);
    advance(PATIENCE).await;
    assert!(!all.promote(&health.connection));
    drop(work);
    advance(PATIENCE).await;
    assert!(all.promote(&health.connection));
}

/// Whoever only asks for what anybody is told makes room at once, but reads the answer first.
#[tokio::test(start_paused = true)]
async fn who_is_not_known_makes_room_first() {
    let all = connections(3, 0);
    assert!(!all.is_full());
    let (known, unknown, quiet) = (all.enter().await, all.enter().await, all.enter().await);
    assert!(all.is_full());
    for place in [&known, &unknown] {
        place.connection.asks(true);
    }
    known.connection.is_used_by_caller();
    advance(PATIENCE / 2).await;
    for place in [&known, &unknown] {
        place.connection.is_answered();
    }
    let health = all.enter().await;
    assert!(health.connection.is_for_health(), "the answer is not sent");
    for place in [&known, &unknown] {
        place.connection.has_sent();
    }
    // It was waited for least, and not for the patience.
    assert!(all.promote(&health.connection));
    assert!(has_ended(&all, &unknown));
    assert!(!has_ended(&all, &known) && !has_ended(&all, &quiet));
    drop(quiet);
    assert!(!all.is_full());
}

/// A body that ends after its answer has begun is no reason to wait for whoever does not read.
#[tokio::test(start_paused = true)]
async fn an_answer_that_begins_before_all_of_the_request() {
    let all = connections(1, 0);
    let place = all.enter().await;
    place.connection.asks(false);
    place.connection.is_answered();
    place.connection.has_asked();
    advance(PATIENCE).await;
    assert!(!all.enter().await.connection.is_for_health());
}

#[tokio::test(start_paused = true)]
async fn health_has_places_of_its_own() {
    let all = connections(1, 0);
    let place = all.enter().await;
    place.connection.asks(true);
    let health: Vec<_> =
        futures_util::future::join_all((0..HEALTH_PLACES).map(|_| all.enter())).await;
    assert!(health.iter().all(|it| it.connection.is_for_health()));
    // They make room as well: the next waits no longer than for the patience.
    let next = all.enter().await;
    assert!(next.connection.is_for_health());
    assert!(has_ended(&all, &health[0]));
    // Whoever leaves makes room at once.
    drop(place);
    assert!(!all.enter().await.connection.is_for_health());
}

#[tokio::test(start_paused = true)]
async fn memory_of_those_who_do_not_read_is_freed() {
    const LARGE: usize = SMALL + 1;
    let all = connections(10, 2 * LARGE);
    let places = [all.enter().await, all.enter().await, all.enter().await];
    let large = |place: &Place| {
        let bytes = axum::body::Bytes::from(vec![0; LARGE]);
        all.unsent.counted(bytes, Some(&place.connection))
    };
    let answers = [large(&places[0]), large(&places[1])];
    assert_eq!(all.unsent.bytes(), 2 * LARGE);
    assert!(all.make_room(SMALL), "small ones do not count");
    assert!(!all.make_room(LARGE), "nobody was waited for long enough");
    advance(PATIENCE).await;
    assert!(all.make_room(LARGE));
    assert!(has_ended(&all, &places[0]) && !has_ended(&all, &places[1]));
    assert!(!has_ended(&all, &places[2]), "it has nothing unsent");
    assert!(!all.make_room(10 * LARGE), "more than there may be at all");
    drop(answers);
    assert_eq!(all.unsent.bytes(), 0);
    assert_eq!(places[1].connection.unsent(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_held_is_given_back_by_who_holds_it() {
    let all = connections(10, 0);
    let (slot, stream) = (all.enter().await, all.enter().await);
    slot.connection.takes(Holds::Slot);
    stream.connection.takes(Holds::Stream);
    assert!(!all.end_one(Holds::Stream), "not yet");
    advance(PATIENCE).await;
    assert!(all.end_one(Holds::Stream));
    assert!(has_ended(&all, &stream) && !has_ended(&all, &slot));
    assert!(!all.end_one(Holds::Stream), "no other has one");
    slot.connection.gives(Holds::Slot);
    assert!(!all.end_one(Holds::Slot));
}
