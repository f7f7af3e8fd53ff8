//! The port to what retention reports.

use async_trait::async_trait;

use super::StoreError;
use crate::retention::{PurgeReceipt, ReceiptQuery, RetainedContact, UnansweredQuery};

/// Lists what retention kept because nobody answered, and what it purged.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait RetentionReports: Send + Sync {
    /// A page of the contacts that were reported as unanswered and still are.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn unanswered(&self, query: &UnansweredQuery)
    -> Result<Vec<RetainedContact>, StoreError>;

    /// A page of receipts of purges.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn receipts(&self, query: &ReceiptQuery) -> Result<Vec<PurgeReceipt>, StoreError>;
}
