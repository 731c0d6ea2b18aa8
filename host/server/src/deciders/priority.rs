//! What the system is told of a thread.

/// What a thread's priority is lowered by, where it may run whenever nobody else wants to: it gets about a thirtieth of a core that others want.
#[cfg(target_os = "linux")]
const NICE: i32 = 15;

/// This thread gives way to all others. There is no way back without rights that a service should not have, so the thread has to end.
#[cfg(target_os = "linux")]
pub(super) fn give_way() {
    // To Linux the process that asks is the thread that asks. If it refuses, the thread is as important as others.
    let _ = rustix::process::setpriority_process(None, NICE);
}

/// Elsewhere all threads are as important as others.
#[cfg(not(target_os = "linux"))]
pub(super) fn give_way() {}
