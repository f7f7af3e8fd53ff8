//! How long approvals wait, and what an actor may do with a contact now.

use crate::Timestamp;
use crate::actor::ActorRef;
use crate::closed_set::closed_set;

use super::content::ContactTypeName;
use super::lifecycle::{ContactEventName, ContactState};
use super::policy::ContactPolicy;
use super::{Contact, ContactId};

closed_set! {
    /// How long an approval waits, compared with the policy.
    pub enum ApprovalAge {
        /// Not long.
        New = "NEW",
        /// Long enough for a reminder.
        Reminder = "REMINDER",
        /// So long that somebody else must hear of it.
        Escalation = "ESCALATION",
    }
}

/// The contacts that wait for approval since a time, or longer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Waiting {
    /// How many, at most [`MOST`](Self::MOST).
    pub count: u64,
    /// Since when the longest of them waits.
    pub oldest: Option<Timestamp>,
    /// The longest waiting ones, also those that cannot be read.
    pub first: Vec<ContactId>,
}

impl Waiting {
    /// The most contacts that are counted, so that a count costs the same however many wait.
    pub const MOST: u32 = 10_000;
}

impl ContactPolicy {
    /// The age at `now` of an approval that waits since `since`.
    #[must_use]
    pub fn age(&self, since: Timestamp, now: Timestamp) -> ApprovalAge {
        let waited = now.duration_since(since);
        let is_over = |limit| Option::is_some_and(limit, |limit| limit <= waited);
        if is_over(self.escalate_after) {
            ApprovalAge::Escalation
        } else if is_over(self.remind_after) {
            ApprovalAge::Reminder
        } else {
            ApprovalAge::New
        }
    }
}

impl Contact {
    /// The events that this actor could cause at `now`, as far as the contact's state and four eyes
    /// decide: a screen offers these and no others, if the actor's scopes allow them.
    #[must_use]
    pub fn possible_events(&self, actor: &ActorRef, now: Timestamp) -> Vec<ContactEventName> {
        use ContactEventName as Event;
        let is_possible = |event: &Event| {
            let is_in_table = self.state().after(*event).is_ok();
            is_in_table
                && match event {
                    Event::Approved => self.editors.approver(actor).is_ok(),
                    Event::Answered => self.can_be_answered(now),
                    Event::Deleted => self.state() != ContactState::Deleted,
                    Event::Expired => false,
                    Event::Added | Event::Edited | Event::Rejected | Event::AnsweredByPhone => true,
                }
        };
        Event::ALL.into_iter().filter(is_possible).collect()
    }

    /// Whether the customer can answer it: it asks for something and is visible.
    pub(super) fn can_be_answered(&self, now: Timestamp) -> bool {
        let asks = self.content.contact_type.name() == ContactTypeName::ActionRequest;
        asks && self.is_visible(now)
    }
}
