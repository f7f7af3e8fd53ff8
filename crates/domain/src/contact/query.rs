//! Which contacts to list.

use crate::Timestamp;
use crate::approval::ApprovalName;
use crate::person::PersonId;

use super::answer::AnswerStatus;
use super::content::{ContactTypeName, PolicyNumber};
use super::{Contact, ContactId};

/// A page of the contacts that match, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactQuery {
    /// What they have in common.
    pub filter: ContactFilter,
    /// The last contact of the page before; `None` for the first page.
    pub after: Option<ContactCursor>,
    /// Maximum number of contacts.
    pub limit: u32,
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
    /// They were added then or later.
    pub created_from: Option<Timestamp>,
    /// They were added earlier.
    pub created_before: Option<Timestamp>,
    /// At this time the customer sees them and has yet to act on them.
    pub not_acted_on: Option<Timestamp>,
}

impl ContactFilter {
    /// Whether it lets a contact pass.
    #[must_use]
    pub fn matches(&self, contact: &Contact) -> bool {
        let Self { person, policy_number, contact_type, answer, approval, .. } = self;
        let (content, created) = (&contact.content, contact.created.at);
        is(person, &contact.person)
            && (policy_number.is_none() || *policy_number == content.policy_number)
            && is(contact_type, &content.contact_type.name())
            && is(answer, &contact.answer.status())
            && is(approval, &contact.approval.name())
            && self.created_from.is_none_or(|from| from <= created)
            && self.created_before.is_none_or(|before| created < before)
            && self.not_acted_on.is_none_or(|now| contact.is_not_acted_on(now))
    }
}

fn is<T: PartialEq>(wish: &Option<T>, value: &T) -> bool {
    wish.as_ref().is_none_or(|wish| wish == value)
}

impl Contact {
    /// Whether the customer sees it and has yet to act on it (spec `3-contacts.md`, rule 9).
    #[must_use]
    pub fn is_not_acted_on(&self, now: Timestamp) -> bool {
        self.is_visible(now)
            && self.content.contact_type.name() == ContactTypeName::ActionRequest
            && self.answer.status() == AnswerStatus::Unanswered
    }
}

/// The place of a contact in a list: contacts are older the smaller it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ContactCursor {
    /// When it was added.
    pub created: Timestamp,
    /// Its id, which orders contacts of one moment.
    pub id: ContactId,
}

impl From<&Contact> for ContactCursor {
    fn from(contact: &Contact) -> Self {
        Self { created: contact.created.at, id: contact.id }
    }
}
