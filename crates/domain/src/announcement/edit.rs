//! The change of some fields of an announcement's content.

use crate::Timestamp;
use crate::contact::{ContactBody, ContactLink, ContactPolicy, ContactSubject};
use crate::if_match::IfMatch;

use super::{
    Announcement, AnnouncementContent, AnnouncementEvent, AnnouncementEventName,
    AnnouncementRefusal, CheckedAnnouncement,
};

/// New values of some fields. `None` leaves a field as it is; `Some(None)` removes its value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AnnouncementEdit {
    /// See [`AnnouncementContent::subject`].
    pub subject: Option<ContactSubject>,
    /// See [`AnnouncementContent::body`].
    pub body: Option<ContactBody>,
    /// See [`AnnouncementContent::link`].
    pub link: Option<Option<ContactLink>>,
    /// See [`AnnouncementContent::posted_at`].
    pub posted_at: Option<Option<Timestamp>>,
    /// See [`AnnouncementContent::mail`].
    pub mail: Option<bool>,
}

impl AnnouncementEdit {
    /// The event of this edit. Version and state come before the new content, which may fit the
    /// version that its author read.
    ///
    /// # Errors
    /// When the edit is refused.
    pub fn event(
        &self,
        announcement: &Announcement,
        if_match: &IfMatch,
        policy: &ContactPolicy,
    ) -> Result<AnnouncementEvent, AnnouncementRefusal> {
        if !if_match.allows(announcement.version) {
            return Err(AnnouncementRefusal::Stale);
        }
        announcement.state.name().allows(AnnouncementEventName::Edited)?;
        let (edit, before) = (self.clone(), announcement.content.clone());
        let content = AnnouncementContent {
            subject: edit.subject.unwrap_or(before.subject),
            body: edit.body.unwrap_or(before.body),
            link: edit.link.unwrap_or(before.link),
            posted_at: edit.posted_at.unwrap_or(before.posted_at),
            mail: edit.mail.unwrap_or(before.mail),
        };
        let checked = CheckedAnnouncement::new(content, policy)?;
        Ok(AnnouncementEvent::Edit(Box::new(checked)))
    }
}
