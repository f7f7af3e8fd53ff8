//! The states of an announcement, and which act is possible in which.

use crate::closed_set::closed_set;

use super::AnnouncementRefusal;

closed_set! {
    /// The name of an announcement's state, on the wire and in the database.
    pub enum AnnouncementStateName {
        /// It is written.
        Draft = "DRAFT",
        /// Its content and recipients are fixed; it waits for another person.
        Submitted = "SUBMITTED",
        /// Its recipients see it.
        Approved = "APPROVED",
        /// It is not approved; the next edit makes it a draft again.
        Rejected = "REJECTED",
    }
}

closed_set! {
    /// The name of an act on an announcement.
    pub enum AnnouncementEventName {
        /// Its content was changed.
        Edited = "edited",
        /// Its content and recipients were fixed.
        Submitted = "submitted",
        /// A second person approved it.
        Approved = "approved",
        /// Somebody rejected it.
        Rejected = "rejected",
        /// The mails after the first batch were released.
        Released = "released",
        /// Its mails were stopped.
        Stopped = "stopped",
    }
}

impl AnnouncementStateName {
    /// Checks that an act is possible in this state.
    ///
    /// # Errors
    /// [`AnnouncementRefusal::NotSubmitted`], [`AnnouncementRefusal::ApprovalClosed`] or
    /// [`AnnouncementRefusal::NoMails`].
    pub const fn allows(self, event: AnnouncementEventName) -> Result<(), AnnouncementRefusal> {
        use AnnouncementEventName as On;
        match (self, event) {
            (Self::Draft | Self::Submitted | Self::Rejected, On::Edited)
            | (Self::Draft | Self::Submitted, On::Submitted)
            | (Self::Submitted, On::Approved | On::Rejected)
            | (Self::Approved, On::Released | On::Stopped) => Ok(()),
            (Self::Draft, On::Approved | On::Rejected) | (Self::Rejected, On::Submitted) => {
                Err(AnnouncementRefusal::NotSubmitted)
            }
            (Self::Draft | Self::Submitted | Self::Rejected, On::Released | On::Stopped) => {
                Err(AnnouncementRefusal::NoMails)
            }
            (Self::Rejected, On::Approved | On::Rejected)
            | (Self::Approved, On::Edited | On::Submitted | On::Approved | On::Rejected) => {
                Err(AnnouncementRefusal::ApprovalClosed)
            }
        }
    }
}
