//! Which contacts to list, and in which order.

use crate::Timestamp;
use crate::approval::ApprovalName;
use crate::mail::MailState;
use crate::page::ListPosition;
use crate::person::PersonId;

use super::answer::AnswerStatus;
use super::content::{ContactTypeName, PolicyNumber};
use super::{Contact, ContactId};

/// One contact, perhaps only if it is for this person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactKey {
    /// Its id.
    pub id: ContactId,
    /// Whom it must be for; `None` for anybody.
    pub person: Option<PersonId>,
}

impl ContactKey {
    /// The contact of this id, for anybody.
    #[must_use]
    pub const fn of(id: ContactId) -> Self {
        Self { id, person: None }
    }
}

/// A page of the contacts that match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactQuery {
    /// What they have in common.
    pub filter: ContactFilter,
    /// Their order, which leaves out those without the time that it compares.
    pub order: ContactOrder,
    /// The position of the last contact of the page before; `None` for the first page.
    pub after: Option<ListPosition>,
    /// Maximum number of contacts.
    pub limit: u32,
}

/// The order of a list of contacts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContactOrder {
    /// All, the newest first.
    NewestFirst,
    /// Those that wait for approval, the longest waiting first.
    LongestWaitingFirst,
    /// Those that are valid and not deleted, the last to become visible first.
    LatestVisibleFirst,
}

impl ContactOrder {
    /// The position of a contact in a list of this order; `None` if it is not in it.
    #[must_use]
    pub fn position(self, contact: &Contact) -> Option<ListPosition> {
        let at = match self {
            Self::NewestFirst => Some(contact.created.at),
            Self::LongestWaitingFirst => contact.waiting_since(),
            Self::LatestVisibleFirst => contact.visible_from(),
        };
        Some(ListPosition { at: at?, id: contact.id.0 })
    }

    /// Whether `position` is after `last` in a list of this order.
    #[must_use]
    pub fn is_after(self, position: ListPosition, last: ListPosition) -> bool {
        match self {
            Self::NewestFirst | Self::LatestVisibleFirst => position < last,
            Self::LongestWaitingFirst => position > last,
        }
    }
}

/// What listed contacts have in common; what is `None` does not matter. Deleted contacts are listed
/// too.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContactFilter {
    /// Whom they are for.
    pub person: Option<PersonId>,
    /// The policy that they name now.
    pub policy_number: Option<PolicyNumber>,
    /// Notices or requests.
    pub contact_type: Option<ContactTypeName>,
    /// Answered or not.
    pub answer: Option<AnswerStatus>,
    /// The state of their approval.
    pub approval: Option<ApprovalName>,
    /// The state of their mail.
    pub mail: Option<MailState>,
    /// They were added then or later.
    pub created_from: Option<Timestamp>,
    /// They were added earlier.
    pub created_before: Option<Timestamp>,
    /// They wait for approval since then, or longer.
    pub waiting_since: Option<Timestamp>,
    /// At this time the customer sees them.
    pub visible_at: Option<Timestamp>,
}

impl ContactFilter {
    /// What customers see at `now` and have yet to act on (spec `3-contacts.md`, rule 9).
    #[must_use]
    pub fn not_acted_on(now: Timestamp) -> Self {
        Self {
            contact_type: Some(ContactTypeName::ActionRequest),
            answer: Some(AnswerStatus::Unanswered),
            visible_at: Some(now),
            ..Self::default()
        }
    }

    /// Whether it lets a contact pass.
    #[must_use]
    pub fn matches(&self, contact: &Contact) -> bool {
        let Self { person, policy_number, contact_type, answer, approval, .. } = self;
        let (content, created) = (&contact.content, contact.created.at);
        let is_until = |limit: Option<Timestamp>, time: Option<Timestamp>| {
            limit.is_none_or(|limit| time.is_some_and(|time| time <= limit))
        };
        is(person, &contact.person)
            && (policy_number.is_none() || *policy_number == content.policy_number)
            && is(contact_type, &content.contact_type.name())
            && is(answer, &contact.answer.status())
            && is(approval, &contact.approval.name())
            && is(&self.mail, &contact.mail_state())
            && self.created_from.is_none_or(|from| from <= created)
            && self.created_before.is_none_or(|before| created < before)
            && is_until(self.waiting_since, contact.waiting_since())
            && is_until(self.visible_at, contact.visible_from())
    }
}

fn is<T: PartialEq>(wish: &Option<T>, value: &T) -> bool {
    wish.as_ref().is_none_or(|wish| wish == value)
}
