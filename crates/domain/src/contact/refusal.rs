//! Why an act on a contact is refused.

use crate::approval::FourEyes;
use crate::field::InvalidField;

/// Why an act on a contact is refused. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ContactRefusal {
    /// There is no such contact, or not for this person.
    #[error("there is no such contact")]
    NotFound,
    /// There is no such person, or not with this account.
    #[error("there is no such person with this account")]
    PersonNotFound,
    /// The new content would break a rule.
    #[error(transparent)]
    Invalid(#[from] InvalidField),
    /// It was changed since its author read it: read it again.
    #[error("the contact was changed since it was read")]
    Stale,
    /// It is answered, which is final: delete it and write another one.
    #[error("the contact is answered")]
    Answered,
    /// It is not valid: deleted, not approved, or not one that can be answered.
    #[error("the contact is not valid")]
    NotValid,
    /// Its approval is not open: it is approved or rejected already.
    #[error("the approval of the contact is closed")]
    ApprovalClosed,
    /// Another person must approve it.
    #[error(transparent)]
    FourEyes(#[from] FourEyes),
    /// Its content is not what the approver saw: read it again.
    #[error("the content was changed since the approver saw it")]
    ContentMoved,
    /// What is stored of it cannot be read: an operator must check.
    #[error("the stored contact cannot be read")]
    Unreadable,
}

impl ContactRefusal {
    /// Why one contact of several was not approved.
    const OF_APPROVALS: [Self; 8] = [
        Self::NotFound,
        Self::Answered,
        Self::NotValid,
        Self::ApprovalClosed,
        Self::FourEyes(FourEyes::IsSystem),
        Self::FourEyes(FourEyes::IsEditor),
        Self::ContentMoved,
        Self::Unreadable,
    ];

    /// Its name in stored answers.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::PersonNotFound => "person_not_found",
            Self::Invalid(_) => "invalid",
            Self::Stale => "stale",
            Self::Answered => "answered",
            Self::NotValid => "not_valid",
            Self::ApprovalClosed => "approval_closed",
            Self::FourEyes(FourEyes::IsSystem) => "is_system",
            Self::FourEyes(FourEyes::IsEditor) => "is_editor",
            Self::ContentMoved => "content_moved",
            Self::Unreadable => "unreadable",
        }
    }

    /// The refusal of an approval with this name.
    pub(super) fn of_approval(name: &str) -> Option<Self> {
        Self::OF_APPROVALS.into_iter().find(|it| it.name() == name)
    }
}
