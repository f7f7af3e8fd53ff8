//! The port to what a database remembers of the server's keys.

use async_trait::async_trait;

use super::StoreError;
use crate::change::{Change, Committed};
use crate::server_key::{FingerprintedKey, KeyWrite};

/// What a database remembers of the server's keys.
///
/// An adapter guarantees *compare and set*: a key is remembered only over its `before`, also under
/// concurrent transactions. So of nodes that start at once with different keys, one is first.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait ServerKeys: Send + Sync {
    /// All that is remembered, in any order.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn remembered(&self) -> Result<Vec<FingerprintedKey>, StoreError>;

    /// Writes all changes in one transaction. Lost, and none of them is written, if one is.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] also when the commit's outcome is not known: read again.
    async fn remember(&self, changes: &[Change<KeyWrite>]) -> Result<Committed, StoreError>;
}
