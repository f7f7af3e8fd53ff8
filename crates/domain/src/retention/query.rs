//! Lists of what retention left, and of legal holds.

use crate::Timestamp;
use crate::contact::{ApplicationId, ContactId};
use crate::page::ListPosition;
use crate::person::PersonId;

use super::{HoldSubject, LegalHold, PurgeReceipt, RetainedContact};

/// A page of the contacts that were reported as unanswered, and are still unanswered and not
/// deleted; the last reported first. What is absent is not filtered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnansweredQuery {
    /// Whom they are for.
    pub person: Option<PersonId>,
    /// The application that they name.
    pub application: Option<ApplicationId>,
    /// Reported then, or later.
    pub from: Option<Timestamp>,
    /// Reported before then.
    pub before: Option<Timestamp>,
    /// The last position of the page before: times of reports.
    pub after: Option<ListPosition>,
    /// Maximum number.
    pub limit: u32,
}

impl UnansweredQuery {
    /// The position of a contact in this list; `None` if it is not in it.
    #[must_use]
    pub fn position(&self, contact: &RetainedContact) -> Option<ListPosition> {
        let at = contact.reported_at?;
        let is_listed = contact.deleted_at.is_none()
            && !contact.is_answered
            && self.person.as_ref().is_none_or(|it| *it == contact.person)
            && (self.application.is_none() || self.application == contact.application)
            && self.from.is_none_or(|from| from <= at)
            && self.before.is_none_or(|before| at < before);
        let position = ListPosition { at, id: contact.id.0 };
        (is_listed && self.after.is_none_or(|last| position < last)).then_some(position)
    }
}

/// A page of receipts, newest first. What is absent is not filtered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptQuery {
    /// The contact.
    pub contact: Option<ContactId>,
    /// Purged then, or later.
    pub from: Option<Timestamp>,
    /// Purged before then.
    pub before: Option<Timestamp>,
    /// The last position of the page before.
    pub after: Option<ListPosition>,
    /// Maximum number.
    pub limit: u32,
}

impl ReceiptQuery {
    /// Whether the receipt is in the list, after the page before.
    #[must_use]
    pub fn shows(&self, receipt: &PurgeReceipt) -> bool {
        self.contact.is_none_or(|it| it == receipt.contact)
            && self.from.is_none_or(|from| from <= receipt.purged_at)
            && self.before.is_none_or(|before| receipt.purged_at < before)
            && self.after.is_none_or(|last| receipt.position() < last)
    }
}

/// Which legal holds a list shows. What is absent is not filtered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HoldFilter {
    /// What they cover.
    pub subject: Option<HoldSubject>,
    /// Only those in force.
    pub in_force: bool,
}

/// A page of legal holds, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldQuery {
    /// Which.
    pub filter: HoldFilter,
    /// The last position of the page before.
    pub after: Option<ListPosition>,
    /// Maximum number.
    pub limit: u32,
}

impl HoldQuery {
    /// Whether the hold is in the list, after the page before.
    #[must_use]
    pub fn shows(&self, hold: &LegalHold) -> bool {
        self.filter.subject.as_ref().is_none_or(|it| *it == hold.subject)
            && (!self.filter.in_force || hold.released.is_none())
            && self.after.is_none_or(|last| hold.position() < last)
    }
}
