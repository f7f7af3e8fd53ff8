//! The port to the stored data keys and to what the nodes report of their key rings.

use async_trait::async_trait;

use super::StoreError;
use crate::Timestamp;
use crate::change::Committed;
use crate::key_ring::{HeldKey, KeyReport, NodeId};
use crate::sealed::{DataKeyId, KeyId, WrappedKey};

/// Which data keys to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataKeyPage {
    /// Leaves out the data keys under this key-encryption key.
    pub not_under: Option<KeyId>,
    /// Begins after this id.
    pub after: Option<DataKeyId>,
    /// Maximum number of data keys.
    pub limit: u32,
}

/// A data key that is wrapped under another key-encryption key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewrapping {
    /// The data key.
    pub id: DataKeyId,
    /// As it was read.
    pub from: WrappedKey,
    /// The same data key, wrapped again.
    pub to: WrappedKey,
}

/// The stored data keys of all records, and the key rings that the nodes report.
///
/// Data keys are inserted by the stores of the records that they belong to, and erased there.
///
/// An adapter guarantees:
/// - *Compare and set*: a data key is replaced only if exactly its `from` is stored. So of two
///   processes that re-wrap the same data keys one is first, and an erased one does not return.
/// - A failed call of [`DataKeys::rewrap`] or [`DataKeys::report`] wrote all or nothing.
///
/// Re-wrapping writes no audit row: no record and no value changes.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait DataKeys: Send + Sync {
    /// The number of data keys under each key-encryption key that has any, by key id.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn counts(&self) -> Result<Vec<(KeyId, u64)>, StoreError>;

    /// Data keys in the order of their ids.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn page(&self, page: &DataKeyPage) -> Result<Vec<(DataKeyId, WrappedKey)>, StoreError>;

    /// Replaces data keys in one transaction. One that is lost does not affect the others.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn rewrap(&self, rewrappings: &[Rewrapping]) -> Result<Vec<Committed>, StoreError>;

    /// Replaces what the node reported before; without keys, only removes it. Also removes reports
    /// older than [`KeyReport::KEPT_FOR`].
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn report(
        &self,
        node: &NodeId,
        keys: &[HeldKey],
        at: Timestamp,
    ) -> Result<(), StoreError>;

    /// The last report of every node, in any order.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn reports(&self) -> Result<Vec<KeyReport>, StoreError>;
}
