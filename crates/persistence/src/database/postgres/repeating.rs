//! Retries transactions that PostgreSQL rolled back because of a conflict.

use std::time::Duration;

use tokio::time::Instant;

use crate::database::fault::Fault;

/// The maximum number of retries.
const REPEATS: u32 = 3;

/// A failure before this time is not a timeout: neither of the lock nor of the statement, whose
/// timeout is 15 s. Deadlocks are detected after 1 s.
pub(super) fn soon(lock_timeout: Duration) -> Duration {
    (lock_timeout * 9 / 10).min(Duration::from_secs(4))
}

/// Retries a transaction after a deadlock or serialization failure. After a timeout there is no
/// retry, because other requests wait for the same lock.
pub(super) async fn repeating<R, Attempt>(
    soon: Duration,
    attempt: impl Fn() -> Attempt,
) -> Result<R, Fault>
where
    Attempt: Future<Output = Result<R, Fault>>,
{
    for _ in 0..REPEATS {
        let began = Instant::now();
        match attempt().await {
            Err(fault) if fault.is_worth_repeating() && began.elapsed() < soon => {}
            done => return done,
        }
    }
    attempt().await
}

/// The same for work on a blocking thread.
pub(super) fn repeating_blocking<R>(
    soon: Duration,
    mut attempt: impl FnMut() -> Result<R, Fault>,
) -> Result<R, Fault> {
    for _ in 0..REPEATS {
        let began = std::time::Instant::now();
        match attempt() {
            Err(fault) if fault.is_worth_repeating() && began.elapsed() < soon => {}
            done => return done,
        }
    }
    attempt()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use diesel::result::{DatabaseErrorKind, Error};

    use super::*;

    /// The number of attempts if each one fails like this after so many seconds.
    async fn attempts(kind: fn() -> DatabaseErrorKind, seconds: u64) -> u32 {
        let attempts = AtomicU32::new(0);
        let done: Result<(), Fault> = repeating(soon(Duration::from_secs(5)), async || {
            attempts.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            Err(Error::DatabaseError(kind(), Box::new(String::new())).into())
        })
        .await;
        done.unwrap_err();
        attempts.into_inner()
    }

    #[tokio::test(start_paused = true)]
    async fn victims_are_tried_again_and_deadlines_are_not() {
        let (victim, unknown) =
            (|| DatabaseErrorKind::SerializationFailure, || DatabaseErrorKind::Unknown);
        assert_eq!(attempts(victim, 0).await, 4);
        assert_eq!(attempts(unknown, 1).await, 4, "a deadlock");
        assert_eq!(attempts(unknown, 5).await, 1, "a lock that nobody let go of");
        assert_eq!(attempts(|| DatabaseErrorKind::NotNullViolation, 0).await, 1);
    }
}
