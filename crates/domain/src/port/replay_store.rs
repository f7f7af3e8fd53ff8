//! The port to the stored answers of requests with an idempotency key.

use async_trait::async_trait;

use super::StoreError;
use crate::Timestamp;
use crate::change::Committed;
use crate::idempotency::{Replay, RequestKey};

/// Stores the answers of requests with an idempotency key.
///
/// An adapter guarantees:
/// - *One answer per key*, also of concurrent transactions: the second one waits for the first, and
///   is lost with all that it wrote if the first is committed.
/// - *With its change*: the stores of systems write a change's replay in the transaction of the
///   change.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait ReplayStore: Send + Sync {
    /// The stored answer of each key, in order.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn find(&self, keys: &[RequestKey]) -> Result<Vec<Option<Replay>>, StoreError>;

    /// Stores answers that came without a change. One whose key has an answer already is lost, and
    /// does not affect the others.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] also when the commit's outcome is not known: read again.
    async fn record(&self, replays: &[Replay]) -> Result<Vec<Committed>, StoreError>;

    /// Deletes at most `limit` answers to requests received before this time, the oldest first.
    /// Returns how many it deleted.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn delete_before(&self, before: Timestamp, limit: u32) -> Result<usize, StoreError>;
}
