//! Which changes of the default policy its cases notice.

use crate::cases;
use crate::expected::Expected;
use scopegate::{Engine, Policy, Request};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Those of the changed policies that decide every case as the policy itself does; rising indices.
///
/// `component` makes the component of a change; `None` says that the compiler refuses it, which nobody can miss.
pub fn unnoticed<C: Sync>(
    changes: &[C],
    component: impl Fn(&C) -> Option<Vec<u8>> + Sync,
) -> Vec<usize> {
    let engine = Engine::new().expect("an engine");
    let cases: Vec<(Request, Expected)> = cases::all()
        .into_iter()
        .map(|(case, request)| (request, case.expect))
        .collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut unnoticed = Vec::new();
        while let index = next.fetch_add(1, Ordering::Relaxed)
            && let Some(change) = changes.get(index)
        {
            if let Some(component) = component(change) {
                let policy = engine
                    .load(&component)
                    .expect("a changed policy is a policy");
                if !cases
                    .iter()
                    .any(|(request, expected)| notices(&policy, request, expected))
                {
                    unnoticed.push(index);
                }
            }
        }
        unnoticed
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let mut all: Vec<usize> = thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().expect("a thread that ends well"))
            .collect()
    });
    all.sort_unstable();
    all
}

fn notices(policy: &Policy, request: &Request, expected: &Expected) -> bool {
    policy.evaluate(request).map_or(true, |decision| {
        Expected::by_component(&decision) != *expected
    })
}
