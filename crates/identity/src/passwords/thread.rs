//! What a thread can say and do about its share of the processor.

use std::time::Duration;

/// Lowers the priority of this thread, to a tenth: less would keep right users out of a busy
/// process. Where that cannot be done it is only less considerate.
#[cfg(target_os = "linux")]
pub(super) fn steps_back() {
    const CONSIDERATE: i32 = 10;
    if rustix::process::getpriority_process(None).is_ok_and(|now| now < CONSIDERATE) {
        let _ = rustix::process::setpriority_process(None, CONSIDERATE);
    }
}

/// How much of the processor this thread has had; not how long it waited for it.
#[cfg(target_os = "linux")]
pub(super) fn has_worked() -> Duration {
    let had = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(had).unwrap_or_default()
}

#[cfg(not(target_os = "linux"))]
pub(super) fn steps_back() {}

/// How long it has been since some moment in the past.
#[cfg(not(target_os = "linux"))]
pub(super) fn has_worked() -> Duration {
    static SINCE: std::sync::LazyLock<std::time::Instant> =
        std::sync::LazyLock::new(std::time::Instant::now);
    SINCE.elapsed()
}
