//! The retry loop of everything that people type: load, decide, commit, and again if it was lost.

use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::port::StoreError;

use crate::ServiceError;

/// Maximum decisions per request before the answer is [`ServiceError::Unavailable`].
pub(crate) const MOST_TRIES: u32 = 6;

/// Repeats `decide` on fresh data until its change is committed or it has none; returns its answer.
///
/// # Errors
/// See [`ServiceError`]; [`ServiceError::Unavailable`] if other changes were first each time.
pub(crate) async fn until_moved<W, T, Decided, Committing>(
    decide: impl Fn() -> Decided,
    commit: impl Fn(Change<W>) -> Committing,
) -> Result<T, ServiceError>
where
    Decided: Future<Output = Result<(Option<Change<W>>, T), StoreError>>,
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

    use madoguchi_domain::audit::{Action, AuditEntry, Subject};
    use madoguchi_testkit::samples;

    use super::*;

    fn change() -> Change<()> {
        let act = samples::act("call-1", samples::human(), samples::start());
        let audit =
            AuditEntry::new(Action::of("thing.moved"), Subject::new("thing", "1"), "", &act);
        Change::new((), audit)
    }

    /// The answer, and the number of decisions, if the first `lost` commits are lost.
    async fn asked(lost: u32) -> (Result<u32, ServiceError>, u32) {
        let tries = AtomicU32::new(0);
        let decide = || async { Ok((Some(change()), tries.fetch_add(1, Ordering::Relaxed) + 1)) };
        let commit = |_| async {
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
        let decide = || async { Ok((None::<Change<()>>, "same")) };
        let commit = |_| async { Err(StoreError::Unavailable("must not be called")) };
        assert_eq!(until_moved(decide, commit).await, Ok("same"));
    }
}
