//! Announcements: one text to many persons, frozen when it is submitted, approved by another
//! person, seen by each recipient, and mailed in batches if its author wishes so.

mod audience;
mod content;
mod decide;
mod edit;
pub(crate) mod id;
mod lifecycle;
mod mail_check;
mod mailing;
mod query;
mod refusal;
mod write;
mod written;

pub use audience::{Audience, AudienceHash};
pub use content::{AnnouncementContent, CheckedAnnouncement};
pub use decide::{AnnouncementEvent, NewAnnouncementIds};
pub use edit::AnnouncementEdit;
pub use id::AnnouncementId;
pub use lifecycle::{AnnouncementEventName, AnnouncementStateName};
pub use mail_check::{MailedAnnouncement, check_announcement_mail};
pub use mailing::{Mailing, MailingBatch, MailingPolicy, MailingState, MailingStateName};
pub use query::{AnnouncementQuery, MailCount, ShownAnnouncement, ShownQuery};
pub use refusal::AnnouncementRefusal;
pub use write::AnnouncementWrite;
pub use written::WrittenAnnouncement;

use crate::Timestamp;
use crate::approval::{Approver, ContentHash, ContentSalt, Editors, Rejection};
use crate::audit::Action;
use crate::contact::Mark;
use crate::sealed::DataKeyId;

/// A text to many persons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// Its id.
    pub id: AnnouncementId,
    /// What it says.
    pub content: AnnouncementContent,
    /// Under which its content is hashed.
    pub salt: ContentSalt,
    /// Who wrote, edited or submitted it.
    pub editors: Editors,
    /// How far it is decided.
    pub state: AnnouncementState,
    /// Who added it, and when.
    pub created: Mark,
    /// The data key under which its content is sealed.
    pub data_key: DataKeyId,
    /// The number of changes, from 1; the optimistic lock compares it.
    pub version: u32,
}

/// How far an announcement is decided, with the facts of that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnnouncementState {
    /// It is written, and has no recipients yet.
    Draft,
    /// Its content and recipients are fixed; it waits for another person.
    Submitted {
        /// Who submitted it, and when.
        mark: Mark,
        /// Its recipients.
        audience: Audience,
    },
    /// Its recipients see it.
    Approved {
        /// Who approved it.
        by: Approver,
        /// When.
        at: Timestamp,
        /// Its recipients.
        audience: Audience,
        /// The mails about it; none if its author wanted none, or mail is not configured.
        mailing: Option<Mailing>,
    },
    /// It is not approved; the next edit makes it a draft again.
    Rejected {
        /// When.
        at: Timestamp,
        /// By whom and why.
        rejection: Rejection,
    },
}

impl AnnouncementState {
    /// The state's name.
    #[must_use]
    pub const fn name(&self) -> AnnouncementStateName {
        match self {
            Self::Draft => AnnouncementStateName::Draft,
            Self::Submitted { .. } => AnnouncementStateName::Submitted,
            Self::Approved { .. } => AnnouncementStateName::Approved,
            Self::Rejected { .. } => AnnouncementStateName::Rejected,
        }
    }

    /// Its recipients, once they are fixed.
    #[must_use]
    pub const fn audience(&self) -> Option<&Audience> {
        match self {
            Self::Submitted { audience, .. } | Self::Approved { audience, .. } => Some(audience),
            Self::Draft | Self::Rejected { .. } => None,
        }
    }

    /// The mails about it.
    #[must_use]
    pub const fn mailing(&self) -> Option<&Mailing> {
        match self {
            Self::Approved { mailing, .. } => mailing.as_ref(),
            Self::Draft | Self::Submitted { .. } | Self::Rejected { .. } => None,
        }
    }
}

impl Announcement {
    /// From when on its recipients see it: the later of its approval and `posted_at`.
    #[must_use]
    pub fn visible_from(&self) -> Option<Timestamp> {
        let AnnouncementState::Approved { at, .. } = &self.state else { return None };
        Some(self.content.posted_at.map_or(*at, |posted| posted.max(*at)))
    }

    /// The hash of what an approver sees: the content, and the recipients' number and hash.
    #[must_use]
    pub fn content_hash(&self) -> ContentHash {
        self.content.hash(&self.salt, self.state.audience())
    }
}

impl Action {
    /// An announcement was added.
    pub const ANNOUNCEMENT_ADDED: Self = Self::of("announcement.added");
    /// Its content was changed.
    pub const ANNOUNCEMENT_EDITED: Self = Self::of("announcement.edited");
    /// Its recipients were fixed; their number is the detail.
    pub const ANNOUNCEMENT_SUBMITTED: Self = Self::of("announcement.submitted");
    /// A second person approved it.
    pub const ANNOUNCEMENT_APPROVED: Self = Self::of("announcement.approved");
    /// Somebody rejected it.
    pub const ANNOUNCEMENT_REJECTED: Self = Self::of("announcement.rejected");
    /// The mails after the first batch were released.
    pub const ANNOUNCEMENT_RELEASED: Self = Self::of("announcement.released");
    /// Its mails were stopped.
    pub const ANNOUNCEMENT_STOPPED: Self = Self::of("announcement.stopped");
    /// A recipient read it.
    pub const ANNOUNCEMENT_READ: Self = Self::of("announcement.read");
    /// Mails of a batch were planned; their number is the detail.
    pub const ANNOUNCEMENT_MAILS_PLANNED: Self = Self::of("announcement.mails_planned");
}
