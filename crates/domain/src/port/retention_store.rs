//! The port to the store of retention.

use async_trait::async_trait;

use super::StoreError;
use crate::change::{Change, Committed};
use crate::contact::{ApplicationId, Contact, ContactId};
use crate::retention::{Application, DuePage, DueQuery, RetentionWrite};

/// Stores the completions of applications, and deletes and purges contacts by them.
///
/// An adapter guarantees:
/// - *A hold wins*: what deletes or purges a contact is lost if a legal hold on its person or its
///   application is in force. A hold that was placed with success is seen by every later commit.
/// - *Erased*: after a purge no key opens what was sealed of the contact, no blind index leads to
///   it, and its receipt is stored, all in the transaction of the purge. Ids, times, what
///   became of its mail and the audit log stay. The store of contacts does not find it any more.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait RetentionStore: Send + Sync {
    /// The application, if its completion is stored or a contact names it, also a deleted one.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn application(&self, id: &ApplicationId) -> Result<Option<Application>, StoreError>;

    /// A page of contacts with what retention decides by. Nothing sealed is opened. One that
    /// cannot be parsed keeps no other from being found.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn due(&self, query: &DueQuery) -> Result<DuePage, StoreError>;

    /// The contacts of these ids that are there, whole, in any order.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn contacts(&self, ids: &[ContactId]) -> Result<Vec<Contact>, StoreError>;

    /// Writes changes in one transaction and returns the result of each; a lost one does not affect
    /// the others. See [`RetentionWrite`] for when a change is lost. Of several changes each is of
    /// another contact.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] also when the commit's outcome is not known: read again.
    async fn commit(
        &self,
        changes: &[Change<RetentionWrite>],
    ) -> Result<Vec<Committed>, StoreError>;
}
