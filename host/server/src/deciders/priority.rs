//! What the system is told of a thread.

/// What a thread's priority is lowered by: it gets about a tenth of a core that another thread wants, and all of one that none does.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// This thread gives way to all others. There is no way back without rights that a service should not have, so the thread has to end.
#[cfg(target_os = "linux")]
pub(super) fn give_way() {
    // To Linux the process that asks is the thread that asks. If it refuses, the thread is as important as others.
    let _ = rustix::process::setpriority_process(None, NICE);
}

/// Elsewhere all threads are as important as others.
#[cfg(not(target_os = "linux"))]
pub(super) fn give_way() {}
