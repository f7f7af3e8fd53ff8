//! What a decision about an announcement writes.

use crate::Timestamp;
use crate::act::Act;
use crate::audit::{Action, AuditEntry};
use crate::change::Change;
use crate::mail::MailId;
use crate::person::PersonId;

use super::{Announcement, AnnouncementEventName, AnnouncementId, ShownAnnouncement};

/// The rows of a decision about an announcement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnnouncementWrite {
    /// One that is not stored yet. Lost if its id is taken.
    Add(Box<Announcement>),
    /// The announcement after an act. Lost unless the stored version is the one before. A
    /// submission stores its recipients, all registered persons, and is lost if they are not the
    /// audience that was decided; an edit of a submission removes them.
    Update(Box<Announcement>, AnnouncementEventName),
    /// The mails of some recipients. Lost unless the stored version is the one before, and if one
    /// of them has a mail.
    PlanMails {
        /// The announcement after that.
        after: Box<Announcement>,
        /// Each person with the id of their mail.
        mails: Vec<(PersonId, MailId)>,
        /// When they are due.
        due: Timestamp,
    },
    /// A recipient read it. Lost if they had read it before.
    Read {
        /// The announcement.
        announcement: AnnouncementId,
        /// The recipient.
        person: PersonId,
        /// When.
        at: Timestamp,
    },
}

impl ShownAnnouncement {
    /// The change that records that this recipient read it; `None` if they had read it before.
    #[must_use]
    pub fn read(&self, person: &PersonId, act: &Act) -> Option<Change<AnnouncementWrite>> {
        if self.read_at.is_some() {
            return None;
        }
        let announcement = self.announcement.id;
        let audit = AuditEntry::new(Action::ANNOUNCEMENT_READ, announcement.subject(), "", act);
        let (person, at) = (person.clone(), act.at());
        Some(Change::new(AnnouncementWrite::Read { announcement, person, at }, audit))
    }
}
