//! The retry loop of everything that people type: load, decide, commit, and again if it was lost.

use madoguchi_domain::change::Committed;
use madoguchi_domain::port::StoreError;

use crate::ServiceError;

/// Maximum decisions per request before the answer is [`ServiceError::Unavailable`].
pub(crate) const MOST_TRIES: u32 = 6;

/// Repeats `decide` on fresh data until what it wants to commit is committed, or it has nothing to
/// commit; returns its answer.
///
/// # Errors
/// See [`ServiceError`]; [`ServiceError::Unavailable`] if other changes were first each time.
pub(crate) async fn until_moved<C, T, Decided, Committing>(
    decide: impl Fn() -> Decided,
    commit: impl Fn(C) -> Committing,
) -> Result<T, ServiceError>
where
    Decided: Future<Output = Result<(Option<C>, T), ServiceError>>,
    Committing: Future<Output = Result<Vec<Committed>, StoreError>>,
{
    for _ in 0..MOST_TRIES {
        let (change, answer) = decide().await?;
        let Some(change) = change else {
            return Ok(answer);
        };
        if commit(change).await?.first() == Some(&Committed::Moved) {
            return Ok(answer);
        }
    }
    Err(ServiceError::Unavailable)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// The answer, and the number of decisions, if the first `lost` commits are lost.
    async fn asked(lost: u32) -> (Result<u32, ServiceError>, u32) {
        let tries = AtomicU32::new(0);
        let decide = || async {
            let number = tries.fetch_add(1, Ordering::Relaxed) + 1;
            Ok((Some("change"), number))
        };
        let commit = |_: &str| async {
            let is_lost = tries.load(Ordering::Relaxed) <= lost;
            Ok(vec![if is_lost { Committed::Lost } else { Committed::Moved }])
        };
        let answer = until_moved(decide, commit).await;
        (answer, tries.load(Ordering::Relaxed))
    }

    #[tokio::test]
    async fn a_lost_change_is_decided_again_a_few_times() {
        assert_eq!(asked(0).await, (Ok(1), 1));
        assert_eq!(asked(2).await, (Ok(3), 3));
        assert_eq!(asked(99).await, (Err(ServiceError::Unavailable), MOST_TRIES));
    }

    #[tokio::test]
    async fn without_a_change_nothing_is_committed() {
        let decide = || async { Ok((None, "same")) };
        let commit = |_: &str| async { Err(StoreError::Unavailable("must not be called")) };
        assert_eq!(until_moved(decide, commit).await, Ok("same"));
    }
}
