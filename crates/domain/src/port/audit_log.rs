//! The port to the audit log.

use async_trait::async_trait;

use super::StoreError;
use crate::audit::{AuditEntry, ChainedEntry, Head, Place};

/// Reads the audit log and appends rows about lookups. A row about a change is written by the
/// store that makes the change, in the same transaction.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Appends rows about lookups in other systems, all or none. Durable when it returns. After
    /// [`StoreError::Unavailable`] the rows may have been written.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn append(&self, entries: &[AuditEntry]) -> Result<(), StoreError>;

    /// The head of every stream, in the order of the streams.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn heads(&self) -> Result<Vec<Head>, StoreError>;

    /// At most `limit` rows of one stream after a position, in order.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn after(&self, place: Place, limit: u32) -> Result<Vec<ChainedEntry>, StoreError>;
}
