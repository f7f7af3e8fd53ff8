//! What is read of announcements.

use crate::Timestamp;
use crate::mail::MailState;
use crate::page::ListPosition;
use crate::person::PersonId;

use super::{Announcement, AnnouncementId, AnnouncementStateName};

/// A page of announcements, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnouncementQuery {
    /// Only those in this state.
    pub state: Option<AnnouncementStateName>,
    /// The position of the last one of the page before; `None` for the first page.
    pub after: Option<ListPosition>,
    /// Maximum number.
    pub limit: u32,
}

impl Announcement {
    /// Its position in lists for staff.
    #[must_use]
    pub const fn position(&self) -> ListPosition {
        ListPosition { at: self.created.at, id: self.id.0 }
    }

    /// Its position in lists for its recipients; `None` if they do not see it.
    #[must_use]
    pub fn shown_position(&self) -> Option<ListPosition> {
        self.visible_from().map(|at| ListPosition { at, id: self.id.0 })
    }
}

/// A page of the announcements that a person sees, the last to become visible first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownQuery {
    /// The recipient.
    pub person: PersonId,
    /// Only this one.
    pub id: Option<AnnouncementId>,
    /// Those that are visible at this time.
    pub now: Timestamp,
    /// The position of the last one of the page before; `None` for the first page.
    pub after: Option<ListPosition>,
    /// Maximum number.
    pub limit: u32,
}

/// An announcement as one of its recipients sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownAnnouncement {
    /// The announcement.
    pub announcement: Announcement,
    /// When the person read it first; `None` if not yet.
    pub read_at: Option<Timestamp>,
}

/// How many recipients have their mail in this state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailCount {
    /// The state; [`MailState::None`] if no mail is planned.
    pub state: MailState,
    /// Why it was not sent: the reason or the code.
    pub reason: Option<String>,
    /// How many.
    pub count: u32,
}
