//! Use cases of announcements: write, submit, approve, release, stop, read and list them.

mod mailing;

use std::sync::Arc;

use madoguchi_domain::act::Act;
use madoguchi_domain::announcement::{
    Announcement, AnnouncementContent, AnnouncementEdit, AnnouncementEvent, AnnouncementEventName,
    AnnouncementId, AnnouncementQuery, AnnouncementRefusal, CheckedAnnouncement, MailCount,
    NewAnnouncementIds, ShownAnnouncement, ShownQuery, WrittenAnnouncement,
};
use madoguchi_domain::approval::{ContentHash, ContentSalt, RejectionReason};
use madoguchi_domain::contact::ContactPolicy;
use madoguchi_domain::idempotency::ClientAct;
use madoguchi_domain::if_match::IfMatch;
use madoguchi_domain::person::PersonId;
use madoguchi_domain::port::{AnnouncementStore, Ids};
use madoguchi_domain::redacted;
use madoguchi_domain::sealed::DataKeyId;

use crate::idempotency::once_until_moved;
use crate::until_moved::until_moved;
use crate::{Answered, ContactStores, ServiceError};

pub use mailing::AnnouncementMailing;

redacted!(AnnouncementService);

/// Writes, submits, approves, releases, stops and reads announcements.
#[derive(Clone)]
pub struct AnnouncementService {
    stores: ContactStores,
    policy: Arc<ContactPolicy>,
    ids: Arc<dyn Ids>,
}

/// What staff do to an announcement, besides editing it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnnouncementAct {
    /// Fix content and recipients.
    Submit,
    /// Approve it as it was shown.
    Approve {
        /// The hash of what was shown.
        seen: ContentHash,
    },
    /// Reject it.
    Reject(RejectionReason),
    /// Release the mails after the first batch.
    Release,
    /// Stop its mails.
    Stop,
}

impl AnnouncementService {
    /// A service over these stores.
    #[must_use]
    pub fn new(stores: ContactStores, policy: Arc<ContactPolicy>, ids: Arc<dyn Ids>) -> Self {
        Self { stores, policy, ids }
    }

    fn store(&self) -> &dyn AnnouncementStore {
        &*self.stores.announcements
    }

    /// Adds a draft.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn add(
        &self,
        content: AnnouncementContent,
        by: impl Into<ClientAct>,
    ) -> Result<Answered<WrittenAnnouncement>, ServiceError> {
        let ClientAct { act, keyed } = by.into();
        let checked = CheckedAnnouncement::new(content, &self.policy);
        let checked = checked.map_err(AnnouncementRefusal::from)?;
        once_until_moved(
            &*self.stores.platform.replays,
            keyed,
            || async {
                let (new, change) = Announcement::added(&checked, self.new_ids(), &act);
                Ok((Some(change), WrittenAnnouncement::from(&new)))
            },
            |change| async move { Ok(vec![self.store().commit(&change).await?]) },
        )
        .await
    }

    fn new_ids(&self) -> NewAnnouncementIds {
        let uuid = || self.ids.uuid();
        NewAnnouncementIds {
            announcement: AnnouncementId(uuid()),
            data_key: DataKeyId(uuid()),
            salt: ContentSalt::of_ids([uuid(), uuid(), uuid(), uuid()]),
        }
    }

    /// Changes some fields on a version that `if_match` allows.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn edit(
        &self,
        id: AnnouncementId,
        edit: &AnnouncementEdit,
        if_match: &IfMatch,
        act: &Act,
    ) -> Result<WrittenAnnouncement, ServiceError> {
        until_moved(
            || async {
                let found = self.found(id).await?;
                let event = edit.event(&found, if_match, &self.policy)?;
                let (change, after) = found.change(&event, if_match, act)?;
                Ok((change, WrittenAnnouncement::from(&after)))
            },
            |change| async move { Ok(vec![self.store().commit(&change).await?]) },
        )
        .await
    }

    /// Does this to an announcement.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn act(
        &self,
        id: AnnouncementId,
        command: &AnnouncementAct,
        by: impl Into<ClientAct>,
    ) -> Result<Answered<WrittenAnnouncement>, ServiceError> {
        let ClientAct { act, keyed } = by.into();
        once_until_moved(
            &*self.stores.platform.replays,
            keyed,
            || async {
                let found = self.found(id).await?;
                if matches!(command, AnnouncementAct::Submit) {
                    // Before all persons are read.
                    found.state.name().allows(AnnouncementEventName::Submitted)?;
                }
                let event = self.event(command).await?;
                let (change, after) = found.change(&event, &IfMatch::Any, &act)?;
                Ok((change, WrittenAnnouncement::from(&after)))
            },
            |change| async move { Ok(vec![self.store().commit(&change).await?]) },
        )
        .await
    }

    /// The event of a command; a submission is to all persons who are registered now.
    async fn event(&self, command: &AnnouncementAct) -> Result<AnnouncementEvent, ServiceError> {
        Ok(match command {
            AnnouncementAct::Submit => AnnouncementEvent::Submit(self.store().audience().await?),
            AnnouncementAct::Approve { seen } => AnnouncementEvent::Approve { seen: *seen },
            AnnouncementAct::Reject(reason) => AnnouncementEvent::Reject(reason.clone()),
            AnnouncementAct::Release => AnnouncementEvent::Release,
            AnnouncementAct::Stop => AnnouncementEvent::Stop,
        })
    }

    /// An announcement, and how many mails about it are in which state.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn read(
        &self,
        id: AnnouncementId,
    ) -> Result<(Announcement, Vec<MailCount>), ServiceError> {
        let found = self.found(id).await?;
        let counts = match found.state.mailing() {
            Some(_) => self.store().mail_counts(id).await?,
            None => Vec::new(),
        };
        Ok((found, counts))
    }

    /// A page for staff, newest first.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn list(&self, query: &AnnouncementQuery) -> Result<Vec<Announcement>, ServiceError> {
        Ok(self.store().list(query).await?)
    }

    /// A page for a recipient, the last to become visible first.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn shown(&self, query: &ShownQuery) -> Result<Vec<ShownAnnouncement>, ServiceError> {
        Ok(self.store().shown(query).await?)
    }

    /// Records that this recipient read it; reading it twice changes nothing.
    ///
    /// # Errors
    /// See [`ServiceError`]; [`AnnouncementRefusal::NotFound`] if they do not see it.
    pub async fn mark_read(
        &self,
        id: AnnouncementId,
        person: &PersonId,
        act: &Act,
    ) -> Result<(), ServiceError> {
        let query = ShownQuery {
            person: person.clone(),
            id: Some(id),
            now: act.at(),
            after: None,
            limit: 1,
        };
        until_moved(
            || async {
                let shown = self.store().shown(&query).await?.pop();
                let shown = shown.ok_or(AnnouncementRefusal::NotFound)?;
                Ok((shown.read(person, act), ()))
            },
            |change| async move { Ok(vec![self.store().commit(&change).await?]) },
        )
        .await
    }

    async fn found(&self, id: AnnouncementId) -> Result<Announcement, ServiceError> {
        let found = self.store().find(id).await?;
        found.ok_or(AnnouncementRefusal::NotFound.into())
    }
}
