//! The rules of contacts: what an act makes of a contact, or why it is refused.

use crate::act::Act;
use crate::approval::{Approval, ContentHash, ContentSalt, Editors, Rejection, RejectionReason};
use crate::audit::{Action, AuditEntry};
use crate::if_match::IfMatch;
use crate::person::{AccountId, PersonId};
use crate::sealed::DataKeyId;

use super::content::Content;
use super::lifecycle::{ContactEventName, ContactState};
use super::mark::Mark;
use super::policy::{ApprovalRule, CheckedContent};
use super::refusal::ContactRefusal;
use super::text::AnswerText;
use super::{Contact, ContactAnswer, ContactId};

/// An act on a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContactEvent {
    /// Replace its content. On a valid contact the change is seen at once.
    Edit(Box<CheckedContent>),
    /// Approve it as it was shown.
    Approve {
        /// The hash of what was shown.
        seen: ContentHash,
    },
    /// Reject it.
    Reject(RejectionReason),
    /// Nobody decided in time.
    Expire,
    /// Record that the matter was settled by phone.
    AnswerByPhone,
    /// The customer's answer.
    Answer(AnswerText),
    /// Delete it, logically.
    Delete,
}

impl ContactEvent {
    /// The event's name.
    #[must_use]
    pub const fn name(&self) -> ContactEventName {
        match self {
            Self::Edit(_) => ContactEventName::Edited,
            Self::Approve { .. } => ContactEventName::Approved,
            Self::Reject(_) => ContactEventName::Rejected,
            Self::Expire => ContactEventName::Expired,
            Self::AnswerByPhone => ContactEventName::AnsweredByPhone,
            Self::Answer(_) => ContactEventName::Answered,
            Self::Delete => ContactEventName::Deleted,
        }
    }

    /// The audit row of the event, when it moved the contact.
    #[must_use]
    pub fn audit(&self, contact: ContactId, act: &Act) -> AuditEntry {
        let (action, detail) = match self {
            Self::Edit(_) => (Action::CONTACT_EDITED, ""),
            Self::Approve { .. } => (Action::CONTACT_APPROVED, ""),
            Self::Reject(_) => (Action::CONTACT_REJECTED, "rejected"),
            Self::Expire => (Action::CONTACT_REJECTED, "expired"),
            Self::AnswerByPhone => (Action::CONTACT_ANSWERED, "phone"),
            Self::Answer(_) => (Action::CONTACT_ANSWERED, "customer"),
            Self::Delete => (Action::CONTACT_DELETED, ""),
        };
        AuditEntry::new(action, contact.subject(), detail, act)
    }
}

/// The ids and random bytes of a new contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewContactIds {
    /// Its id.
    pub contact: ContactId,
    /// The id of its data key.
    pub data_key: DataKeyId,
    /// Under which its content is hashed.
    pub salt: ContentSalt,
}

/// A new contact: a draft, or valid at once where no approval is needed.
#[must_use]
pub fn add(
    (person, account): (PersonId, AccountId),
    content: CheckedContent,
    ids: NewContactIds,
    rule: ApprovalRule,
    act: &Act,
) -> Contact {
    let approval = match rule {
        ApprovalRule::Required => Approval::Draft,
        ApprovalRule::Off => Approval::ByPolicy { at: act.at() },
    };
    Contact {
        id: ids.contact,
        person,
        account,
        content: content.get().clone(),
        salt: ids.salt,
        editors: Editors::by(act.by.clone()),
        approval,
        answer: ContactAnswer::Unanswered,
        mail: None,
        created: act.into(),
        updated: None,
        deleted: None,
        data_key: ids.data_key,
        version: 1,
    }
}

impl Contact {
    /// The contact after an act on a version that `if_match` allows; `None` if nothing changes:
    /// equal content of a contact that is not rejected, or deleted before.
    ///
    /// # Errors
    /// When the act is refused. First the version is checked, then the state, then the act's own
    /// rules.
    pub fn after(
        &self,
        event: &ContactEvent,
        if_match: &IfMatch,
        act: &Act,
    ) -> Result<Option<Self>, ContactRefusal> {
        if self.state() == ContactState::Deleted && *event == ContactEvent::Delete {
            return Ok(None);
        }
        if !if_match.allows(self.version) {
            return Err(ContactRefusal::Stale);
        }
        self.state().after(event.name())?;
        // Of a rejected contact the edit makes a draft, also with the same content.
        let is_rejected = matches!(self.approval, Approval::Rejected { .. });
        let is_same = |content: &CheckedContent| *content.get() == self.content;
        if !is_rejected && matches!(event, ContactEvent::Edit(content) if is_same(content)) {
            return Ok(None);
        }
        let changed = self.changed(event, act)?;
        let updated = Some(Mark::from(act));
        Ok(Some(Self { version: self.version + 1, updated, ..changed }))
    }

    fn changed(&self, event: &ContactEvent, act: &Act) -> Result<Self, ContactRefusal> {
        let (same, mark) = (self.clone(), || Mark::from(act));
        Ok(match event {
            ContactEvent::Edit(content) => self.edited(content.get().clone(), act),
            ContactEvent::Approve { seen } => {
                let by = self.editors.approver(&act.by)?;
                if *seen != self.content_hash() {
                    return Err(ContactRefusal::ContentMoved);
                }
                Self { approval: Approval::Approved { by, at: act.at() }, ..same }
            }
            ContactEvent::Reject(reason) => {
                let (by, reason) = (act.by.clone(), reason.clone());
                self.rejected(Rejection::ByPerson { by, reason }, act)
            }
            ContactEvent::Expire => self.rejected(Rejection::Expired, act),
            ContactEvent::AnswerByPhone => {
                Self { answer: ContactAnswer::ByPhone { mark: mark() }, ..same }
            }
            ContactEvent::Answer(text) => {
                if !self.can_be_answered(act.at()) {
                    return Err(ContactRefusal::NotValid);
                }
                let answer = ContactAnswer::ByCustomer { mark: mark(), text: text.clone() };
                Self { answer, ..same }
            }
            ContactEvent::Delete => Self { deleted: Some(mark()), ..same },
        })
    }

    /// New content. A rejected contact is a draft again; a valid one stays valid.
    fn edited(&self, content: Content, act: &Act) -> Self {
        let approval = match &self.approval {
            Approval::Draft | Approval::Rejected { .. } => Approval::Draft,
            valid @ (Approval::Approved { .. } | Approval::ByPolicy { .. }) => valid.clone(),
        };
        let editors = self.editors.clone().and(&act.by);
        Self { content, approval, editors, ..self.clone() }
    }

    fn rejected(&self, rejection: Rejection, act: &Act) -> Self {
        Self { approval: Approval::Rejected { at: act.at(), rejection }, ..self.clone() }
    }
}

#[cfg(test)]
mod tests;
