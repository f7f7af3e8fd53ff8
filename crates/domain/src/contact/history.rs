//! The history of a contact: what happened to it, and what each edit changed.

use crate::act::Act;
use crate::approval::{Approval, Rejection, RejectionReason};

use super::Contact;
use super::content::Content;
use super::lifecycle::ContactEventName;
use super::text::AnswerText;

/// A contact as one event left it. Versions are never changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactVersion {
    /// Its number, from 1.
    pub version: u32,
    /// What happened.
    pub event: PastEvent,
    /// The content since then.
    pub content: Content,
    /// Who did it, when, and in which request.
    pub act: Act,
}

/// An event of the past, with what was said in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PastEvent {
    /// It was written.
    Added,
    /// Its content was changed.
    Edited,
    /// A second person approved it.
    Approved,
    /// Somebody rejected it, for this reason.
    Rejected(RejectionReason),
    /// Nobody approved it in time.
    Expired,
    /// The matter was settled by phone.
    AnsweredByPhone,
    /// The customer answered this.
    Answered(AnswerText),
    /// It was deleted.
    Deleted,
}

impl PastEvent {
    /// The event of this name; `None` if what was said in it is missing.
    #[must_use]
    pub fn new(
        name: ContactEventName,
        reason: Option<RejectionReason>,
        answer: Option<AnswerText>,
    ) -> Option<Self> {
        Some(match name {
            ContactEventName::Added => Self::Added,
            ContactEventName::Edited => Self::Edited,
            ContactEventName::Approved => Self::Approved,
            ContactEventName::Rejected => Self::Rejected(reason?),
            ContactEventName::Expired => Self::Expired,
            ContactEventName::AnsweredByPhone => Self::AnsweredByPhone,
            ContactEventName::Answered => Self::Answered(answer?),
            ContactEventName::Deleted => Self::Deleted,
        })
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> ContactEventName {
        match self {
            Self::Added => ContactEventName::Added,
            Self::Edited => ContactEventName::Edited,
            Self::Approved => ContactEventName::Approved,
            Self::Rejected(_) => ContactEventName::Rejected,
            Self::Expired => ContactEventName::Expired,
            Self::AnsweredByPhone => ContactEventName::AnsweredByPhone,
            Self::Answered(_) => ContactEventName::Answered,
            Self::Deleted => ContactEventName::Deleted,
        }
    }
}

impl Contact {
    /// Why a person rejected it, if it is rejected by one.
    #[must_use]
    pub const fn rejection_reason(&self) -> Option<&RejectionReason> {
        match &self.approval {
            Approval::Rejected { rejection: Rejection::ByPerson { reason, .. }, .. } => {
                Some(reason)
            }
            Approval::Rejected { rejection: Rejection::Expired, .. }
            | Approval::Draft
            | Approval::Approved { .. }
            | Approval::ByPolicy { .. } => None,
        }
    }

    /// The version that this event made of it; `None` if the event cannot have left it so.
    #[must_use]
    pub fn version_of(&self, event: ContactEventName, act: &Act) -> Option<ContactVersion> {
        let (reason, answer) = (self.rejection_reason().cloned(), self.answer.text().cloned());
        Some(ContactVersion {
            version: self.version,
            event: PastEvent::new(event, reason, answer)?,
            content: self.content.clone(),
            act: act.without_through(),
        })
    }
}

/// One version, with old and new content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContentChange<'a> {
    /// The content before; `None` for the addition.
    pub before: Option<&'a Content>,
    /// The version that came to be.
    pub after: &'a ContactVersion,
}

/// The changes that lead from version to version. `versions` is a whole history, oldest first.
pub fn changes(versions: &[ContactVersion]) -> impl Iterator<Item = ContentChange<'_>> {
    let before = std::iter::once(None).chain(versions.iter().map(|it| Some(&it.content)));
    before.zip(versions).map(|(before, after)| ContentChange { before, after })
}
