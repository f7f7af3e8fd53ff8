//! The port to the store of contacts.

use async_trait::async_trait;

use super::StoreError;
use crate::Timestamp;
use crate::change::{Change, Committed};
use crate::contact::{
    Contact, ContactId, ContactKey, ContactQuery, ContactVersion, ContactWrite, Waiting,
};

/// Stores contacts, every version of their content, and who wrote it.
///
/// An adapter guarantees:
/// - *All or nothing*: a change's rows are durable together when [`Committed::Moved`] is returned,
///   and none is written after [`Committed::Lost`].
/// - *Version check*: of two changes decided on the same version, one is written.
/// - *Four eyes*: who wrote content is recorded with it and never removed, and a contact reads back
///   as approved only if its approver wrote none of what was approved.
/// - *Sealed*: subjects, bodies, links, policy numbers, names of senders, answers and reasons are
///   stored sealed. A policy number is found by a blind index only.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait ContactStore: Send + Sync {
    /// The contact of this id, also if it is deleted; `None` if it is not for the key's person.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn find(&self, key: &ContactKey) -> Result<Option<Contact>, StoreError>;

    /// A page of contacts. A contact that is added between two pages is on none of the later ones,
    /// if its position is before theirs.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn list(&self, query: &ContactQuery) -> Result<Vec<Contact>, StoreError>;

    /// How many contacts wait for approval since `since`, or longer, counted up to
    /// [`Waiting::MOST`], and the ids of the first `limit` of them. What they say is not opened.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn waiting(&self, since: Timestamp, limit: u32) -> Result<Waiting, StoreError>;

    /// All versions of a contact, oldest first; empty for an unknown one.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn history(&self, id: ContactId) -> Result<Vec<ContactVersion>, StoreError>;

    /// Writes changes in one transaction, all or none: one lost change undoes the others. See
    /// [`ContactWrite`] for when a change is lost. Of several changes each is of another contact.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] also when the commit's outcome is not known: read again.
    async fn commit(&self, changes: &[Change<ContactWrite>]) -> Result<Committed, StoreError>;
}
