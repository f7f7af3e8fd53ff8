//! The port that reads the audit trail.

use async_trait::async_trait;

use super::StoreError;
use crate::audit::{ChainedEntry, Head, Place};

/// Reads the audit trail. Rows are written by the stores, in the transaction of what they record.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait AuditLog: Send + Sync {
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
