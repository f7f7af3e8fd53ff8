//! The port to the store of members.

use async_trait::async_trait;

use super::StoreError;
use crate::change::{Change, Committed};
use crate::member::{ArrangementId, Member, MemberId, NewMember};

/// Stores members.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait MemberStore: Send + Sync {
    /// The member with this id.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn find(&self, id: &MemberId) -> Result<Option<Member>, StoreError>;

    /// The members with this id or this arrangement: none, one or two.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn with_id_or_arrangement(
        &self,
        id: &MemberId,
        arrangement: &ArrangementId,
    ) -> Result<Vec<Member>, StoreError>;

    /// The next members after this id, or the first, at most `limit` of them. Page by page each
    /// stored member comes once, in an order of ids that never changes.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn page(&self, after: Option<MemberId>, limit: u32) -> Result<Vec<Member>, StoreError>;

    /// Writes new members in one transaction and returns the result of each. A member whose id or
    /// arrangement is taken is lost, and does not affect the others.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] also when the commit's outcome is not known: read again.
    async fn commit(&self, changes: &[Change<NewMember>]) -> Result<Vec<Committed>, StoreError>;
}
