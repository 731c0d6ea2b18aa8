//! The threads that decide what may take long.
//!
//! Always true here: no more of it is decided at once than there are cores. What has run for longer than a [turn](TURN) gives way to all
//! else: it goes on as one of the [long](long) ones, at a low priority, or is refused if there are too many of these.

mod long;
mod priority;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use scopegate::thread_time;
use tokio::sync::oneshot;

use crate::problem::{Kind, Problem};
use long::{Long, Place};

/// How long something runs before it gives way. Lists of the largest size are decided in less, unless their requests are heavy.
const TURN: Duration = Duration::from_millis(50);

/// How often it is looked whether whoever asked is still there.
const LOOK: Duration = Duration::from_millis(20);

/// Decides what may take long. Its threads end with it.
pub(crate) struct Deciders {
    shared: Arc<Shared>,
}

struct Shared {
    cores: usize,
    /// The most that may wait for their first turn.
    waiting: usize,
    queue: Mutex<Queue>,
    came: Condvar,
    long: Arc<Long>,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    /// Threads that decide or wait for a job, without those that are long.
    threads: usize,
    idle: usize,
    /// Threads beside them that decide parts of lists.
    helpers: usize,
    has_ended: bool,
}

struct Job {
    work: Box<dyn FnOnce() + Send>,
    asker: Arc<Asker>,
}

/// Who waits for a decision.
struct Asker {
    is_gone: AtomicBool,
    /// When it is too late.
    until: Instant,
}

/// Tells, when it is dropped, that nobody waits any more.
struct Asking(Arc<Asker>);

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.is_gone.store(true, Ordering::Relaxed);
    }
}

/// What a thread decides just now.
struct Turn {
    shared: Arc<Shared>,
    asker: Arc<Asker>,
    /// What the thread's clock said when it began.
    begun: Duration,
    /// There once it is long.
    place: Option<Place>,
    /// Whether another thread decides in its stead.
    is_replaced: bool,
    /// Whether it may not go on: then nothing of it may any more.
    is_over: bool,
}

thread_local! {
    static NOW: RefCell<Option<Turn>> = const { RefCell::new(None) };
    /// When it has to be looked at; never on threads that are none of the deciders'.
    static NEXT_LOOK: Cell<Option<Instant>> = const { Cell::new(None) };
}

impl Deciders {
    /// As many threads as there are cores; `waiting` may wait for their first turn, and as many be long at once.
    pub(crate) fn new(waiting: usize) -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Self {
            shared: Arc::new(Shared {
                cores,
                waiting,
                queue: Mutex::default(),
                came: Condvar::new(),
                long: Arc::new(Long::new(cores, waiting)),
            }),
        }
    }

    /// How many wait for their first turn.
    pub(crate) fn waiting(&self) -> usize {
        self.shared.queue().jobs.len()
    }

    /// How many are long.
    pub(crate) fn long(&self) -> usize {
        self.shared.long.count()
    }

    /// Does `work` as soon as there is a thread, unless nobody waits for it by then. At `until` it is too late to go on.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        until: Instant,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let is_gone = AtomicBool::new(false);
        let asking = Asking(Arc::new(Asker { is_gone, until }));
        let (done, answer) = oneshot::channel();
        let span = tracing::Span::current();
        let job = Job {
            work: Box::new(move || {
                // Nobody may be there to hear it.
                let _ = done.send(span.in_scope(work));
            }),
            asker: Arc::clone(&asking.0),
        };
        self.shared.put(job)?;
        let failed = |_| Problem::new(Kind::Internal, "the server failed: its log tells how");
        answer.await.map_err(failed)
    }

    /// Does `work` on each of `items`, helped by as many threads as there are idle deciders, and gives what came of it in their order.
    pub(crate) fn each<I: Sync, T: Send>(
        &self,
        items: &[I],
        work: impl Fn(&I) -> T + Sync,
    ) -> Vec<T> {
        let helpers = self.shared.borrow(items.len().saturating_sub(1));
        if helpers.is_empty() {
            return items.iter().map(work).collect();
        }
        let next = AtomicUsize::new(0);
        let one = || {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let item = items.get(index)?;
            Some((index, work(item)))
        };
        let some = || std::iter::from_fn(one).collect::<Vec<_>>();
        let asker = NOW.with_borrow(|turn| Some(Arc::clone(&turn.as_ref()?.asker)));
        let (some, span, asker) = (&some, &tracing::Span::current(), &asker);
        let mut done = thread::scope(|scope| {
            let (ended, ends) = mpsc::channel::<()>();
            let help = |helper: Helper| {
                let ended = ended.clone();
                scope.spawn(move || {
                    let _helper = (helper, ended);
                    let _turn = asker.clone().map(|asker| begin(&self.shared, asker, true));
                    span.in_scope(some)
                })
            };
            let helpers: Vec<_> = helpers.into_iter().map(help).collect();
            drop(ended);
            let mut done = some();
            // Nothing is sent: it ends with the last helper.
            if ends.recv_timeout(TURN) == Err(RecvTimeoutError::Timeout) {
                step_aside();
            }
            for helper in helpers {
                done.extend(helper.join().unwrap_or_else(|panic| resume_unwind(panic)));
            }
            done
        });
        done.sort_unstable_by_key(|(index, _)| *index);
        done.into_iter().map(|(_, done)| done).collect()
    }
}

impl Drop for Deciders {
    fn drop(&mut self) {
        self.shared.queue().has_ended = true;
        self.shared.came.notify_all();
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(self: &Arc<Self>, job: Job) -> Result<(), Problem> {
        let mut queue = self.queue();
        if queue.jobs.len() >= self.waiting {
            return Err(busy());
        }
        queue.jobs.push_back(job);
        if queue.jobs.len() > queue.idle && queue.threads < self.cores {
            self.start(&mut queue);
        }
        drop(queue);
        self.came.notify_one();
        Ok(())
    }

    /// Starts a thread. If there can be none, the others have more to do.
    fn start(self: &Arc<Self>, queue: &mut Queue) {
        let shared = Arc::clone(self);
        let thread = thread::Builder::new().name("scopegate-decider".to_owned());
        match thread.spawn(move || shared.decide()) {
            Ok(_) => queue.threads += 1,
            Err(error) => tracing::error!(%error, "no thread can be started to decide with"),
        }
    }

    /// Does one job after another.
    fn decide(self: Arc<Self>) {
        while let Some(job) = self.next() {
            if job.asker.is_gone.load(Ordering::Relaxed) {
                continue;
            }
            let turn = begin(&self, job.asker, false);
            // What panicked has said so, and who waits for it hears that it is gone.
            let _ = catch_unwind(AssertUnwindSafe(job.work));
            let is_replaced =
                NOW.with_borrow(|turn| turn.as_ref().is_some_and(|it| it.is_replaced));
            drop(turn);
            if is_replaced {
                return;
            }
        }
    }

    fn next(&self) -> Option<Job> {
        let mut queue = self.queue();
        loop {
            if queue.has_ended {
                queue.threads -= 1;
                return None;
            }
            if let Some(job) = queue.jobs.pop_front() {
                return Some(job);
            }
            queue.idle += 1;
            let waited = self.came.wait(queue);
            queue = waited.unwrap_or_else(PoisonError::into_inner);
            queue.idle -= 1;
        }
    }

    /// Starts another thread in the stead of one that is long.
    fn replace(self: &Arc<Self>) {
        let mut queue = self.queue();
        queue.threads -= 1;
        if !queue.jobs.is_empty() {
            self.start(&mut queue);
        }
    }

    /// At most so `many` helpers: no more than cores have nothing to decide.
    fn borrow(self: &Arc<Self>, many: usize) -> Vec<Helper> {
        if many == 0 {
            return Vec::new();
        }
        let mut queue = self.queue();
        let free = self.cores.saturating_sub(queue.threads) + queue.idle;
        let taken = queue.helpers + queue.jobs.len();
        let many = many.min(free.saturating_sub(taken));
        queue.helpers += many;
        (0..many).map(|_| Helper(Arc::clone(self))).collect()
    }
}

/// A thread that decides a part of a list.
struct Helper(Arc<Shared>);

impl Drop for Helper {
    fn drop(&mut self) {
        self.0.queue().helpers -= 1;
    }
}

/// The turn of this thread, which ends when this is dropped.
struct Begun;

/// This thread decides for `asker` from now on, if need be in addition to the others.
fn begin(shared: &Arc<Shared>, asker: Arc<Asker>, is_helper: bool) -> Begun {
    scopegate::ask_while_running(|| look(Instant::now()));
    NEXT_LOOK.set(Some(Instant::now() + TURN));
    NOW.set(Some(Turn {
        shared: Arc::clone(shared),
        asker,
        begun: thread_time(),
        place: None,
        is_replaced: is_helper,
        is_over: false,
    }));
    Begun
}

impl Drop for Begun {
    fn drop(&mut self) {
        NEXT_LOOK.set(None);
        NOW.set(None);
    }
}

/// Whether what this thread decides may go on, at `now`. Costs next to nothing unless it has run for its turn.
pub(crate) fn go_on(now: Instant) -> Result<(), Problem> {
    match NEXT_LOOK.get() {
        Some(next) if now >= next && !look(now) => Err(busy()),
        _ => Ok(()),
    }
}

/// Whether what this thread decides may go on. If its turn is over, it waits until it may as one of the long ones.
fn look(now: Instant) -> bool {
    NOW.with_borrow_mut(|turn| match turn {
        Some(turn) => turn.may_go_on(now),
        None => true,
    })
}

/// Has another thread decide in the stead of this one, which only waits.
fn step_aside() {
    NOW.with_borrow_mut(|turn| {
        if let Some(turn) = turn {
            turn.replace();
        }
    });
}

impl Turn {
    fn may_go_on(&mut self, now: Instant) -> bool {
        self.is_over = self.is_over || !self.asker.is_waiting(now);
        if self.is_over {
            return false;
        }
        let ran = thread_time().saturating_sub(self.begun);
        let left = TURN.saturating_sub(ran);
        if !left.is_zero() && self.place.is_none() {
            NEXT_LOOK.set(Some(now + left));
            return true;
        }
        self.is_over = !self.gives_way(ran);
        if !self.is_over {
            NEXT_LOOK.set(Some(Instant::now() + LOOK));
        }
        !self.is_over
    }

    /// Goes on as one of the long ones, which has `ran` for so long, as soon as it may; gives false if it may not.
    fn gives_way(&mut self, ran: Duration) -> bool {
        if self.place.is_none() {
            let Some(place) = self.shared.long.enter() else {
                return false;
            };
            self.place = Some(place);
            self.replace();
            priority::give_way();
        }
        let asker = &self.asker;
        let is_waited_for = || asker.is_waiting(Instant::now());
        let place = self.place.as_mut();
        place.is_some_and(|place| place.wait(ran, is_waited_for))
    }

    fn replace(&mut self) {
        if !self.is_replaced {
            self.is_replaced = true;
            self.shared.replace();
        }
    }
}

impl Asker {
    fn is_waiting(&self, now: Instant) -> bool {
        !self.is_gone.load(Ordering::Relaxed) && now < self.until
    }
}

/// Too much of what is heavy is decided already.
pub(crate) fn busy() -> Problem {
    let detail = "as many heavy requests are being decided already as there may be: come again, or ask for less at once";
    Problem::new(Kind::Busy, detail)
}

#[cfg(test)]
mod tests;
