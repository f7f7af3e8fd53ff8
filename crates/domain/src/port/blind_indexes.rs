//! The port to the stored blind indexes, for the rotation of index keys.

use async_trait::async_trait;

use super::StoreError;
use crate::sealed::{DataKeyId, KeyId};

/// What a page of records needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reindexed {
    /// Records of the page.
    pub records: u64,
    /// Records whose stored indexes were not those under the index keys of the key ring.
    pub replaced: u64,
    /// Records that do not open. Their indexes stay as they are.
    pub unopened: u64,
    /// The last record of the page; `None` after the last page.
    pub last: Option<DataKeyId>,
}

/// The blind indexes of all records.
///
/// An adapter guarantees: what a change of a record writes is never replaced by the indexes of an
/// older version.
///
/// Computing indexes again writes no audit row: no record and no value changes.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait BlindIndexes: Send + Sync {
    /// The number of blind indexes under each index key that has any, by key id.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn counts(&self) -> Result<Vec<(KeyId, u64)>, StoreError>;

    /// Makes the stored indexes of at most `limit` records after `after`, in the order of their
    /// ids, those under the index keys of the key ring: missing ones are added, and those under
    /// other keys removed.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn reindex(&self, after: Option<DataKeyId>, limit: u32) -> Result<Reindexed, StoreError>;
}
