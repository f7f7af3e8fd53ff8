//! The port to the store of legal holds.

use async_trait::async_trait;

use super::StoreError;
use crate::change::{Change, Committed};
use crate::retention::{HeldContacts, HoldId, HoldQuery, HoldSubject, HoldWrite, LegalHold};

/// Stores legal holds.
///
/// An adapter guarantees:
/// - *A hold wins*: see [`RetentionStore`](super::RetentionStore).
/// - *Sealed*: reasons are stored sealed.
/// - A hold whose reason cannot be read is listed and released as any other.
/// - A hold is released once, and never removed.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait HoldStore: Send + Sync {
    /// The hold of this id.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn find(&self, id: HoldId) -> Result<Option<LegalHold>, StoreError>;

    /// A page of holds, newest first.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn list(&self, query: &HoldQuery) -> Result<Vec<LegalHold>, StoreError>;

    /// The contacts that a hold on this subject covers; `None` if there is no such person, or the
    /// application neither completed nor is named by a contact.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn covered(&self, subject: &HoldSubject) -> Result<Option<HeldContacts>, StoreError>;

    /// Writes changes in one transaction and returns the result of each. See [`HoldWrite`] for when
    /// a change is lost.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] also when the commit's outcome is not known: read again.
    async fn commit(&self, changes: &[Change<HoldWrite>]) -> Result<Vec<Committed>, StoreError>;
}
