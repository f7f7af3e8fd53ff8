//! What a decision about a contact writes.

use uuid::Uuid;

use crate::act::Act;
use crate::audit::{Action, AuditEntry};
use crate::change::Change;
use crate::if_match::IfMatch;

use super::Contact;
use super::decide::ContactEvent;
use super::lifecycle::ContactEventName;
use super::refusal::ContactRefusal;

/// The rows of a decision about a contact. The `Uuid` is the id of its new version's row. A store
/// records the actor of the change as an editor if the event wrote content. The contact's mail is
/// written by the events that make it valid; later only the mail's own effect changes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContactWrite {
    /// A contact that is not stored yet, whose person and account are. Lost if its id is taken.
    Add(Box<Contact>, Uuid),
    /// The contact after an event. Lost unless the stored version is the one before.
    Update(Box<Contact>, ContactEventName, Uuid),
}

impl ContactWrite {
    /// The contact as the change leaves it.
    #[must_use]
    pub const fn contact(&self) -> &Contact {
        match self {
            Self::Add(contact, _) | Self::Update(contact, ..) => contact,
        }
    }

    pub(super) const fn contact_mut(&mut self) -> &mut Contact {
        match self {
            Self::Add(contact, _) | Self::Update(contact, ..) => contact,
        }
    }

    /// The event of the contact's new version.
    #[must_use]
    pub const fn event(&self) -> ContactEventName {
        match self {
            Self::Add(..) => ContactEventName::Added,
            Self::Update(_, event, _) => *event,
        }
    }

    /// The id of the new version's row.
    #[must_use]
    pub const fn version_id(&self) -> Uuid {
        match self {
            Self::Add(_, id) | Self::Update(_, _, id) => *id,
        }
    }
}

impl Contact {
    /// The change that stores a contact made by [`add`](super::add) in this act.
    #[must_use]
    pub fn added(self, version_id: Uuid, act: &Act) -> Change<ContactWrite> {
        let (subject, state) = (self.id.subject(), self.state().as_str());
        let audit = AuditEntry::new(Action::CONTACT_ADDED, subject, state, act);
        Change::new(ContactWrite::Add(Box::new(self), version_id), audit)
    }

    /// The change that an act makes; `None` if nothing changes. See [`after`](Self::after).
    ///
    /// # Errors
    /// When the act is refused.
    pub fn change(
        &self,
        event: &ContactEvent,
        if_match: &IfMatch,
        version_id: Uuid,
        act: &Act,
    ) -> Result<Option<Change<ContactWrite>>, ContactRefusal> {
        let after = self.after(event, if_match, act)?;
        Ok(after.map(|after| {
            let write = ContactWrite::Update(Box::new(after), event.name(), version_id);
            Change::new(write, event.audit(self.id, act))
        }))
    }
}
