//! Callers that ask now and then, and read what is answered.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio::time::{sleep, sleep_until};

use super::http::{Caller, post};
use crate::requests;

/// Callers that ask for one decision at a time, and those that ask for lists.
const SINGLE: usize = 8;
const LISTS: usize = 2;

/// Requests of a list.
const LIST: usize = 100;

/// How long after one question a caller asks the next, if it was answered by then.
const PACE: Duration = Duration::from_millis(20);
const PACE_OF_LISTS: Duration = Duration::from_millis(100);

/// How long a caller waits that was not answered.
const AGAIN: Duration = Duration::from_millis(100);

/// Honest callers, until this is dropped.
pub struct Honest {
    counts: Arc<[Counts; 3]>,
    since: Instant,
    _callers: JoinSet<()>,
}

#[derive(Default)]
struct Counts {
    answered: AtomicU64,
    refused: AtomicU64,
    broken: AtomicU64,
}

/// What callers were answered.
#[derive(Debug, Clone, Copy)]
pub struct Rates {
    /// Single decisions a second.
    pub single: f64,
    /// Lists a second.
    pub lists: f64,
    /// Checks of its health a second.
    pub health: f64,
    /// Answers that were no decisions.
    pub refused: u64,
    /// Connections that were not made, or broke off before an answer.
    pub broken: u64,
}

impl Honest {
    /// Callers of the service at `address`.
    pub fn start(address: SocketAddr) -> Self {
        let counts: Arc<[Counts; 3]> = Arc::default();
        let mut callers = JoinSet::new();
        let requests = requests::varied(LIST);
        let singles: Arc<Vec<_>> = Arc::new(
            requests
                .iter()
                .map(|it| post("/v1/decisions", it))
                .collect(),
        );
        let list = Arc::new(vec![post(
            "/v1/decisions",
            &format!("[{}]", requests.join(",")),
        )]);
        let health =
            b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n".to_vec();
        let health = Arc::new(vec![health]);
        for _ in 0..SINGLE {
            callers.spawn(call(
                address,
                Arc::clone(&singles),
                PACE,
                Arc::clone(&counts),
                0,
            ));
        }
        for _ in 0..LISTS {
            callers.spawn(call(
                address,
                Arc::clone(&list),
                PACE_OF_LISTS,
                Arc::clone(&counts),
                1,
            ));
        }
        callers.spawn(call(address, health, AGAIN, Arc::clone(&counts), 2));
        Self {
            counts,
            since: Instant::now(),
            _callers: callers,
        }
    }

    /// What they were answered until now.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    pub fn rates(&self) -> Rates {
        let seconds = self.since.elapsed().as_secs_f64();
        let rate =
            |which: usize| self.counts[which].answered.load(Ordering::Relaxed) as f64 / seconds;
        let sum = |of: fn(&Counts) -> &AtomicU64| {
            let counts = self.counts.iter();
            counts
                .map(|counts| of(counts).load(Ordering::Relaxed))
                .sum()
        };
        Rates {
            single: rate(0),
            lists: rate(1),
            health: rate(2),
            refused: sum(|counts| &counts.refused),
            broken: sum(|counts| &counts.broken),
        }
    }
}

/// Asks `messages` one after another, on one connection as long as it lasts.
async fn call(
    address: SocketAddr,
    messages: Arc<Vec<Vec<u8>>>,
    pace: Duration,
    counts: Arc<[Counts; 3]>,
    which: usize,
) {
    let counts = &counts[which];
    let mut messages = messages.iter().cycle();
    loop {
        let Ok(mut caller) = Caller::connect(address).await else {
            counts.broken.fetch_add(1, Ordering::Relaxed);
            sleep(AGAIN).await;
            continue;
        };
        let mut is_first = true;
        for message in messages.by_ref() {
            let next = Instant::now() + pace;
            match caller.ask(message).await {
                Ok((200, body)) if !body.is_empty() => {
                    counts.answered.fetch_add(1, Ordering::Relaxed);
                    sleep_until(next.into()).await;
                }
                Ok(_) => {
                    counts.refused.fetch_add(1, Ordering::Relaxed);
                    sleep(AGAIN).await;
                }
                Err(_) => {
                    // One that was closed between two questions is made anew.
                    if is_first {
                        counts.broken.fetch_add(1, Ordering::Relaxed);
                        sleep(AGAIN).await;
                    }
                    break;
                }
            }
            // Whoever checks the health of a service comes anew each time.
            if which == 2 {
                break;
            }
            is_first = false;
        }
    }
}
