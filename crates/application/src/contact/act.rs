//! What staff do to a contact, and the event that it is on a contact as it is.

use madoguchi_domain::approval::{ContentHash, RejectionReason};
use madoguchi_domain::contact::{
    Contact, ContactEvent, ContactEventName, ContactPolicy, ContactRefusal, ContentEdit,
};
use madoguchi_domain::if_match::IfMatch;

/// What staff do to a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContactAct {
    /// Change some fields of its content.
    Edit(Box<ContentEdit>),
    /// Approve it as it was shown.
    Approve {
        /// The hash of what was shown.
        seen: ContentHash,
    },
    /// Reject it.
    Reject(RejectionReason),
    /// Record that the matter was settled by phone.
    AnswerByPhone,
    /// Delete it, logically.
    Delete,
}

impl ContactAct {
    /// The event that this act is on a contact as it is. Version and state of an edited contact
    /// come before its new content, which may fit the version that its author read.
    pub(super) fn event(
        &self,
        contact: &Contact,
        if_match: &IfMatch,
        policy: &ContactPolicy,
    ) -> Result<ContactEvent, ContactRefusal> {
        Ok(match self {
            Self::Edit(_) if !if_match.allows(contact.version) => {
                return Err(ContactRefusal::Stale);
            }
            Self::Edit(edit) => {
                contact.state().after(ContactEventName::Edited)?;
                edit.event(&contact.content, policy)?
            }
            Self::Approve { seen } => ContactEvent::Approve { seen: *seen },
            Self::Reject(reason) => ContactEvent::Reject(reason.clone()),
            Self::AnswerByPhone => ContactEvent::AnswerByPhone,
            Self::Delete => ContactEvent::Delete,
        })
    }
}
