//! The port to the audit trail.

use async_trait::async_trait;

use super::StoreError;
use crate::audit::{AuditEntry, ChainedEntry, Head, Place};

/// Reads the audit trail, and adds to it what changed nothing here. A row about a change is written
/// by the store that makes it, in the same transaction.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Adds rows about what was asked of another system; all of them, or none. Durable when it
    /// returns. After [`StoreError::Unavailable`] they may stand there all the same.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn append(&self, entries: &[AuditEntry]) -> Result<(), StoreError>;

    /// Where every stream ends, in the order of the streams.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn heads(&self) -> Result<Vec<Head>, StoreError>;

    /// At most `limit` rows of one stream after a place, in order.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn after(&self, place: Place, limit: u32) -> Result<Vec<ChainedEntry>, StoreError>;
}
