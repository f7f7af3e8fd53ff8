//! What a task of the application does when an adapter panics, and when it ends.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use madoguchi_domain::port::StoreError;

/// The result of a store's call. A store that panics counts as unavailable: otherwise the task that
/// called it would end, and with it every request that comes after.
pub(crate) async fn caught<T>(
    call: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    let mut call = pin!(call);
    std::future::poll_fn(|context| {
        let polled = catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(context)));
        polled.unwrap_or(Poll::Ready(Err(StoreError::Unavailable("the store panicked"))))
    })
    .await
}

/// Logs that a task ended, also if it panicked: who embeds the task may not look at its handle.
pub(crate) struct TaskEnd(pub(crate) &'static str);

impl Drop for TaskEnd {
    fn drop(&mut self) {
        let task = self.0;
        if std::thread::panicking() {
            tracing::error!(task, "a task panicked: nothing of its kind is done any more");
        } else {
            tracing::debug!(task, "a task ended");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_unavailable_store_and_an_answer_stays_as_it_is() {
        let panics = async { panic!("canary") };
        let answer: Result<u8, _> = caught(panics).await;
        assert_eq!(answer, Err(StoreError::Unavailable("the store panicked")));
        assert_eq!(caught(async { Ok(7) }).await, Ok(7));
        let slow = async {
            tokio::task::yield_now().await;
            Err::<u8, _>(StoreError::Corrupt("a place"))
        };
        assert_eq!(caught(slow).await, Err(StoreError::Corrupt("a place")));
    }
}
