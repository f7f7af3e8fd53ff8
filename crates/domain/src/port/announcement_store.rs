//! The port to the store of announcements.

use async_trait::async_trait;

use super::StoreError;
use crate::Timestamp;
use crate::announcement::{
    Announcement, AnnouncementId, AnnouncementQuery, AnnouncementWrite, Audience, MailCount,
    MailedAnnouncement, MailingBatch, ShownAnnouncement, ShownQuery,
};
use crate::change::{Change, Committed};
use crate::person::PersonId;

/// Stores announcements, their recipients, and what recipients read.
///
/// An adapter guarantees:
/// - *All or nothing*: a change's rows are durable together when [`Committed::Moved`] is returned,
///   and none is written after [`Committed::Lost`].
/// - *Version check*: of two changes decided on the same version, one is written.
/// - *Fixed recipients*: a submission stores exactly the audience that was decided, or is lost.
/// - *One mail each*: a recipient has at most one mail about an announcement.
/// - *Sealed*: texts and salts are stored sealed.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait AnnouncementStore: Send + Sync {
    /// The announcement of this id.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn find(&self, id: AnnouncementId) -> Result<Option<Announcement>, StoreError>;

    /// A page for staff, newest first.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn list(&self, query: &AnnouncementQuery) -> Result<Vec<Announcement>, StoreError>;

    /// A page for a recipient, the last to become visible first.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn shown(&self, query: &ShownQuery) -> Result<Vec<ShownAnnouncement>, StoreError>;

    /// All persons who are registered now.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn audience(&self) -> Result<Audience, StoreError>;

    /// At most `limit` announcements of which mails may be planned at `now`: visible, and neither
    /// all planned nor stopped, nor held since after `held_until`, or at all if that is `None`. The
    /// first is what became visible first.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn mailing(
        &self,
        now: Timestamp,
        held_until: Option<Timestamp>,
        limit: u32,
    ) -> Result<Vec<AnnouncementId>, StoreError>;

    /// How many mails about announcements wait to be sent.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn waiting(&self) -> Result<u64, StoreError>;

    /// The recipients of a batch, in the order in which mails are planned.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn recipients(
        &self,
        id: AnnouncementId,
        batch: &MailingBatch,
    ) -> Result<Vec<PersonId>, StoreError>;

    /// How many recipients have their mail in which state, in a fixed order.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn mail_counts(&self, id: AnnouncementId) -> Result<Vec<MailCount>, StoreError>;

    /// What the check before sending needs; no text is opened.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn mailed(&self, id: AnnouncementId) -> Result<Option<MailedAnnouncement>, StoreError>;

    /// Writes a change in one transaction. See [`AnnouncementWrite`] for when it is lost.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] also when the commit's outcome is not known: read again.
    async fn commit(&self, change: &Change<AnnouncementWrite>) -> Result<Committed, StoreError>;
}
