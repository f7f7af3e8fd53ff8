//! Reads a thread's CPU time and lowers its priority.

use std::time::Duration;

/// Lowers the priority of this thread to nice 10, about a tenth of the CPU share. A lower priority
/// would block valid users while the process is busy. A failure is ignored.
#[cfg(target_os = "linux")]
pub(super) fn steps_back() {
    const CONSIDERATE: i32 = 10;
    if rustix::process::getpriority_process(None).is_ok_and(|now| now < CONSIDERATE) {
        let _ = rustix::process::setpriority_process(None, CONSIDERATE);
    }
}

/// The CPU time that this thread has used, without waiting time.
#[cfg(target_os = "linux")]
pub(super) fn has_worked() -> Duration {
    let had = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(had).unwrap_or_default()
}

#[cfg(not(target_os = "linux"))]
pub(super) fn steps_back() {}

/// The time since a fixed moment in the past.
#[cfg(not(target_os = "linux"))]
pub(super) fn has_worked() -> Duration {
    static SINCE: std::sync::LazyLock<std::time::Instant> =
        std::sync::LazyLock::new(std::time::Instant::now);
    SINCE.elapsed()
}
