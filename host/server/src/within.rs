//! Work that may not take longer than it is given.
//!
//! Always true here: nobody waits longer than that. What is done at once is given whatever the time. Most work is done when it is asked for
//! the second time, which is when a body that has come with its head is read; it sets no timer, for to set one and to take it back takes as
//! long as to decide some requests.

use std::future::poll_fn;
use std::mem;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::{Duration, Instant};

/// What `work`, which began at `begin`, gives if it takes no longer than `time`.
pub(crate) async fn within<T>(
    time: Duration,
    begin: Instant,
    work: impl Future<Output = T>,
) -> Option<T> {
    let mut work = pin!(work);
    if let Some(done) = asked_twice(work.as_mut()).await {
        return Some(done);
    }
    let left = time.saturating_sub(begin.elapsed());
    tokio::time::timeout(left, work).await.ok()
}

/// What `work` gives if it is done when it is asked for the second time, which is as soon as everybody else was.
async fn asked_twice<T>(mut work: Pin<&mut impl Future<Output = T>>) -> Option<T> {
    let mut is_first = true;
    poll_fn(|cx| match work.as_mut().poll(cx) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending if mem::take(&mut is_first) => {
            cx.waker().wake_by_ref();
            Poll::Pending
        }
        Poll::Pending => Poll::Ready(None),
    })
    .await
}
