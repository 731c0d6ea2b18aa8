use std::sync::Barrier;

use super::*;

fn later() -> Instant {
    Instant::now() + Duration::from_hours(1)
}

/// Runs until the turn of this thread is over, as far as its own clock tells.
fn run_for_a_turn() -> Result<(), Problem> {
    run_noting(&|_| {})
}

/// The same, and tells `note` when this thread begins to run and when it may have to wait.
fn run_noting(note: &dyn Fn(bool)) -> Result<(), Problem> {
    let begun = thread_time();
    while thread_time().saturating_sub(begun) < 2 * TURN {
        note(true);
        note(false);
        go_on(Instant::now())?;
    }
    go_on(Instant::now())
}

#[tokio::test]
async fn what_is_done_is_answered_in_order() {
    let deciders = Arc::new(Deciders::new(8));
    let helped = Arc::clone(&deciders);
    let done = deciders.run(later(), move || {
        let numbers: Vec<u32> = (0..1_000).collect();
        helped.each(&numbers, |number| number * 2)
    });
    let expected: Vec<u32> = (0..1_000).map(|number| number * 2).collect();
    assert_eq!(done.await.unwrap(), expected);
    // Also on a thread that is none of them.
    assert_eq!(deciders.each(&[1, 2, 3], |number| number + 1), [2, 3, 4]);
}

#[tokio::test]
async fn a_panic_is_a_problem_and_the_thread_goes_on() {
    let deciders = Arc::new(Deciders::new(8));
    for _ in 0..10 {
        let problem = deciders.run(later(), || panic!("on purpose")).await;
        assert_eq!(problem.unwrap_err().kind, Kind::Internal);
        let helped = Arc::clone(&deciders);
        let problem = deciders.run(later(), move || {
            helped.each(&[0, 1, 2, 3], |number| assert_ne!(*number, 3, "on purpose"));
        });
        assert_eq!(problem.await.unwrap_err().kind, Kind::Internal);
    }
    assert_eq!(deciders.run(later(), || 7).await.unwrap(), 7);
}

/// All of them outlast their turns at the same time, more than there are cores: each is done, and no more run at once than may.
#[tokio::test]
async fn what_outlasts_its_turn_gives_way() {
    let deciders = Arc::new(Deciders::new(64));
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let jobs = (0..3 * deciders.shared.cores).map(|_| {
        let (running, most) = (Arc::clone(&running), Arc::clone(&most));
        deciders.run(later(), move || {
            // In its first turn it runs beside those that are within theirs.
            run_for_a_turn()?;
            run_noting(&|runs| {
                if runs {
                    most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                } else {
                    running.fetch_sub(1, Ordering::SeqCst);
                }
            })
        })
    });
    for done in futures_util::future::join_all(jobs).await {
        done.unwrap().unwrap();
    }
    assert!(most.load(Ordering::SeqCst) <= deciders.shared.cores);
    assert_eq!(deciders.run(later(), || 7).await.unwrap(), 7);
}

/// One thread waits for another, which comes only if each gets a turn although all threads had something long to do.
#[tokio::test]
async fn others_get_their_turn_meanwhile() {
    let deciders = Arc::new(Deciders::new(64));
    let met = Arc::new(Barrier::new(2));
    let long = (0..deciders.shared.cores).map(|index| {
        let met = Arc::clone(&met);
        deciders.run(later(), move || {
            run_for_a_turn()?;
            if index == 0 {
                met.wait();
            }
            Ok::<_, Problem>(())
        })
    });
    let long = futures_util::future::join_all(long);
    let other = Arc::clone(&met);
    let brief = deciders.run(later(), move || {
        other.wait();
    });
    let (long, brief) = futures_util::future::join(long, brief).await;
    brief.unwrap();
    for done in long {
        done.unwrap().unwrap();
    }
}

#[tokio::test]
async fn too_many_are_refused() {
    // Nothing may wait, and nothing may be long.
    let none = Deciders::new(0);
    let problem = none.run(later(), || ()).await.unwrap_err();
    assert_eq!(problem.kind, Kind::Busy);
    let deciders = Deciders::new(1);
    let place = deciders.shared.long.enter().unwrap();
    assert_eq!(deciders.long(), 1);
    let problem = deciders.run(later(), run_for_a_turn).await.unwrap();
    assert_eq!(problem.unwrap_err().kind, Kind::Busy);
    drop(place);
    deciders
        .run(later(), run_for_a_turn)
        .await
        .unwrap()
        .unwrap();
    // Its place is given back after it was answered.
    while deciders.long() > 0 {
        tokio::task::yield_now().await;
    }
}

/// What nobody waits for is ended, and what is too late as well.
#[tokio::test]
async fn what_nobody_waits_for_ends() {
    let deciders = Deciders::new(8);
    let (ended, ends) = oneshot::channel();
    let (begun, begins) = oneshot::channel();
    let job = deciders.run(later(), move || {
        let _ = begun.send(());
        while go_on(Instant::now()).is_ok() {}
        let _ = ended.send(());
    });
    let mut job = Box::pin(job);
    tokio::select! {
        _ = &mut job => panic!("it does not end by itself"),
        begun = begins => begun.unwrap(),
    }
    drop(job);
    ends.await.unwrap();
    let late = deciders.run(Instant::now(), || while go_on(Instant::now()).is_ok() {});
    late.await.unwrap();
}
