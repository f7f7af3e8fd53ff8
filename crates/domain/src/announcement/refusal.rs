//! Why an act on an announcement is refused.

use crate::approval::FourEyes;
use crate::field::InvalidField;

/// Why an act on an announcement is refused. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AnnouncementRefusal {
    /// There is no such announcement, or not for this person.
    #[error("there is no such announcement")]
    NotFound,
    /// The new content would break a rule.
    #[error(transparent)]
    Invalid(#[from] InvalidField),
    /// It was changed since its author read it: read it again.
    #[error("the announcement was changed since it was read")]
    Stale,
    /// It has no submission that waits for a decision.
    #[error("the announcement is not submitted")]
    NotSubmitted,
    /// It is approved or rejected already.
    #[error("the approval of the announcement is closed")]
    ApprovalClosed,
    /// Nobody is registered who could get it.
    #[error("the announcement has no recipients")]
    NoRecipients,
    /// Another person must approve it.
    #[error(transparent)]
    FourEyes(#[from] FourEyes),
    /// Content or recipients are not what the approver saw: read it again.
    #[error("content or recipients were changed since the approver saw them")]
    ContentMoved,
    /// It has no mails that could be released or stopped.
    #[error("the announcement has no mails to release or stop")]
    NoMails,
    /// Its mails do not wait: they are released, stopped or all planned.
    #[error("the mails of the announcement do not wait for a release")]
    NotHeld,
}
