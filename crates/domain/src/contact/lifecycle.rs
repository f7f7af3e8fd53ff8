//! The states of a contact, and the one table of what may happen in each.

use crate::closed_set::closed_set;

use super::refusal::ContactRefusal;

closed_set! {
    /// The state of a contact. It is derived from approval, answer and deletion, and never stored.
    pub enum ContactState {
        /// It waits for its approval; the customer does not see it.
        Draft = "DRAFT",
        /// Its approval was refused or expired; the customer does not see it.
        Rejected = "REJECTED",
        /// The customer sees it from its time on.
        Valid = "VALID",
        /// It was valid and is answered.
        Answered = "ANSWERED",
        /// It was answered by phone before it was valid, and never becomes valid.
        Settled = "SETTLED",
        /// It is deleted; only staff can read it.
        Deleted = "DELETED",
    }
}

closed_set! {
    /// What happens to a contact: the `event` of a version.
    pub enum ContactEventName {
        /// It was written.
        Added = "added",
        /// Its content was changed.
        Edited = "edited",
        /// A second person approved it.
        Approved = "approved",
        /// Somebody rejected it.
        Rejected = "rejected",
        /// Nobody approved it in time.
        Expired = "expired",
        /// The matter was settled by phone.
        AnsweredByPhone = "answered_by_phone",
        /// The customer answered.
        Answered = "answered",
        /// It was deleted.
        Deleted = "deleted",
    }
}

impl ContactState {
    /// The state after an event.
    ///
    /// # Errors
    /// When the event is not allowed in this state. Nothing is added twice.
    pub fn after(self, event: ContactEventName) -> Result<Self, ContactRefusal> {
        use ContactEventName as Event;
        match (self, event) {
            (Self::Draft | Self::Rejected, Event::Edited) => Ok(Self::Draft),
            (Self::Valid, Event::Edited) => Ok(Self::Valid),
            (Self::Draft, Event::Approved) => Ok(Self::Valid),
            (Self::Draft, Event::Rejected | Event::Expired) => Ok(Self::Rejected),
            (Self::Draft | Self::Rejected, Event::AnsweredByPhone) => Ok(Self::Settled),
            (Self::Valid, Event::AnsweredByPhone | Event::Answered) => Ok(Self::Answered),
            (_, Event::Deleted) => Ok(Self::Deleted),
            (Self::Deleted, _) => Err(ContactRefusal::NotValid),
            // The customer never saw them.
            (Self::Draft | Self::Rejected | Self::Settled, Event::Answered) => {
                Err(ContactRefusal::NotValid)
            }
            (Self::Rejected | Self::Valid, Event::Approved | Event::Rejected | Event::Expired) => {
                Err(ContactRefusal::ApprovalClosed)
            }
            (Self::Answered | Self::Settled, _) => Err(ContactRefusal::Answered),
            (Self::Draft | Self::Rejected | Self::Valid, Event::Added) => {
                Err(ContactRefusal::ApprovalClosed)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Renders the table as a diagram: every allowed event that changes the state, or keeps it.
    fn diagram() -> String {
        let mut lines = vec![
            "stateDiagram-v2".to_owned(),
            "    [*] --> DRAFT: added".to_owned(),
            "    [*] --> VALID: added without approval".to_owned(),
        ];
        for from in ContactState::ALL {
            for event in ContactEventName::ALL {
                if let Ok(to) = from.after(event) {
                    lines.push(format!("    {from} --> {to}: {event}"));
                }
            }
        }
        lines.join("\n")
    }

    #[test]
    fn the_whole_table_is_this_and_nothing_else() {
        let expected = "stateDiagram-v2
    [*] --> DRAFT: added
    [*] --> VALID: added without approval
    DRAFT --> DRAFT: edited
    DRAFT --> VALID: approved
    DRAFT --> REJECTED: rejected
    DRAFT --> REJECTED: expired
    DRAFT --> SETTLED: answered_by_phone
    DRAFT --> DELETED: deleted
    REJECTED --> DRAFT: edited
    REJECTED --> SETTLED: answered_by_phone
    REJECTED --> DELETED: deleted
    VALID --> VALID: edited
    VALID --> ANSWERED: answered_by_phone
    VALID --> ANSWERED: answered
    VALID --> DELETED: deleted
    ANSWERED --> DELETED: deleted
    SETTLED --> DELETED: deleted
    DELETED --> DELETED: deleted";
        assert_eq!(diagram(), expected);
    }

    #[test]
    fn the_guide_shows_the_table_as_it_is() {
        let guide = include_str!("../../../../docs/guide/contacts.md");
        assert!(guide.contains(&diagram()), "docs/guide/contacts.md must hold:\n{}", diagram());
    }

    #[test]
    fn what_is_refused_says_why() {
        use ContactEventName as Event;
        let refused = |state: ContactState, event| state.after(event).unwrap_err();
        for event in [Event::Edited, Event::Approved, Event::Answered, Event::AnsweredByPhone] {
            assert_eq!(refused(ContactState::Answered, event), ContactRefusal::Answered);
            assert_eq!(refused(ContactState::Deleted, event), ContactRefusal::NotValid);
        }
        for event in [Event::Edited, Event::Approved, Event::AnsweredByPhone] {
            assert_eq!(refused(ContactState::Settled, event), ContactRefusal::Answered);
        }
        assert_eq!(refused(ContactState::Settled, Event::Answered), ContactRefusal::NotValid);
        for state in [ContactState::Valid, ContactState::Rejected] {
            assert_eq!(refused(state, Event::Approved), ContactRefusal::ApprovalClosed);
        }
        assert_eq!(refused(ContactState::Draft, Event::Answered), ContactRefusal::NotValid);
    }
}
