//! The port to the store of persons.

use async_trait::async_trait;

use super::StoreError;
use crate::change::{Change, Committed};
use crate::person::{
    AccountId, AccountMail, Person, PersonId, PersonQuery, PersonVersion, PersonWrite,
};

/// Stores persons, every version of their contact details, and the mail settings of accounts.
///
/// An adapter guarantees:
/// - *All or nothing*: a change's rows are durable together when [`Committed::Moved`] is returned,
///   and none is written after [`Committed::Lost`].
/// - *Version check*: of two changes decided on the same version, one is written.
/// - *Sealed*: e-mail addresses, phone numbers, external identities and reasons are stored sealed,
///   and found by blind indexes only.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait PersonStore: Send + Sync {
    /// At most `limit` persons that match.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn find(&self, query: &PersonQuery, limit: u32) -> Result<Vec<Person>, StoreError>;

    /// The account, if it has or had a person.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn account(&self, id: &AccountId) -> Result<Option<AccountMail>, StoreError>;

    /// All versions of a person's contact details, oldest first; empty for an unknown person.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn history(&self, id: &PersonId) -> Result<Vec<PersonVersion>, StoreError>;

    /// Writes changes in one transaction and returns the result of each; a lost one does not affect
    /// the others. See [`PersonWrite`] for when a change is lost.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] also when the commit's outcome is not known: read again.
    async fn commit(&self, changes: &[Change<PersonWrite>]) -> Result<Vec<Committed>, StoreError>;
}
